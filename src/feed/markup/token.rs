//! Markup as it comes: a tokenizer that has an answer to everything and never goes back.
//!
//! Linear in time: whatever it looks ahead for and does not find is remembered as absent.

use memchr::memmem;

use super::super::{html, scan};

/// Bytes of an attribute's value that holds a `<`, which it must not: longer ones were not closed.
const MAX_DAMAGED_VALUE: usize = 4096;

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::feed) enum Token<'a> {
    Open(Tag<'a>),
    /// The name of a closing tag.
    Close(&'a str),
    /// Text with its references unresolved.
    Text(&'a str),
    Cdata(&'a str),
    /// A document type declaration, whole.
    Doctype(&'a str),
    /// A processing instruction or declaration, whole.
    Instruction(&'a str),
}

/// An opening tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::feed) struct Tag<'a> {
    /// With its prefix, as written.
    pub name: &'a str,
    /// What stands between name and end.
    pub attributes: &'a str,
    /// Whether the tag closes itself.
    pub empty: bool,
    /// The whole tag.
    pub raw: &'a str,
}

/// Reads tokens off a text.
pub(in crate::feed) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The next double quote, single quote: valid while it is not behind `at`.
    quotes: [Option<usize>; 2],
    /// What was looked for in vain.
    absent: Vec<&'static str>,
    /// The next end of a comment, like `quotes`.
    comment_end: Option<usize>,
    /// A CDATA section or a tag was cut off by the end of the text.
    pub cut: bool,
    /// Something had to be guessed.
    pub guessed: bool,
    /// Times that a `<` stood for itself, or a comment had no end.
    pub strays: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            quotes: [Some(0); 2],
            absent: Vec::new(),
            comment_end: Some(0),
            cut: false,
            guessed: false,
            strays: 0,
        }
    }

    /// Where the next token begins, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, len: usize) -> &'a str {
        let (taken, _) = self
            .rest()
            .split_at_checked(len)
            .unwrap_or((self.rest(), ""));
        self.at = self.at.saturating_add(taken.len());
        taken
    }

    /// The next token; `field` is the name of the element being read, for sections that are not closed.
    pub fn next(&mut self, field: Option<&str>) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if rest.as_bytes().first() != Some(&b'<') {
                let len = scan::find(rest, b'<').unwrap_or(rest.len());
                return Some(Token::Text(self.take(len)));
            }
            return Some(match rest.as_bytes().get(1) {
                Some(b'!') if rest.starts_with("<!--") => {
                    if let Some(section) = self.commented_section() {
                        return Some(Token::Cdata(section));
                    }
                    self.comment();
                    continue;
                }
                Some(b'!') => self.declaration(field),
                Some(b'?') => Token::Instruction(self.instruction()),
                Some(b'/') => match self.close() {
                    Some(name) => Token::Close(name),
                    None => Token::Text(self.stray()),
                },
                _ => match self.open() {
                    Some(tag) => Token::Open(tag),
                    None => self.spaced().unwrap_or_else(|| Token::Text(self.stray())),
                },
            });
        }
    }

    /// What begins with `<!` and is no comment.
    fn declaration(&mut self, field: Option<&str>) -> Token<'a> {
        let rest = self.rest();
        if rest.starts_with("<![CDATA[") {
            return Token::Cdata(self.cdata(field));
        }
        match rest.get(..9) {
            Some(start) if start.eq_ignore_ascii_case("<!doctype") => {
                Token::Doctype(self.doctype())
            }
            _ => Token::Instruction(self.instruction()),
        }
    }

    /// Goes on where a pattern stands, if it does.
    pub fn skip_to(&mut self, pattern: &'static str) {
        let end = self.ahead(pattern);
        self.take(end.unwrap_or(0));
    }

    /// Where a pattern stands, counted from here.
    pub(super) fn ahead(&mut self, pattern: &'static str) -> Option<usize> {
        if self.absent.contains(&pattern) {
            return None;
        }
        let found = memmem::find(self.rest().as_bytes(), pattern.as_bytes());
        if found.is_none() {
            self.absent.push(pattern);
        }
        found
    }

    /// A comment within a comment means that the outer one was never closed.
    fn comment(&mut self) {
        let start = self.at.saturating_add(4);
        if self.comment_end.is_some_and(|end| end < start) {
            let end = self
                .text
                .get(start..)
                .and_then(|rest| memmem::find(rest.as_bytes(), b"-->"));
            self.comment_end = end.map(|end| start.saturating_add(end));
        }
        let end = self.comment_end.filter(|end| {
            self.text
                .get(start..*end)
                .is_some_and(|inside| !inside.contains("<!--"))
        });
        if end.is_none() {
            self.guessed = true;
            self.strays = self.strays.saturating_add(1);
        }
        self.at = end
            .map_or(start, |end| end.saturating_add(3))
            .min(self.text.len());
    }

    /// The end of a section that is not closed is the end of its field, if the field is closed
    /// before the entry is; sections do not nest, and entries do not fit into one.
    fn cdata(&mut self, field: Option<&str>) -> &'a str {
        self.take("<![CDATA[".len());
        let rest = self.rest();
        let end = self.ahead("]]>");
        let inside = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let nested = memmem::find(inside.as_bytes(), b"<![CDATA[").is_some();
        self.guessed |= nested;
        let swallowed = end.is_none()
            || (nested
                && ["</item>", "</entry>", "</ITEM>"]
                    .iter()
                    .any(|tag| inside.contains(tag)));
        if swallowed
            && let Some(early) = match field {
                Some(field) => inside.find(&format!("</{field}>")),
                None => inside.find("</"),
            }
        {
            self.guessed = true;
            let content = self.take(early);
            return content
                .strip_suffix("]]")
                .or_else(|| content.strip_suffix("]"))
                .unwrap_or(content);
        }
        let content = self.take(inside.len());
        match end {
            Some(_) => {
                self.take(3);
            }
            None => self.cut = true,
        }
        content
    }

    fn doctype(&mut self) -> &'a str {
        let rest = self.rest();
        let mut depth = 0_usize;
        let end = rest.bytes().position(|byte| {
            match byte {
                b'[' => depth = depth.saturating_add(1),
                b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            byte == b'>' && depth == 0
        });
        let end = end
            .or_else(|| rest.find('>'))
            .map_or(rest.len(), |end| end.saturating_add(1));
        self.take(end)
    }

    fn instruction(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.get(2..).and_then(|rest| rest.find(['<', '>']));
        let Some(end) = end.map(|end| end.saturating_add(2)) else {
            self.cut = true;
            return self.take(rest.len());
        };
        let closed = rest.get(end..).is_some_and(|rest| rest.starts_with('>'));
        self.guessed |= !closed;
        self.take(end.saturating_add(usize::from(closed)))
    }

    fn close(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let name = html::tag_name(rest)?;
        let len = rest
            .get(1..)?
            .find(['<', '>'])
            .map(|end| end.saturating_add(1));
        match len {
            Some(len) if rest.get(len..).is_some_and(|rest| rest.starts_with('>')) => {
                self.take(len.saturating_add(1));
            }
            _ => {
                self.guessed = true;
                self.cut |= len.is_none();
                self.take(name.len().saturating_add(2));
            }
        }
        Some(name)
    }

    fn open(&mut self) -> Option<Tag<'a>> {
        let rest = self.rest();
        let name = html::tag_name(rest)?;
        let start = name.len().saturating_add(1);
        let Some(end) = self.tag_end(start) else {
            self.guessed = true;
            return self.unfinished(name);
        };
        let attributes = rest.get(start..end)?;
        let empty = attributes.ends_with('/');
        let attributes = attributes.strip_suffix('/').unwrap_or(attributes);
        let raw = self.take(end.saturating_add(1));
        Some(Tag {
            name,
            attributes,
            empty,
            raw,
        })
    }

    /// Where the tag at hand ends, counted from its `<`; `None` if another begins before it does.
    fn tag_end(&mut self, start: usize) -> Option<usize> {
        let text = self.text;
        let mut at = self.at.saturating_add(start);
        loop {
            let found = text.get(at..)?.find(['<', '>', '"', '\''])?;
            at = at.saturating_add(found);
            match text.as_bytes().get(at)? {
                b'>' => return Some(at.saturating_sub(self.at)),
                b'<' => return None,
                quote => {
                    // Only a quote behind an equals sign opens a value; others are apostrophes.
                    let opens = text.get(..at)?.trim_end().ends_with('=');
                    let after = at.saturating_add(1);
                    at = match self.quote(*quote, after).filter(|_| opens) {
                        Some(end) => end.saturating_add(1),
                        None => after,
                    };
                }
            }
        }
    }

    fn quote(&mut self, quote: u8, from: usize) -> Option<usize> {
        let (slot, pattern) = if quote == b'"' {
            (self.quotes.first_mut()?, '"')
        } else {
            (self.quotes.last_mut()?, '\'')
        };
        if slot.is_some_and(|known| known < from) {
            *slot = self
                .text
                .get(from..)?
                .find(pattern)
                .map(|found| from.saturating_add(found));
        }
        // A value that swallows the next tags was never closed; one that holds a `<` is damaged.
        let end = (*slot)?;
        let value = self.text.get(from..end)?;
        if value.contains('<') {
            self.guessed = true;
            if value.len() > MAX_DAMAGED_VALUE
                || value.contains("</")
                || value.trim_ascii_end().ends_with('=')
            {
                return None;
            }
        }
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> (String, bool) {
        let mut tokens = Tokens::new(text);
        let mut seen = Vec::new();
        while let Some(token) = tokens.next(Some("title")) {
            seen.push(match token {
                Token::Open(tag) => format!("+{}{}", tag.name, if tag.empty { "/" } else { "" }),
                Token::Close(name) => format!("-{name}"),
                Token::Text(text) => text.to_owned(),
                Token::Cdata(text) => format!("[{text}]"),
                Token::Doctype(_) => "doctype".to_owned(),
                Token::Instruction(_) => "instruction".to_owned(),
            });
        }
        (seen.join("|"), tokens.guessed || tokens.cut)
    }

    #[test]
    fn well_formed_markup_is_read_without_a_guess() {
        for (text, expected) in [
            (
                "<?xml version='1.0'?><a b='>' c=\"/\">x<d/></a>",
                "instruction|+a|x|+d/|-a",
            ),
            (
                "<!DOCTYPE a [<!ENTITY b \"c>\">]><a><![CDATA[<b>]]></a >",
                "doctype|+a|[<b>]|-a",
            ),
            ("<x:a-b.c><!-- <b> --></x:a-b.c>", "+x:a-b.c|-x:a-b.c"),
        ] {
            assert_eq!(tokens(text), (expected.to_owned(), false), "{text}");
        }
    }

    #[test]
    fn damaged_markup_is_read_with_a_guess() {
        for (text, expected) in [
            ("a < b <3 <<x>", "a |<| b |<|3 |<|+x"),
            ("<a <b>", "<|a |+b"),
            ("< item>< /title >< b>", "+item|-title|<| b>"),
            ("<a b=\"x>y</a><c d=\"z\">", "+a|y|-a|+c"),
            ("<a b=\"<i>\">x", "+a|x"),
            ("</a <b>", "-a| |+b"),
            ("<!-- x <a><!-- y --><b>", " x |+a|+b"),
            ("<![CDATA[x</title><b>", "[x]|-title|+b"),
            ("<?php x <a>", "instruction|+a"),
            ("<a", "<|a"),
        ] {
            assert_eq!(tokens(text), (expected.to_owned(), true), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_to_an_end(text in "[<>!/?a\\-\\[\\]\"'= CDAT&;é]{0,120}") {
            let _ = tokens(&text);
        }
    }
}

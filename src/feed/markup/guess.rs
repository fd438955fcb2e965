//! Tokens that are none by the book: what begins with a `<` and is no tag, or meant as one all the same.

use super::super::html;
use super::{Tag, Token, Tokens};

/// What is looked at of a tag that begins with white space, in bytes: names of feeds are short.
const MAX_SPACED_BYTES: usize = 32;

/// The shortest name of a tag that is recognised without its `>`.
const MIN_UNFINISHED_BYTES: usize = 4;

/// How a section begins that HTML took for a comment.
const COMMENTED_CDATA: &str = "<!--[CDATA[";

impl<'a> Tokens<'a> {
    /// A tag with white space between its `<` and its name: a name of more than a letter, and
    /// nothing behind it, so that a comparison is not taken for one.
    pub(super) fn spaced(&mut self) -> Option<Token<'a>> {
        let rest = self.rest().strip_prefix('<')?;
        let rest = rest.get(..rest.floor_char_boundary(MAX_SPACED_BYTES))?;
        let inner = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{200b}');
        let (inside, _) = inner.split_once('>').filter(|_| inner.len() < rest.len())?;
        let name = inside.strip_prefix('/').unwrap_or(inside).trim_end();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == ':';
        if name.len() < 2 || !name.chars().all(is_name) {
            return None;
        }
        self.guessed = true;
        let before = rest.len().saturating_sub(inner.len());
        let raw = self.take(before.saturating_add(inside.len()).saturating_add(2));
        Some(if inside.starts_with('/') {
            Token::Close(name)
        } else {
            Token::Open(Tag {
                name,
                attributes: "",
                empty: false,
                raw,
            })
        })
    }

    /// A `<` that stands for itself, with those that follow it up to the last of the row.
    pub(super) fn stray(&mut self) -> &'a str {
        self.guessed = true;
        self.strays = self.strays.saturating_add(1);
        let row = self.rest().bytes().take_while(|byte| *byte == b'<').count();
        self.take(row.saturating_sub(1).max(1))
    }

    /// What HTML makes of a section that it does not know.
    pub(super) fn commented_section(&mut self) -> Option<&'a str> {
        if !self.rest().starts_with(COMMENTED_CDATA) {
            return None;
        }
        let end = self.ahead("]]-->")?;
        self.guessed = true;
        let section = self.take(end).strip_prefix(COMMENTED_CDATA);
        self.take("]]-->".len());
        section
    }

    /// A tag that lacks nothing but its `>`: a comparison has words behind it, or is short.
    pub(super) fn unfinished(&mut self, name: &'a str) -> Option<Tag<'a>> {
        let (_, after) = self.rest().split_at_checked(name.len().saturating_add(1))?;
        let (gap, _) = after.split_once('<')?;
        if name.len() < MIN_UNFINISHED_BYTES || html::is_element(name) || !gap.trim().is_empty() {
            return None;
        }
        Some(Tag {
            name,
            attributes: "",
            empty: false,
            raw: self.take(name.len().saturating_add(1)),
        })
    }
}

//! Fields and entries in canonical form.

use std::borrow::Cow;

use super::super::draft::Form;
use super::super::markup::{Tag, Token, Tokens, attributes};
use super::super::persons;
use super::super::vocabulary::{Family, Length};
use super::capture::{Capture, Declared};
use super::writer;

/// Attributes that mean something to a reader, as the specifications write them.
const ATTRIBUTES: &[&str] = &[
    "href",
    "rel",
    "type",
    "url",
    "length",
    "term",
    "label",
    "scheme",
    "title",
    "fileSize",
    "duration",
    "medium",
    "isDefault",
    "hreflang",
    "text",
];

/// Fields of which an entry has one: the first that says something is kept.
const SINGLE: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "description",
    "summary",
    "content",
    "content:encoded",
    "pubDate",
    "published",
    "updated",
    "atom:updated",
    "comments",
    "language",
    "ttl",
    "subtitle",
    "lastBuildDate",
];

/// A feed's head or one of its entries, being written.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub out: String,
    written: Vec<&'static str>,
}

impl Part {
    /// Whether a field may be written (again).
    fn admits(&mut self, name: &'static str) -> bool {
        if !SINGLE.contains(&name) {
            return true;
        }
        let first = !self.written.contains(&name);
        if first {
            self.written.push(name);
        }
        first
    }

    /// Whether anything has been written that makes an entry.
    pub fn says_something(&self) -> bool {
        !self.written.is_empty()
    }

    /// Writes an element that says everything in its attributes.
    pub fn attributes(&mut self, name: &'static str, tag: &Tag<'_>) {
        let found: Vec<(&str, Cow<'_, str>)> = attributes::iter(tag.attributes)
            .filter_map(|(name, value)| {
                Some((
                    *ATTRIBUTES
                        .iter()
                        .find(|known| known.eq_ignore_ascii_case(name))?,
                    value,
                ))
            })
            .collect();
        let mut unique: Vec<(&str, &str)> = Vec::new();
        for (name, value) in &found {
            if !unique.iter().any(|(known, _)| known == name) {
                unique.push((name, value));
            }
        }
        writer::empty(&mut self.out, name, &unique);
    }

    /// Content that is elsewhere (RFC 4287 §4.1.3.2) is a file.
    pub fn elsewhere(&mut self, tag: &Tag<'_>) {
        if let Some(href) = attributes::find(tag.attributes, "src") {
            let kind = attributes::find(tag.attributes, "type").unwrap_or_default();
            writer::empty(
                &mut self.out,
                "link",
                &[("rel", "enclosure"), ("href", &href), ("type", &kind)],
            );
        }
    }

    /// Writes a link that stands beside its element.
    pub fn address(&mut self, family: Family, url: &str) {
        let url = url.trim();
        if family == Family::Atom {
            writer::empty(
                &mut self.out,
                "link",
                &[("rel", "alternate"), ("href", url)],
            );
        } else if self.admits("link") {
            writer::element(&mut self.out, "link", &[], url);
        }
    }

    /// Writes a field that has been read.
    pub fn field(&mut self, family: Family, capture: &Capture<'_>, text: &str, form: Form) {
        let name = capture.out;
        let text = text.trim();
        if text.is_empty() || !self.admits(name) {
            return;
        }
        match name {
            "guid" => {
                let permalink = attributes::find(capture.attributes, "isPermaLink");
                let attributes: Vec<_> = permalink
                    .iter()
                    .map(|value| ("isPermaLink", value.as_ref()))
                    .collect();
                writer::element(&mut self.out, name, &attributes, text);
            }
            // An element of RSS that came as one of Atom's, or the other way round.
            "link" if family == Family::Atom => {
                let rel = attributes::find(capture.attributes, "rel");
                writer::empty(
                    &mut self.out,
                    name,
                    &[
                        ("rel", rel.as_deref().unwrap_or("alternate")),
                        ("href", text),
                    ],
                );
            }
            "category" if family == Family::Atom => {
                writer::empty(&mut self.out, name, &[("term", text)]);
            }
            // A list of elements is as good as one of words.
            "itunes:keywords" if text.contains('<') => {
                let words: Vec<&str> = text
                    .split('<')
                    .filter_map(|part| part.split_once('>'))
                    .map(|(_, word)| word.trim())
                    .collect();
                writer::element(&mut self.out, name, &[], &words.join(","));
            }
            "image" => writer::empty(&mut self.out, "media:thumbnail", &[("url", text)]),
            // feed-rs panics at more digits than a number has.
            "itunes:duration" if !is_duration(text) => {}
            "person" => self.person(family, text),
            _ if family == Family::Atom && is_construct(name) => {
                let mut attributes =
                    vec![("type", if form == Form::Plain { "text" } else { "html" })];
                let base = attributes::find(capture.attributes, "xml:base");
                attributes.extend(base.iter().map(|base| ("xml:base", base.as_ref())));
                writer::element(&mut self.out, name, &attributes, text);
            }
            _ => writer::element(&mut self.out, name, &[], text),
        }
    }

    /// A person of RSS is written as `itunes:author`, the one element that feed-rs takes as it is:
    /// it panics at others that hold an e-mail address beside letters beyond ASCII.
    fn person(&mut self, family: Family, text: &str) {
        let Some(name) = persons::name(&person(text)) else {
            return;
        };
        if family == Family::Atom {
            self.out.push_str("<author>");
            writer::element(&mut self.out, "name", &[], &name);
            self.out.push_str("</author>");
        } else {
            writer::element(&mut self.out, "itunes:author", &[], &name);
        }
    }
}

/// What feed-rs reads as a duration without panicking at more digits than a number has.
fn is_duration(text: &str) -> bool {
    text.len() <= 12
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Whether an entry has a field once.
pub(in crate::feed) fn is_single(name: &str) -> bool {
    SINGLE.contains(&name)
}

/// Text constructs of Atom (RFC 4287 §3.1) say what they are.
fn is_construct(name: &str) -> bool {
    matches!(name, "title" | "subtitle" | "summary" | "content")
}

/// The name in a person, or the address if that is all there is: Atom has elements for them.
fn person(text: &str) -> String {
    let mut tokens = Tokens::new(text);
    let (mut name, mut email, mut bare) = (String::new(), String::new(), String::new());
    let mut within = "";
    while let Some(token) = tokens.next(None) {
        match token {
            Token::Open(tag) if !tag.empty => {
                within = tag.name.rsplit(':').next().unwrap_or_default();
            }
            Token::Close(_) => within = "",
            Token::Text(text) | Token::Cdata(text) => match within {
                "name" | "NAME" => name.push_str(text),
                "email" | "EMAIL" => email.push_str(text),
                "" => bare.push_str(text),
                _ => {}
            },
            _ => {}
        }
    }
    [name, bare, email]
        .into_iter()
        .find(|found| !found.trim().is_empty())
        .unwrap_or_default()
}

/// What a field's tag says of its text.
pub(super) fn declared(family: Family, out: &str, length: Length, attributes: &str) -> Declared {
    let atom = (family == Family::Atom && is_construct(out)) || out.starts_with("atom:");
    if !atom || (length == Length::Short && !out.ends_with("title")) {
        return Declared::Nothing;
    }
    let value = |name: &str| {
        attributes::find(attributes, name).map(|value| value.trim().to_ascii_lowercase())
    };
    let mode = value("mode");
    match (mode.as_deref(), value("type").as_deref().unwrap_or("text")) {
        (Some("base64"), _) => Declared::Base64,
        (Some("xml"), "text/html" | "application/xhtml+xml") | (None | Some(_), "xhtml") => {
            Declared::Xhtml
        }
        (_, "text" | "text/plain" | "plain") => Declared::Text,
        (Some("escaped"), _) | (_, "html" | "text/html") => Declared::Html,
        (_, kind) if kind.ends_with("xml") => Declared::Xhtml,
        (_, kind) if kind.starts_with("text/") => Declared::Text,
        // RFC 4287 §4.1.3.3: everything else is base64; what is not will not decode.
        _ => Declared::Base64,
    }
}

//! The text of one field, with whatever stands in it.

use std::collections::HashMap;

use super::super::draft::Form;
use super::super::entities::{self, Meaning};
use super::super::html;
use super::super::markup::{Tag, attributes, xhtml};
use super::super::vocabulary::{Length, Ns, Role};
use super::base64;

/// Open markup in one field: browsers and readers stop at the same depth.
const MAX_OPEN: usize = 512;

/// Bytes that a document's own entities may add to it: enough for names and addresses, not for a bomb.
const MAX_EXPANSION_BYTES: usize = 1 << 20;

/// Entities a document may declare, and the longest value of one in bytes.
const MAX_ENTITIES: usize = 256;
const MAX_ENTITY_BYTES: usize = 1024;

/// Elements that HTML closes by itself.
const SELF_CLOSING: &[&str] = &[
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "source", "td", "th", "tr", "track", "wbr",
];

/// The entities a document declares, and what may still be spent on them.
#[derive(Debug, Default)]
pub(super) struct Entities<'a> {
    declared: HashMap<&'a str, String>,
    spent: usize,
}

impl<'a> Entities<'a> {
    /// Learns the entities of a document type declaration, as far as they are texts. External
    /// ones are not loaded, and what they hold is not searched for further entities.
    pub fn declare(&mut self, doctype: &'a str) {
        for declaration in doctype.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
            let Some((name, rest)) = declaration.trim_start().split_once(char::is_whitespace)
            else {
                continue;
            };
            let rest = rest.trim_start();
            let value = ['"', '\'']
                .into_iter()
                .find_map(|quote| rest.strip_prefix(quote)?.split_once(quote));
            if let Some((value, _)) = value.filter(|(value, _)| value.len() <= MAX_ENTITY_BYTES) {
                self.declared
                    .insert(name, entities::decode(value).into_owned());
            }
        }
    }

    /// Resolves references once; names of nobody stay as they are. A text ends where there is
    /// nothing left to spend on it.
    fn decode(&mut self, text: &str, out: &mut String) {
        if self.declared.is_empty() {
            entities::decode_into(text, out);
            return;
        }
        let mut rest = text;
        while let Some((before, _)) = rest.split_once('&') {
            out.push_str(before);
            rest = rest.get(before.len()..).unwrap_or_default();
            let found = entities::reference(rest);
            let len = found.map_or(1, |found| found.len);
            let (reference, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
            let own = found.and_then(|found| match found.meaning {
                Meaning::Unknown(name) => self.declared.get(name),
                _ => None,
            });
            match own {
                Some(value) if self.spent.saturating_add(value.len()) <= MAX_EXPANSION_BYTES => {
                    self.spent = self.spent.saturating_add(value.len());
                    out.push_str(value);
                }
                Some(_) => return,
                None => entities::decode_into(reference, out),
            }
            rest = after;
        }
        out.push_str(rest);
    }
}

/// A piece of a field.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    Cdata(&'a str),
    /// A tag, taken literally.
    Open(&'a str),
    Close(&'a str),
}

/// How a field says its text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Nothing,
    Text,
    Html,
    Xhtml,
    Base64,
}

/// A field being read.
#[derive(Debug)]
pub(super) struct Capture<'a> {
    /// As the field's tag is written.
    pub name: &'a str,
    /// As it will be written.
    pub out: &'static str,
    pub length: Length,
    pub declared: Declared,
    /// What its tag says beside.
    pub attributes: &'a str,
    pieces: Vec<Piece<'a>>,
    /// Names of markup that is open within the field.
    open: Vec<&'a str>,
    pub too_deep: bool,
}

impl<'a> Capture<'a> {
    pub fn new(
        name: &'a str,
        out: &'static str,
        length: Length,
        declared: Declared,
        attributes: &'a str,
    ) -> Self {
        Self {
            name,
            out,
            length,
            declared,
            attributes,
            pieces: Vec::new(),
            open: Vec::new(),
            too_deep: false,
        }
    }

    pub fn text(&mut self, text: &'a str) {
        self.pieces.push(Piece::Text(text));
    }

    pub fn cdata(&mut self, text: &'a str) {
        self.pieces.push(Piece::Cdata(text));
    }

    /// Takes an opening tag as part of the text.
    pub fn open(&mut self, tag: Tag<'a>, balanced: bool) {
        self.pieces.push(Piece::Open(tag.raw));
        let closes = balanced || !closes_itself(tag.name);
        if !tag.empty && closes {
            self.too_deep |= self.open.len() >= MAX_OPEN;
            if !self.too_deep {
                self.open.push(tag.name);
            }
        }
    }

    /// Takes a closing tag as part of the text, and says whether it closes anything: of elements
    /// that HTML closes by itself nobody knows.
    pub fn close(&mut self, name: &'a str) -> bool {
        self.pieces.push(Piece::Close(name));
        let open = self
            .open
            .iter()
            .rposition(|open| open.eq_ignore_ascii_case(name));
        if let Some(at) = open {
            self.open.truncate(at);
        }
        open.is_some() || closes_itself(name)
    }

    /// Whether a tag within a field that may not have been closed is the beginning of the next one.
    pub fn ends_with(&self, role: Option<Role>, ns: Ns, local: &str, tag: &Tag<'_>) -> bool {
        let Some(role) = role else { return false };
        if matches!(role, Role::Entry | Role::Channel | Role::Root(_)) {
            return true;
        }
        let of_person = self.out == "person" && matches!(local, "name" | "email" | "uri" | "url");
        if of_person || ns == Ns::Xhtml || html::is_element(local) {
            return false;
        }
        // Names that HTML, SVG or an author may use as well.
        let shared = matches!(
            local,
            "title" | "link" | "summary" | "source" | "image" | "content" | "url" | "id"
        );
        if !shared || self.length == Length::Short {
            return true;
        }
        let rel = attributes::find(tag.attributes, "rel").unwrap_or_default();
        let of_page = rel.contains("style") || rel.contains("icon");
        !self.nested() && !of_page && self.declared != Declared::Xhtml
    }

    /// Whether markup is open within the field.
    pub fn nested(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether markup of a name is open within the field.
    pub fn holds(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.eq_ignore_ascii_case(name))
    }

    /// The field's text, and how it is meant.
    pub fn read(&self, entities: &mut Entities<'a>) -> (String, Form) {
        let tagged = self
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Open(_) | Piece::Close(_)));
        let escaped = self
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Text(text) if text.contains("&lt;")));
        let literal = self.declared == Declared::Xhtml || (tagged && !escaped);
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) if literal => own_entities(text, entities, &mut out),
                Piece::Text(text) => entities.decode(text, &mut out),
                Piece::Cdata(text) if self.declared == Declared::Xhtml => {
                    out.push_str(&xhtml::escape(text));
                }
                Piece::Cdata(text) => out.push_str(text),
                Piece::Open(raw) => xhtml::open(raw, &mut out),
                Piece::Close(name) => xhtml::close(name, &mut out),
            }
        }
        let form = match self.declared {
            Declared::Text if !tagged => Form::Plain,
            Declared::Nothing if !tagged => Form::Unsure,
            _ => Form::Html,
        };
        let out = match self.declared {
            Declared::Xhtml => xhtml::unwrapped(&out).to_owned(),
            Declared::Base64 => base64::decode(&out).unwrap_or(out),
            _ => out,
        };
        (out, form)
    }
}

fn closes_itself(name: &str) -> bool {
    SELF_CLOSING
        .iter()
        .any(|one| one.eq_ignore_ascii_case(name))
}

/// Text among literal markup: HTML's references are left for HTML, the document's own are not.
fn own_entities<'a>(text: &'a str, entities: &mut Entities<'a>, out: &mut String) {
    let declares = !entities.declared.is_empty() && text.contains('&');
    if declares {
        entities.decode(text, out);
    } else {
        out.push_str(text);
    }
}

//! The guard: one pass over a document before feed-rs sees it.
//!
//! It answers three questions. Is the document within its limits? Is it honest, that is, well
//! formed, and in names and shapes that feed-rs reads rightly? And what does it say that feed-rs
//! does not tell (see [`Notes`])? An honest document goes to feed-rs as it is; every other goes
//! through the repair first, and then it is the repair's output from which notes are taken.
//!
//! The pass reads tokens of our own rather than quick-xml's events: those come one for every
//! reference, which in a feed of escaped HTML is as much work as feed-rs itself has (measured:
//! 20 ms of its 20 for 2.5 MB, ours 4).

mod element;
mod frame;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use self::frame::Frame;
use super::draft::Form;
use super::markup::names::Names;
use super::markup::{Tag, Token, Tokens, xhtml};
use super::notes::{Note, Notes};
use super::vocabulary::Family;
use super::{Limits, ParseFailure, entities, links};
use crate::model::FailureKind;

/// What is too short for an entry in disguise.
const MIN_DISGUISED_BYTES: usize = 20;

/// What a document turned out to be.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// Why feed-rs would misread it; `None` for an honest document.
    pub damage: Option<&'static str>,
    /// Every tag is closed where it should be.
    pub balanced: bool,
    pub notes: Notes,
    /// Where entries stand that are no markup yet: escaped, or in a section.
    pub disguised: Option<Range<usize>>,
    /// The document without bodies and other fields that are in the notes: what feed-rs has to read.
    pub frame: Cow<'a, str>,
}

/// Surveys a document.
///
/// # Errors
/// When it exceeds the limits.
pub(super) fn survey<'a>(text: &'a str, limits: &Limits) -> Result<Survey<'a>, ParseFailure> {
    let mut pass = Pass {
        limits,
        family: None,
        names: Names::default(),
        open: Vec::new(),
        elements: 0,
        entries: 0,
        entry_depth: 0,
        entry: None,
        fields: 0,
        field: None,
        opaque: None,
        skipped: None,
        skips: false,
        had: Vec::new(),
        damage: None,
        notes: Notes::default(),
    };
    let mut tokens = Tokens::new(text);
    let mut frame = Frame::new(text);
    let mut balanced = true;
    let mut start = tokens.at();
    let mut disguised = None;
    while let Some(token) = tokens.next(None) {
        if disguised.is_none() && pass.is_disguised(&token) {
            disguised = Some(start..tokens.at());
        }
        let in_body = pass.in_body();
        pass.skips = pass.skipped.is_some();
        match token {
            Token::Open(tag) => pass.open(tag)?,
            Token::Close(name) => balanced &= pass.close(name),
            Token::Text(text) => pass.text(text),
            Token::Cdata(text) => pass.section(text),
            // A declaration this late would have feed-rs change the charset of what is text by now.
            Token::Instruction(text) => pass.damage_if(text.starts_with("<?xml "), "declaration"),
            Token::Doctype(text) => pass.damage_if(text.contains("<!ENTITY"), "entities"),
        }
        if !balanced || tokens.guessed || pass.open.len() > limits.max_depth {
            balanced = false;
            break;
        }
        if pass.skips || (in_body && pass.in_body()) {
            frame.cut(start, tokens.at());
        }
        start = tokens.at();
    }
    balanced &= pass.open.is_empty() && !tokens.cut;
    if !balanced {
        pass.damage = Some("markup");
    } else if pass.family.is_none() {
        pass.damage.get_or_insert("dialect");
    }
    Ok(Survey {
        damage: pass.damage,
        balanced,
        notes: pass.notes,
        disguised,
        frame: frame.finish(),
    })
}

/// A field that is being read.
struct Field<'a> {
    /// Its canonical name.
    name: &'static str,
    depth: usize,
    reads: Reads,
    text: Cow<'a, str>,
    /// How its text is meant.
    form: Form,
    /// Markup within it is what its type announces.
    markup: bool,
}

/// Who reads a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// feed-rs.
    Theirs,
    /// We note it, and so may feed-rs.
    Noted,
    /// We alone: it is cut out of what feed-rs gets.
    Body,
}

impl<'a> Field<'a> {
    fn push(&mut self, text: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }
}

struct Pass<'a> {
    limits: &'a Limits,
    family: Option<Family>,
    names: Names<'a>,
    /// Names of the open elements.
    open: Vec<&'a str>,
    elements: usize,
    entries: usize,
    /// Depth of the entries' elements.
    entry_depth: usize,
    entry: Option<Note>,
    /// Elements of the entry at hand, markup in texts not counted.
    fields: usize,
    field: Option<Field<'a>>,
    /// Depth of an element whose fields are not the entry's, and whether it is a picture.
    opaque: Option<(usize, bool)>,
    /// Depth of an element that feed-rs need not see, and whether the token at hand belongs to one.
    skipped: Option<usize>,
    skips: bool,
    /// Fields that the entry has had.
    had: Vec<&'static str>,
    damage: Option<&'static str>,
    notes: Notes,
}

impl<'a> Pass<'a> {
    fn damage_if(&mut self, damaged: bool, how: &'static str) {
        if damaged {
            self.damage.get_or_insert(how);
        }
    }

    fn open(&mut self, tag: Tag<'a>) -> Result<(), ParseFailure> {
        self.elements = self.elements.saturating_add(1);
        self.bounds(&tag)?;
        self.open.push(tag.name);
        if let Some(field) = &mut self.field {
            if field.reads == Reads::Body && field.markup {
                xhtml::open(tag.raw, field.text.to_mut());
            }
            let damaged = !field.markup;
            self.damage_if(damaged, "markup");
        } else if self.opaque.is_none() && self.damage.is_none() {
            self.count_field()?;
            let (ns, local) = self.names.of_tag(&tag, self.open.len());
            // What the names had to guess, feed-rs would not.
            self.damage_if(self.names.guessed, "namespaces");
            self.element(ns, local, &tag)?;
        }
        if tag.empty {
            self.leave(tag.name);
        }
        Ok(())
    }

    /// Counts an element of an entry that is not part of a text.
    fn count_field(&mut self) -> Result<(), ParseFailure> {
        self.fields = self
            .fields
            .saturating_add(usize::from(self.entry.is_some()));
        self.limits.check_fields(self.fields)
    }

    fn bounds(&mut self, tag: &Tag<'_>) -> Result<(), ParseFailure> {
        if self.elements > self.limits.max_elements {
            let detail = format!("more than {} elements", self.limits.max_elements);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        let len = tag.raw.len();
        if len > self.limits.max_tag_bytes {
            return Err(ParseFailure::new(
                FailureKind::TooLarge,
                format!("a tag of {len} bytes"),
            ));
        }
        // A shorter tag has no room for more.
        let many = len > self.limits.max_attributes
            && tag.attributes.matches('=').count() > self.limits.max_attributes;
        self.damage_if(many, "attributes");
        Ok(())
    }

    fn text(&mut self, text: &'a str) {
        if self.damage.is_some() {
            return;
        }
        let Some(decoded) = entities::decode_xml(text) else {
            return self.damage_if(true, "entities");
        };
        // In markup a reference stands for itself.
        self.characters(if self.in_markup() {
            text.into()
        } else {
            decoded
        });
    }

    /// Whether a token holds entries, though no field is being read.
    fn is_disguised(&mut self, token: &Token<'_>) -> bool {
        let entries = match token {
            Token::Text(text) if text.len() > MIN_DISGUISED_BYTES => ["&lt;item", "&lt;entry"],
            Token::Cdata(text) if text.len() > MIN_DISGUISED_BYTES => ["<item", "<entry"],
            _ => return false,
        };
        let (Token::Text(text) | Token::Cdata(text)) = token else {
            return false;
        };
        let idle = self.field.is_none() && self.opaque.is_none() && self.damage.is_none();
        let found = idle
            && entries
                .iter()
                .any(|entry| memmem::find(text.as_bytes(), entry.as_bytes()).is_some());
        self.damage_if(found, "disguised");
        found
    }

    fn section(&mut self, text: &'a str) {
        self.characters(if self.in_markup() {
            xhtml::escape(text).into()
        } else {
            text.into()
        });
    }

    fn characters(&mut self, text: Cow<'a, str>) {
        if let Some(field) = &mut self.field {
            if field.reads != Reads::Theirs {
                field.push(text);
            }
        } else if self.opaque.is_some_and(|(_, is_image)| is_image)
            && links::is_http(&text)
            && let Some(entry) = &mut self.entry
        {
            entry.image(text.trim().to_owned());
        } else if self.opaque.is_none() && self.entry.is_some() && links::is_http(&text) {
            // Beside its element, where programs put it that take `link` for HTML's.
            self.damage_if(true, "structure");
        }
    }

    /// Whether a body is being read.
    fn in_body(&self) -> bool {
        self.field
            .as_ref()
            .is_some_and(|field| field.reads == Reads::Body)
    }

    /// Whether what is being read is the markup of a body.
    fn in_markup(&self) -> bool {
        self.field
            .as_ref()
            .is_some_and(|field| field.reads == Reads::Body && field.markup)
    }

    /// Whether the element that is closed is the one that is open.
    fn close(&mut self, name: &str) -> bool {
        let depth = self.open.len();
        if let Some(field) = &mut self.field
            && field.reads == Reads::Body
            && field.markup
            && field.depth < depth
        {
            xhtml::close(name, field.text.to_mut());
        }
        self.leave(name)
    }

    fn leave(&mut self, name: &str) -> bool {
        let depth = self.open.len();
        let Some(open) = self.open.pop() else {
            return false;
        };
        if let Some(field) = self.field.take_if(|field| field.depth == depth) {
            self.end_field(field);
        }
        if self.opaque.is_some_and(|(opaque, _)| opaque == depth) {
            self.opaque = None;
        }
        if self.skipped == Some(depth) {
            self.skipped = None;
        }
        if depth == self.entry_depth
            && let Some(note) = self.entry.take()
        {
            self.notes.entries.push(note);
        }
        self.names.leave(self.open.len());
        open == name
    }
}

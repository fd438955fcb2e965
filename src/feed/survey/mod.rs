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

pub(super) use element::is_duration;

use super::markup::names::Names;
use super::markup::{Tag, Token, Tokens};
use super::notes::{Note, Notes};
use super::vocabulary::Family;
use super::{Limits, ParseFailure, entities, links, scan};
use crate::model::FailureKind;

/// What a document turned out to be.
#[derive(Debug)]
pub(super) struct Survey {
    /// Why feed-rs would misread it; `None` for an honest document.
    pub damage: Option<&'static str>,
    /// Every tag is closed where it should be.
    pub balanced: bool,
    pub notes: Notes,
}

/// Surveys a document.
///
/// # Errors
/// When it exceeds the limits.
pub(super) fn survey(text: &str, limits: &Limits) -> Result<Survey, ParseFailure> {
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
        had: Vec::new(),
        damage: None,
        notes: Notes::default(),
    };
    let mut tokens = Tokens::new(text);
    let mut balanced = true;
    while let Some(token) = tokens.next(None) {
        match token {
            Token::Open(tag) => pass.open(tag)?,
            Token::Close(name) => balanced &= pass.close(name),
            Token::Text(text) => pass.text(text),
            Token::Cdata(text) => pass.characters(text),
            // A declaration this late would have feed-rs change the charset of what is text by now.
            Token::Instruction(text) => pass.damage_if(text.starts_with("<?xml "), "declaration"),
            Token::Doctype(text) => pass.damage_if(text.contains("<!ENTITY"), "entities"),
        }
        if !balanced || tokens.guessed || pass.open.len() > limits.max_depth {
            balanced = false;
            break;
        }
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
    })
}

/// A field whose text is being noted.
struct Field {
    /// Its canonical name.
    name: &'static str,
    depth: usize,
    /// Whether its words are wanted: the bodies that feed-rs reads are not read twice.
    noted: bool,
    text: String,
    /// Markup within it is what its type announces.
    markup: bool,
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
    field: Option<Field>,
    /// Depth of an element whose fields are not the entry's, and whether it is a picture.
    opaque: Option<(usize, bool)>,
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
        if let Some(field) = &self.field {
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
            self.close(tag.name);
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

    fn text(&mut self, text: &str) {
        if self.damage.is_some() {
            return;
        }
        let mut rest = text;
        while let Some(at) = scan::find(rest, b'&') {
            rest = rest.get(at..).unwrap_or_default();
            let Some(found) = entities::reference(rest).filter(entities::Reference::is_xml) else {
                self.damage_if(true, "entities");
                return;
            };
            rest = rest.get(found.len..).unwrap_or_default();
        }
        if self.field.as_ref().is_some_and(|field| field.noted)
            || self.opaque.is_some_and(|(_, is_image)| is_image)
        {
            self.characters(&entities::decode(text));
        }
    }

    fn characters(&mut self, text: &str) {
        if let Some(field) = &mut self.field
            && field.noted
        {
            field.text.push_str(text);
        } else if self.opaque.is_some_and(|(_, is_image)| is_image)
            && links::is_http(text)
            && let Some(entry) = &mut self.entry
        {
            entry.image(text.trim().to_owned());
        }
    }

    /// Whether the element that is closed is the one that is open.
    fn close(&mut self, name: &str) -> bool {
        let depth = self.open.len();
        let Some(open) = self.open.pop() else {
            return false;
        };
        if self
            .field
            .as_ref()
            .is_some_and(|field| field.depth == depth)
            && let Some(field) = self.field.take()
        {
            self.end_field(&field);
        }
        if self.opaque.is_some_and(|(opaque, _)| opaque == depth) {
            self.opaque = None;
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

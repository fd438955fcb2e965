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

use super::markup::names::Names;
use super::markup::{Tag, Token, Tokens, attributes};
use super::notes::{Note, Notes};
use super::repair::field;
use super::vocabulary::{self, Family, Ns, Role};
use super::{Limits, ParseFailure, entities, links};
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
        pass.damage = Some("root");
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

    fn element(&mut self, ns: Ns, local: &'a str, tag: &Tag<'a>) -> Result<(), ParseFailure> {
        let Some(family) = self.family else {
            self.root(ns, local, tag);
            return Ok(());
        };
        let role = if local.bytes().any(|byte| byte.is_ascii_uppercase()) {
            vocabulary::role(family, ns, &local.to_ascii_lowercase())
        } else {
            vocabulary::role(family, ns, local)
        };
        let depth = self.open.len();
        match role {
            Some(Role::Entry) => self.begin_entry(family, ns, local, tag)?,
            Some(Role::Channel) if depth == 2 && local == "channel" => self.inherit(tag),
            Some(Role::Channel | Role::Root(_)) => self.damage_if(true, "structure"),
            // feed-rs does not look into elements it does not know; neither do the notes.
            None if self.entry.is_none() || ns == Ns::Media => {}
            None | Some(Role::Opaque) => self.opaque = Some((depth, local == "image")),
            Some(Role::Transparent) => {
                self.damage_if(self.entry.is_some() && ns != Ns::Media, "structure")
            }
            Some(Role::Person) => self.person(family, ns, local),
            Some(Role::Attributes(out)) => {
                self.canonical(family, ns, local, out);
                self.attributes(out, tag);
            }
            Some(Role::Text(out, _)) => {
                self.canonical(family, ns, local, out);
                if tag.empty {
                    self.damage_if(ns == Ns::Media, "media");
                } else {
                    self.begin_field(family, ns, out, tag);
                }
            }
        }
        if ns == Ns::Media {
            // feed-rs panics at times with more digits than a number has.
            let raw = tag.attributes;
            let digits = || {
                raw.split(|c: char| !c.is_ascii_digit())
                    .any(|run| run.len() > 15)
            };
            let times = ["time=", "start=", "end="]
                .iter()
                .any(|name| raw.contains(name));
            self.damage_if(times && (!raw.is_ascii() || digits()), "media");
        }
        Ok(())
    }

    /// Only roots that feed-rs reads without help count.
    fn root(&mut self, ns: Ns, local: &str, tag: &Tag<'_>) {
        let version = attributes::find(tag.attributes, "version");
        match (ns, local, version.as_deref()) {
            (Ns::Main, "rss", Some("2.0" | "0.91" | "0.92")) => {
                (self.family, self.entry_depth) = (Some(Family::Rss), 3);
            }
            (Ns::Atom | Ns::Main, "feed", None | Some("1.0")) => {
                (self.family, self.entry_depth) = (Some(Family::Atom), 2);
            }
            _ => self.damage_if(true, "dialect"),
        }
        self.inherit(tag);
    }

    fn inherit(&mut self, tag: &Tag<'_>) {
        for (name, value) in attributes::iter(tag.attributes) {
            match name {
                "xml:base" => self.notes.base = Some(value.into_owned()),
                "xml:lang" => self.notes.lang = Some(value.into_owned()),
                _ => {}
            }
        }
    }

    fn begin_entry(
        &mut self,
        family: Family,
        ns: Ns,
        local: &str,
        tag: &Tag<'_>,
    ) -> Result<(), ParseFailure> {
        let expected = if family == Family::Atom {
            "entry"
        } else {
            "item"
        };
        self.damage_if(
            self.open.len() != self.entry_depth || local != expected || !is_own(family, ns),
            "structure",
        );
        self.entries = self.entries.saturating_add(1);
        if self.entries > self.limits.absurd_entries {
            let detail = format!("more than {} entries", self.limits.absurd_entries);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        self.damage_if(self.entries > self.limits.max_entries, "capped");
        let mut note = Note::default();
        for (name, value) in attributes::iter(tag.attributes) {
            note.inherited(name, &value);
        }
        self.had.clear();
        self.entry = Some(note);
        Ok(())
    }

    /// An element that goes by another name than feed-rs knows is an element of a dialect.
    fn canonical(&mut self, family: Family, ns: Ns, local: &str, out: &str) {
        let same = match out.split_once(':') {
            None => is_own(family, ns) && local == out,
            Some((prefix, name)) => local == name && ns.prefix() == Some(prefix),
        };
        self.damage_if(!same, "dialect");
    }

    fn person(&mut self, family: Family, ns: Ns, local: &str) {
        let name = match (family, ns, local) {
            (Family::Atom, Ns::Main | Ns::Atom, "author") => {
                self.opaque = Some((self.open.len(), false));
                return;
            }
            (Family::Rss, Ns::Main, "author") => "author",
            (_, Ns::Dc, "creator") => "dc:creator",
            (_, Ns::Itunes, "author") => "itunes:author",
            _ => return self.damage_if(true, "dialect"),
        };
        self.field = Some(Field {
            name,
            depth: self.open.len(),
            noted: true,
            text: String::new(),
            markup: false,
        });
    }

    fn attributes(&mut self, out: &'static str, tag: &Tag<'_>) {
        // In Atom they can be text, which feed-rs does not read.
        if matches!(out, "link" | "category") {
            let says =
                attributes::iter(tag.attributes).any(|(name, _)| matches!(name, "href" | "term"));
            self.damage_if(!says, "dialect");
        } else if let Some(entry) = &mut self.entry {
            entry.attributes(out, attributes::iter(tag.attributes));
        }
    }

    fn begin_field(&mut self, family: Family, ns: Ns, out: &'static str, tag: &Tag<'_>) {
        // Of several titles feed-rs takes the last, of which nobody knows whose it is.
        if self.entry.is_some() && field::is_single(out) {
            self.damage_if(self.had.contains(&out), "duplicates");
            self.had.push(out);
        }
        let mut markup = false;
        if family == Family::Atom && is_own(family, ns) {
            let kind = attributes::find(tag.attributes, "type");
            let kind = kind.as_deref().unwrap_or("text");
            self.damage_if(!matches!(kind, "text" | "html" | "xhtml"), "dialect");
            markup = kind == "xhtml";
        }
        if out == "guid"
            && let Some(entry) = &mut self.entry
        {
            entry.attributes(out, attributes::iter(tag.attributes));
        }
        self.field = Some(Field {
            name: out,
            depth: self.open.len(),
            noted: is_noted(out),
            text: String::new(),
            markup,
        });
    }

    fn text(&mut self, text: &str) {
        if self.damage.is_some() {
            return;
        }
        let mut rest = text;
        while let Some(at) = rest.find('&') {
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

    fn end_field(&mut self, field: &Field) {
        let text = field.text.trim();
        let how = match field.name {
            // feed-rs panics at an address beside letters beyond ASCII.
            "author" | "dc:creator" if text.contains('@') && !text.is_ascii() => "author",
            "itunes:duration" if !is_duration(text) => "media",
            "media:title" | "media:description" if text.is_empty() => "media",
            _ => "",
        };
        self.damage_if(!how.is_empty(), how);
        match &mut self.entry {
            Some(entry) => entry.text(field.name, text),
            None => self.notes.feed_text(field.name, text),
        }
    }
}

/// What feed-rs reads as a duration without panicking at more digits than a number has.
pub(super) fn is_duration(text: &str) -> bool {
    text.len() <= 12
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

fn is_noted(name: &str) -> bool {
    !matches!(
        name,
        "title"
            | "link"
            | "description"
            | "content:encoded"
            | "content"
            | "summary"
            | "guid"
            | "id"
            | "category"
    )
}

fn is_own(family: Family, ns: Ns) -> bool {
    ns == Ns::Main || (family == Family::Atom && ns == Ns::Atom)
}

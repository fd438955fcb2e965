//! The guard: one pass with quick-xml over a document, before feed-rs sees it.
//!
//! It answers three questions. Is the document within its limits? Is it honest, that is, well
//! formed, and in names and shapes that feed-rs reads rightly? And what does it say that feed-rs
//! does not tell (see [`Notes`])? An honest document goes to feed-rs as it is; every other goes
//! through the repair first. It is the repair's output, too, from which notes are taken.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::notes::{Note, Notes};
use super::vocabulary::{self, Family, KNOWN, Ns, Role};
use super::{Limits, ParseFailure, entities};
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
    let mut reader = NsReader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.check_comments = false;
    let mut pass = Pass {
        limits,
        family: None,
        depth: 0,
        elements: 0,
        entry_depth: 0,
        entry: None,
        field: None,
        opaque: None,
        damage: None,
        notes: Notes::default(),
        entries: 0,
    };
    let balanced = loop {
        let Ok((ns, event)) = reader.read_resolved_event() else {
            break false;
        };
        match event {
            Event::Start(tag) => pass.open(&ns, &tag, false)?,
            Event::Empty(tag) => pass.open(&ns, &tag, true)?,
            Event::End(_) => pass.close(),
            Event::Text(text) => pass.text(&text),
            Event::CData(text) => pass.characters(&text),
            Event::GeneralRef(name) => pass.reference(&name),
            Event::Eof => break pass.depth == 0,
            // A declaration this late would have feed-rs change the charset of what is text by now.
            Event::Decl(_) => pass.damaged("declaration"),
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if pass.depth > limits.max_depth {
            break false;
        }
    };
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
    text: String,
    /// Markup within it is what its type announces.
    markup: bool,
}

struct Pass<'l> {
    limits: &'l Limits,
    family: Option<Family>,
    depth: usize,
    elements: usize,
    entries: usize,
    /// Depth of the entries' elements.
    entry_depth: usize,
    entry: Option<Note>,
    field: Option<Field>,
    /// Depth of an element whose fields are not the entry's.
    opaque: Option<usize>,
    damage: Option<&'static str>,
    notes: Notes,
}

impl Pass<'_> {
    fn damaged(&mut self, how: &'static str) {
        self.damage.get_or_insert(how);
    }

    fn open(
        &mut self,
        ns: &ResolveResult<'_>,
        tag: &BytesStart<'_>,
        empty: bool,
    ) -> Result<(), ParseFailure> {
        self.elements = self.elements.saturating_add(1);
        self.bounds(tag)?;
        self.depth = self.depth.saturating_add(1);
        // After the first damage only the balance of tags is of interest.
        if self.damage.is_none() {
            let ns = self.namespace(ns, tag);
            self.element(ns, tag, empty)?;
        }
        if empty {
            self.close();
        }
        Ok(())
    }

    fn bounds(&mut self, tag: &BytesStart<'_>) -> Result<(), ParseFailure> {
        if self.elements > self.limits.max_elements {
            let detail = format!("more than {} elements", self.limits.max_elements);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        if tag.len() > self.limits.max_tag_bytes {
            return Err(ParseFailure::new(
                FailureKind::TooLarge,
                format!("a tag of {} bytes", tag.len()),
            ));
        }
        // So short a tag has no room for more.
        if tag.len() > self.limits.max_attributes
            && tag.html_attributes().with_checks(false).count() > self.limits.max_attributes
        {
            self.damaged("attributes");
        }
        Ok(())
    }

    fn namespace(&mut self, ns: &ResolveResult<'_>, tag: &BytesStart<'_>) -> Ns {
        if tag.attributes_raw().contains("xmlns") {
            self.declarations(tag);
        }
        match ns {
            ResolveResult::Unbound => Ns::Main,
            ResolveResult::Unknown(_) => {
                self.damaged("namespaces");
                Ns::Foreign
            }
            ResolveResult::Bound(uri) => KNOWN
                .iter()
                .find(|(_, known, _)| *known == uri.0)
                .map_or(Ns::Foreign, |(.., ns)| *ns),
        }
    }

    /// A namespace that we know by another address is one that feed-rs does not know.
    fn declarations(&mut self, tag: &BytesStart<'_>) {
        let mut count = 0_usize;
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let name = attribute.key.as_ref();
            let Some(prefix) = name.strip_prefix("xmlns") else {
                continue;
            };
            count = count.saturating_add(1);
            let exact = KNOWN
                .iter()
                .any(|(_, known, _)| *known == attribute.value.as_ref());
            let alias = Ns::of_uri(&attribute.value)
                .or_else(|| Ns::of_prefix(prefix.trim_start_matches(':')));
            let main = prefix.is_empty() && self.family.is_none();
            if !exact && (alias.is_some() || main && !attribute.value.is_empty()) {
                self.damaged("namespaces");
            }
        }
        if count > self.limits.max_namespaces {
            self.damaged("namespaces");
        }
    }

    fn element(&mut self, ns: Ns, tag: &BytesStart<'_>, empty: bool) -> Result<(), ParseFailure> {
        let name = tag.local_name();
        let local = name.as_ref();
        let Some(family) = self.family else {
            self.root(ns, local, tag);
            return Ok(());
        };
        if let Some(field) = &self.field {
            if !field.markup {
                self.damaged("markup");
            }
            return Ok(());
        }
        if self.opaque.is_some() {
            return Ok(());
        }
        let role = vocabulary::role(family, ns, &local.to_ascii_lowercase());
        match role {
            Some(Role::Entry) => self.begin_entry(family, ns, local, tag)?,
            Some(Role::Channel) if self.depth == 2 && local == "channel" => self.inherit(tag),
            Some(Role::Channel | Role::Root(_)) => self.damaged("structure"),
            Some(Role::Opaque) => self.opaque = Some(self.depth),
            Some(Role::Transparent) | None => {}
            Some(Role::Person) => self.person(family, ns, local),
            Some(Role::Attributes(out)) => {
                self.canonical(family, ns, local, out);
                self.attributes(out, tag);
            }
            Some(Role::Text(out, _)) => {
                self.canonical(family, ns, local, out);
                if empty {
                    self.damage_if(ns == Ns::Media, "media");
                } else {
                    self.begin_field(family, ns, out, tag);
                }
            }
        }
        if ns == Ns::Media {
            // feed-rs panics at times with more digits than a number has.
            let raw = tag.attributes_raw();
            let digits = raw
                .split(|c: char| !c.is_ascii_digit())
                .any(|run| run.len() > 15);
            let times = ["time=", "start=", "end="]
                .iter()
                .any(|name| raw.contains(name));
            self.damage_if(times && (digits || !raw.is_ascii()), "media");
        }
        Ok(())
    }

    fn damage_if(&mut self, damaged: bool, how: &'static str) {
        if damaged {
            self.damaged(how);
        }
    }

    /// Only roots that feed-rs reads without help count.
    fn root(&mut self, ns: Ns, local: &str, tag: &BytesStart<'_>) {
        let version = tag.try_get_attribute("version").ok().flatten();
        let version = version.as_ref().map(|version| version.value.as_ref());
        match (ns, local, version) {
            (Ns::Main, "rss", Some("2.0" | "0.91" | "0.92")) => {
                (self.family, self.entry_depth) = (Some(Family::Rss), 3)
            }
            (Ns::Atom | Ns::Main, "feed", None | Some("1.0")) => {
                (self.family, self.entry_depth) = (Some(Family::Atom), 2)
            }
            _ => self.damaged("dialect"),
        }
        self.inherit(tag);
    }

    fn inherit(&mut self, tag: &BytesStart<'_>) {
        for (name, value) in values(tag) {
            match name {
                "xml:base" => self.notes.base = Some(value),
                "xml:lang" => self.notes.lang = Some(value),
                _ => {}
            }
        }
    }

    fn begin_entry(
        &mut self,
        family: Family,
        ns: Ns,
        local: &str,
        tag: &BytesStart<'_>,
    ) -> Result<(), ParseFailure> {
        let expected = if family == Family::Atom {
            "entry"
        } else {
            "item"
        };
        if self.depth != self.entry_depth || local != expected || !is_own(family, ns) {
            self.damaged("structure");
        }
        self.entries = self.entries.saturating_add(1);
        if self.entries > self.limits.absurd_entries {
            let detail = format!("more than {} entries", self.limits.absurd_entries);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        self.damage_if(self.entries > self.limits.max_entries, "capped");
        let mut note = Note::default();
        for (name, value) in values(tag) {
            note.inherited(name, value);
        }
        self.entry = Some(note);
        Ok(())
    }

    /// An element that goes by another name than feed-rs knows is an element of a dialect.
    fn canonical(&mut self, family: Family, ns: Ns, local: &str, out: &str) {
        let same = match out.split_once(':') {
            None => is_own(family, ns) && local == out,
            Some((prefix, name)) => ns.prefix() == Some(prefix) && local == name,
        };
        self.damage_if(!same, "dialect");
    }

    fn person(&mut self, family: Family, ns: Ns, local: &str) {
        let name = match (family, ns, local) {
            (Family::Atom, Ns::Main | Ns::Atom, "author") => {
                self.opaque = Some(self.depth);
                return;
            }
            (Family::Rss, Ns::Main, "author") => "author",
            (_, Ns::Dc, "creator") => "dc:creator",
            (_, Ns::Itunes, "author") => "itunes:author",
            _ => {
                self.damaged("dialect");
                return;
            }
        };
        self.field = Some(Field {
            name,
            depth: self.depth,
            text: String::new(),
            markup: false,
        });
    }

    fn attributes(&mut self, out: &'static str, tag: &BytesStart<'_>) {
        // In Atom they can be text, which feed-rs does not read.
        if matches!(out, "link" | "category")
            && !values(tag).any(|(name, _)| matches!(name, "href" | "term"))
        {
            self.damaged("dialect");
        }
        if let Some(entry) = self
            .entry
            .as_mut()
            .filter(|_| matches!(out, "atom:link" | "media:thumbnail" | "itunes:image"))
        {
            entry.attributes(out, values(tag));
        }
    }

    fn begin_field(&mut self, family: Family, ns: Ns, out: &'static str, tag: &BytesStart<'_>) {
        let construct = family == Family::Atom && is_own(family, ns);
        let markup =
            construct && values(tag).any(|(name, value)| name == "type" && value == "xhtml");
        if out == "guid"
            && let Some(entry) = &mut self.entry
        {
            entry.attributes(out, values(tag));
        }
        self.field = Some(Field {
            name: out,
            depth: self.depth,
            text: String::new(),
            markup,
        });
    }

    fn text(&mut self, text: &str) {
        if text.contains('&') {
            self.damaged("entities");
        }
        self.characters(text);
    }

    fn characters(&mut self, text: &str) {
        if let Some(field) = &mut self.field
            && is_noted(field.name)
        {
            field.text.push_str(text);
        }
    }

    fn reference(&mut self, name: &BytesRef<'_>) {
        let written = format!("&{};", &**name);
        let meaning = entities::reference(&written).map(|reference| reference.meaning);
        let (entities::Meaning::Predefined(c) | entities::Meaning::Char(c)) =
            meaning.unwrap_or(entities::Meaning::Forbidden)
        else {
            self.damaged("entities");
            return;
        };
        if name.is_char_ref() && name.resolve_char_ref().ok().flatten() != Some(c) {
            self.damaged("entities");
        }
        if let Some(field) = &mut self.field
            && is_noted(field.name)
        {
            field.text.push(c);
        }
    }

    fn close(&mut self) {
        if self
            .field
            .as_ref()
            .is_some_and(|field| field.depth == self.depth)
            && let Some(field) = self.field.take()
        {
            self.end_field(&field);
        }
        if self.opaque == Some(self.depth) {
            self.opaque = None;
        }
        if self.depth == self.entry_depth
            && let Some(note) = self.entry.take()
        {
            self.notes.entries.push(note);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn end_field(&mut self, field: &Field) {
        let text = field.text.trim();
        let unsafe_person = || text.contains('@') && !text.is_ascii();
        let unsafe_time = || {
            text.len() > 12
                || !text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || b":.".contains(&byte))
        };
        let how = match field.name {
            "author" | "dc:creator" if unsafe_person() => "author",
            "itunes:duration" if unsafe_time() => "media",
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

/// Whether the words of a field are wanted: the bodies that feed-rs reads are not read twice.
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

/// The attributes of a tag, resolved.
fn values<'a>(tag: &'a BytesStart<'_>) -> impl Iterator<Item = (&'a str, String)> {
    let mut attributes = tag.html_attributes();
    attributes.with_checks(false);
    attributes.flatten().map(|attribute| {
        let name = attribute.key.0;
        (name, entities::decode(&attribute.value).into_owned())
    })
}

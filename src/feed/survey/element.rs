//! What the survey makes of an element: is it one that feed-rs reads, and what is to be noted of it?

use std::borrow::Cow;

use super::super::ParseFailure;
use super::super::draft::{Form, Words};
use super::super::markup::{Tag, attributes, names, xhtml};
use super::super::notes::Note;
use super::super::repair::field;
use super::super::vocabulary::{self, Family, Ns, Role};
use super::{Field, Pass, Reads};
use crate::model::FailureKind;

impl<'a> Pass<'a> {
    pub(super) fn element(
        &mut self,
        ns: Ns,
        local: &'a str,
        tag: &Tag<'a>,
    ) -> Result<(), ParseFailure> {
        let Some(family) = self.family else {
            self.root(ns, local, tag);
            return Ok(());
        };
        let role = vocabulary::role(family, ns, &names::lower(local));
        let depth = self.open.len();
        // What feed-rs makes of files is not looked at, and it panics at some numbers in them.
        if matches!(ns, Ns::Media | Ns::Itunes) {
            self.skip();
        }
        match role {
            Some(Role::Entry) => self.begin_entry(family, ns, local, tag)?,
            Some(Role::Channel) if depth == 2 && local == "channel" => self.inherit(tag),
            Some(Role::Channel | Role::Root(_)) => self.damage_if(true, "structure"),
            // feed-rs does not look into elements it does not know; neither do the notes.
            None if self.entry.is_none() || ns == Ns::Media => {}
            None => {
                self.opaque = Some((depth, local == "image"));
                self.skip();
            }
            Some(Role::Opaque) => self.opaque = Some((depth, local == "image")),
            Some(Role::Transparent) => {
                self.damage_if(self.entry.is_some() && ns != Ns::Media, "structure");
            }
            Some(Role::Person) => self.person(family, ns, local),
            Some(Role::Attributes(out)) => {
                self.canonical(family, ns, local, out);
                self.attributes(out, tag);
            }
            Some(Role::Text(out, _)) => {
                self.canonical(family, ns, local, out);
                // Atom's way of saying it, in RSS.
                if out == "link"
                    && tag.attributes.contains("href")
                    && let Some(entry) = &mut self.entry
                {
                    entry.attributes("atom:link", attributes::iter(tag.attributes));
                }
                if tag.empty {
                    // Content may be elsewhere, and then its tag says where.
                    if out != "content" {
                        self.skip();
                    }
                } else {
                    self.begin_field(family, ns, out, tag);
                }
            }
        }
        Ok(())
    }

    /// Keeps the element at hand from feed-rs, if an entry's.
    fn skip(&mut self) {
        if self.entry.is_some() {
            self.skipped.get_or_insert(self.open.len());
            self.skips = true;
        }
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
        self.damage_if(self.entries > self.limits.entries_at_once, "long");
        let mut note = Note::default();
        for (name, value) in attributes::iter(tag.attributes) {
            note.inherited(name, &value);
        }
        self.had.clear();
        self.fields = 0;
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
        self.skip();
        self.field = Some(Field {
            name,
            depth: self.open.len(),
            reads: Reads::Noted,
            text: Cow::default(),
            form: Form::Unsure,
            markup: false,
        });
    }

    fn attributes(&mut self, out: &'static str, tag: &Tag<'_>) {
        // In Atom they can be text, which feed-rs does not read.
        if matches!(out, "link" | "category") {
            let says =
                attributes::iter(tag.attributes).any(|(name, _)| matches!(name, "href" | "term"));
            self.damage_if(!says, "dialect");
        }
        if matches!(out, "category" | "enclosure") {
            self.skip();
        }
        if out != "link"
            && let Some(entry) = &mut self.entry
        {
            entry.attributes(out, attributes::iter(tag.attributes));
        }
    }

    fn begin_field(&mut self, family: Family, ns: Ns, out: &'static str, tag: &Tag<'_>) {
        // Of several titles feed-rs takes the last, of which nobody knows whose it is.
        if self.entry.is_some() && field::is_single(out) {
            self.damage_if(self.had.contains(&out), "duplicates");
            self.had.push(out);
        }
        let (mut markup, mut form) = (false, Form::Unsure);
        if family == Family::Atom && is_own(family, ns) {
            let kind = attributes::find(tag.attributes, "type");
            let kind = kind.as_deref().unwrap_or("text");
            self.damage_if(!matches!(kind, "text" | "html" | "xhtml"), "dialect");
            markup = kind == "xhtml";
            form = if kind == "text" {
                Form::Plain
            } else {
                Form::Html
            };
        }
        if out == "guid"
            && let Some(entry) = &mut self.entry
        {
            entry.attributes(out, attributes::iter(tag.attributes));
        }
        if matches!(out, "category" | "pubDate") {
            self.skip();
        }
        self.field = Some(Field {
            name: out,
            depth: self.open.len(),
            reads: reads(out, self.entry.is_some()),
            text: Cow::default(),
            form,
            markup,
        });
    }

    pub(super) fn end_field(&mut self, field: Field<'a>) {
        if field.reads == Reads::Body {
            if let Some(entry) = &mut self.entry {
                let text = if field.markup {
                    xhtml::unwrapped(&field.text).to_owned()
                } else {
                    field.text.into_owned()
                };
                entry.body(field.name, Words::new(text, field.form));
            }
            return;
        }
        let text = field.text.trim();
        match &mut self.entry {
            Some(entry) => entry.text(field.name, text),
            None => self.notes.feed_text(field.name, text),
        }
    }
}

fn reads(name: &str, in_entry: bool) -> Reads {
    match name {
        "description" | "content:encoded" | "content" | "summary" if in_entry => Reads::Body,
        "title" | "link" | "description" | "content:encoded" | "content" | "summary" | "guid"
        | "id" => Reads::Theirs,
        _ => Reads::Noted,
    }
}

fn is_own(family: Family, ns: Ns) -> bool {
    ns == Ns::Main || (family == Family::Atom && ns == Ns::Atom)
}

//! The canonical document being written: a head, entries, and the entry at hand.

use super::super::markup::{Tag, attributes};
use super::super::vocabulary::Family;
use super::super::{Limits, ParseFailure, TRUNCATED};
use super::field::Part;
use super::{Repaired, writer};
use crate::model::FailureKind;

/// Attributes of the root, of `channel` and of entries that are kept.
const INHERITED: &[&str] = &["xml:base", "xml:lang", "rdf:about"];

/// Times the longest document that a repaired one may have: escaping a `&` makes five bytes of one.
const MAX_GROWTH: usize = 3;

/// A document being written.
pub(super) struct Document<'l> {
    limits: &'l Limits,
    pub family: Family,
    /// Attributes of the root and of `channel`.
    root: Vec<(&'static str, String)>,
    head: Part,
    entry: Option<Part>,
    entries: Vec<String>,
    /// Bytes of the entry at hand while it says nothing.
    blank_len: usize,
    /// Entries begun.
    begun: usize,
    lost: usize,
    /// The root has been closed, and entries began after that.
    ended: bool,
    goes_on: bool,
    /// What held the entries has been closed.
    complete: bool,
    /// Bytes of texts written.
    written: usize,
}

impl<'l> Document<'l> {
    pub fn new(family: Family, limits: &'l Limits) -> Self {
        Self {
            limits,
            family,
            root: Vec::new(),
            head: Part::default(),
            entry: None,
            entries: Vec::new(),
            blank_len: 0,
            begun: 0,
            lost: 0,
            ended: false,
            goes_on: false,
            complete: false,
            written: 0,
        }
    }

    /// Keeps what the root or `channel` says of all entries.
    pub fn inherit(&mut self, tag: &Tag<'_>) {
        for (name, value) in inherited(tag) {
            if name != "rdf:about" && !self.root.iter().any(|(known, _)| *known == name) {
                self.root.push((name, value));
            }
        }
    }

    /// Whether an entry is being written.
    pub fn in_entry(&self) -> bool {
        self.entry.is_some()
    }

    /// Whether there are as many entries as may be.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.limits.max_entries
    }

    /// The entry at hand, or the head.
    pub fn part(&mut self) -> &mut Part {
        self.entry.as_mut().unwrap_or(&mut self.head)
    }

    /// Begins an entry; the one before ends with it.
    pub fn begin_entry(&mut self, tag: &Tag<'_>) {
        self.end_unclosed();
        self.goes_on |= self.ended;
        let attributes = inherited(tag);
        let attributes: Vec<(&str, &str)> = attributes
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut part = Part::default();
        writer::start(&mut part.out, writer::entry(self.family), &attributes);
        part.out.push('>');
        self.blank_len = if attributes.is_empty() {
            part.out.len()
        } else {
            0
        };
        // CDF has the address in the tag.
        if let Some(href) =
            attributes::find(tag.attributes, "href").filter(|_| self.family == Family::Rss)
        {
            writer::element(&mut part.out, "link", &[], &href);
        }
        self.begun = self.begun.saturating_add(1);
        self.entry = Some(part);
        if tag.empty {
            self.end_entry();
        }
    }

    /// What holds entries is closed, perhaps the root.
    pub fn end(&mut self, is_root: bool) {
        self.end_unclosed();
        self.ended |= is_root;
        // Of RSS many lack the last tag of all; in RSS 1.0 the entries come after the channel.
        self.complete |= is_root || !self.entries.is_empty();
    }

    /// Ends an entry that is not closed; one that says nothing was a tag too many.
    fn end_unclosed(&mut self) {
        let len = self.blank_len;
        self.entry.take_if(|entry| entry.out.len() == len);
        self.end_entry();
    }

    pub fn end_entry(&mut self) {
        let Some(mut entry) = self.entry.take() else {
            return;
        };
        if self.is_full() {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        writer::end(&mut entry.out, writer::entry(self.family));
        // Of a long list half would be room to grow.
        entry.out.shrink_to_fit();
        self.entries.push(entry.out);
    }

    /// Counts a text that is about to be written, and refuses what no feed has.
    pub fn count(&mut self, bytes: usize) -> Result<(), ParseFailure> {
        self.written = self.written.saturating_add(bytes);
        if self.written > self.limits.max_bytes.saturating_mul(MAX_GROWTH) {
            return Err(ParseFailure::new(
                FailureKind::TooLarge,
                "too much to escape",
            ));
        }
        if self.begun > self.limits.absurd_entries {
            let detail = format!("more than {} entries", self.limits.absurd_entries);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        Ok(())
    }

    /// The finished document. Its last field was `open` at the end of the text, or the text was
    /// `cut` off in a tag.
    pub fn finish(
        mut self,
        open: bool,
        cut: bool,
        unclosed: bool,
    ) -> Result<Repaired, ParseFailure> {
        let in_the_middle = open || self.entry.is_some() || (cut && !self.ended);
        if let Some(entry) = &self.entry {
            // Half an entry is better than none, and worse than one that comes whole next time.
            if self.entries.is_empty() && entry.says_something() {
                self.end_entry();
            } else {
                self.lost = self.lost.saturating_add(1);
            }
        }
        if in_the_middle && self.entries.is_empty() {
            return Err(ParseFailure::new(
                FailureKind::Malformed,
                "breaks off before an entry is whole",
            ));
        }
        let capped = self.entries.len() >= self.limits.max_entries && self.lost > 0;
        let needed = [
            (in_the_middle || !self.complete, TRUNCATED),
            (unclosed, "markup"),
            (capped, "capped"),
        ];
        let attributes: Vec<(&str, &str)> = self
            .root
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut head = writer::head(self.family, &attributes);
        head.push_str(&self.head.out);
        Ok(Repaired {
            family: self.family,
            head,
            entries: self.entries,
            lost: self.lost,
            goes_on: self.goes_on,
            how: needed
                .into_iter()
                .filter(|(needed, _)| *needed)
                .map(|(_, how)| how)
                .collect(),
        })
    }
}

fn inherited(tag: &Tag<'_>) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    if !tag.attributes.contains(':') {
        return found;
    }
    for (name, value) in attributes::iter(tag.attributes) {
        let name = INHERITED
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        if let Some(name) = name.filter(|name| !found.iter().any(|(known, _)| known == *name)) {
            found.push((name, value.into_owned()));
        }
    }
    found
}

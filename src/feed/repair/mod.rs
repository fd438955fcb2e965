//! From any document that is a feed at heart to one that feed-rs reads.
//!
//! A tokenizer that accepts everything, and one walk over its tokens that knows what feeds are
//! made of: entries, and fields in entries. What it recognises is written anew in canonical RSS
//! 2.0 or Atom 1.0, one field after the other, every text escaped; what it does not recognise is
//! dropped. So one mechanism undoes every damage (bare `&` and `<`, unknown entities, tags that
//! are not closed or misspelt, markup in texts, control characters, junk before and after) and
//! every dialect (Atom 0.3, RSS 0.90 to 1.0, upper case, foreign or missing namespaces, sitemaps,
//! CDF): both are a matter of names.
//!
//! It never recurses and never goes back: time is linear, memory is the document once more. It
//! invents nothing: an entry that the end of the document cuts off is dropped (and counted) as
//! long as another is whole, since half an article is worse than a late one.
//!
//! It fails when the root of no feed is found, or a limit is exceeded.

mod base64;
mod capture;
mod document;
pub(super) mod field;
mod walk;
mod writer;

use super::vocabulary::Family;

pub(super) use walk::repair;

/// A document in canonical form, in pieces: any of the entries can be left out.
#[derive(Debug)]
pub(super) struct Repaired {
    pub family: Family,
    head: String,
    entries: Vec<String>,
    /// Entries that were not complete, or beyond the limit.
    pub lost: usize,
    /// Entries stand behind the end of the document.
    pub goes_on: bool,
    /// What was repaired.
    pub how: Vec<&'static str>,
}

impl Repaired {
    /// The whole document.
    pub fn document(&self) -> String {
        self.with(self.entries.iter())
    }

    /// The document without entries.
    pub fn bare(&self) -> String {
        self.with(std::iter::empty())
    }

    /// Takes the first `most` entries out, as a document of their own.
    pub fn take(&mut self, most: usize) -> Self {
        Self {
            family: self.family,
            head: self.head.clone(),
            entries: self.entries.drain(..most.min(self.entries.len())).collect(),
            lost: 0,
            goes_on: false,
            how: Vec::new(),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The document once for every entry, with that entry alone.
    pub fn singles(&self) -> impl Iterator<Item = String> {
        self.entries
            .iter()
            .map(|entry| self.with(std::iter::once(entry)))
    }

    /// Adds an entry that is not the walk's.
    #[cfg(test)]
    pub fn push(&mut self, entry: &str) {
        self.entries.push(entry.to_owned());
    }

    fn with<'a>(&self, entries: impl Iterator<Item = &'a String>) -> String {
        let entries: Vec<&String> = entries.collect();
        let tail = writer::tail(self.family);
        let len = entries.iter().map(|entry| entry.len()).sum::<usize>();
        let mut out = String::with_capacity(len.saturating_add(self.head.len() + tail.len()));
        out.push_str(&self.head);
        for entry in entries {
            out.push_str(entry);
        }
        out.push_str(tail);
        out
    }
}

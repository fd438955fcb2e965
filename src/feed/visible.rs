//! What a reader sees of a body, for comparison: its words without markup, references resolved, and
//! no space where tags were.

use super::entities::{self, Meaning};

/// The visible words of a text, gathered run by run as its tags are found.
pub(super) struct Visible<'a> {
    text: &'a str,
    seen: &'a mut String,
    /// Where what has not been copied yet begins in the text.
    from: usize,
    /// Where the run at hand begins in `seen`.
    run: usize,
}

impl<'a> Visible<'a> {
    /// Appends to `seen`.
    pub fn new(text: &'a str, seen: &'a mut String) -> Self {
        let run = seen.len();
        Self {
            text,
            seen,
            from: 0,
            run,
        }
    }

    /// Resolves the reference that an `&` may begin, and says how many bytes it has.
    pub fn reference(&mut self, at: usize) -> usize {
        let Some(found) = entities::reference_at(self.text, at) else {
            return 1;
        };
        let mut utf8 = [0; 4];
        let meant = match found.meaning {
            Meaning::Predefined(c) | Meaning::Char(c) => &*c.encode_utf8(&mut utf8),
            Meaning::Named(text) => text,
            Meaning::Forbidden => "",
            Meaning::Unknown(_) => return found.len,
        };
        self.copy(at);
        self.push(meant);
        self.from = at.saturating_add(found.len);
        found.len
    }

    /// A run of text ends `at` a tag, or with the text.
    pub fn end(&mut self, at: usize) {
        self.copy(at);
        let run = self.seen.get(self.run..).unwrap_or_default().trim_end();
        self.seen.truncate(self.run.saturating_add(run.len()));
    }

    /// The next run begins `at` the end of a tag.
    pub fn begin(&mut self, at: usize) {
        (self.from, self.run) = (at, self.seen.len());
    }

    fn copy(&mut self, to: usize) {
        self.push(self.text.get(self.from..to).unwrap_or_default());
    }

    /// Nothing begins with space.
    fn push(&mut self, text: &str) {
        let begins = self.seen.len() == self.run;
        self.seen
            .push_str(if begins { text.trim_start() } else { text });
    }
}

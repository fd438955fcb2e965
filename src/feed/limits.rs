//! What a document may not exceed, and why.

use super::ParseFailure;
use crate::model::FailureKind;

/// Bounds on hostile input. Every one of them is enforced before a parser with a stack or a tree sees the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a document after every decoding (content coding, gzip in disguise, charset).
    pub max_bytes: usize,
    /// Decoded bytes allowed for every compressed byte, once [`Limits::ratio_free_bytes`] are decoded.
    pub max_ratio: usize,
    /// Decoded bytes below which the ratio is not looked at: short texts compress well honestly.
    pub ratio_free_bytes: usize,
    /// Open elements. feed-rs recurses: about 700 levels fit a 2 MiB stack, real feeds use 15.
    pub max_depth: usize,
    /// Entries that are read; the rest of the document is counted as lost. At 350 bytes an entry,
    /// which are few, this many fill [`Limits::max_bytes`]; in memory they take some 1,500 each.
    pub max_entries: usize,
    /// Entries that feed-rs is given at a time of an honest document; a longer one goes the way of
    /// the damaged ones, in smaller parts. It needs about 800 bytes for an entry of seven.
    pub entries_at_once: usize,
    /// Entries at which a document is refused altogether: nobody publishes that many, bombs do.
    pub absurd_entries: usize,
    /// Elements in all. A feed of 10,000 long entries in XHTML has some 500,000.
    pub max_elements: usize,
    /// Fields of one entry: of a list no more than [`Limits::max_values`] are kept, and fifteen
    /// lists of that length fit.
    pub max_fields: usize,
    /// Tags that begin or end nothing: a `<` in a text, a closing tag too many. Code that nobody
    /// escaped has them; spread over the largest document this is one in a hundred bytes.
    pub max_strays: usize,
    /// Bytes of one tag, attributes included. Inlined images stay under it, one endless attribute does not.
    pub max_tag_bytes: usize,
    /// Attributes of one tag: duplicates are looked for pairwise.
    pub max_attributes: usize,
    /// Namespaces bound in a document; quick-xml refuses more than 128 on one element.
    pub max_namespaces: usize,
    /// Values kept of one entry's list (authors, categories, links, enclosures).
    pub max_values: usize,
}

impl Limits {
    /// Refuses an entry of more than [`Limits::max_fields`].
    pub(super) fn check_fields(&self, fields: usize) -> Result<(), ParseFailure> {
        if fields <= self.max_fields {
            return Ok(());
        }
        let detail = format!("an entry of more than {} fields", self.max_fields);
        Err(ParseFailure::new(FailureKind::TooManyEntries, detail))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 10 << 20,
            max_ratio: 200,
            ratio_free_bytes: 1 << 20,
            max_depth: 64,
            max_entries: 30_000,
            entries_at_once: 5_000,
            absurd_entries: 100_000,
            max_elements: 1_000_000,
            max_fields: 4_000,
            max_strays: 100_000,
            max_tag_bytes: 1 << 20,
            max_attributes: 256,
            max_namespaces: 100,
            max_values: 256,
        }
    }
}

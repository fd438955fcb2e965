//! Bytes to entries.
//!
//! Whatever a site serves at its feed's URL, the entries come out, right, and with the same
//! identity every time; then [`plan()`] says which of them are news. The way of a document:
//!
//! ```text
//! bytes ─► decode ─► survey ── honest ──────────► adapter (feed-rs) ─► notes ─► settle ─► ParsedFeed
//!                      │                             ▲                            ▲
//!                      └── damaged, dialect ─► repair┘          JSON ─► json ─────┘
//! ```
//!
//! - `decode` undoes compression that nobody announced and finds the charset.
//! - `survey` is the guard: one pass that enforces [`Limits`], tells honest documents from others
//!   and notes what feed-rs does not tell (permalinks, `rdf:about`, bases, files, hints), or would
//!   only copy (bodies above all); what was noted and what nobody reads, feed-rs does not get.
//! - `repair` writes documents that feed-rs would refuse or misread anew, in canonical form;
//!   damage, dialects, sitemaps of news and CDF alike. An honest feed never gets there.
//! - `adapter` is the only door to feed-rs, which remains the parser of all XML.
//! - `json` reads JSON Feed itself, for reasons given there.
//! - `settle` makes links absolute, titles plain and bodies HTML, and has `identity` name entries.
//! - [`plan()`] compares with what the store knows; `archive` follows older documents where it finds
//!   a gap; [`discover`] finds the feeds of a site.
//!
//! Measured with 4,134 feeds of test suites and live sites: feed-rs alone yields entries from 83 %
//! of those that have any, this room from all of them, and from all of 48 kinds of damage done to
//! honest ones. `docs/feeds.md` has the figures, and what a feed costs beside feed-rs alone.
//!
//! It never asks the network or the clock, and keeps nothing: the same input gives the same feed.
//! It never recurses over a document and looks at every byte a bounded number of times.
//!
//! It fails with a [`ParseFailure`] when the bytes are no feed, break off before the first entry
//! is whole, or exceed a limit. One bad entry loses only itself, and is counted in
//! [`ParsedFeed::lost`]. A panic of feed-rs, of which several are known, is not provoked where the
//! survey can tell, and is caught where it cannot; its stack cannot overflow, since depth is bounded.

mod adapter;
mod archive;
mod best;
mod bodies;
mod chunks;
mod dates;
mod decode;
pub mod discover;
mod draft;
mod entities;
mod html;
mod hub;
mod identity;
mod json;
mod limits;
mod links;
mod markup;
mod mojibake;
mod notes;
mod persons;
mod plain;
mod plan;
mod repair;
mod scan;
mod settle;
mod shared;
mod survey;
mod tag;
mod visible;
mod vocabulary;
mod xml;

pub use archive::{Step, after_document, after_failure, missed};
pub use hub::hub;
pub use limits::Limits;
pub use plan::{Before, Context, plan};

use std::borrow::Cow;

use self::draft::Draft;
use crate::model::{FailureKind, ParsedFeed};

/// Compressions that are undone, one within the other: some servers compress what a plugin compressed.
const MAX_INFLATIONS: usize = 3;

/// What may stand before a feed that was escaped as a whole, or before JSON: an element or two, a
/// warning. A page about feeds shows one further down.
const MAX_WRAPPER_BYTES: usize = 400;

/// Version of the parser: a higher one may read the same bytes differently, so that feeds are
/// asked for their whole document once more.
pub const PARSER_VERSION: u32 = 1;

/// The repair of a document that does not reach its end.
const TRUNCATED: &str = "truncated";

/// Whether a document reached its end. One that breaks off between two entries, or within one, may
/// come whole the next time, though nothing that carried it said that it was short.
#[must_use]
pub fn is_whole(parsed: &ParsedFeed) -> bool {
    !parsed.repaired.contains(&TRUNCATED)
}

/// A document and what is known of it from outside.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The address of the final response: what relative links are relative to.
    pub url: Option<&'a str>,
    /// The `Content-Type` header, for its charset.
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// What this room was told.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub limits: Limits,
    /// The comparison key of a URL; `None` for addresses that cannot be compared.
    pub url_key: fn(&str) -> Option<String>,
}

/// Why a document gave no feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseFailure {
    pub kind: FailureKind,
    /// For the log: what was found, without secrets.
    pub detail: String,
}

impl ParseFailure {
    fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

/// Reads a feed of any dialect, honest or damaged.
///
/// # Errors
/// When the bytes are no feed, or exceed the limits.
pub fn parse(input: &Input<'_>, settings: &Settings) -> Result<ParsedFeed, ParseFailure> {
    let limits = &settings.limits;
    let mut repaired = Vec::new();
    let mut bytes = Cow::Borrowed(input.body);
    if let Some(joined) = chunks::join(&bytes) {
        repaired.push("chunks");
        bytes = Cow::Owned(joined);
    }
    for _ in 0..MAX_INFLATIONS {
        if bytes.len() > limits.max_bytes {
            let detail = format!("{} bytes, allowed are {}", bytes.len(), limits.max_bytes);
            return Err(ParseFailure::new(FailureKind::TooLarge, detail));
        }
        match decode::inflate(&bytes, limits, &mut repaired)? {
            Cow::Borrowed(_) => break,
            Cow::Owned(inflated) => bytes = Cow::Owned(inflated),
        }
    }
    let charset = input.content_type.and_then(decode::charset);
    let decoded = decode::decode(&bytes, charset)?;
    repaired.extend(decoded.repaired);
    let mut draft = read(&decoded.text, limits)?;
    repaired.append(&mut draft.repaired);
    draft.repaired = repaired;
    Ok(settle::settle(draft, input.url, settings))
}

/// Has the reader of its kind read a text.
fn read(text: &str, limits: &Limits) -> Result<Draft, ParseFailure> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    if text.is_empty() {
        return Err(ParseFailure::new(
            FailureKind::Empty,
            "nothing but white space",
        ));
    }
    if text.starts_with(['{', '[']) {
        let read = json::read(text, limits);
        return read.or_else(|failure| enclosed(text, limits).ok_or(failure));
    }
    if text.starts_with('"')
        && let Some(draft) = enclosed(text, limits)
    {
        return Ok(draft);
    }
    xml::read(text, limits).or_else(|failure| {
        if failure.kind == FailureKind::NotAFeed {
            disguised(text, limits).ok_or(failure)
        } else {
            Err(failure)
        }
    })
}

/// A feed that was escaped as a whole, or JSON behind a call, a comment or a warning.
fn disguised(text: &str, limits: &Limits) -> Option<Draft> {
    let from = |mark: &str| {
        let start = text.find(mark).filter(|at| *at <= MAX_WRAPPER_BYTES)?;
        text.get(start..)
    };
    let escaped = || {
        let text = from("&lt;")?;
        let begins = ["?xml", "rss", "feed", "rdf:"];
        let begins = |text: &str| begins.iter().any(|name| text.starts_with(name));
        text.strip_prefix("&lt;").filter(|text| begins(text))?;
        xml::read(&entities::decode(text), limits).ok()
    };
    let mut draft = escaped().or_else(|| json::read(from("{")?, limits).ok())?;
    draft.repaired.push("disguised");
    Some(draft)
}

/// A feed that travels as a string of JSON.
fn enclosed(text: &str, limits: &Limits) -> Option<Draft> {
    let inner = json::enclosed(text)?;
    let inner = inner.trim();
    let mut draft = if inner.starts_with('{') {
        json::read(inner, limits).ok()?
    } else {
        xml::read(inner, limits).ok()?
    };
    draft.repaired.push("disguised");
    Some(draft)
}

#[cfg(test)]
mod tests;

//! Bytes to entries.
//!
//! Whatever a site serves at its feed's URL, the entries come out, right, and with the same
//! identity every time. (Essay to be completed.)

mod adapter;
mod bodies;
mod dates;
mod decode;
pub mod discover;
mod draft;
mod entities;
mod html;
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
mod settle;
mod survey;
mod vocabulary;
mod xml;

pub use limits::Limits;
pub use plan::{Context, plan};

use std::borrow::Cow;

use self::draft::Draft;
use crate::model::{FailureKind, ParsedFeed};

/// Compressions that are undone, one within the other: some servers compress what a plugin compressed.
const MAX_INFLATIONS: usize = 3;

/// Version of the parser: a higher one may read the same bytes differently, so that feeds are
/// asked for their whole document once more.
pub const PARSER_VERSION: u32 = 1;

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
    let decoded = decode::decode(&bytes, charset);
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
        return json::read(text, limits);
    }
    xml::read(text, limits)
}
/* STAGES */
pub fn stages(b: &[u8], n: u32) {
    use std::hint::black_box as bb;
    let limits = Limits::default();
    macro_rules! time {
        ($name:literal, $e:expr) => {
            let t = std::time::Instant::now();
            for _ in 0..n {
                let _ = bb($e);
            }
            println!("  {} {:?}", $name, t.elapsed() / n);
        };
    }
    time!("decode", decode::decode(b, None).text.len());
    let d = decode::decode(b, None);
    let text = xml::without_declarations(d.text.trim());
    time!("controls", xml::has_controls(text));
    time!(
        "survey",
        survey::survey(text, &limits).map(|s| s.balanced).ok()
    );
    println!(
        "  damage {:?}",
        survey::survey(text, &limits).unwrap().damage
    );
    time!("adapter", adapter::read(text).map(|d| d.entries.len()).ok());
    let s = Settings {
        limits,
        url_key: |u| Some(u.to_owned()),
    };
    if let Ok(draft) = xml::read(text, &limits) {
        let mut drafts: Vec<_> = (0..n).map(|_| draft.clone()).collect();
        time!(
            "settle",
            settle::settle(drafts.pop().unwrap(), None, &s)
                .entries
                .len()
        );
    }
    time!(
        "repair",
        repair::repair(text, true, &limits).map(|s| s.lost).ok()
    );
}

pub fn both(b: &[u8]) -> Option<String> {
    let limits = Limits::default();
    let d = decode::decode(b, None);
    let text = xml::without_declarations(d.text.trim());
    let one = survey::survey(text, &limits).ok()?;
    if one.damage.is_some() {
        return None;
    }
    let s = Settings {
        limits,
        url_key: |u| Some(u.to_owned()),
    };
    let a = settle::settle(
        xml::read(text, &limits).ok()?,
        Some("http://e.example/f/"),
        &s,
    );
    let mut out = String::new();
    for (how, balanced) in [("strict", true), ("loose", false)] {
        let b = settle::settle(
            xml::repaired(text, "x", balanced, &limits).ok()?,
            Some("http://e.example/f/"),
            &s,
        );
        if a.entries.len() != b.entries.len() {
            out += &format!("{how} count {} {}\n", a.entries.len(), b.entries.len());
            continue;
        }
        for (x, y) in a.entries.iter().zip(&b.entries) {
            if x != y {
                let what = if x.uid != y.uid {
                    format!("uid {} {}", x.uid, y.uid)
                } else if x.url != y.url {
                    format!("url {:?} {:?}", x.url, y.url)
                } else if x.title != y.title {
                    format!("title {:?} {:?}", x.title, y.title)
                } else if x.authors != y.authors {
                    format!("authors {:?} {:?}", x.authors, y.authors)
                } else if x.categories != y.categories {
                    format!("cat {:?} {:?}", x.categories, y.categories)
                } else if x.enclosures != y.enclosures {
                    format!("encl {:?} {:?}", x.enclosures, y.enclosures)
                } else if x.published != y.published || x.updated != y.updated {
                    format!(
                        "dates {:?} {:?} {:?} {:?}",
                        x.published, y.published, x.updated, y.updated
                    )
                } else if x.summary != y.summary {
                    format!(
                        "summary {:?}\n      {:?}",
                        x.summary
                            .as_deref()
                            .map(|s| s.chars().take(300).collect::<String>()),
                        y.summary
                            .as_deref()
                            .map(|s| s.chars().take(300).collect::<String>())
                    )
                } else if x.content != y.content {
                    format!(
                        "content {:?}\n    {:?}",
                        x.content
                            .as_deref()
                            .map(|s| s.chars().take(300).collect::<String>()),
                        y.content
                            .as_deref()
                            .map(|s| s.chars().take(300).collect::<String>())
                    )
                } else {
                    format!(
                        "other lang {:?} {:?} img {:?} {:?} com {:?} {:?} guid {:?} {:?}",
                        x.lang,
                        y.lang,
                        x.image_url,
                        y.image_url,
                        x.comments_url,
                        y.comments_url,
                        x.guid,
                        y.guid
                    )
                };
                out += &format!("{how} fp {} {what}\n", x.fingerprint == y.fingerprint);
                break;
            }
        }
    }
    Some(out)
}

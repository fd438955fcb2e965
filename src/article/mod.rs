//! From a page to its article: the whole text and nothing but the text, with its metadata.
//!
//! For: turning bytes that were fetched from an entry's link, and the feed's own words
//! about it, into [`Extracted`]. The page is decoded, parsed once, flattened and cut into
//! blocks ([`page`]); several judges say which blocks are the article and one decision
//! weighs them ([`judge`]); what is kept is written as text and markdown ([`mod@write`]);
//! title, people, dates and the rest are gathered from wherever they are said
//! ([`metadata`]).
//!
//! Never: fetches, reads a clock, remembers by itself or logs. What was learned of a site
//! comes in as a value and goes out as a value. No markup that a publisher controls
//! reaches the text, and no tree is ever serialised.
//!
//! Fails: with a [`PageFailure`] whose kind the store keeps: the page is no HTML, is too
//! large, takes too long, or holds no article. Every bound is in [`Limits`]; no input
//! panics.

#[cfg(test)]
mod cases;
mod decode;
mod feed_words;
mod history;
mod judge;
mod lookup;
mod memory;
mod metadata;
mod page;
mod parse;
mod parts;
mod sink;
mod sniff;
mod training;
mod wishes;
mod write;

use ego_tree::NodeId;
use scraper::{Html, Selector};
use std::collections::{BTreeMap, HashSet};
use url::Url;

use crate::model::{Extracted, FailureKind, FeedWords};
use judge::Decision;
use metadata::Metadata;
use metadata::head::Head;
use metadata::jsonld::{self, Described};
use page::{Page, Sums};

pub use feed_words::{feed_suffices, from_words};
pub use history::{Drift, Harvest, SiteHistory, Turn, Usual};
pub use memory::{Impression, SiteMemory};
pub use parts::Parts;
pub use sniff::is_html;
#[doc(hidden)]
pub use training::{TrainingBlock, extract_believing, training_blocks};
pub use wishes::wishes;

/// Raised whenever the same page may give another article.
pub const EXTRACTOR_VERSION: u32 = 1;

/// Below this confidence a page is a list, a home page or an error, not an article.
const MIN_CONFIDENCE: f32 = 0.05;

/// Below this confidence a page whose kept headings lead elsewhere is a list.
const LIST_CONFIDENCE: f32 = 0.7;

/// A page, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The page's address after redirects, absolute.
    pub url: &'a str,
    /// As received, content encodings undone.
    pub body: &'a [u8],
    /// The charset of the `Content-Type` header.
    pub http_charset: Option<&'a str>,
    /// What the feed says of it.
    pub words: &'a FeedWords,
}

/// What a page may not exceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest page, in bytes.
    pub max_bytes: usize,
    /// The deepest tree, in elements; deeper ones are flattened. 512 is what browsers do.
    pub max_depth: usize,
    /// The most elements; later ones are dropped. The largest honest page seen had 60,000.
    pub max_elements: usize,
    /// The most attributes of one element; later ones are dropped.
    pub max_attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 5 << 20,
            max_depth: 512,
            max_elements: 200_000,
            max_attributes: 128,
        }
    }
}

/// What the operator asks of this room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    pub limits: Limits,
    /// CSS selectors: where any of them matches, the article is what they match.
    pub keep: Vec<String>,
    /// CSS selectors of what is never part of the article.
    pub drop: Vec<String>,
    /// Answer with the best text there is even where nothing reads like an article: for looking at
    /// single pages. The store wants to know that a page is a list or a home page.
    pub always: bool,
    /// Keep the pictures between the paragraphs in the markdown.
    pub images: bool,
}

/// Why a page gave no article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFailure {
    pub kind: FailureKind,
    pub detail: String,
}

impl PageFailure {
    fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

/// Extracts the article of a page.
///
/// `expired` is the caller's deadline; it is asked every few kilobytes while parsing.
///
/// # Errors
/// [`PageFailure`] with `TooLarge`, `NotHtml`, `Empty`, `TooSlow` or `NoArticle`.
pub fn extract(
    input: &Input,
    settings: &Settings,
    expired: &dyn Fn() -> bool,
) -> Result<Extracted, PageFailure> {
    read(input, settings, None, expired).map(|reading| reading.article)
}

/// A page that was read.
#[derive(Debug)]
pub struct Reading {
    pub article: Extracted,
    /// What is to be learned from the page.
    pub impression: Impression,
    /// The addresses of further parts that it names, by their numbers.
    pub parts: BTreeMap<u32, String>,
}

/// Like [`extract`], with what is known of the site; also gives what else the page holds.
///
/// # Errors
/// As [`extract`].
pub fn read(
    input: &Input,
    settings: &Settings,
    memory: Option<&SiteMemory>,
    expired: &dyn Fn() -> bool,
) -> Result<Reading, PageFailure> {
    run(input, settings, memory, None, expired)
}

fn run(
    input: &Input,
    settings: &Settings,
    memory: Option<&SiteMemory>,
    opinion: Option<&[f32]>,
    expired: &dyn Fn() -> bool,
) -> Result<Reading, PageFailure> {
    if input.body.len() > settings.limits.max_bytes {
        let detail = format!(
            "{} bytes, {} allowed",
            input.body.len(),
            settings.limits.max_bytes
        );
        return Err(PageFailure::new(FailureKind::TooLarge, detail));
    }
    if input.body.iter().all(u8::is_ascii_whitespace) {
        return Err(PageFailure::new(
            FailureKind::Empty,
            "no bytes but white space",
        ));
    }
    if !is_html(None, input.body) {
        return Err(PageFailure::new(
            FailureKind::NotHtml,
            "the body is of another kind",
        ));
    }
    let text = decode::decode(input.body, input.http_charset);
    let html = parse::parse(&text, &settings.limits, expired).map_err(|parse::Expired| {
        PageFailure::new(FailureKind::TooSlow, "parsing took longer than allowed")
    })?;
    let dropped = matches(&html, &settings.drop);
    let wanted = matches(&html, &settings.keep);
    let page = Page::new(&html, &|id| dropped.contains(&id));
    let known = Known::new(&page, input);
    let sums = Sums::new(&page, |_| false);
    let decision = if wanted.is_empty() {
        let evidence = judge::Evidence {
            opinion,
            ..known.evidence(input.url, memory)
        };
        judge::decide(&page, &sums, &evidence)
    } else {
        judge::as_told(&page, &sums, &|at| {
            page.node(at).id.is_some_and(|id| wanted.contains(&id))
        })
    };
    let impression = Impression::of(&page, input.url, &decision.keep);
    let parts = parts::named(&page, input.url, known.head.base.as_ref());
    Ok(Reading {
        article: finish(&page, decision, known, settings)?,
        impression,
        parts,
    })
}

/// What the page says of itself outside its text.
struct Known {
    head: Head,
    described: Described,
    metadata: Metadata,
}

impl Known {
    fn new(page: &Page<'_>, input: &Input) -> Self {
        let head = Head::new(page, Url::parse(input.url).ok().as_ref());
        let described = jsonld::describe(page);
        let metadata = metadata::gather(page, &head, &described, input.url, input.words);
        Self {
            head,
            described,
            metadata,
        }
    }

    fn evidence<'k>(&'k self, url: &'k str, memory: Option<&'k SiteMemory>) -> judge::Evidence<'k> {
        judge::Evidence {
            title: self.metadata.title.as_deref(),
            description: self.metadata.description.as_deref(),
            body: self.described.body.as_deref(),
            byline: self.metadata.byline.as_deref(),
            url,
            memory,
            opinion: None,
        }
    }
}

/// The elements that any of the selectors match; a selector that cannot be read matches nothing.
fn matches(html: &Html, selectors: &[String]) -> HashSet<NodeId> {
    let selectors = selectors
        .iter()
        .filter_map(|selector| Selector::parse(selector).ok());
    selectors
        .flat_map(|selector| {
            html.select(&selector)
                .map(|element| element.id())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn finish(
    page: &Page<'_>,
    decision: Decision,
    known: Known,
    settings: &Settings,
) -> Result<Extracted, PageFailure> {
    let Known { head, metadata, .. } = known;
    let keep = |at: usize| decision.keep.get(at).copied().unwrap_or(false);
    let is_page = decision.instead.is_none();
    let (text, markdown) = match decision.instead {
        Some(html) => feed_words::written(&html, head.base.as_ref(), &settings.limits),
        None => (
            write::plain(page, &keep),
            write::markdown(page, &keep, head.base.as_ref(), settings.images),
        ),
    };
    if text.is_empty() {
        return Err(PageFailure::new(
            FailureKind::NoArticle,
            "the page has no text",
        ));
    }
    let no_article = decision.confidence < MIN_CONFIDENCE
        || (decision.confidence < LIST_CONFIDENCE
            && is_page
            && judge::shape::is_list(page, &decision.keep));
    if !settings.always && no_article {
        return Err(PageFailure::new(
            FailureKind::NoArticle,
            "the page has text but nothing that reads like an article",
        ));
    }
    Ok(Extracted {
        title: metadata.title,
        byline: metadata.byline,
        published: metadata.published,
        modified: metadata.modified,
        lang: metadata::lang::decide(metadata.langs.iter().map(String::as_str), &text),
        site_name: metadata.site_name,
        image: metadata.image,
        canonical_url: metadata.canonical_url,
        amp_url: metadata.amp_url,
        excerpt: metadata.description.or_else(|| feed_words::excerpt(&text)),
        section: metadata.section,
        keywords: metadata.keywords,
        robots: metadata.robots,
        paywalled: metadata.free == Some(false) || judge::shape::is_stub(page, &decision.keep),
        word_count: u32::try_from(page::text::count_words(&text)).unwrap_or(u32::MAX),
        text,
        markdown,
        method: decision.method,
        confidence: decision.confidence,
        version: EXTRACTOR_VERSION,
    })
}

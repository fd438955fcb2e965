//! An article: the clean text of an entry's page.

use super::{ArticleId, Lease, PageId, Timestamp};

/// A page that has been claimed: to be fetched, or to be made from the feed's own words.
#[derive(Debug, Clone)]
pub struct PendingPage {
    pub id: PageId,
    pub lease: Lease,
    pub url: Option<String>,
    /// False when `url` is no address of this one article: it is not known under it.
    pub is_own: bool,
    /// False when the feed's own words are all that is wanted.
    pub fetch: bool,
    /// Failed fetches so far.
    pub attempts: u32,
    /// How often the page has been had already and is fetched again for revisions.
    pub rechecks: u32,
    pub validators: super::Validators,
    /// The address that gave the validators.
    pub validators_url: String,
    pub feed: super::FeedId,
    /// The feed's address in the configuration.
    pub feed_url: String,
    pub words: FeedWords,
}

/// What the feed itself said of an article.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedWords {
    /// The feed's title, which sites append to their pages' titles.
    pub feed_title: Option<String>,
    pub title: Option<String>,
    /// HTML.
    pub summary: Option<String>,
    /// HTML.
    pub content: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<Timestamp>,
    pub lang: Option<String>,
    pub image_url: Option<String>,
}

/// What extraction made of a page, or of the feed's own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted {
    pub title: Option<String>,
    /// Names joined by `, `; people only.
    pub byline: Option<String>,
    pub published: Option<Dated>,
    pub modified: Option<Timestamp>,
    /// BCP 47.
    pub lang: Option<String>,
    pub site_name: Option<String>,
    /// Absolute.
    pub image: Option<String>,
    /// `rel=canonical`, absolute, as the page gives it; whether to believe it is for others to judge.
    pub canonical_url: Option<String>,
    /// `rel=amphtml`, absolute, as the page gives it: where its AMP edition is.
    pub amp_url: Option<String>,
    /// A sentence or two for lists.
    pub excerpt: Option<String>,
    pub section: Option<String>,
    pub keywords: Vec<String>,
    /// What the page asks of robots, as `article::wishes` reads it.
    pub robots: Vec<String>,
    /// True when the page says, or shows, that the rest is for subscribers.
    pub paywalled: bool,
    /// Paragraphs separated by a blank line; no markup, no control or bidirectional-override characters.
    pub text: String,
    /// The same with structure; links absolute; no raw HTML.
    pub markdown: String,
    pub method: Method,
    /// Between 0 and 1.
    pub confidence: f32,
    pub word_count: u32,
    /// Version of the extractor that made it.
    pub version: u32,
}

/// How an article's text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The best-scoring container of the page.
    Container,
    /// A block classifier.
    Classifier,
    /// The candidates agreed.
    Agreement,
    /// Structured data of the page (JSON-LD, hydration state).
    Structured,
    /// The feed's own content: the page was not needed, or could not be had.
    Feed,
    /// Everything that is visible, for want of better.
    Fallback,
}

impl Method {
    /// The word that the store and the JSON output use.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Classifier => "classifier",
            Self::Agreement => "agreement",
            Self::Structured => "structured",
            Self::Feed => "feed",
            Self::Fallback => "fallback",
        }
    }
}

/// A date and where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    pub at: Timestamp,
    /// The zone the date was written in, in minutes east of UTC, where it said so: the day of
    /// publication is a day of that zone. A date without a time of day is midnight UTC, zone 0.
    pub offset_minutes: Option<i16>,
    pub source: DateSource,
}

/// Where a date of publication was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateSource {
    Feed,
    JsonLd,
    Meta,
    /// The visible page: `time` elements, datelines.
    Html,
    Url,
}

impl DateSource {
    /// The word that the store and the JSON output use.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::JsonLd => "jsonld",
            Self::Meta => "meta",
            Self::Html => "html",
            Self::Url => "url",
        }
    }
}

/// The comparison keys of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// blake3 of the normalised text, 128 bits: equal for equal texts.
    pub exact: [u8; 16],
    /// The smallest hashes of the text's shingles, for near duplicates; empty for a text too short to judge.
    pub sketch: Vec<u32>,
}

/// What the judge says of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Unique,
    Duplicate {
        of: ArticleId,
        relation: Relation,
        /// Between 0 and 1: the share of the smaller text that the other contains.
        score: f32,
    },
}

/// How a duplicate relates to the article it duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same normalised text.
    Exact,
    /// Nearly the same text.
    Near,
    /// A piece of it.
    Excerpt,
}

impl Relation {
    /// The word that the store and the JSON output use.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Excerpt => "excerpt",
        }
    }
}

//! A feed: a polled document and its address.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{EventKind, FeedId, GapId, Lease, ParsedEntry, Timestamp};

/// The family of a feed's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedKind {
    /// RSS 0.9x, 1.0 (RDF) and 2.0.
    Rss,
    /// Atom 0.3 and 1.0.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    Json,
    /// A news sitemap (`urlset` with the news namespace).
    Sitemap,
}

impl FeedKind {
    /// The word that the store and the JSON output use.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
            Self::Sitemap => "sitemap",
        }
    }
}

/// What a server gave us to ask conditionally with: opaque bytes, kept as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, quotes and all.
    pub etag: Option<Vec<u8>>,
    /// The `Last-Modified` header, in whatever form the server wrote it.
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// True when there is nothing to ask with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A feed that has been claimed for one poll, with everything the poll needs to know of the past.
#[derive(Debug, Clone)]
pub struct DueFeed {
    pub id: FeedId,
    pub lease: Lease,
    /// The address to ask: as configured, or as adopted after a lasting permanent redirect.
    pub url: String,
    /// The address in the configuration.
    pub configured_url: String,
    pub validators: Validators,
    /// The address that gave them; they are sent to no other.
    pub validators_url: Option<String>,
    /// Under which request variant (hash of user agent, headers, credentials, parser version)
    /// the validators were received; others are not sent.
    pub variant: Vec<u8>,
    /// blake3 of the last body that was parsed.
    pub body_hash: Option<Vec<u8>>,
    /// When it was configured.
    pub created_at: Timestamp,
    /// The rule that has made it due.
    pub due_by: String,
    /// When the last poll was answered or failed.
    pub last_poll_at: Option<Timestamp>,
    /// When a poll last succeeded.
    pub last_ok_at: Option<Timestamp>,
    /// When the feed last had a new entry.
    pub last_new_at: Option<Timestamp>,
    /// When a 200 was last received.
    pub last_full_at: Option<Timestamp>,
    /// Its server has said "not modified" of a document that was: it is asked unconditionally.
    pub distrusted: bool,
    /// A hub delivers what is new; polling is the backstop.
    pub subscribed: bool,
    /// The adaptive interval learned so far.
    pub interval: Option<Duration>,
    /// What the publisher's document asked for last time.
    pub hints: PublisherHints,
    /// Consecutive failed polls.
    pub failures: u32,
    /// When the present run of failures began.
    pub failing_since: Option<Timestamp>,
    /// Polls in a row that were answered with 410.
    pub gone_seen: u32,
    /// A permanent redirect that is being watched.
    pub moving: Option<Moving>,
    /// When it publishes, as `schedule::Profile` stores it; empty when nothing is known.
    pub profile: Vec<u8>,
    /// Events of this feed that are open.
    pub open_events: Vec<EventKind>,
    /// Polls so far.
    pub polls: u64,
    /// Pages of this feed that were held against the feed's own words …
    pub pages_compared: u32,
    /// … and how many of them said more.
    pub pages_added: u32,
}

/// A permanent redirect of a feed, seen but not yet adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    pub to: String,
    /// When it was first seen.
    pub since: Timestamp,
    /// How often it was seen since.
    pub seen: u32,
}

/// A gap of a feed that its older documents may close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGap {
    pub id: GapId,
    pub feed: FeedId,
    pub found_at: Timestamp,
    /// The older document to be read next.
    pub older: String,
    /// Documents read so far, entries taken from them, and failures in a row.
    pub documents: u32,
    pub entries: u32,
    pub failures: u32,
}

/// What a feed's bytes turned out to say.
#[derive(Debug, Clone)]
pub struct ParsedFeed {
    pub kind: FeedKind,
    /// The repairs that were needed to read it, as stable tokens; empty for an honest feed.
    pub repaired: Vec<&'static str>,
    pub title: Option<String>,
    pub description: Option<String>,
    /// The page the feed belongs to, absolute.
    pub site_url: Option<String>,
    /// BCP 47, as declared.
    pub lang: Option<String>,
    pub hints: PublisherHints,
    /// In document order.
    pub entries: Vec<ParsedEntry>,
    /// Elements that looked like entries and could not be read.
    pub lost: usize,
    /// The next older document of a paged or archived feed (RFC 5005), absolute.
    pub older: Option<String>,
    /// WebSub hubs, absolute.
    pub hubs: Vec<String>,
    /// The feed's own idea of its address (`rel=self`), absolute.
    pub self_url: Option<String>,
}

/// What a publisher's document asks of those who poll it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublisherHints {
    /// RSS `ttl`, or the syndication module's period divided by its frequency.
    pub ttl: Option<Duration>,
    /// RSS `skipHours`, 0 to 23 in UTC.
    pub skip_hours: BTreeSet<u8>,
    /// RSS `skipDays`.
    pub skip_days: SkipDays,
}

/// Days of the week on which a publisher asks not to be polled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkipDays(u8);

impl SkipDays {
    /// With the days whose bits are set: bit 0 is Monday, bit 6 Sunday.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0x7f)
    }

    /// Bit 0 is Monday, bit 6 Sunday.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Adds a day, 0 for Monday to 6 for Sunday; others are ignored.
    pub fn insert(&mut self, day_from_monday: u32) {
        if day_from_monday < 7 {
            self.0 |= 1 << day_from_monday;
        }
    }

    /// Whether a day, 0 for Monday to 6 for Sunday, is to be skipped.
    #[must_use]
    pub const fn contains(self, day_from_monday: u32) -> bool {
        day_from_monday < 7 && self.0 & (1 << day_from_monday) != 0
    }
}

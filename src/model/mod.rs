//! The nouns: what travels between the rooms.
//!
//! Every value here is plain data that one room makes and another reads: ids,
//! instants, feeds, entries, pages, articles, outcomes. Nothing here decides,
//! fetches, stores or logs, and nothing here knows how it is serialised; a type
//! may be built, compared and displayed, no more.
//!
//! Everything the world can do to us is a closed enum with a stable token
//! ([`outcome`]): the token is what the database stores and what a reader
//! queries, so a token, once released, never changes its meaning.

pub mod article;
pub mod entry;
pub mod event;
pub mod feed;
pub mod fetched;
pub mod ids;
pub mod outcome;
pub mod subscription;
pub mod time;
pub(crate) mod token;

pub use article::{
    DateSource, Dated, Extracted, FeedWords, Fingerprint, Method, PendingPage, Relation, Verdict,
};
pub use entry::{Enclosure, EntryEdit, FeedChanges, KnownEntry, ParsedEntry};
pub use event::{EventKind, Evidence, Fact, Note, Subject};
pub use feed::{
    DueFeed, FeedKind, Moving, OpenGap, ParsedFeed, PublisherHints, SkipDays, Validators,
};
pub use fetched::{FetchFailure, Fetched, Freshness, Redirect};
pub use ids::{ArticleId, EntryId, FeedId, GapId, Lease, PageId};
pub use outcome::{FailureKind, PollOutcome};
pub use subscription::{Hub, Subscription, SubscriptionState};
pub use time::Timestamp;

//! An entry: one element of a feed.

use super::{EntryId, Timestamp};

/// One entry as its feed tells it, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedEntry {
    /// The entry's identity within its feed: never random, the same for the same bytes,
    /// unique within the document.
    pub uid: String,
    /// The comparison key of `url`; a second chance to recognise the entry when its guid changed.
    pub url_key: Option<String>,
    /// The publisher's own id (guid, id, rdf:about), trimmed.
    pub guid: Option<String>,
    /// The page the entry is about, absolute, http or https.
    pub url: Option<String>,
    /// Whether other entries lead to that page as well: it is the article of none of them then.
    pub shares_page: bool,
    /// Plain text, entities resolved, no markup.
    pub title: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// HTML, links absolute, not sanitised.
    pub summary: Option<String>,
    /// HTML, links absolute, not sanitised.
    pub content: Option<String>,
    /// Names of people.
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub enclosures: Vec<Enclosure>,
    /// BCP 47, as declared on the entry.
    pub lang: Option<String>,
    pub image_url: Option<String>,
    pub comments_url: Option<String>,
    /// Of what a reader would see of the entry: an edit changes it, a changed build date,
    /// tracking parameter or order of attributes does not.
    pub fingerprint: [u8; 16],
}

/// A file attached to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Absolute.
    pub url: String,
    pub media_type: Option<String>,
    /// In bytes.
    pub length: Option<u64>,
    /// In seconds.
    pub duration: Option<u64>,
}

/// What the store already knows of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// `None` when retention has taken the entry away: it is known, and stays gone.
    pub id: Option<EntryId>,
    /// Empty when the stored identity is none of those asked for.
    pub uid: String,
    pub url_key: Option<String>,
    pub fingerprint: [u8; 16],
    pub first_seen_at: Timestamp,
}

/// An entry that is known and now reads differently, or goes by another id.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryEdit {
    pub id: EntryId,
    pub entry: ParsedEntry,
    /// Its words changed; false when only its id or its address did.
    pub text_changed: bool,
}

/// What one poll would write of entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedChanges {
    /// Oldest first, so that ids grow with publication.
    pub new: Vec<ParsedEntry>,
    pub edited: Vec<EntryEdit>,
    /// Entries that are as they were.
    pub unchanged: usize,
    /// New entries beyond the cap of one poll; they are still in the feed next time.
    pub deferred: usize,
    /// The feed had entries before and shows none of them now: some may have come and gone unseen.
    pub gap: bool,
}

impl FeedChanges {
    /// True when there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.edited.is_empty()
    }
}

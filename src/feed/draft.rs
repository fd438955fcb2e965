//! What a reader (feed-rs behind its adapter, or our own for JSON Feed) made of a document,
//! before links are resolved, titles are made plain and entries get their identity.

use crate::model::{FeedKind, PublisherHints, Timestamp};

/// How the characters of a text are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Declared as HTML.
    Html,
    /// Declared as plain text.
    Plain,
    /// Undeclared: RSS titles and descriptions, where both are common.
    Unsure,
}

/// A text and how it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub text: String,
    pub form: Form,
}

impl Words {
    pub fn new(text: impl Into<String>, form: Form) -> Self {
        Self {
            text: text.into(),
            form,
        }
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// A link, not yet resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub href: String,
    /// Lower case; absent where the dialect has none.
    pub rel: Option<String>,
    pub media_type: Option<String>,
    pub title: Option<String>,
    pub length: Option<u64>,
}

/// A file, not yet resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    pub href: String,
    pub media_type: Option<String>,
    /// In bytes.
    pub length: Option<u64>,
    /// In seconds.
    pub duration: Option<u64>,
}

/// A feed as read.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub kind: FeedKind,
    pub repaired: Vec<&'static str>,
    pub title: Option<Words>,
    pub description: Option<Words>,
    pub links: Vec<Link>,
    pub lang: Option<String>,
    /// `xml:base` of the root, as written.
    pub base: Option<String>,
    /// Authors of the feed, which Atom and JSON Feed give to entries without any of their own.
    pub authors: Vec<String>,
    pub hints: PublisherHints,
    pub entries: Vec<DraftEntry>,
    pub lost: usize,
    /// Entries stand behind the end of the document: it may have been written twice.
    pub goes_on: bool,
}

impl Draft {
    pub fn new(kind: FeedKind) -> Self {
        Self {
            kind,
            repaired: Vec::new(),
            title: None,
            description: None,
            links: Vec::new(),
            lang: None,
            base: None,
            authors: Vec::new(),
            hints: PublisherHints::default(),
            entries: Vec::new(),
            lost: 0,
            goes_on: false,
        }
    }
}

/// An entry as read.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftEntry {
    pub guid: Option<String>,
    /// `isPermaLink`, where it was written.
    pub permalink: Option<bool>,
    /// `rdf:about`.
    pub about: Option<String>,
    /// `feedburner:origLink`: the address behind a counting redirect.
    pub orig_link: Option<String>,
    /// `xml:base` of the entry, as written.
    pub base: Option<String>,
    /// `xml:base` of its content, as written.
    pub content_base: Option<String>,
    pub links: Vec<Link>,
    pub title: Option<Words>,
    pub summary: Option<Words>,
    pub content: Option<Words>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub files: Vec<File>,
    pub lang: Option<String>,
    pub image: Option<String>,
    pub comments: Option<String>,
    /// It could not be read; it only holds a place.
    pub refused: bool,
}

impl DraftEntry {
    pub fn refused() -> Self {
        Self {
            refused: true,
            ..Self::default()
        }
    }
}

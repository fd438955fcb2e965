//! The only door to feed-rs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{self as theirs, FeedType};
use feed_rs::parser;

use super::draft::{Draft, DraftEntry, Form, Link, Words};
use super::{ParseFailure, dates};
use crate::model::{FailureKind, FeedKind, Timestamp};

/// Has feed-rs read a document, with or without what the survey notes itself.
pub(super) fn read(text: &str) -> Result<Draft, ParseFailure> {
    let parser = parser::Builder::new()
        .sanitize_content(false)
        // feed-rs would make one up, and a random one for want of a link.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(|text| dates::parse(text).map(Timestamp::utc))
        .build();
    // The depth is bounded by the guard, so a panic can unwind: it cannot be an overflow of the stack.
    let feed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes())))
        .map_err(|_| ParseFailure::new(FailureKind::Panicked, "feed-rs panicked"))?
        .map_err(|error| ParseFailure::new(FailureKind::Malformed, error.to_string()))?;
    Ok(draft(feed))
}

fn draft(feed: theirs::Feed) -> Draft {
    let atom = feed.feed_type == FeedType::Atom;
    let mut draft = Draft::new(if atom { FeedKind::Atom } else { FeedKind::Rss });
    draft.title = feed.title.map(|text| words(text, atom));
    draft.description = feed.description.map(|text| words(text, atom));
    draft.links = feed.links.into_iter().map(link).collect();
    draft.lang = feed.language;
    draft.authors = feed
        .authors
        .into_iter()
        .filter_map(|person| person.name.or(person.email))
        .collect();
    draft.entries = feed
        .entries
        .into_iter()
        .map(|found| entry(found, atom))
        .collect();
    draft
}

fn entry(found: theirs::Entry, atom: bool) -> DraftEntry {
    let mut draft = DraftEntry {
        guid: Some(found.id).filter(|id| !id.is_empty()),
        title: found.title.map(|text| words(text, atom)),
        summary: found.summary.and_then(|text| body(words(text, atom))),
        published: found.published.map(Into::into),
        // Of RSS feed-rs makes an update of the publication, for want of one.
        updated: found
            .updated
            .filter(|at| atom || found.published != Some(*at))
            .map(Into::into),
        // The persons of RSS are one string that feed-rs takes apart in its own way; the notes have it whole.
        authors: found
            .authors
            .into_iter()
            .filter(|_| atom)
            .filter_map(|person| person.name.or(person.email))
            .collect(),
        categories: found
            .categories
            .into_iter()
            .map(|category| category.label.unwrap_or(category.term))
            .collect(),
        content_base: found.base,
        ..DraftEntry::default()
    };
    if let Some(content) = found.content {
        let form = form(content.content_type.as_str(), atom);
        draft.content = content.body.and_then(|text| body(Words::new(text, form)));
        // A `src` points at the content elsewhere; the one of RSS is only its base.
        draft
            .links
            .extend(content.src.filter(|_| atom).map(|src| Link {
                rel: Some("enclosure".to_owned()),
                ..link(src)
            }));
    }
    for found in found.links {
        match found.target {
            Some(theirs::LinkTarget::Comments) => draft.comments = Some(found.href),
            Some(theirs::LinkTarget::CommentsFeed) => {}
            None => draft.links.push(link(found)),
        }
    }
    draft
}

fn link(link: theirs::Link) -> Link {
    Link {
        href: link.href,
        rel: link.rel,
        media_type: link.media_type,
        title: link.title,
        length: link.length,
    }
}

fn words(text: theirs::Text, atom: bool) -> Words {
    let form = form(text.content_type.as_str(), atom);
    Words::new(text.content, form)
}

/// Bodies were cut out before; what is left of them is no text.
fn body(words: Words) -> Option<Words> {
    (!words.is_blank()).then_some(words)
}

/// RSS declares nothing, whatever feed-rs writes beside it.
fn form(media_type: &str, atom: bool) -> Form {
    match (atom, media_type) {
        (false, _) => Form::Unsure,
        (true, "text/plain") => Form::Plain,
        (true, _) => Form::Html,
    }
}

//! JSON Feed 1.0 and 1.1 (jsonfeed.org), with the liberties sites take.
//!
//! Our own reader rather than feed-rs: feed-rs deserialises into strict structs, so that one
//! numeric id, one missing title or one size with a decimal point loses the whole feed, and a
//! repair would have to rewrite the document field by field, which is reading it. Read from
//! values, every field that is not what it should be is simply absent.
//!
//! What is not JSON goes through [`syntax`] first, and is then read in the same way. It fails when
//! even that leaves nothing that is a feed.

mod syntax;

use serde_json::Value;

use self::syntax::MAX_VALUES;

use super::draft::{Draft, DraftEntry, File, Form, Link, Words};
use super::{Limits, ParseFailure, TRUNCATED, dates};
use crate::model::{FailureKind, FeedKind};

/// Reads a feed in JSON.
///
/// # Errors
/// When the text is no feed in JSON, or exceeds the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Draft, ParseFailure> {
    let (value, damage) = parse(text)?;
    let feed = feed_in(&value)
        .ok_or_else(|| ParseFailure::new(FailureKind::NotAFeed, "JSON, but no JSON Feed"))?;
    let items = items(feed);
    let mut draft = Draft::new(FeedKind::Json);
    draft.title = string(feed, "title").map(|title| Words::new(title, Form::Plain));
    draft.description = string(feed, "description").map(|text| Words::new(text, Form::Plain));
    draft.lang = string(feed, "language");
    draft.authors = authors(feed);
    for (name, rel) in [
        ("home_page_url", "alternate"),
        ("feed_url", "self"),
        ("next_url", "next"),
    ] {
        draft.links.extend(string(feed, name).map(|href| Link {
            href,
            rel: Some(rel.to_owned()),
            ..Link::default()
        }));
    }
    for hub in array(feed, "hubs") {
        draft.links.extend(string(hub, "url").map(|href| Link {
            href,
            rel: Some("hub".to_owned()),
            ..Link::default()
        }));
    }
    draft.repaired.extend(damage);
    draft.lost = usize::from(damage == Some(TRUNCATED))
        + items.iter().filter(|item| !item.is_object()).count()
        + items.len().saturating_sub(limits.max_entries);
    draft.entries = items
        .into_iter()
        .filter(|item| item.is_object())
        .take(limits.max_entries)
        .map(entry)
        .collect();
    Ok(draft)
}

/// The string in which a feed travels: a document of its own, or a member of somebody's answer.
pub(super) fn enclosed(text: &str) -> Option<String> {
    check_values(text).ok()?;
    match serde_json::from_str(text).ok()? {
        Value::String(inner) => Some(inner),
        Value::Object(members) => members.into_iter().find_map(|(_, member)| match member {
            Value::String(inner) if inner.trim_start().starts_with('<') => Some(inner),
            _ => None,
        }),
        _ => None,
    }
}

/// The values of a text, and what had to be repaired to read them.
fn parse(text: &str) -> Result<(Value, Option<&'static str>), ParseFailure> {
    let malformed = |why: String| ParseFailure::new(FailureKind::Malformed, why);
    check_values(text)?;
    // serde_json refuses what nests deeper than 128. What follows the document is nobody's.
    let first = serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next();
    let error = match first {
        Some(Ok(value)) => return Ok((value, None)),
        Some(Err(error)) => format!("not JSON: {error}"),
        None => "no JSON".to_owned(),
    };
    let rewritten = syntax::rewrite(text).ok_or_else(|| malformed(error.clone()))?;
    let value = serde_json::from_str(&rewritten.text).map_err(|_| malformed(error))?;
    let how = if rewritten.cut { TRUNCATED } else { "syntax" };
    Ok((value, Some(how)))
}

fn check_values(text: &str) -> Result<(), ParseFailure> {
    if memchr::memchr_iter(b',', text.as_bytes()).count() <= MAX_VALUES {
        return Ok(());
    }
    let detail = format!("more than {MAX_VALUES} values");
    Err(ParseFailure::new(FailureKind::TooManyEntries, detail))
}

/// The feed in a document: the document itself, or what somebody's interface wrapped around it.
fn feed_in(value: &Value) -> Option<&Value> {
    let wrapped = value
        .as_object()
        .into_iter()
        .flat_map(|members| members.values());
    std::iter::once(value)
        .chain(wrapped)
        .find(|value| is_feed(value))
}

/// The items, in a list or by their ids; a bare list is one of items.
fn items(feed: &Value) -> Vec<&Value> {
    match feed.get("items") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(items)) => items.values().collect(),
        None => feed.as_array().into_iter().flatten().collect(),
        Some(_) => Vec::new(),
    }
}

/// Plenty of JSON has items. A feed says so, or its items speak JSON Feed's language.
fn is_feed(value: &Value) -> bool {
    let says = string(value, "version").is_some_and(|version| version.contains("jsonfeed"));
    let own = [
        "content_html",
        "content_text",
        "date_published",
        "date_modified",
        "external_url",
    ];
    let speaks = |item: &&Value| own.iter().any(|name| item.get(name).is_some());
    (says && value.get("items").is_some()) || items(value).iter().any(speaks)
}

fn entry(item: &Value) -> DraftEntry {
    let link = |name: &str| string(item, name);
    let mut entry = DraftEntry {
        guid: string(item, "id"),
        permalink: Some(true),
        title: string(item, "title").map(|title| Words::new(title, Form::Plain)),
        summary: string(item, "summary").map(|text| Words::new(text, Form::Plain)),
        content: string(item, "content_html")
            .map(|html| Words::new(html, Form::Html))
            .or_else(|| string(item, "content_text").map(|text| Words::new(text, Form::Plain))),
        published: string(item, "date_published").and_then(|date| dates::parse(&date)),
        updated: string(item, "date_modified").and_then(|date| dates::parse(&date)),
        authors: authors(item),
        categories: array(item, "tags").iter().filter_map(text).collect(),
        lang: string(item, "language"),
        image: link("image").or_else(|| link("banner_image")),
        ..DraftEntry::default()
    };
    let page = link("url").or_else(|| link("external_url"));
    entry.links.extend(page.map(|href| Link {
        href,
        ..Link::default()
    }));
    entry.files = array(item, "attachments").iter().filter_map(file).collect();
    entry
}

fn file(value: &Value) -> Option<File> {
    let number = |name: &str| whole(value.get(name)?);
    Some(File {
        href: string(value, "url")?,
        media_type: string(value, "mime_type"),
        length: number("size_in_bytes"),
        duration: number("duration_in_seconds"),
    })
}

/// A number that may come as a float or a string.
fn whole(value: &Value) -> Option<u64> {
    let text = text(value)?;
    text.split('.').next()?.parse().ok()
}

/// 1.1 has a list, 1.0 one; both may be bare names.
fn authors(value: &Value) -> Vec<String> {
    let one = value
        .get("author")
        .map(std::slice::from_ref)
        .unwrap_or_default();
    let all = array(value, "authors").iter().chain(one);
    all.filter_map(|author| {
        string(author, "name")
            .or_else(|| text(author))
            .or_else(|| string(author, "url"))
    })
    .collect()
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn string(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(text)
}

/// A scalar as text; blank ones are absent.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

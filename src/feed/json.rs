//! JSON Feed 1.0 and 1.1 (jsonfeed.org), with the liberties sites take.
//!
//! Our own reader rather than feed-rs: feed-rs deserialises into strict structs, so that one
//! numeric id, one missing title or one size with a decimal point loses the whole feed, and a
//! repair would have to rewrite the document field by field, which is reading it. Read from
//! values, every field that is not what it should be is simply absent.

use serde_json::Value;

use super::draft::{Draft, DraftEntry, File, Form, Link, Words};
use super::{Limits, ParseFailure, dates};
use crate::model::{FailureKind, FeedKind};

/// Reads a feed in JSON.
///
/// # Errors
/// When the text is not JSON, or no feed.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Draft, ParseFailure> {
    // Every value is a tree of its own in memory: a comma stands for up to some 70 bytes.
    if text.bytes().filter(|byte| *byte == b',').count() > limits.max_elements {
        let detail = format!("more than {} values", limits.max_elements);
        return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
    }
    // serde_json refuses what nests deeper than 128. What follows the document is nobody's.
    let first = serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next();
    let value = match first.unwrap_or(Ok(Value::Null)) {
        Ok(value) => value,
        Err(error) => truncated(text, &error).ok_or_else(|| {
            ParseFailure::new(FailureKind::Malformed, format!("not JSON: {error}"))
        })?,
    };
    let items = value
        .get("items")
        .and_then(Value::as_array)
        .filter(|items| is_feed(&value, items));
    let items =
        items.ok_or_else(|| ParseFailure::new(FailureKind::NotAFeed, "JSON, but no JSON Feed"))?;
    let mut draft = Draft::new(FeedKind::Json);
    draft.title = string(&value, "title").map(|title| Words::new(title, Form::Plain));
    draft.description = string(&value, "description").map(|text| Words::new(text, Form::Plain));
    draft.lang = string(&value, "language");
    draft.authors = authors(&value);
    for (name, rel) in [
        ("home_page_url", "alternate"),
        ("feed_url", "self"),
        ("next_url", "next"),
    ] {
        draft.links.extend(string(&value, name).map(|href| Link {
            href,
            rel: Some(rel.to_owned()),
            ..Link::default()
        }));
    }
    for hub in array(&value, "hubs") {
        draft.links.extend(string(hub, "url").map(|href| Link {
            href,
            rel: Some("hub".to_owned()),
            ..Link::default()
        }));
    }
    draft.lost = items.iter().filter(|item| !item.is_object()).count()
        + items.len().saturating_sub(limits.max_entries);
    draft.entries = items
        .iter()
        .filter(|item| item.is_object())
        .take(limits.max_entries)
        .map(entry)
        .collect();
    Ok(draft)
}

/// Plenty of JSON has items. A feed says so, or its items speak JSON Feed's language.
fn is_feed(value: &Value, items: &[Value]) -> bool {
    let says = string(value, "version").is_some_and(|version| version.contains("jsonfeed"));
    let own = [
        "content_html",
        "content_text",
        "date_published",
        "date_modified",
        "external_url",
    ];
    says || items
        .iter()
        .any(|item| own.iter().any(|name| item.get(name).is_some()))
}

/// The whole items of a document that breaks off.
fn truncated(text: &str, error: &serde_json::Error) -> Option<Value> {
    if !error.is_eof() {
        return None;
    }
    // The last place where an item ended: close the array and the object there.
    let end = text.rfind("},").or_else(|| text.rfind('}'))?;
    let cut = text.get(..=end)?;
    ["]}", "]}]}", "}]}"]
        .iter()
        .find_map(|tail| serde_json::from_str(&format!("{cut}{tail}")).ok())
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

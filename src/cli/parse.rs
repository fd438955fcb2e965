//! `feedmill parse`: the feed parser alone.

use std::fs;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use super::jsonl;
use crate::feed::{self, Input, ParseFailure, Settings};
use crate::model::{Enclosure, ParsedEntry, ParsedFeed};

/// Parse a feed and print it as JSON.
#[derive(Debug, Clone, clap::Args)]
pub struct Parse {
    /// A URL, a file, or - for standard input.
    #[arg(value_name = "URL|FILE|-", default_value = "-")]
    pub input: String,
    /// Be a filter: one JSON object a line in (id, path, optional url and `content_type`), one a line out.
    #[arg(long)]
    pub jsonl: bool,
    /// The address the bytes came from, for relative links.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The Content-Type they came with, for the charset.
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
}

/// Answers every line of `input` with what its file says, in order.
///
/// # Errors
/// Only of reading `input` and writing `output`; a bad line is answered with an error of its own.
pub fn filter(
    input: impl BufRead,
    output: impl Write + Send,
    settings: &Settings,
) -> io::Result<()> {
    jsonl::run(input, output, |line| {
        let path = line
            .get("path")
            .and_then(Value::as_str)
            .ok_or("the line has no path")?;
        let body = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let input = Input {
            url: text("url"),
            content_type: text("content_type"),
            body: &body,
        };
        Ok(answer(
            line.get("id").unwrap_or(&Value::Null),
            &input,
            settings,
        ))
    })
}

/// The feed in a document as indented JSON: what the command prints for a single file or address.
///
/// # Errors
/// When the bytes are no feed, or exceed the limits.
pub fn document(input: &Input<'_>, settings: &Settings) -> Result<String, ParseFailure> {
    feed::parse(input, settings).map(|parsed| format!("{:#}", to_json(&parsed)))
}

/// The answer of the filter for one document.
fn answer(id: &Value, input: &Input<'_>, settings: &Settings) -> Value {
    match feed::parse(input, settings) {
        Ok(parsed) => {
            let mut answer = json!({"id": id, "ok": true, "error": null});
            if let (Some(answer), Value::Object(parsed)) =
                (answer.as_object_mut(), to_json(&parsed))
            {
                answer.extend(parsed);
            }
            answer
        }
        Err(failure) => json!({
            "id": id,
            "ok": false,
            "error": format!("{}: {}", failure.kind.token(), failure.detail),
            "entries": [],
        }),
    }
}

/// A feed as JSON: dates in RFC 3339, absent values null.
#[must_use]
pub fn to_json(feed: &ParsedFeed) -> Value {
    json!({
        "kind": feed.kind.token(),
        "repaired": feed.repaired,
        "feed": {
            "title": feed.title,
            "description": feed.description,
            "site_url": feed.site_url,
            "self_url": feed.self_url,
            "lang": feed.lang,
            "older": feed.older,
            "hubs": feed.hubs,
            "ttl": feed.hints.ttl.map(|ttl| ttl.as_secs()),
            "skip_hours": feed.hints.skip_hours,
            "skip_days": (0..7).filter(|day| feed.hints.skip_days.contains(*day)).collect::<Vec<u32>>(),
        },
        "lost": feed.lost,
        "entries": feed.entries.iter().map(entry).collect::<Vec<Value>>(),
    })
}

fn entry(entry: &ParsedEntry) -> Value {
    json!({
        "uid": entry.uid,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "published": entry.published.map(|at| at.to_string()),
        "updated": entry.updated.map(|at| at.to_string()),
        "summary": entry.summary,
        "content": entry.content,
        "authors": entry.authors,
        "categories": entry.categories,
        "enclosures": entry.enclosures.iter().map(enclosure).collect::<Vec<Value>>(),
        "lang": entry.lang,
        "image_url": entry.image_url,
        "comments_url": entry.comments_url,
    })
}

fn enclosure(file: &Enclosure) -> Value {
    json!({"url": file.url, "type": file.media_type, "length": file.length, "duration": file.duration})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A stand-in for the key of an address: no scheme, no fragment.
    fn key(url: &str) -> Option<String> {
        let url = url.split('#').next()?;
        url.split_once("://").map(|(_, rest)| rest.to_owned())
    }

    fn settings() -> Settings {
        Settings {
            limits: feed::Limits::default(),
            url_key: key,
        }
    }

    /// Every value of `expected` is in `found`; lists have the same length.
    fn check(expected: &Value, found: &Value, at: &str) {
        match (expected, found) {
            (Value::Object(expected), Value::Object(found)) => {
                for (name, value) in expected {
                    check(
                        value,
                        found.get(name).unwrap_or(&Value::Null),
                        &format!("{at}.{name}"),
                    );
                }
            }
            (Value::Array(expected), Value::Array(found)) => {
                assert_eq!(expected.len(), found.len(), "{at}: {found:?}");
                for (n, (expected, found)) in expected.iter().zip(found).enumerate() {
                    check(expected, found, &format!("{at}[{n}]"));
                }
            }
            _ => assert_eq!(expected, found, "{at}"),
        }
    }

    #[test]
    fn every_case_is_read_as_expected() {
        // A folder each, with the bytes of a feed and what is expected of it: whatever
        // `expected.json` mentions is compared, the rest is not.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds/cases");
        let mut read = 0;
        for case in fs::read_dir(folder).expect("the cases") {
            let case = case.expect("a case").path();
            let body = fs::read(case.join("feed")).expect("a feed");
            let expected: Value =
                serde_json::from_slice(&fs::read(case.join("expected.json")).expect("a file"))
                    .expect("JSON");
            let given = |name: &str| {
                expected
                    .get("input")
                    .and_then(|input| input.get(name))
                    .and_then(Value::as_str)
            };
            let input = Input {
                url: given("url"),
                content_type: given("content_type"),
                body: &body,
            };
            let mut expected = expected.clone();
            expected.as_object_mut().expect("an object").remove("input");
            let found = match feed::parse(&input, &settings()) {
                Ok(feed) => to_json(&feed),
                Err(failure) => json!({ "failure": failure.kind.token() }),
            };
            check(
                &expected,
                &found,
                &case.file_name().expect("a name").to_string_lossy(),
            );
            read += 1;
        }
        assert!(read > 40);
    }

    #[test]
    fn a_line_is_answered_with_its_feed_or_its_error() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/feeds/cases/rss_honest/feed");
        let input = format!(
            "{}\n{}\n{}",
            json!({"id": 1, "path": file}),
            json!({"id": 2, "path": "/nowhere"}),
            json!({"id": 3})
        );
        let mut output = Vec::new();
        filter(input.as_bytes(), &mut output, &settings()).expect("memory");
        let lines: Vec<Value> = output
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let ids: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line["id"].clone(),
                    line["ok"].clone(),
                    line["error"].is_string(),
                )
            })
            .collect();
        assert_eq!(
            ids,
            [
                (json!(1), json!(true), false),
                (json!(2), Value::Null, true),
                (json!(3), Value::Null, true)
            ]
        );
        assert_eq!(lines[0]["entries"].as_array().map(Vec::len), Some(2));
    }
}

//! `feedmill extract`: the extractor alone, on one page or as a filter.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::article::{self, Impression, Input, Reading, Settings, SiteMemory};
use crate::cli::jsonl::{self, Object};
use crate::model::{Dated, Extracted, FeedWords};

/// How long one page may take to parse; what needs longer is hostile.
const PARSE_DEADLINE: Duration = Duration::from_millis(500);

/// Extract the article of a page, as text, markdown or JSON.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub struct Extract {
    /// A page's address, a file, or - for standard input
    pub input: Option<String>,
    /// Read one JSON object a line and write one a line
    #[arg(long, conflicts_with = "input")]
    pub jsonl: bool,
    /// Use what was learned from pages of the same site earlier in the run
    #[arg(long, requires = "jsonl")]
    pub site_memory: bool,
    /// Write what the learned judge sees of every block, for training it
    #[arg(long, requires = "jsonl", hide = true)]
    pub training: bool,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Keep the pictures between the paragraphs in the markdown
    #[arg(long)]
    pub images: bool,
    /// The page's address, when reading a file
    #[arg(long)]
    pub url: Option<String>,
}

/// Forms of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Markdown,
    Json,
}

/// Reads one page, found at `url`.
///
/// # Errors
/// What the page failed with, in words.
pub fn one(body: &[u8], url: &str, http_charset: Option<&str>) -> Result<Reading, String> {
    let words = FeedWords::default();
    let settings = Settings {
        always: true,
        ..Settings::default()
    };
    let input = Input {
        url,
        body,
        http_charset,
        words: &words,
    };
    read(&input, &settings, None)
}

/// An article as it is printed.
#[must_use]
pub fn show(found: Extracted, format: Format) -> String {
    match format {
        Format::Text => found.text,
        Format::Markdown => found.markdown,
        Format::Json => to_json(&found).to_string(),
    }
}

/// Runs the extractor over every line of `input`.
///
/// # Errors
/// Only of reading `input` and writing `output`.
pub fn filter(
    input: impl BufRead,
    output: impl Write + Send,
    settings: &Settings,
    site_memory: bool,
) -> io::Result<()> {
    let settings = Settings {
        always: true,
        ..settings.clone()
    };
    if !site_memory {
        return jsonl::run(input, output, |object| {
            answer(object, &settings, None).map(|(answer, _)| answer)
        });
    }
    // What is remembered depends on the order of the pages, so they are read one after the other.
    let mut memories: HashMap<String, SiteMemory> = HashMap::new();
    jsonl::run_in_order(input, output, |object| {
        let host = object
            .get("url")
            .and_then(Value::as_str)
            .and_then(host_of)
            .unwrap_or_default();
        let (answer, impression) = answer(object, &settings, memories.get(&host))?;
        memories.entry(host).or_default().learn(&impression);
        Ok(answer)
    })
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// Writes, for every line of `input`, the blocks of the page and their features; or, where the line says
/// what the learned judge thinks of each block, the text that comes of it (`train/README.md`).
///
/// # Errors
/// Only of reading `input` and writing `output`.
pub fn training(input: impl BufRead, output: impl Write + Send) -> io::Result<()> {
    let settings = Settings {
        always: true,
        ..Settings::default()
    };
    jsonl::run(input, output, |object| {
        let body = body_of(object)?;
        let words = FeedWords::default();
        let url = object
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let input = Input {
            url,
            body: &body,
            http_charset: None,
            words: &words,
        };
        let id = object.get("id");
        if let Some(opinion) = probabilities(object, "second") {
            let found = article::extract_believing(&input, &settings, &opinion)
                .map_err(|failure| failure.detail)?;
            return Ok(json!({"id": id, "text": found.text}));
        }
        let first = probabilities(object, "first");
        let blocks = article::training_blocks(&input, first.as_deref());
        let blocks: Vec<Value> = blocks
            .into_iter()
            .map(|block| {
                json!({
                    "text": block.text,
                    "features": hex(&block.features),
                    "context": hex(&block.context),
                    "kept": block.kept,
                })
            })
            .collect();
        Ok(json!({"id": id, "blocks": blocks}))
    })
}

/// What a stage thinks of every block, given in 1/65535.
fn probabilities(object: &Object, stage: &str) -> Option<Vec<f32>> {
    let steps = object.get(stage)?.as_array()?;
    let steps = steps
        .iter()
        .filter_map(Value::as_u64)
        .filter_map(|step| u16::try_from(step).ok());
    Some(steps.map(|step| f32::from(step) / 65_535.0).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |out, byte| {
            out + &format!("{byte:02x}")
        })
}

fn body_of(object: &Object) -> Result<Vec<u8>, String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    match (text("html"), text("html_path")) {
        (Some(html), _) => Ok(html.as_bytes().to_vec()),
        (None, Some(path)) => {
            fs::read(path).map_err(|error| format!("{path} cannot be read: {error}"))
        }
        (None, None) => Err("the line has neither html nor html_path".to_owned()),
    }
}

fn answer(
    object: &Object,
    settings: &Settings,
    memory: Option<&SiteMemory>,
) -> Result<(Value, Impression), String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let body = body_of(object)?;
    let words = FeedWords {
        feed_title: text("feed_title").map(str::to_owned),
        summary: text("feed_summary").map(str::to_owned),
        ..FeedWords::default()
    };
    let charset = if object.contains_key("html") {
        Some("utf-8")
    } else {
        text("http_charset")
    };
    let input = Input {
        url: text("url").unwrap_or_default(),
        body: &body,
        http_charset: charset,
        words: &words,
    };
    let Reading {
        article: found,
        impression,
        ..
    } = read(&input, settings, memory)?;
    let id = object.get("id").cloned().unwrap_or(Value::Null);
    let mut answer = json!({"id": id, "url": text("url")});
    if let (Value::Object(answer), Value::Object(fields)) = (&mut answer, to_json(&found)) {
        answer.extend(fields);
    }
    Ok((answer, impression))
}

fn read(
    input: &Input,
    settings: &Settings,
    memory: Option<&SiteMemory>,
) -> Result<Reading, String> {
    let started = Instant::now();
    article::read(input, settings, memory, &|| {
        started.elapsed() > PARSE_DEADLINE
    })
    .map_err(|failure| format!("{}: {}", failure.kind, failure.detail))
}

/// The article as the filter writes it.
#[must_use]
pub fn to_json(found: &Extracted) -> Value {
    json!({
        "title": found.title,
        "byline": found.byline,
        "published": found.published.map(|dated| written(&dated)),
        "lang": found.lang,
        "site_name": found.site_name,
        "image": found.image,
        "text": found.text,
        "markdown": found.markdown,
        "method": found.method.token(),
        "confidence": (f64::from(found.confidence) * 1000.0).round() / 1000.0,
        "canonical_url": found.canonical_url,
        "error": null,
    })
}

/// RFC 3339 in the zone that the page used, so that the day is the publisher's.
fn written(dated: &Dated) -> String {
    let offset = dated
        .offset_minutes
        .and_then(|minutes| chrono::FixedOffset::east_opt(i32::from(minutes) * 60));
    match offset {
        Some(offset) => dated.at.utc().with_timezone(&offset).to_rfc3339(),
        None => dated.at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_answers_every_line() {
        let settings = Settings::default();
        let page = format!(
            "<title>T</title><p>{}",
            "Some words, and more of them. ".repeat(10)
        );
        let lines = format!(
            "{}\n{{\"id\":2}}\n",
            json!({"id": 1, "url": "https://e.org/", "html": page})
        );
        let mut output = Vec::new();
        filter(lines.as_bytes(), &mut output, &settings, false).expect("memory");
        let answers: Vec<Value> = output
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        assert_eq!(answers.len(), 2);
        assert!(
            answers[0]["text"]
                .as_str()
                .is_some_and(|text| text.starts_with("Some words"))
        );
        assert_eq!(answers[0]["title"], "T");
        assert!(
            answers[1]["error"]
                .as_str()
                .is_some_and(|error| error.contains("html_path"))
        );
    }
}

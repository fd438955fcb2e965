//! Text that is not in the page's markup: `articleBody`, or the state that a script would render.
//!
//! Only where the markup has next to nothing: both are often cut short, and a page's own
//! markup is what its readers see.

use serde_json::Value;

use crate::article::page::{Page, Tag, text};

/// With at least this many words in the markup there is nothing to rescue.
const ENOUGH_WORDS: usize = 60;

/// What is rescued has at least this many words, and this many times those of the markup.
const MIN_WORDS: usize = 80;
const MIN_GAIN: usize = 3;

/// The most bytes of scripts that are read.
const MAX_STATE_BYTES: usize = 3 << 20;

/// The most values of the state that are looked at.
const MAX_VALUES: usize = 200_000;

/// Keys under which states keep an article's text.
const KEYS: [&str; 14] = [
    "articleBody",
    "body",
    "content",
    "html",
    "text",
    "value",
    "paragraph",
    "bodyHtml",
    "contentHtml",
    "fullText",
    "bodyText",
    "article_body",
    "rendered",
    "textHtml",
];

/// A paragraph in a state has at least this many characters; shorter strings are labels and ids.
const MIN_PARAGRAPH_CHARS: usize = 60;

/// HTML of an article found elsewhere, if the markup holds only `words` words.
pub fn rescue(page: &Page<'_>, words: usize, body: Option<&str>) -> Option<String> {
    if words >= ENOUGH_WORDS {
        return None;
    }
    let wanted = MIN_WORDS.max(words * MIN_GAIN);
    let declared = body
        .map(as_html)
        .filter(|body| text::count_words(body) >= wanted);
    declared.or_else(|| state(page).filter(|html| text::count_words(html) >= wanted))
}

/// The longest text in the page's data scripts.
fn state(page: &Page<'_>) -> Option<String> {
    let mut left = MAX_STATE_BYTES;
    page.asides
        .iter()
        .filter(|aside| aside.tag == Tag::Script && is_data(aside.element))
        .filter_map(|aside| {
            left = left.checked_sub(aside.text.len())?;
            serde_json::from_str::<Value>(aside.text).ok()
        })
        .map(|value| longest(&value))
        .max_by_key(String::len)
}

fn is_data(script: &scraper::node::Element) -> bool {
    let kind = script.attr("type").unwrap_or_default();
    kind == "application/json" || script.attr("id") == Some("__NEXT_DATA__")
}

/// The longest of: one string with a telling key, or the paragraphs of one list together.
fn longest(root: &Value) -> String {
    let mut best = String::new();
    let mut stack: Vec<(&Value, bool)> = vec![(root, false)];
    let mut seen = 0;
    while let Some((value, telling)) = stack.pop() {
        seen += 1;
        if seen > MAX_VALUES {
            break;
        }
        match value {
            Value::String(found)
                if telling && found.len() > best.len() && reads_like_prose(found) =>
            {
                best = as_html(found);
            }
            Value::Array(values) => {
                let joined: Vec<String> =
                    values.iter().filter_map(paragraph).map(as_html).collect();
                let joined = joined.concat();
                if joined.len() > best.len() {
                    best = joined;
                }
                stack.extend(values.iter().map(|value| (value, telling)));
            }
            Value::Object(object) => {
                stack.extend(
                    object
                        .iter()
                        .map(|(key, value)| (value, KEYS.contains(&key.as_str()))),
                );
            }
            _ => {}
        }
    }
    best
}

/// The text of an element of a list of paragraphs: a string, or an object that holds one.
fn paragraph(value: &Value) -> Option<&str> {
    let found = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(object) => KEYS
            .iter()
            .find_map(|key| object.get(*key).and_then(Value::as_str)),
        _ => None,
    };
    found.filter(|text| text.chars().count() >= MIN_PARAGRAPH_CHARS && reads_like_prose(text))
}

fn reads_like_prose(text: &str) -> bool {
    let spaces = text.chars().filter(|c| c.is_whitespace()).count();
    let wide = text.chars().any(text::is_unspaced);
    !text.trim_start().starts_with(['{', '['])
        && !text.starts_with("http")
        && (wide || spaces * 14 >= text.chars().count())
}

/// Plain text as HTML, HTML as it is.
fn as_html(found: &str) -> String {
    if found.contains("<p") || found.contains("<br") || found.contains("</") {
        return format!("<div>{found}</div>");
    }
    let mut html = String::with_capacity(found.len() + 64);
    for line in found
        .split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        html.extend([
            "<p>",
            &line.replace('&', "&amp;").replace('<', "&lt;"),
            "</p>",
        ]);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn a_state_gives_up_its_article_and_only_when_needed() {
        let prose =
            "A sentence of the article that only a script would have shown to its readers. "
                .repeat(4);
        let state = format!(
            r#"{{"props":{{"id":"x","nav":["a","b"],"blocks":[{{"type":"p","text":"{prose}"}},{{"type":"p","text":"{prose}"}}]}}}}"#
        );
        let html = Html::parse_document(&format!(
            "<script id=__NEXT_DATA__ type=application/json>{state}</script>"
        ));
        let page = Page::new(&html, &|_| false);
        let found = rescue(&page, 0, None).expect("the article");
        assert_eq!(found.matches("<p>").count(), 2);
        assert_eq!(rescue(&page, 500, None), None);
        assert!(
            rescue(&page, 5, Some(&prose.repeat(3))).is_some_and(|found| found.contains("readers"))
        );
        assert_eq!(
            rescue(&page, 5, Some("short"))
                .as_deref()
                .map(|found| found.contains("readers")),
            Some(true)
        );
    }
}

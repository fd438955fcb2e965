//! The walker over `tests/fixtures/pages/<class>/<name>/`: a page we wrote and what is expected of it.
//!
//! `expected.json` holds any of: `title`, `byline`, `published` (a day in UTC), `day` (the same where it was
//! written), `lang`, `site_name`, `image`,
//! `canonical_url`, `section`, `method`, `paywalled`, `failure` (a token), `has` and `lacks` (pieces
//! of the text), `markdown_has` and `markdown_lacks`, `paragraphs` (how many). `input.json` beside it may give `url`,
//! `http_charset`, `feed_title`, selectors to `keep` or `drop`, and whether `images` are wanted.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Input, Settings, extract};
use crate::model::{Extracted, FeedWords, Timestamp};

fn folders(under: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(under)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    fs::read(path).map_or(Value::Null, |bytes| {
        serde_json::from_slice(&bytes).expect("JSON")
    })
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn check(case: &Path) -> Vec<String> {
    let input = json(&case.join("input.json"));
    let expected = json(&case.join("expected.json"));
    let body = fs::read(case.join("page.html")).expect("a page");
    let words = FeedWords {
        feed_title: input["feed_title"].as_str().map(str::to_owned),
        ..FeedWords::default()
    };
    let settings = Settings {
        keep: strings(&input["keep"]),
        drop: strings(&input["drop"]),
        images: input["images"].as_bool().unwrap_or(false),
        ..Settings::default()
    };
    let input = Input {
        url: input["url"].as_str().unwrap_or("https://example.org/story"),
        body: &body,
        http_charset: input["http_charset"].as_str(),
        words: &words,
    };
    match (
        extract(&input, &settings, &|| false),
        expected["failure"].as_str(),
    ) {
        (Ok(found), None) => differences(&found, &expected),
        (Err(failure), Some(token)) if failure.kind.token() == token => Vec::new(),
        (Ok(found), Some(token)) => vec![format!("expected {token}, got {}", found.text)],
        (Err(failure), _) => vec![format!(
            "failed: {} {}",
            failure.kind.token(),
            failure.detail
        )],
    }
}

fn differences(found: &Extracted, expected: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let published = found
        .published
        .map(|dated| dated.at.to_string().chars().take(10).collect::<String>());
    let day = found.published.map(|dated| {
        let offset = i64::from(dated.offset_minutes.unwrap_or(0)) * 60_000;
        let local = Timestamp::from_millis(dated.at.millis() + offset);
        local.to_string().chars().take(10).collect::<String>()
    });
    let lines = [
        ("day", day.as_deref()),
        ("title", found.title.as_deref()),
        ("byline", found.byline.as_deref()),
        ("published", published.as_deref()),
        ("lang", found.lang.as_deref()),
        ("site_name", found.site_name.as_deref()),
        ("image", found.image.as_deref()),
        ("canonical_url", found.canonical_url.as_deref()),
        ("section", found.section.as_deref()),
        ("method", Some(found.method.token())),
    ];
    for (key, value) in lines {
        if expected
            .get(key)
            .is_some_and(|wanted| wanted.as_str() != value)
        {
            wrong.push(format!("{key}: expected {}, got {value:?}", expected[key]));
        }
    }
    if expected["paywalled"]
        .as_bool()
        .is_some_and(|wanted| wanted != found.paywalled)
    {
        wrong.push(format!("paywalled: got {}", found.paywalled));
    }
    if expected["paragraphs"]
        .as_u64()
        .is_some_and(|count| count != found.text.split("\n\n").count() as u64)
    {
        wrong.push(format!(
            "paragraphs: expected {}, got {:?}",
            expected["paragraphs"], found.text
        ));
    }
    for (key, text, wanted) in [
        ("has", &found.text, true),
        ("lacks", &found.text, false),
        ("markdown_has", &found.markdown, true),
        ("markdown_lacks", &found.markdown, false),
    ] {
        for piece in strings(&expected[key]) {
            if text.contains(&piece) != wanted {
                wrong.push(format!("{key} {piece:?} in {text:?}"));
            }
        }
    }
    wrong
}

#[test]
fn every_page_gives_what_is_expected_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages");
    let mut cases = 0;
    let mut wrong = Vec::new();
    for class in folders(&root) {
        for case in folders(&class) {
            cases += 1;
            let name = case
                .strip_prefix(&root)
                .unwrap_or(&case)
                .display()
                .to_string();
            wrong.extend(
                check(&case)
                    .into_iter()
                    .map(|line| format!("{name}: {line}")),
            );
        }
    }
    assert!(cases >= 60, "only {cases} cases found");
    assert!(
        wrong.is_empty(),
        "{} of {cases} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    const PIECES: [&str; 24] = [
        "<div class=content>",
        "</div>",
        "<p>",
        "</p>",
        "<h2>",
        "<ul><li>",
        "</ul>",
        "<table><tr><td>",
        "</table>",
        "<a href='/x'>",
        "</a>",
        "<br>",
        "<b>",
        "</b>",
        "<pre>",
        "</pre>",
        "<template>",
        "<svg>",
        "<select>",
        "&nbsp;",
        " Words, and more of them than a label has. ",
        "日本語の文章です。",
        "<script type='application/ld+json'>{\"@type\":\"Article\",",
        "</script>",
    ];

    fn run(body: &[u8]) -> Option<Extracted> {
        let words = FeedWords::default();
        let input = Input {
            url: "https://example.org/2024/05/17/x",
            body,
            http_charset: None,
            words: &words,
        };
        let settings = Settings {
            always: true,
            ..Settings::default()
        };
        extract(&input, &settings, &|| false).ok()
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = run(&bytes);
        }

        #[test]
        fn no_markup_panics_and_what_comes_out_is_clean(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..120)) {
            if let Some(found) = run(pieces.concat().as_bytes()) {
                prop_assert!(!found.text.is_empty());
                prop_assert!(!found.text.chars().any(crate::article::page::text::is_unsafe));
                prop_assert!((0.0..=1.0).contains(&found.confidence));
            }
        }
    }
}

//! What holds of every document: of the cases in `tests/fixtures/feeds/cases` (whose expected
//! values are compared where their JSON is made, in `cli::parse`), of hostile ones, of nonsense.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use proptest::prelude::*;

/// A stand-in for the key of an address: no scheme, no fragment.
fn key(url: &str) -> Option<String> {
    let url = url.split('#').next()?;
    url.split_once("://").map(|(_, rest)| rest.to_owned())
}

fn settings() -> Settings {
    Settings {
        limits: Limits::default(),
        url_key: key,
    }
}

fn parsed(body: &[u8]) -> Result<ParsedFeed, ParseFailure> {
    parse(
        &Input {
            url: None,
            content_type: None,
            body,
        },
        &settings(),
    )
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("the cases")
        .map(|case| case.expect("a case").path())
        .collect();
    cases.sort();
    cases
}

#[test]
fn the_same_bytes_give_the_same_ids_each_of_them_once() {
    for case in cases() {
        let body = fs::read(case.join("feed")).expect("a feed");
        let (Ok(one), Ok(two)) = (parsed(&body), parsed(&body)) else {
            continue;
        };
        assert_eq!(one.entries, two.entries, "{case:?}");
        let unique: std::collections::HashSet<_> =
            one.entries.iter().map(|entry| &entry.uid).collect();
        assert_eq!(unique.len(), one.entries.len(), "{case:?}");
    }
}

/// A feed that is damaged one day and honest the next must not turn into another feed.
#[test]
fn honest_feeds_read_the_same_when_damage_sends_them_through_the_repair() {
    let mut compared = 0;
    for case in cases() {
        let body = fs::read(case.join("feed")).expect("a feed");
        let Some(honest) = parsed(&body).ok().filter(|feed| feed.repaired.is_empty()) else {
            continue;
        };
        let Ok(text) = std::str::from_utf8(&body) else {
            continue;
        };
        if !text.trim_start().starts_with('<') {
            continue;
        }
        // What follows the root is nobody's, but it is damage.
        let damaged = parsed(format!("{text}<b>&").as_bytes()).expect("a feed");
        assert!(!damaged.repaired.is_empty());
        assert_eq!(honest.entries, damaged.entries, "{case:?}");
        compared += 1;
    }
    assert!(compared >= 5);
}

#[test]
fn hostile_documents_fail_with_their_kind() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{}{}", open.repeat(times), close.repeat(times))
    };
    let rss = |inside: &str| format!("<rss version=\"2.0\"><channel>{inside}</channel></rss>");
    for (body, kind) in [
        (
            rss(&format!(
                "<item><title>x</title>{}</item>",
                nested("<media:group>", "</media:group>", 1000)
            )),
            FailureKind::TooDeep,
        ),
        (
            rss(&format!("<item><description>{}", "<a>".repeat(300_000))),
            FailureKind::TooDeep,
        ),
        (rss(&"<item/>".repeat(100_001)), FailureKind::TooManyEntries),
        (
            rss(&format!(
                "<item a=\"{}\"><title>x</title></item>",
                "x".repeat(2 << 20)
            )),
            FailureKind::TooLarge,
        ),
        ("x".repeat((10 << 20) + 1), FailureKind::TooLarge),
        ("<a>".repeat(300_000), FailureKind::NotAFeed),
        (
            rss(&format!(
                "<item>{}</item>",
                "<category>a</category>".repeat(20_001)
            )),
            FailureKind::TooManyEntries,
        ),
        (
            rss(&format!(
                "<item>{}",
                "<category>a</category>".repeat(20_001)
            )),
            FailureKind::TooManyEntries,
        ),
        (
            rss(&format!("<item><description>{}", "</a>".repeat(100_001))),
            FailureKind::Malformed,
        ),
        (
            rss(&format!(
                "<item><description>{}",
                "<a b=' c=\" ".repeat(100_001)
            )),
            FailureKind::Malformed,
        ),
        (
            format!(
                "{{\"version\":\"jsonfeed\",\"items\":{}",
                "[".repeat(100_000)
            ),
            FailureKind::Malformed,
        ),
        (
            format!("{{\"items\":[{}0]}}", "0,".repeat(1_000_001)),
            FailureKind::TooManyEntries,
        ),
    ] {
        let start: String = body.chars().take(60).collect();
        assert_eq!(
            parsed(body.as_bytes()).expect_err(&start).kind,
            kind,
            "{start}"
        );
    }
}

#[test]
fn an_expanding_body_is_refused_before_it_is_expanded() {
    use std::io::Write;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        bomb.write_all(&vec![b' '; 1 << 20]).expect("memory");
    }
    let kind = parsed(&bomb.finish().expect("memory"))
        .expect_err("a bomb")
        .kind;
    assert!(
        matches!(kind, FailureKind::TooLarge | FailureKind::CompressionBomb),
        "{kind:?}"
    );
}

#[test]
fn long_feeds_are_read_whole() {
    let items: Vec<String> = (0..12_345)
        .map(|n| format!("<item><guid>{n}</guid><description>{n}</description></item>"))
        .collect();
    let items = items.concat();
    let feed = parsed(format!("<rss version=\"2.0\"><channel>{items}</channel></rss>").as_bytes())
        .expect("a feed");
    assert_eq!((feed.entries.len(), feed.lost), (12_345, 0));
    assert!(
        (0..)
            .zip(&feed.entries)
            .all(|(n, entry)| entry.uid == n.to_string()
                && entry.summary.as_ref() == Some(&entry.uid))
    );
}

#[test]
fn more_entries_than_allowed_are_cut_and_counted() {
    let items: Vec<String> = (0..30_010)
        .map(|n| format!("<item><guid>{n}</guid></item>"))
        .collect();
    let items = items.concat();
    let feed = parsed(format!("<rss version=\"2.0\"><channel>{items}</channel></rss>").as_bytes())
        .expect("a feed");
    assert_eq!((feed.entries.len(), feed.lost), (30_000, 10));
}

#[test]
fn entities_that_multiply_are_bounded() {
    let declared = format!("<!DOCTYPE rss [<!ENTITY a \"{}\">]>", "x".repeat(1000));
    let body = format!(
        "{declared}<rss><channel><item><description>{}</description></item></channel></rss>",
        "&a;".repeat(1_000_000)
    );
    let feed = parsed(body.as_bytes()).expect("a feed");
    let length = feed
        .entries
        .first()
        .and_then(|entry| entry.summary.as_ref())
        .map_or(0, String::len);
    assert!(length > 0 && length <= 1 << 20, "{length}");
}

/// Pieces of feeds, to be put together wrongly.
const PIECES: &[&str] = &[
    "<rss version=\"2.0\">",
    "<channel>",
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<description>",
    "</description>",
    "<feed>",
    "<entry>",
    "</entry>",
    "<link href='/x'/>",
    "<link>",
    "</link>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "=",
    "é",
    "&#x41;",
    "&#0;",
    "</channel>",
    "</rss>",
    "<p>",
    "</p>",
    "<guid>",
    "</guid>",
    "<media:group>",
    "<author><name>",
    "<a href=\"",
    "<?xml ",
    "?>",
    "<!DOCTYPE x [",
    "]>",
    "<!ENTITY a \"b\">",
    "&a;",
    "text ",
    "<pubDate>2020-01-01</pubDate>",
    "\0",
    "\u{feff}",
    "<content type='xhtml'>",
    "<div>",
    "</div>",
    "{\"items\":[",
    "<rdf:RDF xmlns:rdf='x'>",
    "<itunes:duration>99",
    "<category term='x'>",
];

proptest! {
    #[test]
    fn any_bytes_are_a_feed_or_a_failure(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parsed(&body);
    }

    #[test]
    fn pieces_of_feeds_in_any_order_are_a_feed_or_a_failure(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..80)) {
        if let Ok(feed) = parsed(pieces.concat().as_bytes()) {
            let unique: std::collections::HashSet<_> = feed.entries.iter().map(|entry| &entry.uid).collect();
            prop_assert_eq!(unique.len(), feed.entries.len());
            for entry in &feed.entries {
                prop_assert!(entry.url.as_ref().is_none_or(|url| url.starts_with("http")));
                prop_assert!(entry.title.as_ref().is_none_or(|title| !title.trim().is_empty() && !title.contains(char::is_control)));
            }
        }
    }

    #[test]
    fn a_feed_cut_anywhere_yields_no_half_entry(cut in 0_usize..400) {
        let whole = "<rss version=\"2.0\"><channel><item><guid>1</guid><title>The first title</title></item><item><guid>2</guid><title>The second title</title></item></channel></rss>";
        if let Ok(feed) = parsed(whole.get(..cut.min(whole.len())).unwrap_or_default().as_bytes()) {
            for entry in feed.entries.iter().filter_map(|entry| entry.title.as_deref()) {
                prop_assert!(["The first title", "The second title"].contains(&entry));
            }
        }
    }
}

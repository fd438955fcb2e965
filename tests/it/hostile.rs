//! Pages made to hurt: each is done with, or refused, within a second of a processor.

use std::time::Duration;

use feedmill::article::{Input, Settings, read};
use feedmill::model::FeedWords;

/// How long the daemon lets a page be parsed.
const PARSING: Duration = Duration::from_millis(500);
/// How long the whole may take: a second of the program as it is shipped. Without optimisation what
/// comes after parsing costs some five times as much.
const ALL: Duration = Duration::from_millis(if cfg!(debug_assertions) { 3_000 } else { 1_000 });

/// What this thread has cost so far: what else the machine does is not counted.
fn cost() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanos = stat.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

/// Structured data of an article that says one thing.
fn declared(key: &str, value: &str) -> String {
    format!(
        "<script type='application/ld+json'>{{\"@type\":\"Article\",\"{key}\":\"{value}\"}}</script>"
    )
}

fn pages() -> Vec<(&'static str, String)> {
    let prose =
        "<p>The council met, and it is said that nothing was decided before the night came. ";
    let attributes: String = (0..50_000).map(|n| format!(" a{n}=x")).collect();
    let links: String = (0..60_000)
        .map(|n| format!("<a href='?page={}&x={n}'>{n}</a> ", n % 99))
        .collect();
    let objects = "{\"@type\":\"Article\",\"author\":[".repeat(20_000);
    vec![
        ("80 KB of div", "<div>".repeat(16_000)),
        ("1 MB of div", "<div>".repeat(200_000)),
        ("128 KB of lists", "<ul><li>".repeat(16_000)),
        ("tables in tables", "<table><tr><td>".repeat(40_000)),
        ("50,000 attributes", format!("<div{attributes}>{prose}")),
        (
            "1 M of entities",
            format!("<p>{}", "&amp;".repeat(1_000_000)),
        ),
        ("formatting never closed", "<b><i><p>x".repeat(100_000)),
        ("misnested formatting", "<a><b></a>x".repeat(100_000)),
        ("templates in templates", "<template>".repeat(100_000)),
        ("a million short paragraphs", "<p>a b".repeat(800_000)),
        ("60,000 numbered links", format!("{prose}{links}")),
        ("one long word", format!("<p>{}", "a".repeat(5_000_000))),
        (
            "lines without end",
            format!("<p>{}", "word<br>".repeat(600_000)),
        ),
        (
            "a comment never closed",
            format!("<!--{}", "- ".repeat(2_000_000)),
        ),
        (
            "structured data in itself",
            format!("<script type='application/ld+json'>{objects}</script>{prose}"),
        ),
        ("selects and options", "<select><option>".repeat(150_000)),
        ("foreign elements", "<svg><math><mtext><p>".repeat(60_000)),
        (
            "a title of ampersands",
            format!("<title>{}</title>{prose}", "&".repeat(1_000_000)),
        ),
        (
            "a title of many parts",
            format!("<title>a b c d{}</title>{prose}", " | x".repeat(200_000)),
        ),
        (
            "structured data of ampersands",
            declared("articleBody", &"&".repeat(900_000)) + prose,
        ),
        (
            "a headline of many parts",
            declared("headline", &format!("a b c d{}", " | x".repeat(200_000))) + prose,
        ),
        (
            "paragraphs behind 180,000 siblings",
            format!("{}{}", "<i></i>".repeat(180_000), "<p>x".repeat(11_000)),
        ),
        (
            "a list with 170,000 gaps",
            format!(
                "<ol>{}{}",
                "<i></i>".repeat(170_000),
                "<li>some words".repeat(12_000)
            ),
        ),
        (
            "dates around a long text",
            "<div class=date>".repeat(500) + &"word ".repeat(900_000),
        ),
        (
            "authors around a long text",
            "<h1>x</h1>".to_owned() + &"<p class=author><i>".repeat(250) + &"word ".repeat(900_000),
        ),
        (
            "authors around nothing",
            "<div class=author>".repeat(500) + &"<i></i>".repeat(190_000),
        ),
        (
            "a million authors",
            format!("<meta name=author content='{}'>", "Ab, ".repeat(2_000)).repeat(600) + prose,
        ),
        (
            "links of 400 parameters",
            format!("<a href='?{}'>x</a>", "&p=2".repeat(400)).repeat(2_000) + prose,
        ),
    ]
}

#[test]
fn a_hostile_page_is_done_or_refused_within_a_second() {
    let words = FeedWords::default();
    let mut slow = Vec::new();
    for (name, body) in pages() {
        let began = cost();
        let input = Input {
            url: "https://example.org/story",
            body: body.as_bytes(),
            http_charset: None,
            words: &words,
        };
        let _ = read(&input, &Settings::default(), None, &|| {
            cost().saturating_sub(began) > PARSING
        });
        let spent = cost().saturating_sub(began);
        if spent > ALL {
            slow.push(format!("{name}: {spent:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

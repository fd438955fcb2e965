//! Parameters that say where a reader came from, or how the page is to be shown,
//! and nothing about which article is meant. The names are in `trackers.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The table, one line a kind and its names.
const TABLE: &str = include_str!("trackers.txt");

static TRACKERS: LazyLock<Trackers> = LazyLock::new(|| Trackers::read(TABLE));

struct Trackers {
    names: HashSet<&'static str>,
    prefixes: Vec<&'static str>,
    ambiguous: HashSet<&'static str>,
    words: HashSet<&'static str>,
}

impl Trackers {
    fn read(table: &'static str) -> Self {
        let of = |kind: &'static str| {
            table
                .lines()
                .filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '))
                .flat_map(str::split_whitespace)
        };
        Self {
            names: of("name").collect(),
            prefixes: of("prefix").collect(),
            ambiguous: of("ambiguous").collect(),
            words: of("word").collect(),
        }
    }
}

/// Names of switches that show the same article for a phone, for paper, for another program.
const VIEW_SWITCHES: &[&str] = &[
    "amp",
    "print",
    "printable",
    "printpage",
    "printview",
    "printer",
    "noamp",
    "mobile",
];
/// Values of such a switch that turn it on.
const SWITCHED_ON: &[&str] = &["", "1", "true", "yes", "on", "y", "mobile"];
/// Names that choose among views by value.
const VIEW_CHOICES: &[&str] = &[
    "output",
    "outputtype",
    "format",
    "view",
    "mode",
    "version",
    "layout",
    "type",
];
/// The values that choose the same article in another dress.
const VIEWS: &[&str] = &[
    "amp",
    "print",
    "printable",
    "printer",
    "print-friendly",
    "mobile",
];

/// Hexadecimal digits from which on a value can only be a session.
const SESSION_DIGITS: usize = 16;

/// Whether a parameter only says where the reader came from. Both in lower case, unescaped.
pub(super) fn is_tracker(name: &str, value: &str) -> bool {
    let table = &*TRACKERS;
    table.names.contains(name)
        || table.prefixes.iter().any(|prefix| name.starts_with(prefix))
        || (table.ambiguous.contains(name) && looks_like_tracker(value))
}

/// Whether a parameter only says how the article is to be shown. Both in lower case, unescaped.
pub(super) fn is_view(name: &str, value: &str) -> bool {
    (VIEW_SWITCHES.contains(&name) && SWITCHED_ON.contains(&value))
        || (VIEW_CHOICES.contains(&name) && VIEWS.contains(&value))
}

/// A value that names a place on the web or a way of travelling, or is a session.
fn looks_like_tracker(value: &str) -> bool {
    if value.is_empty() || is_site(value) {
        return true;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_session =
        value.len() >= SESSION_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_session
        || value
            .split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| TRACKERS.words.contains(word))
}

/// `news.example.com` or an address: some publishing systems tag links with the referring site.
fn is_site(value: &str) -> bool {
    if value.starts_with("http://") || value.starts_with("https://") {
        return true;
    }
    let host = value.strip_prefix("www.").unwrap_or(value);
    host.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && host.contains('.')
        && psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_names_are_trackers_only_by_their_value() {
        for (name, value, expected) in [
            ("utm_source", "x", true),
            ("fbclid", "", true),
            ("ref", "1001", false),
            ("ref", "rss", true),
            ("ref", "news.example.com", true),
            ("ref", "producthunt", true),
            ("source", "rss-abc------2", true),
            ("source", "reactor-4", false),
            ("cid", "31", false),
            ("sid", "0123456789abcdef0123456789abcdef", true),
            ("sid", "77", false),
            ("mod", "rss_world", true),
            ("mod", "viewthread", false),
            ("page", "2", false),
            ("id", "rss", false),
        ] {
            assert_eq!(is_tracker(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn every_name_of_the_table_is_in_lower_case_and_listed_once() {
        let mut seen = HashSet::new();
        for line in TABLE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (kind, names) = line.split_once(' ').expect("a kind and names");
            assert!(
                ["name", "prefix", "ambiguous", "word"].contains(&kind),
                "{line}"
            );
            for name in names.split_whitespace() {
                assert_eq!(name, name.to_ascii_lowercase());
                assert!(seen.insert((kind == "word", name)), "{name} twice");
            }
        }
        assert!(TRACKERS.names.len() > 100 && TRACKERS.words.len() > 50);
    }
}

//! Which pages go on where one ends, by their addresses.
//!
//! The address of a part is that of the first page with a number (`?page=2`, `/2/`, `/page/2`, `-2.html`).

use std::collections::{BTreeMap, HashSet};

use url::Url;

use super::PARTS_MAX;
use crate::article::page::{Page, Tag};

/// Query parameters that hold the number of a part.
const PARAMETERS: [&str; 8] = [
    "page",
    "p",
    "pg",
    "paged",
    "pageno",
    "pagenumber",
    "pagina",
    "seite",
];

/// The most parameters of an address that is read as a part's; what has more is a search.
const MAX_PARAMETERS: usize = 16;

/// Segments of a path, or endings of one, that say that a number follows.
const WORDS: [&str; 6] = ["page", "seite", "pagina", "part", "teil", "p"];

/// The parts that a page names, by number, its own aside: on the same host, under its own address.
pub fn named(page: &Page<'_>, url: &str, base: Option<&Url>) -> BTreeMap<u32, String> {
    let Ok(own) = Url::parse(url) else {
        return BTreeMap::new();
    };
    let mut stems: HashSet<String> = numbered(&own).into_iter().map(|(stem, _)| stem).collect();
    stems.insert(whole(&own));
    let links = page
        .asides
        .iter()
        .filter(|aside| aside.tag == Tag::Link && aside.element.attr("rel") == Some("next"))
        .filter_map(|aside| aside.element.attr("href"));
    let anchors = page
        .nodes
        .iter()
        .filter(|node| node.tag == Tag::A)
        .filter_map(|node| node.element?.attr("href"))
        // Few addresses have a number in them; the others need not be read.
        .filter(|href| href.contains(|c: char| c.is_ascii_digit()));
    let mut found = BTreeMap::new();
    for href in links.chain(anchors) {
        let Ok(there) = base.unwrap_or(&own).join(href) else {
            continue;
        };
        let is_here = there.host_str() == own.host_str() && there.port() == own.port();
        let is_comments = there.fragment().is_some_and(|f| f.contains("comment"));
        if !is_here || is_comments || !matches!(there.scheme(), "http" | "https") {
            continue;
        }
        for (stem, number) in numbered(&there) {
            if (2..=PARTS_MAX).contains(&number) && stems.contains(&stem) {
                found.entry(number).or_insert_with(|| bare(&there).into());
            }
        }
    }
    found
}

/// Every way to read an address as a numbered page of another: that one's [`whole`], and the number.
fn numbered(url: &Url) -> Vec<(String, u32)> {
    let mut found = in_query(url);
    found.extend(in_path(url));
    found
}

/// `?page=2`.
fn in_query(url: &Url) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .take(MAX_PARAMETERS + 1)
        .collect();
    if pairs.len() > MAX_PARAMETERS {
        return found;
    }
    for (at, (name, value)) in pairs.iter().enumerate() {
        if let (true, Some(number)) = (is_parameter(name), number(value)) {
            let mut stem = url.clone();
            let rest = pairs.iter().enumerate().filter(|(other, _)| *other != at);
            stem.query_pairs_mut()
                .clear()
                .extend_pairs(rest.map(|(_, pair)| pair));
            if stem.query() == Some("") {
                stem.set_query(None);
            }
            found.push((whole(&stem), number));
        }
    }
    found
}

/// `/2`, `/page/2`, `/page-2`, `/story-2.html`, `/story,page-2.html`.
fn in_path(url: &Url) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let path = url.path().trim_end_matches('/');
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    let (name, extension) = match last.rsplit_once('.') {
        Some((name, extension)) if !extension.contains(|c: char| !c.is_ascii_alphanumeric()) => {
            (name, Some(extension))
        }
        _ => (last, None),
    };
    let mut push = |path: String, number: u32| {
        let mut stem = url.clone();
        stem.set_path(&path);
        found.push((whole(&stem), number));
    };
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let Some(part) = name.strip_prefix(digits).and_then(number) else {
        return found;
    };
    let lead = digits.trim_end_matches(['-', '_', ',']);
    // The number, its word, or both are a segment of their own.
    if lead.is_empty() && !folder.is_empty() {
        let (above, word) = folder.rsplit_once('/').unwrap_or(("", folder));
        push(folder.to_owned(), part);
        if WORDS.contains(&word) {
            push(above.to_owned(), part);
        }
    } else if WORDS.contains(&lead) {
        push(folder.to_owned(), part);
    } else if digits.len() > lead.len() {
        // It ends the last segment.
        let word = WORDS.iter().find_map(|word| {
            let rest = lead.strip_suffix(word)?;
            rest.ends_with(['-', '_', ',']).then_some(rest)
        });
        let lead = word.unwrap_or(lead).trim_end_matches(['-', '_', ',']);
        let extension = extension.map(|extension| format!(".{extension}"));
        push(
            format!("{folder}/{lead}{}", extension.unwrap_or_default()),
            part,
        );
    }
    found
}

fn is_parameter(name: &str) -> bool {
    PARAMETERS
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// A number that can be a part's: two digits at most, so that no year, day or id is one.
fn number(text: &str) -> Option<u32> {
    (text.len() <= 2).then(|| text.parse().ok()).flatten()
}

/// True for the number of a part and for the words that stand before one.
pub fn is_numbering(word: &str) -> bool {
    number(word).is_some() || WORDS.contains(&word)
}

/// An address for comparison: without fragment, scheme and final slash.
fn whole(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}"));
    let path = url.path().trim_end_matches('/');
    format!("{host}{path}{}", query.unwrap_or_default())
}

fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scraper::Html;

    fn parts_at(url: &str, hrefs: &[&str]) -> Vec<(u32, String)> {
        let links: Vec<String> = hrefs
            .iter()
            .map(|href| format!("<a href='{href}'>x</a>"))
            .collect();
        let html = Html::parse_document(&links.concat());
        let page = Page::new(&html, &|_| false);
        named(&page, url, None).into_iter().collect()
    }

    #[test]
    fn a_part_is_the_same_address_with_a_number() {
        for (url, href) in [
            ("https://e.org/story", "?page=2"),
            ("https://e.org/story?id=7", "/story?id=7&Seite=2"),
            ("https://e.org/2024/05/story/", "/2024/05/story/2/"),
            ("https://e.org/story/", "/story/page/2/"),
            ("https://e.org/story", "/story/page-2"),
            ("https://e.org/story.html", "/story-2.html"),
            ("https://e.org/story.html", "story_2.html#top"),
            ("https://e.org/story.html", "/story,seite-2.html"),
            ("https://e.org/story-1.html", "/story-2.html"),
            ("https://e.org/story/3/", "/story/2/"),
        ] {
            let found = parts_at(url, &[href]);
            assert!(matches!(found[..], [(2, _)]), "{url} {href}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_under_the_page_s_own_address_is_another_article() {
        for (url, href) in [
            ("https://e.org/story", "/other?page=2"),
            ("https://e.org/story", "https://f.org/story?page=2"),
            ("https://e.org/story", "/story?page=2#comments"),
            ("https://e.org/?p=100", "/?p=101"),
            ("https://e.org/news/1234", "/news/1235"),
            ("https://e.org/story", "/story/comment-page-2/"),
            ("https://e.org/story", "/story?sort=2"),
            ("https://e.org/story", "/story/2024/"),
            ("https://e.org/story", "javascript:void(2)"),
        ] {
            assert_eq!(parts_at(url, &[href]), [], "{url} {href}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(path in "(/|[a-z0-9.,_-]|page){0,20}", query in "([a-z]+=[0-9]{0,3}&?){0,3}") {
            let url = Url::parse(&format!("https://e.org/{path}?{query}")).expect("an address");
            for (stem, number) in numbered(&url) {
                prop_assert!(number <= 99 && stem.starts_with("e.org"));
            }
        }
    }
}

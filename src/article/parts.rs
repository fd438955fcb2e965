//! An article in several parts: which pages go on where this one ends, and how they are joined.
//!
//! A part is known by its address, which is that of the first page with a number (`?page=2`,
//! `/2/`, `/page/2`, `-2.html`). `rel=next` alone proves nothing: blogs use it for the next post.

use std::collections::{BTreeMap, HashSet};

use url::Url;

use super::Reading;
use super::page::{Page, Tag, text};
use crate::model::Extracted;

/// The most parts of one article.
pub const PARTS_MAX: u32 = 10;

/// The most bytes of all parts together. A part may be as large as a page, but not each of them.
pub const PARTS_BYTES_MAX: usize = 8 << 20;

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

/// What the titles of two parts have to share, of the shorter one's words.
const SAME_TITLE: f32 = 0.6;

/// A page that says less than this anew, in words, says nothing: its links are numbered otherwise.
const MIN_NEW_WORDS: usize = 10;

/// Shorter paragraphs may well be said twice, in words.
const MIN_REPEATED_WORDS: usize = 3;

/// The article as far as its parts have been read.
#[derive(Debug)]
pub struct Parts {
    article: Extracted,
    /// Where the next part is, if one is to be read.
    next: Option<String>,
    number: u32,
    bytes: usize,
}

impl Parts {
    /// Begins with the first page, of so many bytes.
    #[must_use]
    pub fn begin(first: Reading, bytes: usize) -> Self {
        let mut parts = Self {
            article: first.article,
            next: None,
            number: 1,
            bytes,
        };
        parts.look_on(first.parts);
        parts
    }

    /// The address of the part that is to be read next.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Takes in the page that [`Parts::next`] led to. One that is another article, or that says
    /// nothing new, is no part, and the end.
    pub fn take(&mut self, part: Reading, bytes: usize) -> bool {
        self.next = None;
        self.number += 1;
        self.bytes += bytes;
        let is_part =
            is_same_article(&self.article, &part.article) && join(&mut self.article, &part.article);
        if is_part {
            self.look_on(part.parts);
        }
        is_part
    }

    /// The article, over the parts that were taken in.
    #[must_use]
    pub fn finish(self) -> Extracted {
        self.article
    }

    fn look_on(&mut self, mut named: BTreeMap<u32, String>) {
        if self.number < PARTS_MAX && self.bytes < PARTS_BYTES_MAX {
            self.next = named.remove(&(self.number + 1));
        }
    }
}

/// The parts that a page names, by number, its own aside: on the same host, under its own address.
pub(super) fn named(page: &Page<'_>, url: &str, base: Option<&Url>) -> BTreeMap<u32, String> {
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
    let mut found = Vec::new();
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .take(MAX_PARAMETERS + 1)
        .collect();
    let is_search = pairs.len() > MAX_PARAMETERS;
    for (at, (name, value)) in pairs.iter().enumerate() {
        if let (true, Some(number)) = (is_parameter(name) && !is_search, number(value)) {
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
    // The number, its word, or both are a segment of their own: /2, /page/2, /page-2.
    if lead.is_empty() && !folder.is_empty() {
        let (above, word) = folder.rsplit_once('/').unwrap_or(("", folder));
        push(folder.to_owned(), part);
        if WORDS.contains(&word) {
            push(above.to_owned(), part);
        }
    } else if WORDS.contains(&lead) {
        push(folder.to_owned(), part);
    } else if digits.len() > lead.len() {
        // It ends the last segment: /story-2.html, /story,page-2.html.
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

/// True when a page can be a part of the article: its title is, or it names the same canonical page.
fn is_same_article(first: &Extracted, part: &Extracted) -> bool {
    if first.canonical_url.is_some() && first.canonical_url == part.canonical_url {
        return true;
    }
    let words = |title: &Option<String>| -> HashSet<String> {
        let lower = title.as_deref().unwrap_or_default().to_lowercase();
        text::words(&lower)
            .filter(|word| number(word).is_none() && !WORDS.contains(word))
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(&first.title), words(&part.title));
    let shared = a.intersection(&b).count() as f32;
    shared >= a.len().min(b.len()) as f32 * SAME_TITLE
}

/// Appends what a part says that was not said before; false when that is nothing.
fn join(article: &mut Extracted, part: &Extracted) -> bool {
    let fresh = without_repeats(&article.text, &part.text);
    if text::count_words(&fresh) < MIN_NEW_WORDS {
        return false;
    }
    let markdown = without_repeats(&article.markdown, &part.markdown);
    article.text = format!("{}\n\n{fresh}", article.text);
    article.markdown = format!("{}\n\n{markdown}", article.markdown);
    article.word_count = u32::try_from(text::count_words(&article.text)).unwrap_or(u32::MAX);
    article.confidence = article.confidence.min(part.confidence);
    article.paywalled |= part.paywalled;
    article.modified = article.modified.max(part.modified);
    true
}

/// The paragraphs of `next` that do not stand in `before`. Code in fences is left whole.
fn without_repeats(before: &str, next: &str) -> String {
    let known: HashSet<&str> = before
        .split("\n\n")
        .filter(|paragraph| text::count_words(paragraph) >= MIN_REPEATED_WORDS)
        .collect();
    let mut in_code = false;
    let fresh: Vec<&str> = next
        .split("\n\n")
        .filter(|paragraph| {
            let was_code = in_code;
            in_code ^= paragraph.matches("```").count() % 2 == 1;
            was_code || !known.contains(paragraph)
        })
        .collect();
    fresh.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Input, Settings, read};
    use crate::model::FeedWords;
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

    fn page(title: &str, own: &str, more: &str) -> Reading {
        let text = format!("{own} and more than a line of it, so that it reads like an article. ")
            .repeat(9);
        let body = format!(
            "<title>{title}</title><article><h1>{title}</h1><p>{text}</p><p>The same words stand at the end of each part of it.</p>{more}</article>"
        );
        let words = FeedWords::default();
        let input = Input {
            url: "https://e.org/story",
            body: body.as_bytes(),
            http_charset: None,
            words: &words,
        };
        read(&input, &Settings::default(), None, &|| false).expect("an article")
    }

    #[test]
    fn parts_are_joined_without_what_they_repeat() {
        let mut parts = Parts::begin(page("Long story", "First", "<a href='?page=2'>2</a>"), 1);
        assert_eq!(parts.next(), Some("https://e.org/story?page=2"));
        parts.take(
            page("Long story - Page 2", "Second", "<a href='?page=3'>3</a>"),
            1,
        );
        assert_eq!(parts.next(), Some("https://e.org/story?page=3"));
        parts.take(
            page("Long story - Page 3", "Third", "<a href='?page=2'>2</a>"),
            1,
        );
        assert_eq!(parts.next(), None);
        let whole = parts.finish();
        let at = |word: &str| whole.text.find(word).unwrap_or(usize::MAX);
        assert!(
            at("First") < at("Second") && at("Second") < at("Third") && at("Third") < usize::MAX
        );
        assert_eq!(whole.text.matches("The same words").count(), 1);
        assert_eq!(whole.markdown.matches("The same words").count(), 1);
    }

    #[test]
    fn another_article_and_a_page_that_says_nothing_new_are_the_end() {
        let next = "<a href='?page=2'>2</a><a href='?page=3'>3</a>";
        for second in [
            page("Something else entirely", "Second", next),
            page("Long story", "First", next),
        ] {
            let first = page("Long story", "First", next);
            let alone = first.article.text.clone();
            let mut parts = Parts::begin(first, 1);
            parts.take(second, 1);
            assert_eq!(parts.next(), None);
            assert_eq!(parts.finish().text, alone);
        }
    }

    #[test]
    fn reading_on_is_bounded() {
        let links: Vec<String> = (2..40)
            .map(|n| format!("<a href='?page={n}'>{n}</a>"))
            .collect();
        let more = links.concat();
        let mut parts = Parts::begin(page("Long story", "Part", &more), 1);
        let mut read = 1;
        while parts.next().is_some() {
            read += 1;
            parts.take(page("Long story", &format!("Part {read}"), &more), 1);
        }
        assert_eq!(read, PARTS_MAX);
        let large = Parts::begin(page("Long story", "Part", &more), PARTS_BYTES_MAX);
        assert_eq!(large.next(), None);
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

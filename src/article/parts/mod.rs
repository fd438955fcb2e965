//! An article in several parts: how they are told from other articles, and joined.
//!
//! For: reading an article whole that a site has spread over pages. Which pages could be parts is told
//! by their addresses ([`address`]); whether one is, by what it says. The caller fetches them, one after
//! the other, as [`Parts`] asks.
//!
//! Never: fetches, or believes `rel=next` alone: blogs use it for the next post.
//!
//! Fails: never. A page that is another article, or says nothing new, is the end.

mod address;

use std::collections::{BTreeMap, HashSet};

use super::Reading;
use super::page::text;
use crate::model::Extracted;

pub(super) use address::named;

/// The most parts of one article.
pub const PARTS_MAX: u32 = 10;

/// The most bytes of all parts together. A part may be as large as a page, but not each of them.
pub const PARTS_BYTES_MAX: usize = 8 << 20;

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

/// True when a page can be a part of the article: its title is, or it names the same canonical page.
fn is_same_article(first: &Extracted, part: &Extracted) -> bool {
    if first.canonical_url.is_some() && first.canonical_url == part.canonical_url {
        return true;
    }
    let words = |title: &Option<String>| -> HashSet<String> {
        let lower = title.as_deref().unwrap_or_default().to_lowercase();
        text::words(&lower)
            .filter(|word| !address::is_numbering(word))
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
}

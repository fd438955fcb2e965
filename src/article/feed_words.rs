//! The feed's own words as an article, and whether they are enough.

use url::Url;

use crate::model::{DateSource, Dated, Extracted, FeedWords, Method};

use super::page::{Page, text};
use super::{EXTRACTOR_VERSION, Limits, metadata, parse, write};

/// The longest excerpt, in characters: a sentence or two.
const EXCERPT_CHARS: usize = 280;

/// The words of a page's text that a feed must carry to make the page superfluous.
const SUFFICIENT_SHARE: f64 = 0.95;

/// Words in a row that are compared as one.
const SHINGLE: usize = 4;

/// The feed's content, or else its summary, as an article; nothing if it has neither.
pub fn from_words(words: &FeedWords, url: Option<&str>) -> Option<Extracted> {
    let body = [&words.content, &words.summary]
        .into_iter()
        .flatten()
        .find(|html| !html.trim().is_empty())?;
    let base = url.and_then(|url| Url::parse(url).ok());
    let (text, markdown) = written(body, base.as_ref(), &Limits::default());
    if text.is_empty() {
        return None;
    }
    let line = |text: &Option<String>| {
        text.as_deref()
            .map(text::clean_line)
            .filter(|line| !line.is_empty())
    };
    Some(Extracted {
        title: line(&words.title),
        byline: (!words.authors.is_empty()).then(|| words.authors.join(", ")),
        published: words.published.map(|at| Dated {
            at,
            offset_minutes: Some(0),
            source: DateSource::Feed,
        }),
        modified: None,
        lang: metadata::lang::decide(words.lang.as_deref(), &text),
        site_name: line(&words.feed_title),
        image: words.image_url.clone(),
        canonical_url: None,
        amp_url: None,
        excerpt: excerpt(&text),
        section: None,
        keywords: Vec::new(),
        robots: Vec::new(),
        paywalled: false,
        word_count: u32::try_from(text::count_words(&text)).unwrap_or(u32::MAX),
        text,
        markdown,
        method: Method::Feed,
        confidence: if words.content.is_some() { 0.9 } else { 0.5 },
        version: EXTRACTOR_VERSION,
    })
}

/// All that is shown of a piece of HTML, as text and as markdown.
pub fn written(html: &str, base: Option<&Url>, limits: &Limits) -> (String, String) {
    let html = text::beginning(html, limits.max_bytes);
    // No deadline: the caps on bytes, depth and elements bound the work.
    let Ok(tree) = parse::parse(html, limits, &|| false) else {
        return Default::default();
    };
    let page = Page::new(&tree, &|_| false);
    let keep = |at: usize| page.block(at).is_some_and(|block| !block.hidden);
    (
        write::plain(&page, &keep),
        write::markdown(&page, &keep, base, false),
    )
}

/// True when the feed's words already are the page's whole text: nearly every run of words of
/// the page's article is in the feed's.
pub fn feed_suffices(words: &Extracted, page: &Extracted) -> bool {
    let known = shingles(&words.text);
    let wanted = shingles(&page.text);
    let found = wanted
        .iter()
        .filter(|shingle| known.contains(*shingle))
        .count();
    found as f64 >= wanted.len() as f64 * SUFFICIENT_SHARE
}

fn shingles(text: &str) -> std::collections::HashSet<Vec<&str>> {
    let words: Vec<&str> = text::words(text).collect();
    words
        .windows(SHINGLE.min(words.len().max(1)))
        .map(<[&str]>::to_vec)
        .collect()
}

/// The first sentences of a text.
pub fn excerpt(text: &str) -> Option<String> {
    let line = text::clean_line(
        text.split("\n\n")
            .find(|part| part.chars().count() >= 40)
            .unwrap_or(text),
    );
    if line.is_empty() {
        return None;
    }
    if line.chars().count() <= EXCERPT_CHARS {
        return Some(line);
    }
    let cut: String = line.chars().take(EXCERPT_CHARS).collect();
    let end = cut
        .rfind(". ")
        .map(|at| at + 1)
        .or_else(|| cut.rfind(' '))
        .unwrap_or(cut.len());
    let head = cut
        .split_at_checked(end)
        .map_or(cut.as_str(), |(head, _)| head);
    Some(if head.ends_with('.') {
        head.to_owned()
    } else {
        format!("{head}…")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(content: &str) -> FeedWords {
        FeedWords {
            content: Some(content.to_owned()),
            ..FeedWords::default()
        }
    }

    #[test]
    fn the_content_becomes_an_article() {
        let found = from_words(
            &words("<p>One <a href='/x'>link</a>.</p><ul><li>a<li>b</ul>"),
            Some("https://e.org/"),
        );
        let found = found.expect("an article");
        assert_eq!(found.text, "One link.\n\n- a\n- b");
        assert_eq!(found.markdown, "One [link](https://e.org/x).\n\n- a\n- b");
        assert_eq!(found.method, Method::Feed);
        assert_eq!(from_words(&FeedWords::default(), None), None);
        assert_eq!(from_words(&words("<img src=x>"), None), None);
    }

    #[test]
    fn a_feed_suffices_when_it_has_the_whole_text() {
        let whole = "one two three four five six seven eight nine ten";
        let page = from_words(&words(whole), None).expect("an article");
        let same = from_words(&words(&format!("{whole} and a footer")), None).expect("an article");
        let part = from_words(&words("one two three four five"), None).expect("an article");
        assert!(feed_suffices(&same, &page));
        assert!(!feed_suffices(&part, &page));
    }

    #[test]
    fn excerpts_end_at_a_sentence_or_a_word() {
        let long = "A sentence of words. ".repeat(30);
        let cut = excerpt(&long).expect("an excerpt");
        assert!(cut.ends_with('.') && cut.chars().count() <= EXCERPT_CHARS);
        assert_eq!(excerpt(""), None);
        assert!(excerpt(&"x".repeat(1_000)).is_some_and(|cut| cut.ends_with('…')));
    }
}

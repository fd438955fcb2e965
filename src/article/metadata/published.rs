//! When the article was published, and when it was changed.

use crate::article::page::{Hints, Page, Tag};
use crate::model::{Dated, DateSource, FeedWords, Timestamp};

use super::day::{self, Written};
use super::head::Head;
use super::jsonld::Described;

/// `meta` names that mean publication, the most explicit first.
const PUBLISHED: [&str; 26] = [
    "article:published_time", "og:article:published_time", "datepublished", "article.published", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "publishdate", "publish-date", "pubdate", "publication_date",
    "published_date", "article_date_original", "date.issued", "dc.date.issued", "dcterms.issued", "dcterms.created",
    "dc.date.created", "citation_publication_date", "date_published", "displaydate", "dc.date", "dcterms.date",
    "og:published_time", "date", "created",
];

/// `meta` names that mean a later change.
const MODIFIED: [&str; 7] = [
    "article:modified_time", "og:updated_time", "datemodified", "lastmod", "dcterms.modified", "dc.date.modified",
    "last-modified",
];

/// Both dates.
pub struct Dates {
    pub published: Option<Dated>,
    pub modified: Option<Timestamp>,
}

/// Decides the dates: structured data, then `meta`, then the visible page, then the address, then the feed.
pub fn decide(page: &Page<'_>, head: &Head, described: &Described, url: &str, words: &FeedWords, month_first: bool) -> Dates {
    let read = |text: &str| day::read(text, month_first);
    let dated = |written: Written, source| Dated { at: written.at, offset_minutes: written.offset_minutes, source };
    let published = described
        .published
        .as_deref()
        .and_then(read)
        .map(|written| dated(written, DateSource::JsonLd))
        .or_else(|| {
            PUBLISHED.iter().flat_map(|name| head.all(name)).find_map(read).map(|written| dated(written, DateSource::Meta))
        })
        .or_else(|| visible(page, month_first).map(|written| dated(written, DateSource::Html)))
        .or_else(|| in_address(url).map(|written| dated(written, DateSource::Url)))
        .or_else(|| {
            words.published.map(|at| Dated { at, offset_minutes: Some(0), source: DateSource::Feed })
        });
    let modified = described
        .modified
        .as_deref()
        .and_then(read)
        .or_else(|| MODIFIED.iter().flat_map(|name| head.all(name)).find_map(read))
        .map(|written| written.at);
    Dates { published, modified }
}

/// The first date that a reader sees and that is marked as one.
fn visible(page: &Page<'_>, month_first: bool) -> Option<Written> {
    let mut found: [Option<Written>; 3] = [None; 3];
    for (at, node) in page.nodes.iter().enumerate() {
        let Some(element) = node.element else { continue };
        let property = element.attr("itemprop").unwrap_or_default();
        let kind = if property.contains("datePublished") || element.attr("pubdate").is_some() {
            0
        } else if node.tag == Tag::Time && !property.contains("Modified") {
            1
        } else if node.hints.has(Hints::META) && !node.hints.has(Hints::COMMENT) && node.tag != Tag::Body {
            2
        } else {
            continue;
        };
        let Some(slot) = found.get_mut(kind).filter(|slot| slot.is_none()) else { continue };
        *slot = ["datetime", "content", "title"]
            .iter()
            .filter_map(|name| element.attr(name))
            .find_map(|value| day::read(value, month_first))
            .or_else(|| day::read(&page.line(at, 120), month_first));
        if kind == 0 && slot.is_some() {
            break;
        }
    }
    found.into_iter().flatten().next().or_else(|| early_line(page, month_first))
}

/// A short line with a date in the first half of the page's text.
fn early_line(page: &Page<'_>, month_first: bool) -> Option<Written> {
    let heading = page.blocks.iter().position(|block| block.tag.heading() == Some(1)).unwrap_or(0);
    page.blocks
        .iter()
        .skip(heading.saturating_sub(6))
        .take(60)
        .filter(|block| block.chars <= 120 && block.text.contains(|c: char| c.is_ascii_digit()))
        .find_map(|block| day::read(&block.text, month_first))
}

/// `/2021/03/04/`, `/2021-03-04-…`, `/20210304/`.
fn in_address(url: &str) -> Option<Written> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest).split_once('/')?.1;
    let numbers: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).collect();
    let spelled = numbers.windows(3).find_map(|three| match three {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 && !month.is_empty() && !day.is_empty() => {
            day::read(&format!("{year}-{month}-{day}"), false)
        }
        _ => None,
    });
    spelled.or_else(|| {
        numbers.iter().filter(|number| number.len() == 8 && number.starts_with("20")).find_map(|number| day::read(number, false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn an_address_may_carry_a_date() {
        for (url, expected) in [
            ("https://e.org/2021/03/04/x", Some("2021-03-04")),
            ("https://e.org/a-20210304-x.html", Some("2021-03-04")),
            ("https://e.org/2021/99/x", None),
            ("https://e.org/", None),
        ] {
            let found = in_address(url).map(|written| written.at.to_string());
            assert_eq!(found.as_deref().and_then(|at| at.get(..10)), expected, "{url}");
        }
    }

    #[test]
    fn a_visible_date_is_found_by_its_mark() {
        let html = Html::parse_document("<time datetime=2021-03-05>5</time><span itemprop=datePublished content=2021-03-04>");
        let found = visible(&Page::new(&html, &|_| false), false).map(|written| written.at.to_string());
        assert_eq!(found.as_deref(), Some("2021-03-04T00:00:00.000Z"));
    }
}

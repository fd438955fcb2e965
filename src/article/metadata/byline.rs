//! The byline: the people who wrote the article.

use crate::article::page::{Hints, Page, Tag, text};

use super::head::Head;
use super::jsonld::Described;
use super::names::{is_house, is_name, is_site, names};

/// The longest visible byline that is read, in bytes.
const MAX_LINE_BYTES: usize = 250;

/// The most authors of an article.
const MAX_AUTHORS: usize = 20;

/// `meta` names that hold authors.
const DECLARED: [&str; 14] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "dc.creator.name",
    "citation_author",
    "byl",
    "authors",
    "article:author_name",
    "twitter:creator:name",
    "cxenseparse:author",
    "article.author",
];

/// Who wrote it, joined by `, `: people; where no one names people, the house or agency that signs.
pub fn decide(
    page: &Page<'_>,
    head: &Head,
    described: &Described,
    feed: &[String],
    sites: &[&str],
) -> Option<String> {
    let sources: [Vec<Vec<String>>; 4] = [
        vec![described.people.clone()],
        DECLARED
            .iter()
            .map(|name| head.all(name).map(str::to_owned).collect())
            .collect(),
        visible(page),
        vec![feed.to_vec()],
    ];
    let mut houses: Vec<String> = Vec::new();
    for group in sources.iter().flatten() {
        let names: Vec<String> = group.iter().flat_map(|line| names(line)).collect();
        let found = unique(names.iter().filter(|name| !is_house(name, sites)));
        if !found.is_empty() {
            // An agency that signs beside people is part of the byline; the site itself is not.
            let beside = described.houses.iter().filter(|name| {
                is_name(name)
                    && is_house(name, &[])
                    && !is_site(name, sites)
                    && !found.iter().any(|person| name.contains(person.as_str()))
            });
            let signed = if group == &described.people {
                unique(found.iter().chain(beside))
            } else {
                found
            };
            return Some(signed.join(", "));
        }
        if houses.is_empty() {
            houses = unique(names.iter());
        }
    }
    let signed = unique(described.houses.iter().filter(|name| is_name(name)));
    let houses = if signed.is_empty() { houses } else { signed };
    (!houses.is_empty()).then(|| houses.join(", "))
}

fn unique<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if found.len() < MAX_AUTHORS
            && !found
                .iter()
                .any(|known| known.to_lowercase() == name.to_lowercase())
        {
            found.push(name.clone());
        }
    }
    found
}

/// How far apart the marked names of one byline may stand, in nodes.
const BYLINE_REACH: usize = 40;

/// Bylines that a reader sees, the most explicit kind of mark first; of several alike, the first and
/// what stands close to it: later ones belong to teasers.
fn visible(page: &Page<'_>) -> Vec<Vec<String>> {
    let mut marked: [(Vec<String>, usize); 4] = Default::default();
    for (at, node) in page.nodes.iter().enumerate() {
        let Some(element) = node.element else {
            continue;
        };
        if matches!(node.tag, Tag::Body | Tag::Html | Tag::Main | Tag::Article) {
            continue;
        }
        let author = |name| {
            element
                .attr(name)
                .is_some_and(|value| value.split_ascii_whitespace().any(|word| word == "author"))
        };
        let kind = if author("itemprop") {
            0
        } else if author("rel") {
            1
        } else if node.tag == Tag::A
            && element.attr("href").is_some_and(leads_to_a_person)
            && !is_aside(page, at)
        {
            2
        } else if node.hints.has(Hints::AUTHOR) && !node.hidden && !node.hints.has(NOT_BYLINE) {
            3
        } else {
            continue;
        };
        let Some((lines, last)) = marked
            .get_mut(kind)
            .filter(|(lines, last)| lines.is_empty() || at < *last)
        else {
            continue;
        };
        let line = page.line(at, MAX_LINE_BYTES);
        let line = if line.is_empty() {
            element.attr("content").unwrap_or_default().to_owned()
        } else {
            line
        };
        let found = names(&line);
        let believable = match kind {
            0 | 1 => !found.is_empty(),
            _ => {
                (kind == 2 || lines.is_empty())
                    && (1..=MAX_UNMARKED).contains(&found.len())
                    && (kind == 3 || found.iter().all(|name| is_full(name)))
            }
        };
        if line.len() <= MAX_LINE_BYTES && believable {
            lines.push(line);
            *last = node.end + BYLINE_REACH;
        }
    }
    marked
        .into_iter()
        .map(|(lines, _)| lines)
        .filter(|lines| !lines.is_empty())
        .collect()
}

/// True for addresses of pages about people.
fn leads_to_a_person(href: &str) -> bool {
    [
        "/author/",
        "/authors/",
        "/staff/",
        "/people/",
        "/by/",
        "/contributor",
        "/reporter",
        "/autor/",
        "/autoren/",
        "/auteur",
        "/profile/",
        "/journalist",
    ]
    .iter()
    .any(|part| href.contains(part))
}

/// True for what stands in a menu, a footer or a box: people are linked from there too.
fn is_aside(page: &Page<'_>, at: usize) -> bool {
    page.ancestors(at).take(ASIDE_REACH).any(|at| {
        let node = page.node(at);
        matches!(node.tag, Tag::Nav | Tag::Footer | Tag::Aside | Tag::Li) || node.hints.has(ASIDE)
    })
}

/// How far up a menu or a box is looked for.
const ASIDE_REACH: usize = 8;

/// Names of elements that stand beside the article.
const ASIDE: Hints = Hints::union(&[
    Hints::NAV,
    Hints::FOOT,
    Hints::SIDE,
    Hints::RELATED,
    Hints::COMMENT,
    Hints::LIST,
]);

/// True for a name of two words, or in a script that needs no space.
fn is_full(name: &str) -> bool {
    name.split_whitespace().count() >= 2 || name.chars().any(text::is_unspaced)
}

/// An element that is an author's by its class alone may name this many; more is a list of something else.
const MAX_UNMARKED: usize = 4;

/// Names of elements that speak of authors but are no bylines.
const NOT_BYLINE: Hints = Hints::union(&[
    Hints::COMMENT,
    Hints::SHARE,
    Hints::NAV,
    Hints::FOOT,
    Hints::RELATED,
]);

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn byline(html: &str) -> Option<String> {
        let html = Html::parse_document(html);
        let page = Page::new(&html, &|_| false);
        decide(
            &page,
            &Head::new(&page, None),
            &Described::default(),
            &[],
            &["The Daily"],
        )
    }

    #[test]
    fn the_most_explicit_mark_wins_and_people_go_before_houses() {
        for (html, expected) in [
            (
                "<span itemprop=author>Ann Lee</span><a rel=author>Bob Ray</a>",
                Some("Ann Lee"),
            ),
            (
                "<meta name=author content='The Daily'><p class=byline>By Ann Lee",
                Some("Ann Lee"),
            ),
            (
                "<meta name=author content='The Daily'><p>x",
                Some("The Daily"),
            ),
            (
                "<p class=byline>By Ann Lee and Bob Ray",
                Some("Ann Lee, Bob Ray"),
            ),
            ("<p>nobody", None),
        ] {
            assert_eq!(byline(html).as_deref(), expected, "{html}");
        }
    }
}

//! The byline: the people who wrote the article.

use crate::article::page::Page;

use super::head::Head;
use super::jsonld::Described;
use super::names::{is_house, is_name, is_site, names};
use super::{marked, stated};

/// The most authors of an article.
const MAX_AUTHORS: usize = 20;

/// The most declarations of a kind that are read: of a paper's many authors the first are named.
const MAX_DECLARATIONS: usize = 64;

/// `meta` names that hold authors.
const DECLARED: [&str; 16] = [
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
    "byline",
    "og:author",
];

/// What blogging software calls the author beside `twitter:data1`, in lower case.
const LABELS: [&str; 12] = [
    "written by",
    "geschrieben von",
    "verfasst von",
    "écrit par",
    "escrito por",
    "scritto da",
    "geschreven door",
    "skrevet av",
    "skriven av",
    "napisane przez",
    "author",
    "автор",
];

/// Who wrote it, joined by `, `: people; where no one names people, the house or agency that signs.
pub fn decide(
    page: &Page<'_>,
    head: &Head,
    described: &Described,
    feed: &[String],
    sites: &[&str],
) -> Option<String> {
    // A source is only asked when nobody signs in those before it.
    let sources: [&dyn Fn() -> Vec<Vec<String>>; 6] = [
        &|| vec![described.people.clone()],
        &|| {
            DECLARED
                .iter()
                .map(|name| head.all(name).take(MAX_DECLARATIONS))
                .map(|lines| lines.map(str::to_owned).collect())
                .collect()
        },
        &|| vec![labelled(head).into_iter().collect()],
        &|| marked::bylines(page),
        &|| vec![feed.to_vec()],
        &|| vec![stated::byline(page).into_iter().collect()],
    ];
    let mut houses: Vec<String> = Vec::new();
    for group in sources.iter().flat_map(|source| source()) {
        let names: Vec<String> = group.iter().flat_map(|line| signers(line, sites)).collect();
        let mut found = unique(names.iter().filter(|name| !is_house(name, sites)));
        // Initials sign beside their house: "dpa/abc".
        if !found.is_empty() && found.iter().all(|name| is_initials(name)) {
            found = unique(names.iter());
        }
        if !found.is_empty() {
            // An agency that signs beside people is part of the byline; the site itself is not.
            let beside = described.houses.iter().filter(|name| {
                is_name(name)
                    && is_house(name, &[])
                    && !is_site(name, sites)
                    && !found.iter().any(|person| name.contains(person.as_str()))
            });
            let signed = if group == described.people {
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

fn is_initials(name: &str) -> bool {
    name.chars().count() <= 4 && !name.contains(char::is_uppercase)
}

/// Who signs in a line. What follows the house that signs says where it is: "The Daily, Berlin, Germany".
fn signers(line: &str, sites: &[&str]) -> Vec<String> {
    let mut housed = false;
    names(line)
        .into_iter()
        .filter(|name| {
            let is_place = housed && !name.contains(' ') && name.starts_with(char::is_uppercase);
            housed |= is_house(name, sites);
            !is_place
        })
        .collect()
}

/// The name in the pairs of label and value that blogging software makes for cards.
fn labelled(head: &Head) -> Option<String> {
    [
        ("twitter:label1", "twitter:data1"),
        ("twitter:label2", "twitter:data2"),
    ]
    .into_iter()
    .find(|(label, _)| {
        head.first(&[label])
            .is_some_and(|label| LABELS.contains(&label.to_lowercase().as_str()))
    })
    .and_then(|(_, data)| head.first(&[data]))
    .map(str::to_owned)
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
            (
                "<meta name=author content='The Daily, Berlin, Germany'><p>x",
                Some("The Daily"),
            ),
            (
                "<meta name=twitter:label1 content='Verfasst von'><meta name=twitter:data1 content='Ann Lee @ann'><p>x",
                Some("Ann Lee"),
            ),
            ("<h1>A</h1><p>Von Ann Lee</p><p>x", Some("Ann Lee")),
            ("<p>nobody", None),
        ] {
            assert_eq!(byline(html).as_deref(), expected, "{html}");
        }
    }
}

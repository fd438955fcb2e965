//! The title: what the page's own heading and its declarations agree on.

use std::collections::HashSet;

use crate::article::page::block::ratio;
use crate::article::page::{Hints, Page, text};

/// What separates a title from the site's name, spaces included.
const SEPARATORS: [&str; 17] = [
    " | ", " - ", " – ", " — ", " :: ", " : ", " » ", " « ", " · ", " • ", " / ", " ‹ ", " › ",
    " ~ ", "│", "｜", "-新",
];

/// What the heading that the reader sees counts beside a declaration: declarations copy each other.
const HEADING_VOTES: usize = 2;

/// Titles that share this much of their words are versions of one another.
const VERSION: f32 = 0.5;

/// The longest title, in characters.
const MAX_CHARS: usize = 400;

/// What is known that may be the title, and what is known of the site.
#[derive(Debug, Default)]
pub struct Evidence<'e> {
    /// `h1` elements, in order.
    pub headings: Vec<String>,
    pub og: Option<&'e str>,
    pub declared: Option<&'e str>,
    pub described: Option<&'e str>,
    pub feed: Option<&'e str>,
    /// Names the site goes by.
    pub sites: Vec<&'e str>,
}

/// Decides the title: what most sources say; among equals, what the reader sees.
pub fn decide(evidence: &Evidence<'_>) -> Option<String> {
    let strip = |title: &str| stripped(title, &evidence.sites);
    let og = evidence.og.map(strip);
    let declared = evidence.declared.map(strip);
    let described = evidence.described.map(strip);
    let headings: Vec<String> = evidence
        .headings
        .iter()
        .map(|heading| strip(heading))
        .collect();
    let others: Vec<&String> = [&og, &described, &declared].into_iter().flatten().collect();
    let agreed = headings
        .iter()
        .find(|heading| others.iter().any(|other| agree(heading, other)));
    let lone = match headings.as_slice() {
        [one] if !is_site(one, &evidence.sites) => Some(one),
        _ => None,
    };
    let mut candidates: Vec<&String> = agreed
        .into_iter()
        .chain(&og)
        .chain(&described)
        .chain(lone)
        .chain(&declared)
        .collect();
    candidates.extend(
        headings
            .iter()
            .filter(|heading| text::count_words(heading) >= 3),
    );
    candidates.retain(|title| !title.is_empty());
    let votes = |title: &String| {
        let wanted = key(title);
        let said = others.iter().filter(|other| key(other) == wanted).count();
        said + if agreed.is_some_and(|heading| key(heading) == wanted) {
            HEADING_VOTES
        } else {
            0
        }
    };
    // The first of the most voted: order is trust.
    let most = candidates
        .iter()
        .map(|title| votes(title))
        .max()
        .unwrap_or(0);
    candidates
        .iter()
        .find(|title| votes(title) == most)
        .map(|title| (**title).clone())
        .or_else(|| evidence.feed.map(str::to_owned))
        .or_else(|| headings.first().cloned())
        .map(|title| title.chars().take(MAX_CHARS).collect())
        .filter(|title: &String| !title.is_empty())
}

/// The texts of a page's `h1` elements that are shown.
pub fn headings(page: &Page<'_>) -> Vec<String> {
    page.nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.tag.heading() == Some(1))
        .map(|(at, _)| page.line(headline_in(page, at), MAX_CHARS * 4))
        .filter(|line| !line.is_empty())
        .take(12)
        .collect()
}

/// The part of a heading that is marked as the headline, where a kicker stands before it.
fn headline_in(page: &Page<'_>, heading: usize) -> usize {
    let whole = page.line(heading, MAX_CHARS * 4).chars().count();
    (heading + 1..page.node(heading).end)
        .filter(|&at| page.node(at).hints.has(Hints::TITLE))
        .find(|&at| page.line(at, MAX_CHARS * 4).chars().count() * 2 > whole)
        .unwrap_or(heading)
}

/// A title without the site's name at its end or beginning.
pub fn stripped(title: &str, sites: &[&str]) -> String {
    let mut title = title.trim();
    for _ in 0..3 {
        let Some((head, tail)) = last_split(title) else {
            break;
        };
        let Some((first, rest)) = first_split(title) else {
            break;
        };
        if is_site(tail, sites) {
            title = head;
        } else if is_site(first, sites) {
            title = rest;
        } else {
            break;
        }
    }
    // An unknown last part that is short beside the rest is nearly always the site too.
    while let Some((head, tail)) = last_split(title)
        && title.contains(['|', '»', '·', '•'])
        && text::count_words(tail) <= 4
        && text::count_words(head) >= 4
    {
        title = head;
    }
    title.trim().to_owned()
}

fn last_split(title: &str) -> Option<(&str, &str)> {
    SEPARATORS
        .iter()
        .filter_map(|separator| title.rsplit_once(separator))
        .max_by_key(|(head, _)| head.len())
}

fn first_split(title: &str) -> Option<(&str, &str)> {
    SEPARATORS
        .iter()
        .filter_map(|separator| title.split_once(separator))
        .min_by_key(|(head, _)| head.len())
}

fn is_site(part: &str, sites: &[&str]) -> bool {
    let part = key(part);
    !part.is_empty()
        && sites.iter().any(|site| {
            let site = key(site);
            !site.is_empty()
                && (part == site
                    || (site.len() >= 4 && part.contains(&site))
                    || (part.len() >= 4 && site.contains(&part)))
        })
}

/// Letters and digits only, lower case.
fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// True when two titles are the same, one is a part of the other, or they are versions of one another.
fn agree(a: &str, b: &str) -> bool {
    let (short, long) = (key(a), key(b));
    let (short, long) = if short.len() <= long.len() {
        (short, long)
    } else {
        (long, short)
    };
    if short.is_empty() {
        return false;
    }
    if short == long || (short.len() >= 12 && long.contains(&short)) {
        return true;
    }
    let words = |title: &str| {
        text::words(title)
            .map(str::to_lowercase)
            .collect::<HashSet<String>>()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    shared >= 3 && ratio(shared, a.len().min(b.len())) >= VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_no_part_of_the_title() {
        for (title, expected) in [
            ("A long headline here - The Daily", "A long headline here"),
            ("The Daily | A long headline here", "A long headline here"),
            (
                "A long headline here | Politics | The Daily",
                "A long headline here",
            ),
            ("Spider-Man - what is known", "Spider-Man - what is known"),
            ("The Daily", "The Daily"),
        ] {
            assert_eq!(stripped(title, &["The Daily"]), expected);
        }
    }

    #[test]
    fn the_heading_wins_where_a_declaration_repeats_it() {
        let evidence = Evidence {
            headings: vec!["The Daily".into(), "It’s a Headline for You".into()],
            og: Some("Its a headline for you - The Daily"),
            declared: Some("Other"),
            ..Evidence::default()
        };
        assert_eq!(
            decide(&evidence).as_deref(),
            Some("It’s a Headline for You")
        );
        assert_eq!(decide(&Evidence::default()), None);
    }
}

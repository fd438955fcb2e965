//! The title: what the page's own heading and its declarations agree on.

use crate::article::page::{Hints, Page, text};

use super::likeness::{MIN_KEY_BYTES, are_versions, is_same, is_spelled_by, key};

/// What separates a title from the site's name, spaces included.
const SEPARATORS: [&str; 17] = [
    " | ", " - ", " – ", " — ", " :: ", " : ", " » ", " « ", " · ", " • ", " / ", " ‹ ", " › ",
    " ~ ", "│", "｜", "：",
];

/// Of these, what stands before nothing but a section or a site.
const FIRM_SEPARATORS: [&str; 6] = [" | ", " » ", " · ", " • ", "│", "｜"];

/// A title of fewer words may be anything: the name of a blog, a section, a kicker.
const MIN_TITLE_WORDS: usize = 3;

/// What the heading that the reader sees counts beside a declaration: declarations copy each other.
const HEADING_VOTES: usize = 2;

/// An unknown last part of at most so many words is the site's name, behind a title of at least so many.
const MAX_SITE_WORDS: usize = 4;
const MIN_HEAD_WORDS: usize = 4;

/// How often a title names its site, its section or its publisher at most.
const MAX_SITES: usize = 3;

/// The most `h1` of a page that are looked at: on a home page every teaser is one.
const MAX_HEADINGS: usize = 12;

/// The longest title, in characters.
const MAX_CHARS: usize = 400;

/// What is known that may be the title, and what is known of the site.
#[derive(Debug, Default)]
pub struct Evidence<'e> {
    /// `h1` elements, in order.
    pub headings: Vec<Heading>,
    pub og: Option<&'e str>,
    pub declared: Option<&'e str>,
    pub described: Option<&'e str>,
    pub feed: Option<&'e str>,
    /// Names the site goes by.
    pub sites: Vec<&'e str>,
    pub address: &'e str,
}

/// A heading as the reader sees it.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    pub text: String,
    /// What is left of it without the elements that it begins with: a kicker, a date.
    pub tails: Vec<String>,
}

/// Decides the title: what most sources say; among equals, what the reader sees.
pub fn decide(evidence: &Evidence<'_>) -> Option<String> {
    let sites: Vec<&str> = evidence
        .sites
        .iter()
        .copied()
        .chain(blog_of(evidence))
        .collect();
    let strip = |title: &str| stripped(title, &sites);
    let og = evidence
        .og
        .filter(|og| !is_cut_short(og, evidence.declared))
        .map(strip);
    let declared = evidence.declared.map(strip);
    let described = evidence.described.map(strip);
    let headings: Vec<String> = evidence
        .headings
        .iter()
        .filter(|heading| !sites.contains(&heading.text.as_str()))
        .map(|heading| {
            let repeats = |tail: &&String| {
                text::count_words(tail) >= MIN_TITLE_WORDS
                    && [&og, &described, &declared]
                        .into_iter()
                        .flatten()
                        .any(|other| key(other) == key(tail))
            };
            let tail = heading.tails.iter().find(repeats);
            strip(tail.unwrap_or(&heading.text))
        })
        .collect();
    let others: Vec<&String> = [&og, &described, &declared].into_iter().flatten().collect();
    let said = |is_said: fn(&str, &str) -> bool| {
        headings
            .iter()
            .find(|heading| others.iter().any(|other| is_said(heading, other)))
    };
    let agreed = said(is_same).or_else(|| said(are_versions));
    let lone = match headings.as_slice() {
        [one] if !is_site(one, &sites) => Some(one),
        _ => None,
    };
    // Two declarations that agree with each other and not with the heading: the heading is cut down,
    // and `title` is often made of it.
    let declarations_agree = match (&og, &described) {
        (Some(og), Some(described)) => is_same(og, described),
        _ => false,
    };
    let mut candidates: Vec<&String> = og
        .iter()
        .filter(|_| declarations_agree)
        .chain(agreed)
        .chain(&og)
        .chain(&described)
        .chain(lone)
        .chain(&declared)
        .collect();
    candidates.extend(
        headings
            .iter()
            .filter(|heading| text::count_words(heading) >= MIN_TITLE_WORDS),
    );
    candidates.retain(|title| !title.is_empty());
    let votes = |title: &String| {
        let wanted = key(title);
        let said = others.iter().filter(|other| key(other) == wanted).count();
        let begins = declared
            .as_ref()
            .is_some_and(|declared| key(declared) != wanted)
            && evidence
                .declared
                .is_some_and(|declared| begins_with(declared, &wanted));
        let is_heading = agreed.is_some_and(|heading| key(heading) == wanted);
        let declared_alike = declarations_agree && og.as_ref().is_some_and(|og| key(og) == wanted);
        said + usize::from(begins)
            + usize::from(is_heading) * HEADING_VOTES
            + usize::from(declared_alike && !is_heading)
    };
    // The first of the most voted: order is trust.
    let most = candidates
        .iter()
        .map(|title| votes(title))
        .max()
        .unwrap_or(0);
    let first_title = described
        .as_ref()
        .filter(|described| is_first_title(described, evidence));
    first_title
        .or_else(|| {
            candidates
                .iter()
                .copied()
                .find(|title| votes(title) == most)
        })
        .cloned()
        .or_else(|| evidence.feed.map(str::to_owned))
        .or_else(|| headings.first().cloned())
        .map(|title| title.chars().take(MAX_CHARS).collect())
        .filter(|title: &String| !title.is_empty())
}

/// True for the structured data's headline where the address spells it out and no other title on the
/// page: it is what the article was published under, the others have been rewritten since.
fn is_first_title(described: &str, evidence: &Evidence<'_>) -> bool {
    let wanted = key(described);
    let others = [evidence.og, evidence.declared].into_iter().flatten();
    let headings = evidence
        .headings
        .iter()
        .map(|heading| heading.text.as_str());
    is_spelled_by(described, evidence.address)
        && others
            .chain(headings)
            .all(|other| !key(other).contains(&wanted) && !is_spelled_by(other, evidence.address))
}

/// The name of a blog that stands in the `h1`: the declared title is that name and then the one for sharing.
fn blog_of<'e>(evidence: &'e Evidence<'_>) -> Option<&'e str> {
    let (declared, og) = (evidence.declared?, evidence.og?);
    let (whole, title) = (key(declared), key(og));
    evidence
        .headings
        .iter()
        .map(|heading| heading.text.as_str())
        .find(|heading| {
            text::count_words(og) >= MIN_TITLE_WORDS && format!("{}{title}", key(heading)) == whole
        })
}

/// True for a value that ends where the title has a quotation mark that nobody escaped.
fn is_cut_short(og: &str, declared: Option<&str>) -> bool {
    declared
        .and_then(|declared| declared.strip_prefix(og))
        .is_some_and(|rest| rest.trim_start().starts_with('"'))
}

/// True when a declared title is the wanted one (a key) and then something behind a separator or a comma.
fn begins_with(declared: &str, wanted: &str) -> bool {
    wanted.len() >= MIN_KEY_BYTES
        && SEPARATORS
            .iter()
            .chain(&[", "])
            .filter_map(|separator| declared.split_once(separator))
            .any(|(start, _)| key(start) == wanted)
}

/// The texts of a page's `h1` elements that are shown.
pub fn headings(page: &Page<'_>) -> Vec<Heading> {
    page.nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.tag.heading() == Some(1))
        .map(|(at, _)| heading(page, headline_in(page, at)))
        .filter(|heading| !heading.text.is_empty())
        .take(MAX_HEADINGS)
        .collect()
}

fn heading(page: &Page<'_>, at: usize) -> Heading {
    let lines = page.lines(at, MAX_CHARS * 4);
    let tails = lines
        .char_indices()
        .filter(|(_, c)| *c == '\n')
        .filter_map(|(end, _)| lines.get(end..))
        .map(|tail| text::clean_line(tail.trim_start_matches([':', '|', '-', '–', '\n', ' '])))
        .collect();
    Heading {
        text: page.line(at, MAX_CHARS * 4),
        tails,
    }
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
fn stripped(title: &str, sites: &[&str]) -> String {
    let mut title = title.trim();
    for _ in 0..MAX_SITES {
        let Some((head, tail)) = last_split(title, &SEPARATORS) else {
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
    while let Some((head, tail)) = last_split(title, &FIRM_SEPARATORS)
        && text::count_words(tail) <= MAX_SITE_WORDS
        && text::count_words(head) >= MIN_HEAD_WORDS
    {
        title = head;
    }
    title.trim().to_owned()
}

fn last_split<'t>(title: &'t str, separators: &[&str]) -> Option<(&'t str, &'t str)> {
    separators
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Heading {
        Heading {
            text: text.to_owned(),
            tails: Vec::new(),
        }
    }

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
            headings: vec![seen("The Daily"), seen("It’s a Headline for You")],
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

    #[test]
    fn a_heading_may_say_more_or_less_than_the_title() {
        let decided = |heading: Heading, og, declared, described| {
            decide(&Evidence {
                headings: vec![heading],
                og: Some(og),
                declared: Some(declared),
                described,
                ..Evidence::default()
            })
        };
        let blog = decided(
            seen("Ann’s Notes"),
            "How to keep bees in town",
            "Ann's Notes: How to keep bees in town",
            None,
        );
        assert_eq!(blog.as_deref(), Some("How to keep bees in town"));
        let kicker = Heading {
            text: "Opinion Bees belong in town".into(),
            tails: vec!["Bees belong in town".into()],
        };
        let kicker = decided(kicker, "Bees belong in town", "Bees belong in town", None);
        assert_eq!(kicker.as_deref(), Some("Bees belong in town"));
        let quoted = decided(
            seen("Mayor calls bees \"dangerous\""),
            "Mayor calls bees",
            "Mayor calls bees \"dangerous\"",
            None,
        );
        assert_eq!(quoted.as_deref(), Some("Mayor calls bees \"dangerous\""));
        let cut = decided(
            seen("Home for all"),
            "Bees: Home for all",
            "Bees: Home for all, The Daily, 4 March",
            Some("Bees: Home for all"),
        );
        assert_eq!(cut.as_deref(), Some("Bees: Home for all"));
    }
}

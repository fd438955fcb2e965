//! The byline: the people who wrote the article.

use crate::article::page::{Hints, Page, Tag, text};

use super::day;
use super::head::{Head, unescape};
use super::jsonld::Described;

/// The longest name, in characters; what is longer is a sentence.
const MAX_NAME_CHARS: usize = 60;

/// The longest visible byline that is read, in bytes.
const MAX_LINE_BYTES: usize = 250;

/// The most authors of an article.
const MAX_AUTHORS: usize = 20;

/// Words that begin a byline.
const BEGINNINGS: [&str; 32] = [
    "view all posts by",
    "posts by",
    "zeige alle beiträge von",
    "veröffentlicht von",
    "pressemitteilung von",
    "ver todas las entradas de",
    "voir tous les articles de",
    "guest post by",
    "publié par",
    "publicado por",
    "by",
    "von",
    "par",
    "por",
    "de",
    "di",
    "door",
    "av",
    "af",
    "autor",
    "author",
    "authors",
    "written by",
    "text",
    "words by",
    "posted by",
    "story by",
    "a cura di",
    "przez",
    "автор",
    "reported by",
    "published by",
];

/// Words of names that are no people but may sign an article.
const HOUSES: [&str; 46] = [
    "staff",
    "editor",
    "editors",
    "editorial",
    "team",
    "redaktion",
    "redaction",
    "rédaction",
    "redacción",
    "redazione",
    "redação",
    "redactie",
    "news",
    "newsroom",
    "desk",
    "agency",
    "agencies",
    "agencia",
    "agenzia",
    "press",
    "reuters",
    "afp",
    "dpa",
    "ansa",
    "efe",
    "apa",
    "sda",
    "correspondent",
    "contributors",
    "magazine",
    "media",
    "online",
    "tv",
    "radio",
    "network",
    "service",
    "wire",
    "bureau",
    "inc",
    "ltd",
    "gmbh",
    "institute",
    "university",
    "society",
    "foundation",
    "agenturen",
];

/// Names that say nothing.
const NOBODY: [&str; 34] = [
    "por",
    "von",
    "by",
    "par",
    "datum",
    "date",
    "posted",
    "published",
    "written",
    "share",
    "comments",
    "photo",
    "admin",
    "administrator",
    "webmaster",
    "guest",
    "anonymous",
    "unknown",
    "website",
    "author",
    "authors",
    "editor",
    "staff",
    "user",
    "null",
    "none",
    "undefined",
    "contributor",
    "about",
    "about us",
    "home",
    "redaktion",
    "editors",
    "autor",
];

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
            let beside = described
                .houses
                .iter()
                .filter(|name| is_name(name) && !is_site(name, sites));
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
    let mut marked: [(Vec<String>, usize); 3] = Default::default();
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
        } else if node.hints.has(Hints::AUTHOR) && !node.hidden && !node.hints.has(NOT_BYLINE) {
            2
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
        let found = names(&line).len();
        let believable = if kind < 2 {
            found > 0
        } else {
            lines.is_empty() && (1..=MAX_UNMARKED).contains(&found)
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

/// The names in a byline, of people and of houses.
pub fn names(line: &str) -> Vec<String> {
    let mut line = text::clean_line(&unescape(line));
    for _ in 0..2 {
        let lower = line.to_lowercase();
        let beginning = BEGINNINGS
            .iter()
            .filter(|word| {
                lower
                    .strip_prefix(**word)
                    .is_some_and(|rest| rest.starts_with([' ', ':', '\u{a0}']))
            })
            .max_by_key(|word| word.len());
        let Some(word) = beginning else { break };
        let rest: String = line.chars().skip(word.chars().count()).collect();
        rest.trim_start_matches([':', ' ', '\u{a0}'])
            .clone_into(&mut line);
    }
    line.split([',', ';', '|', '/', '&', '\n', '•', '·', '、', '–', '—'])
        .flat_map(|part| {
            JOINTS.iter().fold(vec![part], |parts, joint| {
                parts.iter().flat_map(|p| p.split(joint)).collect()
            })
        })
        .map(without_date)
        .take_while(|part| {
            !(part
                .split(' ')
                .all(|word| day::is_month(word) && word.chars().count() > 3))
        })
        .map(|name| {
            text::clean_line(
                name.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ')')),
            )
        })
        .filter(|name| is_name(name))
        .collect()
}

/// Words between two names, and between a name and something else.
const JOINTS: [&str; 9] = [
    " and ", " und ", " et ", " y ", " e ", " og ", " with ", " mit ", " - ",
];

/// Words that end the name: what follows is about the article.
const AFTER: [&str; 12] = [
    "updated",
    "published",
    "posted",
    "on",
    "am",
    "at",
    "in",
    "follow",
    "contributor",
    "senior",
    "special",
    "minute",
];

/// A name without the date, the hour or the label that stands behind it.
fn without_date(part: &str) -> &str {
    let mut end = part.len();
    let mut at = 0;
    for (n, word) in part.split(' ').enumerate() {
        let lower = word.to_lowercase();
        let is_date = word.starts_with(|c: char| c.is_ascii_digit())
            || (word.chars().count() >= 3 && day::is_month(word));
        let dated = is_date
            && part
                .get(at..)
                .is_some_and(|rest| rest.contains(|c: char| c.is_ascii_digit()));
        if n > 0 && (dated || AFTER.contains(&lower.trim_matches(':'))) {
            end = at;
            break;
        }
        at += word.len() + 1;
    }
    part.get(..end).unwrap_or(part)
}

fn is_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let count = name.chars().count();
    (2..=MAX_NAME_CHARS).contains(&count)
        && name.split_whitespace().count() <= 6
        && !name.contains(['@', ':', '_', '{', '?', '!', '[', '%'])
        && name.chars().filter(char::is_ascii_digit).count() <= 3
        && name.contains(char::is_alphabetic)
        && ![
            "http",
            ".com",
            "view all ",
            "posts by",
            "read more",
            "subscribe",
            "sign in",
            "log in",
            "newsletter",
            "facebook",
        ]
        .iter()
        .any(|word| lower.contains(word))
        && !NOBODY.contains(&lower.as_str())
}

/// True for what signs but is no one in particular.
fn is_house(name: &str, sites: &[&str]) -> bool {
    let lower = name.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| HOUSES.contains(&word))
        || is_site(name, sites)
}

fn is_site(name: &str, sites: &[&str]) -> bool {
    sites
        .iter()
        .any(|site| site.to_lowercase() == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_out_of_bylines() {
        for (line, expected) in [
            ("By Ann Lee and Bob Ray", vec!["Ann Lee", "Bob Ray"]),
            ("Von: Jörg Maß, 12.03.2021", vec!["Jörg Maß"]),
            ("Ann Lee Dec 23, 2023", vec!["Ann Lee"]),
            ("By Ann Lee - June 12, 2021", vec!["Ann Lee"]),
            ("View all posts by Ann Lee", vec!["Ann Lee"]),
            ("Associated Press", vec!["Associated Press"]),
            ("Staff", vec![]),
            ("https://facebook.com/ann", vec![]),
            ("Deborah Lee", vec!["Deborah Lee"]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }
}

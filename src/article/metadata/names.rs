//! Names in a line: of people, of houses, and what only looks like one.

use crate::article::page::text;

use super::day;
use super::head::unescape;

/// The longest name, in characters; what is longer is a sentence.
const MAX_NAME_CHARS: usize = 60;

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
const NOBODY: [&str; 40] = [
    "sign",
    "account",
    "instagram",
    "sponsored",
    "getty images",
    "agencies",
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

/// The names in a byline, of people and of houses.
pub fn names(line: &str) -> Vec<String> {
    let mut line = text::clean_line(&unescape(line));
    if line.contains("://") {
        return Vec::new();
    }
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
            // What follows a month is a date's: no more names.
            part.trim().is_empty()
                || !part
                    .split_whitespace()
                    .all(|word| word.chars().count() >= 3 && day::is_month(word))
        })
        .enumerate()
        .filter(|(n, part)| *n == 0 || !is_title(part))
        .map(|(_, part)| part)
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

/// True for what stands behind a name: a job, or letters of a degree.
fn is_title(part: &str) -> bool {
    let degree = part.trim().chars().count() <= 5
        && !part.contains(char::is_lowercase)
        && part.trim().is_ascii();
    degree
        || part
            .to_lowercase()
            .split_whitespace()
            .any(|word| JOBS.contains(&word))
}

/// Words of jobs.
const JOBS: [&str; 24] = [
    "reporter",
    "officer",
    "head",
    "expert",
    "director",
    "manager",
    "president",
    "ceo",
    "founder",
    "writer",
    "attorney",
    "engineer",
    "specialist",
    "analyst",
    "columnist",
    "professor",
    "producer",
    "photographer",
    "chief",
    "redakteur",
    "redakteurin",
    "journaliste",
    "journalist",
    "blogger",
];

/// Words that end the name: what follows is about the article.
const AFTER: [&str; 15] = [
    "reviewed",
    "edited",
    "medically",
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

pub fn is_name(name: &str) -> bool {
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
            "full bio",
            " read",
            "reviewed by",
            "updated by",
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
pub fn is_house(name: &str, sites: &[&str]) -> bool {
    let lower = name.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| HOUSES.contains(&word))
        || is_site(name, sites)
}

pub fn is_site(name: &str, sites: &[&str]) -> bool {
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

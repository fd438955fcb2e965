//! Names in a line: of people, of houses, and what only looks like one.

use crate::article::page::text;

use super::day;
use super::head::unescape;
use super::likeness::key;
use super::vocabulary::{
    AFTER, BEGINNINGS, DEGREES, FOREIGN, HOUSES, JOBS, NOBODY, OTHER_ROLES, PARTICLES,
};

/// The longest name, in characters; what is longer is a sentence.
const MAX_NAME_CHARS: usize = 60;

/// How much of a byline is read, in bytes: room for thirty names.
const MAX_BYLINE_BYTES: usize = 2_000;

/// The names in a byline, of people and of houses. Where it has several lines, each speaks for itself.
pub fn names(byline: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_other = false;
    let byline = text::beginning(byline, MAX_BYLINE_BYTES);
    for line in unescape(byline).lines().map(text::clean_line) {
        let lower = line.to_lowercase();
        // "Reviewed by" and the name below it.
        let was_other = std::mem::replace(
            &mut is_other,
            OTHER_ROLES.iter().any(|role| lower.contains(role)),
        );
        if !was_other && !is_other && !line.contains("://") {
            found.extend(
                in_line(&line)
                    .into_iter()
                    .enumerate()
                    .filter(|(n, name)| (*n == 0 && found.is_empty()) || !is_title(name))
                    .map(|(_, name)| name)
                    .collect::<Vec<_>>(),
            );
        }
    }
    // Given name and family name in an element each.
    if let [given, family] = found.as_slice()
        && given != family
        && is_word(given)
        && is_word(family)
        && !byline.contains([',', '&'])
    {
        return vec![format!("{given} {family}")];
    }
    found
}

fn is_word(name: &str) -> bool {
    !name.contains(' ') && name.starts_with(char::is_uppercase)
}

fn in_line(line: &str) -> Vec<String> {
    let mut line = without_brackets(line);
    // "Veröffentlicht von: By Ann Lee".
    for _ in 0..2 {
        let Some((_, rest)) = begun(&line, &BEGINNINGS) else {
            break;
        };
        line = rest;
    }
    line.split([',', ';', '|', '/', '&', '•', '·', '、', '–', '—'])
        .flat_map(|part| {
            JOINTS.iter().fold(vec![part], |parts, joint| {
                parts.iter().flat_map(|p| p.split(joint)).collect()
            })
        })
        .map(without_date)
        .map(without_degrees)
        .take_while(|part| {
            // What follows a month is a date's: no more names.
            part.trim().is_empty()
                || !part
                    .split_whitespace()
                    .all(|word| word.chars().count() >= 3 && day::is_month(word))
        })
        .map(|name| text::clean_line(name.trim_matches(|c: char| !c.is_alphanumeric() && c != '.')))
        .filter(|name| is_name(name))
        .collect()
}

/// The longest of the words that the line begins with, whatever its case, and what stands behind it.
pub fn begun<'w>(line: &str, words: &[&'w str]) -> Option<(&'w str, String)> {
    let lower = line.to_lowercase();
    let begins = |word: &&&str| {
        let rest = lower.strip_prefix(**word);
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let word = words.iter().filter(begins).max_by_key(|word| word.len())?;
    // In lower case a line may be longer or shorter in bytes, hardly ever in characters.
    let rest: String = line.chars().skip(word.chars().count()).collect();
    Some((word, rest.trim_start_matches([':', ' ']).to_owned()))
}

/// A line without what it says in brackets: where someone works, who took the picture.
fn without_brackets(line: &str) -> String {
    let mut depth = 0_usize;
    line.chars()
        .filter(|c| match c {
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// A name without the degrees, and the handle, behind it.
fn without_degrees(part: &str) -> &str {
    let name = part.split_once(" @").map_or(part, |(name, _)| name).trim();
    let mut name = name.strip_suffix(" le").unwrap_or(name);
    while let Some((before, last)) = name.rsplit_once(' ')
        && DEGREES.contains(&last)
    {
        name = before.trim_end();
    }
    name
}

/// The most digits of a nickname: a year.
const MAX_DIGITS: usize = 4;

/// Words between two names, and between a name and something else.
const JOINTS: [&str; 10] = [
    " and ", " And ", " und ", " et ", " y ", " e ", " og ", " with ", " mit ", " - ",
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

/// True for what may be a name, of a person or a house, and is no label, handle or address.
pub fn is_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let count = name.chars().count();
    (2..=MAX_NAME_CHARS).contains(&count)
        && name.split_whitespace().count() <= 6
        && !name.contains(['@', ':', '_', '{', '?', '!', '[', '%', ')'])
        && name.chars().filter(char::is_ascii_digit).count() <= MAX_DIGITS
        && name.contains(char::is_alphabetic)
        && !FOREIGN.iter().any(|word| lower.contains(word))
        && !NOBODY.contains(&lower.as_str())
        && !BEGINNINGS.contains(&lower.as_str())
}

/// True for what can only be a person's whole name: two to five capitalised words, small ones among them.
pub fn is_person(name: &str) -> bool {
    if name.chars().any(text::is_unspaced) {
        return (2..=MAX_UNSPACED_CHARS).contains(&name.chars().count());
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_capital = |word: &&&str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(|c| !c.is_lowercase())
    };
    (2..=5).contains(&words.len())
        && words.iter().filter(is_capital).count() >= 2
        && words
            .iter()
            .all(|word| is_capital(&word) || PARTICLES.contains(word))
        && !name.contains(|c: char| c.is_ascii_digit())
        && !is_house(name, &[])
        && !is_title(name)
}

/// True for one word that someone may go by.
pub fn is_nickname(name: &str) -> bool {
    !name.contains(' ') && name.chars().count() <= MAX_NICKNAME_CHARS
}

/// The longest name in a script without spaces, in characters.
const MAX_UNSPACED_CHARS: usize = 8;

/// The longest nickname, in characters.
const MAX_NICKNAME_CHARS: usize = 20;

/// True for what signs but is no one in particular.
pub fn is_house(name: &str, sites: &[&str]) -> bool {
    let lower = name.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| HOUSES.contains(&word))
        || is_domain(&lower)
        || is_site(name, sites)
}

/// `example.org`.
fn is_domain(name: &str) -> bool {
    name.contains('.')
        && !name.contains(' ')
        && psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// True for the name of the site itself.
pub fn is_site(name: &str, sites: &[&str]) -> bool {
    let name = key(name);
    sites.iter().any(|site| key(site) == name)
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
            (
                "By Ann Lee (The Daily), Bob Ray MD",
                vec!["Ann Lee", "Bob Ray"],
            ),
            (
                "By\nAnn Lee\nand\nBob Ray\nStaff Writer",
                vec!["Ann Lee", "Bob Ray"],
            ),
            ("Ann Lee\nReviewed by\nBob Ray", vec!["Ann Lee"]),
            ("Ann Lee @ann", vec!["Ann Lee"]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }
}

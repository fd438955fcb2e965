//! Bylines in words: a short line that says who wrote the text, where no markup does.

use crate::article::page::{Block, Hints, Page, Tag};

use super::day;
use super::names::{self, is_nickname, is_person, names};

/// The longest line that is a byline, in characters.
const MAX_CHARS: usize = 100;

/// The most lines that are looked at: a book has as many.
const MAX_LINES: usize = 20_000;

/// How many blocks before and after the heading "By Ann Lee" is looked for: below, it signs a teaser.
const BEFORE: usize = 3;
const AFTER: usize = 20;

/// What an author's name stands behind, wherever it stands.
const LABELS: [&str; 16] = [
    "autor",
    "autorin",
    "autoren",
    "autor(in)",
    "autor*in",
    "author",
    "authors",
    "auteur",
    "auteure",
    "autore",
    "auteurs",
    "text",
    "texte",
    "words",
    "interview",
    "written by",
];

/// What begins a byline near the heading.
const BEGINNINGS: [&str; 22] = [
    "by",
    "von",
    "par",
    "por",
    "av",
    "af",
    "door",
    "autoren",
    "autorin",
    "text von",
    "text by",
    "words by",
    "story by",
    "posted by",
    "written by",
    "erstellt von",
    "gespeichert von",
    "geschrieben von",
    "verfasst von",
    "ein artikel von",
    "ein beitrag von",
    "escrito por",
];

/// What stands before the name in a line that also holds the date.
const JOINTS: [&str; 4] = [" by ", " von ", " par ", " por "];

/// Names of elements whose lines are other people's.
const OTHERS: Hints = Hints::union(&[Hints::COMMENT, Hints::RELATED, Hints::NAV, Hints::FOOT]);

/// How far up they are looked for.
const OTHERS_REACH: usize = 8;

/// The first line that says who wrote the text: labelled, or near the heading.
pub fn byline(page: &Page<'_>) -> Option<String> {
    let heading = page
        .blocks
        .iter()
        .position(|block| block.tag == Tag::H1)
        .unwrap_or(0);
    let near = heading.saturating_sub(BEFORE)..heading + AFTER;
    let candidates = || {
        page.blocks
            .iter()
            .enumerate()
            .filter(|(_, block)| !block.hidden && !is_others(page, block))
            .flat_map(|(at, block)| block.text.lines().map(move |line| (at, line)))
            .take(MAX_LINES)
            .filter(|(_, line)| line.chars().take(MAX_CHARS + 1).count() <= MAX_CHARS)
    };
    candidates()
        .filter(|(at, _)| near.contains(at))
        .find_map(|(_, line)| begun(line).or_else(|| dated(line)))
        .or_else(|| candidates().find_map(|(_, line)| labelled(line)))
}

fn is_others(page: &Page<'_>, block: &Block) -> bool {
    page.upwards(block.owner).take(OTHERS_REACH).any(|at| {
        let node = page.node(at);
        matches!(node.tag, Tag::Nav | Tag::Footer | Tag::Aside)
            || (node.tag != Tag::Body && node.hints.has(OTHERS))
    })
}

/// "By Ann Lee": all that follows are people.
fn begun(line: &str) -> Option<String> {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (beginning, rest) = names::begun(line, &BEGINNINGS)?;
    // Accounts sign with "posted by", never with a bare "by".
    people(&rest, beginning.contains(' '))
}

/// "4 March 2021 by Ann Lee".
fn dated(line: &str) -> Option<String> {
    day::read(line, true)?;
    let rest = JOINTS
        .iter()
        .filter_map(|joint| line.rsplit_once(joint))
        .map(|(_, rest)| rest)
        .min_by_key(|rest| rest.len())?;
    people(rest, true)
}

/// "Author: Ann Lee".
fn labelled(line: &str) -> Option<String> {
    let (label, rest) = line.split_once([':', '：'])?;
    let label = label.trim().to_lowercase();
    LABELS
        .contains(&label.as_str())
        .then(|| people(rest, false))?
}

/// A line of names, if it names people and nothing else; of accounts too, if they may sign.
fn people(line: &str, accounts: bool) -> Option<String> {
    let found = names(line);
    let is_signer = |name: &String| is_person(name) || (accounts && is_nickname(name));
    (!found.is_empty() && found.iter().all(is_signer)).then(|| found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn a_line_of_people_is_a_byline_and_a_sentence_is_none() {
        for (line, expected) in [
            ("By Ann Lee and Bob Ray", Some("Ann Lee, Bob Ray")),
            ("Von Ann Lee, 4. März 2021", Some("Ann Lee")),
            ("---- by Ann de la Lee", Some("Ann de la Lee")),
            ("By the end of the year it was over", None),
            ("Von Berlin nach Hamburg", None),
            ("Posted by ann78 @ 12:00", Some("ann78")),
            ("06.11.2023 13:30 von Olga", Some("Olga")),
            ("Posted on September 21, 2020 by Ann Lee", Some("Ann Lee")),
            ("Autorin: Ann Lee, Leiterin der Gruppe", Some("Ann Lee")),
            ("Text: Ann Lee", Some("Ann Lee")),
            ("Photo: Ann Lee", None),
            ("On 4 March 2021 the ship was hit by a wave", None),
        ] {
            let html = Html::parse_document(&format!("<h1>x</h1><p>{line}</p>"));
            let found = byline(&Page::new(&html, &|_| false));
            assert_eq!(found.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_comment_is_signed_by_its_reader() {
        let html = Html::parse_document("<h1>x</h1><div class=comment><p>By Ann Lee</p></div>");
        assert_eq!(byline(&Page::new(&html, &|_| false)), None);
    }
}

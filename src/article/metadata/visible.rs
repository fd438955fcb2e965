//! Dates that a reader sees: marked as dates, or at the beginning of a line.

use std::cmp::Ordering;

use crate::article::page::{Hints, Page, Tag, text};
use crate::model::Timestamp;

use super::day::{self, Written};

/// How a date is marked, the most telling first.
#[derive(Clone, Copy)]
enum Mark {
    /// The markup says that it is the day of publication.
    Published,
    /// A `time` element that nothing calls a change.
    Time,
    /// The words before it say that it is the day of publication.
    Stated,
    /// An element whose names speak of dates, or the day of a later change.
    Named,
    /// A `time` element far from the heading: of a list of other articles, more often than not.
    Elsewhere,
    /// Stands in a comment: a reader's day, not the article's.
    Comment,
}

const MARKS: usize = 6;

/// The most marked elements that are looked at: a long list of teasers has hundreds.
const MAX_MARKS: usize = 5_000;

/// How far below the heading an article's `time` stands, in nodes.
const HEADING_REACH: usize = 400;

/// Words before a date that mean publication.
const PUBLISHING: [&str; 8] = [
    "publi",
    "posted",
    "veröffentlicht",
    "erstellt",
    "created",
    "geplaatst",
    "pubblicato",
    "公開",
];

/// Words before a date that mean a later change.
const UPDATING: [&str; 14] = [
    "updated",
    "modified",
    "revised",
    "reviewed",
    "aktualisiert",
    "geändert",
    "mis à jour",
    "modifié",
    "actualizado",
    "atualizado",
    "aggiornato",
    "bijgewerkt",
    "oppdatert",
    "更新",
];

/// How many nodes before a date may hold its label: "Last updated", a space, "on".
const LABEL_NODES: usize = 8;

/// How much of each of them, in characters: a label is short, a sentence is none.
const LABEL_CHARS: usize = 60;

/// The longest text of an element that a date is read from, in bytes.
const DATE_BYTES: usize = 120;

/// How far behind the word for publication its date may begin and end, in characters.
const STATED_CHARS: usize = 40;

/// The date that is most plainly the article's; of equals the first.
pub fn date(page: &Page<'_>, month_first: bool) -> Option<Written> {
    let mut found: [Option<Written>; MARKS] = [None; MARKS];
    let heading = page
        .nodes
        .iter()
        .position(|node| node.tag == Tag::H1)
        .unwrap_or(0);
    let near = heading..heading + HEADING_REACH;
    let (mut comment_end, mut marks) = (0, 0);
    for (at, node) in page.nodes.iter().enumerate() {
        if node.hints.has(Hints::COMMENT) && !matches!(node.tag, Tag::Body | Tag::Main) {
            comment_end = comment_end.max(node.end);
        }
        let Some(mark) = mark_of(page, at, at < comment_end) else {
            continue;
        };
        marks += 1;
        if marks > MAX_MARKS {
            break;
        }
        let mark = match mark {
            Mark::Time if !near.contains(&at) => Mark::Elsewhere,
            mark => mark,
        };
        let Some(slot) = found.get_mut(mark as usize).filter(|slot| slot.is_none()) else {
            continue;
        };
        let line = spaced(page, at);
        *slot = ["datetime", "content", "title"]
            .iter()
            .filter_map(|name| page.attr(at, name))
            .find_map(|value| day::read(value, month_first))
            .or_else(|| stated(&line, month_first))
            .or_else(|| day::read(&line, month_first));
        if matches!(mark, Mark::Published) && slot.is_some() {
            break;
        }
    }
    let [published, time, stated, named, elsewhere, comment] = found;
    published
        .or(time)
        .or(stated)
        .or(named)
        .or(elsewhere)
        .or_else(|| early_line(page, month_first))
        .or(comment)
}

fn mark_of(page: &Page<'_>, at: usize, in_comment: bool) -> Option<Mark> {
    let node = page.node(at);
    let element = node.element?;
    let property = element.attr("itemprop").unwrap_or_default();
    let published = property.contains("datePublished") || element.attr("pubdate").is_some();
    let is_time = node.tag == Tag::Time;
    let named = node.hints.has(Hints::META) && node.tag != Tag::Body;
    if !published && !named && !is_time {
        return None;
    }
    let class = element.attr("class").unwrap_or_default();
    let says = |word| class.split_ascii_whitespace().any(|name| name == word);
    let changed = property.contains("Modified")
        || (is_time && !says("published") && (says("updated") || says("modified")));
    Some(if in_comment {
        Mark::Comment
    } else if published {
        Mark::Published
    } else if changed {
        Mark::Named
    } else {
        let own = page.line(at, DATE_BYTES);
        let label = label(page, at, &own);
        match last_of(&UPDATING, &label).cmp(&last_of(&PUBLISHING, &label)) {
            _ if !is_time && stated(&own, true).is_some() => Mark::Stated,
            Ordering::Greater => Mark::Named,
            _ if is_time => Mark::Time,
            Ordering::Less => Mark::Stated,
            Ordering::Equal => Mark::Named,
        }
    })
}

/// The words before a date, in its own element and before it in the block, in lower case.
fn label(page: &Page<'_>, at: usize, own: &str) -> String {
    let owner = page.node(at).owner;
    let before = page.nodes.get(at.saturating_sub(LABEL_NODES)..at);
    let mut label: String = before
        .unwrap_or_default()
        .iter()
        .filter(|node| node.tag == Tag::Text && node.owner == owner)
        .flat_map(|node| [end_of(node.text), " "])
        .collect();
    label.extend(own.chars().take_while(|c| !c.is_ascii_digit()));
    label.to_lowercase()
}

/// The last `LABEL_CHARS` of a text.
fn end_of(text: &str) -> &str {
    text.char_indices()
        .rev()
        .take(LABEL_CHARS)
        .last()
        .and_then(|(start, _)| text.get(start..))
        .unwrap_or_default()
}

/// Where the last of the words begins.
fn last_of(words: &[&str], text: &str) -> Option<usize> {
    words.iter().filter_map(|word| text.rfind(word)).max()
}

/// The date right behind a word for publication: "Updated 5 May 2023, published 4 March 2021".
fn stated(line: &str, month_first: bool) -> Option<Written> {
    let line = line.to_lowercase();
    PUBLISHING.iter().find_map(|word| {
        let (_, after) = line.split_once(word)?;
        let after: String = after.chars().take(STATED_CHARS).collect();
        day::read(&after, month_first)
    })
}

/// How many blocks from a heading on are looked at for a dateline, and how many characters of each.
const DATELINES: usize = 150;
const DATELINE_CHARS: usize = 60;

/// How many of them belong to every heading, where a page has several of the first rank.
const CLOSE_DATELINES: usize = 20;

/// How many blocks before the heading are looked at.
const DATELINES_ABOVE: usize = 6;

/// A block that begins with a date: close to a heading, from shortly before the first.
fn early_line(page: &Page<'_>, month_first: bool) -> Option<Written> {
    let headings: Vec<usize> = page
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.tag.heading() == Some(1))
        .map(|(at, _)| at)
        .collect();
    let first = headings.first().copied().unwrap_or(0);
    let close = headings.iter().map(|&heading| (heading, CLOSE_DATELINES));
    let wide = first.saturating_sub(DATELINES_ABOVE);
    close
        .chain([(wide, DATELINES)])
        .flat_map(|(from, count)| page.blocks.iter().skip(from).take(count))
        .map(|block| {
            spaced_nodes(page, block.first..block.last)
                .chars()
                .take(DATELINE_CHARS)
                .collect::<String>()
        })
        .filter(|start| start.contains(|c: char| c.is_ascii_digit()))
        .find_map(|start| day::read(&start, month_first))
}

/// The text of an element in one line, what its elements say apart: "28.09.19 12:44".
fn spaced(page: &Page<'_>, at: usize) -> String {
    spaced_nodes(page, at..page.node(at).end)
}

fn spaced_nodes(page: &Page<'_>, nodes: std::ops::Range<usize>) -> String {
    let mut line = String::new();
    for (node, text) in page.skim(nodes) {
        if line.len() > DATE_BYTES {
            break;
        }
        let is_text = node.tag == Tag::Text;
        text::push_collapsed(&mut line, if is_text { text } else { " " });
    }
    line
}

/// How long after its midnight in UTC a day may still be one: until it ends on the American west coast, in
/// milliseconds. To the east, the next day that a page shows is more often that of a change.
const DAY_ENDS: i64 = 32 * 3_600_000;

/// The day that the reader is shown for an instant: the first marked as a date that it can be.
pub fn day_shown(page: &Page<'_>, at: Timestamp, month_first: bool) -> Option<Written> {
    let mut comment_end = 0;
    (0..page.nodes.len())
        .filter(|&node| {
            let hints = page.node(node).hints;
            if hints.has(Hints::COMMENT) && page.node(node).tag != Tag::Body {
                comment_end = comment_end.max(page.node(node).end);
            }
            node >= comment_end && (page.node(node).tag == Tag::Time || hints.has(Hints::META))
        })
        .take(MAX_MARKS)
        .map(|node| spaced(page, node))
        .filter(|line| {
            let lower = line.to_lowercase();
            last_of(&UPDATING, &lower) <= last_of(&PUBLISHING, &lower)
        })
        .filter_map(|line| day::read(&line, month_first).map(Written::day))
        .find(|day| {
            let since = at.millis().saturating_sub(day.at.millis());
            (0..DAY_ENDS).contains(&since)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn a_visible_date_is_found_by_its_mark() {
        for (html, expected) in [
            (
                "<time datetime=2021-03-05>5</time><span itemprop=datePublished content=2021-03-04>",
                Some("2021-03-04"),
            ),
            (
                "<p>Last updated: <time datetime=2023-01-01>x</time> Published: <time datetime=2021-03-04>y</time>",
                Some("2021-03-04"),
            ),
            (
                "<time class=updated datetime=2023-01-01>x</time><time class='published updated' datetime=2021-03-04>y</time>",
                Some("2021-03-04"),
            ),
            (
                "<div class=date>Updated on January 1, 2023</div><div class=date>Published March 4, 2021</div>",
                Some("2021-03-04"),
            ),
            (
                "<div class=comment><time itemprop=datePublished datetime=2023-01-01>x</time></div><div class=date>2021-03-04</div>",
                Some("2021-03-04"),
            ),
            (
                "<p>Updated <time datetime=2021-03-04>x</time>",
                Some("2021-03-04"),
            ),
            (
                "<div class=meta>Updated: January 1, 2023 Published: March 4, 2021</div>",
                Some("2021-03-04"),
            ),
            (
                "<div class=date>March 4, 2021</div><div class=date>Updated on January 1, 2023</div>",
                Some("2021-03-04"),
            ),
            (
                "<h1>x</h1><p>4 March 2021 - It was</p><div class=comment><i class=date>1 January 2023</i></div>",
                Some("2021-03-04"),
            ),
            (
                "<h1>Site</h1><h1>x</h1><p>Name<i>4 March 2021</i></p><p>Born 5 May 1950",
                Some("2021-03-04"),
            ),
            (
                "<b class=date><i>04.03.21</i><i>12:44</i></b>",
                Some("2021-03-04"),
            ),
            ("<p>Nothing here", None),
        ] {
            let html = Html::parse_document(html);
            let found =
                date(&Page::new(&html, &|_| false), true).map(|written| written.at.to_string());
            assert_eq!(found.as_deref().and_then(|at| at.get(..10)), expected);
        }
    }
}

//! Bylines that the markup marks: `itemprop`, `rel`, links to people, telling class names.

use crate::article::page::{Hints, Page, Tag};

use super::names::{is_house, is_nickname, is_person, names};

/// The longest visible byline that is read, in bytes.
const MAX_LINE_BYTES: usize = 250;

/// The longest line that may consist of a nickname, in bytes: what is longer says something else too.
const NICKNAME_BYTES: usize = 60;

/// How far apart the marked names of one byline may stand, in nodes.
const BYLINE_REACH: usize = 40;

/// The most marked elements that are looked at: a long page of comments has hundreds.
const MAX_MARKS: usize = 5_000;

/// How far into a marked element the name inside it may stand, in nodes.
const NAME_REACH: usize = 400;

/// An element that is an author's by its class alone may name this many; more is a list of something else.
const MAX_UNMARKED: usize = 4;

/// How far below the heading a byline stands, in nodes.
const HEADING_REACH: usize = 400;

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

/// Names of elements that speak of authors but are no bylines.
const NOT_BYLINE: Hints = Hints::union(&[
    Hints::COMMENT,
    Hints::SHARE,
    Hints::NAV,
    Hints::FOOT,
    Hints::RELATED,
]);

/// Parts of addresses of pages about people.
const PEOPLE: [&str; 12] = [
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
];

/// How an author is marked, the most explicit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Property,
    Relation,
    Link,
    /// A person, by the element's class alone, shortly below the heading.
    Named,
    /// A nickname or a house there.
    Signature,
    /// A person elsewhere: above are logins and menus, far below are teasers.
    Elsewhere,
    /// A nickname or a house elsewhere.
    Account,
}

const MARKS: usize = 7;

/// Parts of class names that speak of authors, not only of persons.
const AUTHORS: [&str; 6] = ["author", "autor", "byline", "auteur", "writer", "verfasser"];

/// The marked bylines, the most explicit kind of mark first; of several alike, the first and what
/// stands close to it: later ones belong to teasers.
pub fn bylines(page: &Page<'_>) -> Vec<Vec<String>> {
    let heading = page
        .nodes
        .iter()
        .position(|node| node.tag == Tag::H1)
        .unwrap_or(0);
    let mut marked: [(Vec<String>, usize); MARKS] = Default::default();
    let marks = (0..page.nodes.len()).filter_map(|at| Some((at, mark_of(page, at, heading)?)));
    for (at, mark) in marks.take(MAX_MARKS) {
        let is_open = |(lines, last): &(Vec<String>, usize)| lines.is_empty() || at < *last;
        if !marked.get(mark as usize).is_some_and(is_open) {
            continue;
        }
        let line = line_of(page, at);
        let Some((mark, line)) = believed(mark, line) else {
            continue;
        };
        if let Some((lines, last)) = marked.get_mut(mark as usize).filter(|slot| is_open(slot)) {
            let by_class = !matches!(mark, Mark::Property | Mark::Relation | Mark::Link);
            if lines.is_empty() || !by_class {
                lines.push(line);
                *last = page.node(at).end + BYLINE_REACH;
            }
        }
    }
    marked
        .into_iter()
        .map(|(lines, _)| lines)
        .filter(|lines| !lines.is_empty())
        .collect()
}

fn mark_of(page: &Page<'_>, at: usize, heading: usize) -> Option<Mark> {
    let node = page.node(at);
    let element = node.element?;
    if matches!(node.tag, Tag::Body | Tag::Html | Tag::Main | Tag::Article) {
        return None;
    }
    let says = |attribute, wanted| {
        element
            .attr(attribute)
            .is_some_and(|value| value.split_ascii_whitespace().any(|word| word == wanted))
    };
    if says("itemprop", "author") {
        Some(Mark::Property)
    } else if says("rel", "author") {
        Some(Mark::Relation)
    } else if node.tag == Tag::A
        && element
            .attr("href")
            .is_some_and(|href| PEOPLE.iter().any(|part| href.contains(part)))
        && !is_aside(page, at)
    {
        Some(Mark::Link)
    } else if node.hints.has(Hints::AUTHOR) && !node.hidden && !node.hints.has(NOT_BYLINE) {
        let class = element.attr("class").unwrap_or_default();
        let class = class.to_ascii_lowercase();
        let is_author = AUTHORS.iter().any(|word| class.contains(word));
        if (heading..heading + HEADING_REACH).contains(&at) && (is_author || !is_teaser(page, at)) {
            Some(Mark::Named)
        } else {
            is_author.then_some(Mark::Elsewhere)
        }
    } else if says("class", "username") {
        Some(Mark::Account)
    } else {
        None
    }
}

/// What a marked element says: the name marked inside it, its text, or its value.
fn line_of(page: &Page<'_>, at: usize) -> String {
    let value = |at| page.attr(at, "content").unwrap_or_default().to_owned();
    let named = (at + 1..page.node(at).end)
        .take(NAME_REACH)
        .find(|&inner| page.attr(inner, "itemprop") == Some("name"))
        .map(|inner| match page.lines(inner, MAX_LINE_BYTES) {
            line if line.is_empty() => value(inner),
            line => line,
        });
    named
        .or_else(|| Some(page.lines(at, MAX_LINE_BYTES)))
        .filter(|line| !line.is_empty())
        .unwrap_or_else(|| value(at))
}

/// What is believed of a marked line, and as what.
fn believed(mark: Mark, line: String) -> Option<(Mark, String)> {
    let found = names(&line);
    if found.is_empty() || line.len() > MAX_LINE_BYTES {
        return None;
    }
    if matches!(mark, Mark::Property | Mark::Relation) {
        return Some((mark, line));
    }
    // Beside a whole name, single words are handles and departments.
    let people: Vec<&str> = found
        .iter()
        .map(String::as_str)
        .filter(|name| is_person(name))
        .collect();
    let others = found.iter().filter(|name| !is_person(name));
    if found.len() > MAX_UNMARKED {
        None
    } else if !people.is_empty() {
        let is_clean = others.clone().all(|name| is_signature(name));
        is_clean.then(|| (mark, people.join("\n")))
    } else {
        let is_signed = mark != Mark::Link
            && line.len() <= NICKNAME_BYTES
            && others.clone().all(|name| is_signature(name));
        let mark = match mark {
            Mark::Named => Mark::Signature,
            _ => Mark::Account,
        };
        is_signed.then_some((mark, line))
    }
}

/// True for what may sign beside a person's name: a nickname, a house.
fn is_signature(name: &str) -> bool {
    is_nickname(name) || is_house(name, &[])
}

/// True for what stands in a box of other articles.
fn is_teaser(page: &Page<'_>, at: usize) -> bool {
    page.ancestors(at).take(ASIDE_REACH).any(|at| {
        let node = page.node(at);
        node.tag == Tag::Aside || node.hints.has(Hints::RELATED)
    })
}

/// True for what stands in a menu, a footer or a box: people are linked from there too.
fn is_aside(page: &Page<'_>, at: usize) -> bool {
    page.ancestors(at).take(ASIDE_REACH).any(|at| {
        let node = page.node(at);
        matches!(node.tag, Tag::Nav | Tag::Footer | Tag::Aside | Tag::Li) || node.hints.has(ASIDE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn a_mark_is_believed_as_far_as_it_is_explicit() {
        for (html, expected) in [
            (
                "<b itemprop=author><i itemprop=name>Ann Lee</i><i>Follow</i></b>",
                vec!["Ann Lee"],
            ),
            (
                "<h1>x</h1><p class=author>Ann Lee<i>May 4</i></p>",
                vec!["Ann Lee"],
            ),
            ("<div class=author>Your Account Log Out</div>", vec![]),
            ("<a href=/author/ann>All articles</a>", vec![]),
            ("<span class=username>ann78</span>", vec!["ann78"]),
        ] {
            let html = Html::parse_document(html);
            let found = bylines(&Page::new(&html, &|_| false)).concat();
            assert_eq!(found, expected);
        }
    }
}

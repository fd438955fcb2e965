//! What kind of page it is, where that is not an article: a list, a home page, the stub before a paywall.

use crate::article::page::{Block, Hints, Page};

use super::span;

/// A page with at least this many headings that are links is a list of other pages…
const MIN_LINKED_HEADINGS: usize = 5;

/// …if they are at least this share of the headings where text was kept.
const LINKED_SHARE: f32 = 0.6;

/// Nearly all of a heading is link.
const ALL_LINK: f32 = 0.9;

/// Most of a list item is link.
const MOSTLY_LINK: f32 = 0.7;

/// A text longer than this, in words, is no stub.
const MAX_STUB_WORDS: usize = 400;

/// What the element before the rest of a text calls itself.
const WALLS: [&str; 4] = ["paywall", "regwall", "premium-wall", "subscription-wall"];

/// How many blocks behind the text it stands.
const WALL_WITHIN: usize = 12;

/// How far up from a block it is looked for, in elements.
const WALL_REACH: usize = 4;

/// True when what was kept are teasers: headings that lead elsewhere, one after the other.
pub fn is_list(page: &Page<'_>, keep: &[bool]) -> bool {
    let Some((first, last)) = span(keep) else {
        return true;
    };
    let headings = page
        .blocks
        .get(first.saturating_sub(1)..=last)
        .unwrap_or_default()
        .iter()
        .filter(|block| block.tag.heading().is_some());
    let (mut all, mut linked) = (0_usize, 0_usize);
    for heading in headings {
        all += 1;
        linked += usize::from(heading.link_density() >= ALL_LINK && leads_away(page, heading));
    }
    let (mut blocks, mut leads) = (0_usize, 0_usize);
    for block in page.kept(keep) {
        blocks += 1;
        leads += usize::from(block.link_density() >= MOSTLY_LINK);
    }
    if leads >= MIN_LINKED_HEADINGS && leads as f32 >= blocks as f32 * LINKED_SHARE {
        return true;
    }
    linked >= MIN_LINKED_HEADINGS && linked as f32 >= all as f32 * LINKED_SHARE
}

/// True when a block's links leave the page: headings often link to themselves.
fn leads_away(page: &Page<'_>, block: &Block) -> bool {
    !page
        .upwards(block.owner)
        .take(2)
        .chain(block.first..block.last)
        .filter_map(|at| page.attr(at, "href"))
        .any(|href| href.trim_start().starts_with('#'))
}

/// True when a short text is followed by an offer to pay for the rest.
pub fn is_stub(page: &Page<'_>, keep: &[bool]) -> bool {
    let words: usize = page.kept(keep).map(|block| block.words).sum();
    let end = span(keep).map_or(1, |(_, last)| last + 1);
    let mut behind = page.blocks.iter().skip(end).take(WALL_WITHIN);
    words <= MAX_STUB_WORDS && behind.any(|block| !block.hidden && is_wall(page, block))
}

/// True for a block in an element that calls itself the wall before the rest.
fn is_wall(page: &Page<'_>, block: &Block) -> bool {
    page.upwards(block.owner).take(WALL_REACH).any(|at| {
        let class = page.attr(at, "class").unwrap_or_default();
        let class = class.to_ascii_lowercase();
        page.node(at).hints.has(Hints::SUBSCRIBE) && WALLS.iter().any(|wall| class.contains(wall))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn linked_headings_make_a_list() {
        let card = "<h3><a href=/x>A headline</a></h3><p>A sentence about it.</p>".repeat(6);
        let html = Html::parse_document(&card);
        let page = Page::new(&html, &|_| false);
        assert!(is_list(&page, &vec![true; page.blocks.len()]));
        let html = Html::parse_document(&card.replace("/x", "#x"));
        let page = Page::new(&html, &|_| false);
        assert!(!is_list(&page, &vec![true; page.blocks.len()]));
        let html = Html::parse_document(&card.replace("<a href=/x>", "").replace("</a>", ""));
        let page = Page::new(&html, &|_| false);
        assert!(!is_list(&page, &vec![true; page.blocks.len()]));
    }

    #[test]
    fn an_offer_right_behind_a_short_text_makes_a_stub() {
        let offer = "<div class=paywall><p>Read on for one euro</div>";
        for (html, expected) in [
            (format!("<p>The beginning.{offer}"), true),
            (
                format!("<p>{}{offer}", "word ".repeat(MAX_STUB_WORDS + 1)),
                false,
            ),
            (
                format!("<p>The beginning.{}{offer}", "<p>More".repeat(WALL_WITHIN)),
                false,
            ),
            (
                "<p>The beginning.<div class=premium><p>Read on".to_owned(),
                false,
            ),
        ] {
            let html = Html::parse_document(&html);
            let page = Page::new(&html, &|_| false);
            let keep: Vec<bool> = (0..page.blocks.len()).map(|at| at == 0).collect();
            assert_eq!(is_stub(&page, &keep), expected);
        }
    }
}

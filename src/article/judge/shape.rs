//! What kind of page it is, where that is not an article: a list, a home page, the stub before a paywall.

use crate::article::page::{Block, Hints, Page};

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

/// True when what was kept are teasers: headings that lead elsewhere, one after the other.
pub fn is_list(page: &Page<'_>, keep: &[bool]) -> bool {
    let (Some(first), Some(last)) = (
        keep.iter().position(|keep| *keep),
        keep.iter().rposition(|keep| *keep),
    ) else {
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
    let kept = page
        .blocks
        .iter()
        .zip(keep)
        .filter(|(_, keep)| **keep)
        .map(|(block, _)| block);
    let (mut blocks, mut leads) = (0_usize, 0_usize);
    for block in kept {
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
    !std::iter::once(block.owner)
        .chain(page.ancestors(block.owner).take(1))
        .chain(block.first..block.last)
        .filter_map(|at| page.attr(at, "href"))
        .any(|href| href.trim_start().starts_with('#'))
}

/// True when a short text is followed by an offer to pay for the rest.
pub fn is_stub(page: &Page<'_>, keep: &[bool]) -> bool {
    let words: usize = page
        .blocks
        .iter()
        .zip(keep)
        .filter(|(_, keep)| **keep)
        .map(|(block, _)| block.words)
        .sum();
    let last = keep.iter().rposition(|keep| *keep).unwrap_or(0);
    words <= MAX_STUB_WORDS
        && page.blocks.iter().skip(last + 1).take(12).any(|block| {
            !block.hidden
                && std::iter::once(block.owner)
                    .chain(page.ancestors(block.owner))
                    .take(4)
                    .any(|at| {
                        page.node(at).hints.has(Hints::SUBSCRIBE)
                            && page.attr(at, "class").is_some_and(|class| {
                                let class = class.to_ascii_lowercase();
                                ["paywall", "regwall", "premium-wall", "subscription-wall"]
                                    .iter()
                                    .any(|wall| class.contains(wall))
                            })
                    })
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
}

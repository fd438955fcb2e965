//! The container judge: the element whose paragraphs score best, and its like siblings.
//!
//! After the idea of Readability: paragraphs vote for the elements around them, the
//! vote falling with distance; names and link density correct the vote.

use crate::article::page::block::ratio;
use crate::article::page::{Block, Hints, Page, Sums, Tag};

use super::Candidate;

/// Blocks shorter than this do not vote, in characters.
const MIN_VOTE_CHARS: usize = 25;

/// How far up a paragraph's vote reaches, in elements.
const VOTE_REACH: usize = 5;

/// What a good or bad name is worth: about one and a half full paragraphs.
const NAME_WEIGHT: f32 = 8.0;

/// A sibling joins when it scores this share of the best.
const SIBLING_SHARE: f32 = 0.2;

/// A named piece of clutter that holds more than this share of the text is no clutter.
const MAX_CLUTTER_SHARE: f32 = 0.5;

/// The least a sibling scores that joins: what a plain paragraph of some length brings.
const MIN_SIBLING_SCORE: f32 = 10.0;

/// A paragraph beside the best element joins from this many characters on…
const LONE_CHARS: usize = 80;

/// …if less than this share of it is links.
const LONE_LINKS: f32 = 0.25;

/// A block with more than this share of links is no text, unless it is a heading.
const MAX_BLOCK_LINKS: f32 = 0.6;

/// An element of several links with more than this share of them is a menu or a list of teasers.
const MAX_ELEMENT_LINKS: f32 = 0.5;

/// The most commas that speak for a block.
const MAX_COMMAS: usize = 10;

/// How far up a menu, a footer or a box silences a block, in elements.
const SILENCE_REACH: usize = 3;

/// Names of elements that hold the article rather than surround it.
const GOOD: Hints = Hints::union(&[Hints::ARTICLE, Hints::BODY]);

/// The opinion of this judge.
pub fn judge(page: &Page<'_>, sums: &Sums) -> Candidate {
    let scores = votes(page);
    let mut best = (0, 0.0_f32);
    let mut totals = vec![0.0_f32; page.nodes.len()];
    for (at, (&score, total)) in scores.iter().zip(&mut totals).enumerate() {
        if score > 0.0 {
            let node = page.node(at);
            *total = (score + name_weight(node.hints, node.tag))
                * (1.0 - sums.of(at, node).link_density());
            if *total > best.1 {
                best = (at, *total);
            }
        }
    }
    let (root, top) = best;
    if top <= 0.0 {
        return Candidate::default();
    }
    let parent = page.node(root).parent;
    let accepted: Vec<usize> = page
        .children(parent)
        .filter(|&child| {
            child == root
                || totals
                    .get(child)
                    .is_some_and(|&total| total >= (top * SIBLING_SHARE).max(MIN_SIBLING_SCORE))
                || is_lone_paragraph(page, sums, child)
        })
        .collect();
    let keep = keep_within(page, sums, &accepted);
    Candidate { keep, root }
}

fn votes(page: &Page<'_>) -> Vec<f32> {
    let mut scores = vec![0.0_f32; page.nodes.len()];
    for block in page.blocks.iter().filter(|block| can_vote(page, block)) {
        let commas = block
            .text
            .matches([',', '、', '，', '،'])
            .count()
            .min(MAX_COMMAS);
        let vote = (1.0 + commas as f32 + (block.chars as f32 / 100.0).min(3.0))
            * (1.0 - block.link_density());
        let start = match block.tag {
            // Text straight in a container votes for it; a paragraph votes for what is around it.
            Tag::Div | Tag::Section | Tag::Article | Tag::Main | Tag::Td | Tag::Body => block.owner,
            _ => page.node(block.owner).parent,
        };
        for (level, at) in page.upwards(start).take(VOTE_REACH).enumerate() {
            let divider = match level {
                0 => 1.0,
                1 => 2.0,
                level => level as f32 * 3.0,
            };
            if let Some(score) = scores.get_mut(at) {
                *score += vote / divider;
            }
        }
    }
    scores
}

fn can_vote(page: &Page<'_>, block: &Block) -> bool {
    block.chars >= MIN_VOTE_CHARS
        && !block.hidden
        && block.tag.heading().is_none()
        && !matches!(
            block.tag,
            Tag::Button | Tag::Figcaption | Tag::Nav | Tag::Footer
        )
        && !page
            .ancestors(block.owner)
            .take(SILENCE_REACH)
            .any(|at| matches!(page.node(at).tag, Tag::Nav | Tag::Footer | Tag::Aside))
}

fn name_weight(hints: Hints, tag: Tag) -> f32 {
    let mut weight = 0.0;
    if hints.has(GOOD) {
        weight += NAME_WEIGHT;
    }
    if hints.has(Hints::CLUTTER) {
        weight -= NAME_WEIGHT;
    }
    weight
        + match tag {
            Tag::Article | Tag::Main => 5.0,
            Tag::Div | Tag::Section => 2.0,
            Tag::Ol | Tag::Ul | Tag::Dl | Tag::Form | Tag::Address | Tag::Li => -3.0,
            Tag::Aside | Tag::Footer | Tag::Nav | Tag::Header | Tag::Th => -5.0,
            _ => 0.0,
        }
}

fn is_lone_paragraph(page: &Page<'_>, sums: &Sums, at: usize) -> bool {
    let node = page.node(at);
    let tally = sums.of(at, node);
    node.tag == Tag::P && tally.chars > LONE_CHARS && tally.link_density() < LONE_LINKS
}

/// The blocks of the accepted elements that are not clutter inside them.
pub fn keep_within(page: &Page<'_>, sums: &Sums, accepted: &[usize]) -> Vec<bool> {
    let mut keep = vec![false; page.blocks.len()];
    for &root in accepted {
        let node = page.node(root);
        let whole = sums.of(root, node).chars;
        for at in sums.blocks(root, node) {
            if let (Some(slot), Some(block)) = (keep.get_mut(at), page.block(at)) {
                *slot = !is_clutter(page, sums, block, root, whole);
            }
        }
    }
    drop_orphan_headings(page, &mut keep);
    keep
}

fn is_clutter(page: &Page<'_>, sums: &Sums, block: &Block, root: usize, whole: usize) -> bool {
    if block.hidden || matches!(block.tag, Tag::Button | Tag::Figcaption | Tag::Legend) {
        return true;
    }
    if block.link_density() > MAX_BLOCK_LINKS && block.tag.heading().is_none() {
        return true;
    }
    let inside = page.upwards(block.owner).take_while(|&at| at > root);
    for at in inside {
        let node = page.node(at);
        let tally = sums.of(at, node);
        let minor = ratio(tally.chars, whole) < MAX_CLUTTER_SHARE;
        let named = node.hints.has(Hints::CLUTTER) && !node.hints.has(Hints::BODY);
        let tagged = matches!(
            node.tag,
            Tag::Nav
                | Tag::Aside
                | Tag::Footer
                | Tag::Form
                | Tag::Fieldset
                | Tag::Figcaption
                | Tag::Dialog
                | Tag::Button
        );
        let linked = tally.link_density() > MAX_ELEMENT_LINKS && tally.links > 1;
        if minor && (named || tagged || linked) {
            return true;
        }
    }
    false
}

/// A heading with nothing kept under it belonged to what was dropped.
pub fn drop_orphan_headings(page: &Page<'_>, keep: &mut [bool]) {
    // The level of the heading that follows; 7 stands for text, 0 for nothing.
    let mut below = 0;
    for (block, keep) in page
        .blocks
        .iter()
        .zip(keep.iter_mut())
        .rev()
        .filter(|(_, keep)| **keep)
    {
        let level = block.tag.heading().unwrap_or(7);
        *keep = level == 7 || below > level;
        if *keep {
            below = level;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    const PROSE: &str =
        "A sentence, with commas, that is long enough to count as a paragraph of an article.";

    fn kept(body: &str) -> Vec<String> {
        let html = Html::parse_document(body);
        let page = Page::new(&html, &|_| false);
        let sums = Sums::new(&page, |_| false);
        let candidate = judge(&page, &sums);
        page.blocks
            .iter()
            .enumerate()
            .filter(|&(at, _)| candidate.keeps(at))
            .map(|(_, block)| block.text.clone())
            .collect()
    }

    #[test]
    fn the_paragraphs_are_kept_and_what_surrounds_them_is_not() {
        let page = format!(
            "<nav><ul><li><a href=/>Home</a></ul></nav><div class=content><h2>Part</h2><p>{PROSE}<p>{PROSE}\
             <div class=share>Share this on every network, please, and tell all of your friends</div>\
             <h3>More</h3></div><footer><p>Copyright, imprint, contact, and whatever else belongs here.</footer>"
        );
        assert_eq!(
            kept(&page),
            vec!["Part".to_owned(), PROSE.to_owned(), PROSE.to_owned()]
        );
    }

    #[test]
    fn a_page_without_prose_keeps_nothing() {
        assert!(kept("<a href=x>one</a><a href=y>two</a>").is_empty());
    }
}

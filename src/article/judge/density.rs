//! The density judge: walk down to where the prose is, then keep only what is plainly prose.
//!
//! From the body, the child that holds nearly all the prose is entered, again and again;
//! where no child does, the article's element is found. Inside it every name or element
//! that speaks of clutter counts, so this judge errs on the strict side.

use crate::article::page::{Block, Hints, Page, Sums, Tag};

use super::Candidate;
use super::container::drop_orphan_headings;

/// A child is entered while it holds this share of its parent's prose.
const DOMINANT: f32 = 0.75;

/// Paragraphs shorter than this are kept only beside a longer one, in characters.
const SHORT_CHARS: usize = 40;

/// A list or a table with more than this share of links is a menu.
const MAX_LIST_LINKS: f32 = 0.4;

/// From this share of links on a heading, a paragraph, and any other block is no prose: headings often
/// link to their own page, what is no paragraph by its tag is the more likely a menu.
const HEADING_LINKS: f32 = 0.9;
const PARAGRAPH_LINKS: f32 = 0.5;
const OTHER_LINKS: f32 = 0.3;

/// Names that end a block's hopes.
const CLUTTER: Hints = Hints::union(&[Hints::CLUTTER, Hints::MEDIA]);

/// The opinion of this judge.
pub fn judge(page: &Page<'_>, sums: &Sums) -> Candidate {
    let root = descend(page, sums);
    let node = page.node(root);
    let mut keep = vec![false; page.blocks.len()];
    for at in sums.blocks(root, node) {
        if let (Some(slot), Some(block)) = (keep.get_mut(at), page.block(at)) {
            *slot = is_prose(page, sums, block, root);
        }
    }
    drop_orphan_headings(page, &mut keep);
    Candidate { keep, root }
}

/// The smallest element that still holds most of the prose.
fn descend(page: &Page<'_>, sums: &Sums) -> usize {
    let mut root = page
        .nodes
        .iter()
        .position(|node| node.tag == Tag::Body)
        .unwrap_or(0);
    let mut prose = sums.of(root, page.node(root)).prose;
    loop {
        let (mut child, mut inside) = (root, 0);
        for at in page.children(root) {
            let node = page.node(at);
            let prose = sums.of(at, node).prose;
            if prose > inside && node.tag.is_block() && !node.hints.has(Hints::COMMENT) {
                (child, inside) = (at, prose);
            }
        }
        let leaf = matches!(
            page.node(child).tag,
            Tag::P | Tag::Ul | Tag::Ol | Tag::Blockquote | Tag::Li
        );
        if child == root || leaf || (inside as f32) < prose as f32 * DOMINANT {
            return root;
        }
        root = child;
        prose = inside;
    }
}

fn is_prose(page: &Page<'_>, sums: &Sums, block: &Block, root: usize) -> bool {
    if block.hidden {
        return false;
    }
    for at in page.upwards(block.owner).take_while(|&at| at > root) {
        let node = page.node(at);
        let tagged = matches!(
            node.tag,
            Tag::Nav
                | Tag::Aside
                | Tag::Footer
                | Tag::Form
                | Tag::Figure
                | Tag::Figcaption
                | Tag::Button
                | Tag::Dialog
        );
        if tagged || node.hints.has(CLUTTER) {
            return false;
        }
        if (node.tag.is_list() || node.tag == Tag::Table)
            && sums.of(at, node).link_density() > MAX_LIST_LINKS
        {
            return false;
        }
    }
    match block.tag {
        tag if tag.heading().is_some() => block.link_density() < HEADING_LINKS,
        Tag::P | Tag::Blockquote | Tag::Pre | Tag::Li | Tag::Dd | Tag::Dt | Tag::Td | Tag::Th => {
            block.link_density() < PARAGRAPH_LINKS
        }
        _ => block.chars >= SHORT_CHARS && block.link_density() < OTHER_LINKS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn the_prose_is_kept_and_named_clutter_in_it_is_not() {
        let prose =
            "A sentence, with commas, that is long enough to count as a paragraph of an article.";
        let html = Html::parse_document(&format!(
            "<div>Menu</div><div><div><h2>Part</h2><p>{prose}<p>{prose}<div class=author-bio>{prose}</div></div></div>"
        ));
        let page = Page::new(&html, &|_| false);
        let sums = Sums::new(&page, |_| false);
        assert_eq!(judge(&page, &sums).keep, [false, true, true, true, false]);
    }
}

//! Sums over subtrees, as differences of prefix sums.

use super::block::{Block, ratio};
use super::node::{Node, Page};

/// A block counts as a paragraph from this many characters: shorter ones are
/// labels, teasers and bylines on nearly every page.
const PARAGRAPH_CHARS: usize = 80;

/// A paragraph is at most this much link.
const PARAGRAPH_LINKS: f32 = 0.35;

/// What a subtree holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub chars: usize,
    pub link_chars: usize,
    pub words: usize,
    pub blocks: usize,
    pub links: usize,
    /// Characters in paragraphs: long blocks with few links.
    pub prose: usize,
    pub paragraphs: usize,
    /// Characters that were given as kept.
    pub kept: usize,
}

impl Tally {
    pub fn link_density(&self) -> f32 {
        ratio(self.link_chars, self.chars)
    }

    fn add(&mut self, block: &Block, kept: bool) {
        self.chars += block.chars;
        self.link_chars += block.link_chars;
        self.words += block.words;
        self.blocks += 1;
        self.links += block.links;
        self.kept += if kept { block.chars } else { 0 };
        if is_paragraph(block) {
            self.prose += block.chars;
            self.paragraphs += 1;
        }
    }

    /// Adds another tally to this one.
    pub fn join(&mut self, other: &Self) {
        self.chars += other.chars;
        self.link_chars += other.link_chars;
        self.words += other.words;
        self.blocks += other.blocks;
        self.links += other.links;
        self.prose += other.prose;
        self.paragraphs += other.paragraphs;
        self.kept += other.kept;
    }

    fn minus(&self, other: &Self) -> Self {
        Self {
            chars: self.chars - other.chars,
            link_chars: self.link_chars - other.link_chars,
            words: self.words - other.words,
            blocks: self.blocks - other.blocks,
            links: self.links - other.links,
            prose: self.prose - other.prose,
            paragraphs: self.paragraphs - other.paragraphs,
            kept: self.kept - other.kept,
        }
    }
}

/// True for a block that reads like a paragraph of prose.
pub fn is_paragraph(block: &Block) -> bool {
    block.chars >= PARAGRAPH_CHARS && block.link_density() <= PARAGRAPH_LINKS && !block.hidden
}

/// Tallies of all subtrees of a page.
#[derive(Debug)]
pub struct Sums {
    /// Before each block, in order; one more at the end.
    prefix: Vec<Tally>,
    /// For each node, how many blocks begin before it; one more at the end.
    before: Vec<usize>,
}

impl Sums {
    /// Over a page, with `kept` saying which blocks a judge kept.
    pub fn new(page: &Page<'_>, kept: impl Fn(usize) -> bool) -> Self {
        let mut prefix = Vec::with_capacity(page.blocks.len() + 1);
        let mut sum = Tally::default();
        prefix.push(sum);
        let mut before = Vec::with_capacity(page.nodes.len() + 1);
        for (at, block) in page.blocks.iter().enumerate() {
            while before.len() <= block.first {
                before.push(at);
            }
            sum.add(block, kept(at));
            prefix.push(sum);
        }
        before.resize(page.nodes.len() + 1, page.blocks.len());
        Self { prefix, before }
    }

    /// The blocks that begin inside the node of index `at`.
    pub fn blocks(&self, at: usize, node: &Node<'_>) -> std::ops::Range<usize> {
        let from = self.before.get(at).copied().unwrap_or(0);
        let to = self.before.get(node.end).copied().unwrap_or(from);
        from..to.max(from)
    }

    /// What the subtree of the node of index `at` holds.
    pub fn of(&self, at: usize, node: &Node<'_>) -> Tally {
        self.between(self.blocks(at, node))
    }

    /// What a run of blocks holds.
    pub fn between(&self, range: std::ops::Range<usize>) -> Tally {
        match (self.prefix.get(range.start), self.prefix.get(range.end)) {
            (Some(from), Some(to)) if range.start <= range.end => to.minus(from),
            _ => Tally::default(),
        }
    }

    /// What the whole page holds.
    pub fn all(&self) -> Tally {
        self.prefix.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::page::Tag;
    use scraper::Html;

    #[test]
    fn a_subtree_holds_what_its_blocks_hold() {
        let html = Html::parse_document("<div>ab<p>c <a href=x>d</a></p></div><p>e");
        let page = Page::new(&html, &|_| false);
        let sums = Sums::new(&page, |at| at == 1);
        let div = page
            .nodes
            .iter()
            .position(|node| node.tag == Tag::Div)
            .expect("a div");
        let tally = sums.of(div, page.node(div));
        assert_eq!(
            (tally.chars, tally.link_chars, tally.blocks, tally.kept),
            (5, 1, 2, 3)
        );
        assert_eq!(sums.all().words, 4);
    }
}

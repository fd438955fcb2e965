//! Features of where a block stands: on the page, among the elements, in the page's template.

use crate::article::page::{Block, Hints, Page, Tag, Tally, block};

use super::row::Row;
use super::words::fnv;
use super::{REACH, Seen, distance, kind};

impl Seen<'_> {
    /// Where on the page.
    pub(super) fn place(&self, row: &mut Row, at: usize, block: &Block) {
        let node = self.page.node(block.owner);
        row.put(kind(block.tag));
        row.count(node.depth);
        row.ratio(at, self.page.blocks.len());
        row.log(at);
        row.log(self.page.blocks.len() - at);
        let before = self.sums.between(0..at);
        row.ratio(before.chars, self.all.chars);
        row.ratio(before.prose, self.all.prose);
        row.flag(block.hidden);
        row.signed(distance(at, self.title_at));
        let around = self
            .sums
            .between(at.saturating_sub(5)..(at + 6).min(self.page.blocks.len()));
        row.log(around.prose);
        row.share(around.link_density());
        row.log(block::ratio_floor(around.chars, around.blocks));
        let wide = self
            .sums
            .between(at.saturating_sub(12)..(at + 13).min(self.page.blocks.len()));
        row.log(wide.prose);
        row.share(wide.link_density());
        let like = self.page.children(node.parent).take(MAX_LOOKED_AT);
        let like = like.filter(|&child| self.page.node(child).tag == node.tag);
        let (mut same, mut index) = (0_usize, 0_usize);
        for child in like.take(MAX_SAME) {
            same += 1;
            index += usize::from(child < block.owner);
        }
        row.count(same);
        row.ratio(index, same);
    }

    /// The elements around it.
    pub(super) fn ancestry(&self, row: &mut Row, block: &Block) {
        let mut hints = [u8::MAX; Hints::COUNT];
        let mut told = Hints::NONE;
        let mut tags = [u8::MAX; LANDMARKS.len()];
        let mut clutter: Option<Tally> = None;
        let mut levels: Vec<Tally> = Vec::with_capacity(LEVELS.len());
        for (level, at) in self.page.upwards(block.owner).enumerate().take(REACH) {
            let node = self.page.node(at);
            let near = u8::try_from(level).unwrap_or(u8::MAX);
            if !matches!(node.tag, Tag::Body | Tag::Html) {
                for n in node.hints.minus(told).bits() {
                    if let Some(slot) = hints.get_mut(n) {
                        *slot = near;
                    }
                }
                told |= node.hints;
                if clutter.is_none() && node.hints.has(Hints::CLUTTER) {
                    clutter = Some(self.kept.of(at, node));
                }
            }
            for (landmark, slot) in LANDMARKS.iter().zip(&mut tags) {
                if *slot == u8::MAX && node.tag == *landmark {
                    *slot = near;
                }
            }
            if LEVELS.contains(&level) {
                levels.push(self.kept.of(at, node));
            }
        }
        row.values.extend(hints);
        row.values.extend(tags);
        let clutter = clutter.unwrap_or_default();
        row.ratio(clutter.prose, self.all.prose);
        row.share(clutter.link_density());
        row.ratio(clutter.kept, self.kept.all().kept);
        levels.resize(LEVELS.len(), self.all);
        for tally in levels {
            row.log(tally.chars);
            row.share(tally.link_density());
            row.ratio(tally.prose, self.all.prose);
            row.count(tally.blocks);
            row.log(block::ratio_floor(tally.chars, tally.blocks));
            row.ratio(tally.prose, tally.chars);
            row.ratio(tally.kept, tally.chars);
        }
    }

    /// What the page's template does with its like: how much prose looks the same, and whether it
    /// stands in a row of equals as cards and teasers do.
    pub(super) fn template(&self, row: &mut Row, at: usize, block: &Block) {
        let group = self
            .looks
            .get(at)
            .and_then(|look| self.alike.get(look))
            .copied()
            .unwrap_or_default();
        row.count(group.blocks);
        row.ratio(group.prose, self.all.prose);
        row.ratio(group.prose, group.chars);
        row.share(group.link_density());
        row.ratio(group.kept, group.chars);
        row.log(block::ratio_floor(group.chars, group.blocks));
        let mut up = block.owner;
        for _ in 0..4 {
            row.put(self.siblings_alike(up));
            up = self.page.node(up).parent;
        }
    }

    /// How many siblings of an element have its tag and its class, itself included.
    fn siblings_alike(&self, at: usize) -> u8 {
        if let Some(known) = self.siblings.borrow().get(at).copied().flatten() {
            return known;
        }
        let node = self.page.node(at);
        let class = self.page.attr(at, "class");
        let siblings = self.page.children(node.parent).take(MAX_SIBLINGS);
        let is_alike = |&child: &usize| {
            self.page.node(child).tag == node.tag && self.page.attr(child, "class") == class
        };
        let alike = u8::try_from(siblings.filter(is_alike).count()).unwrap_or(u8::MAX);
        if let Some(slot) = self.siblings.borrow_mut().get_mut(at) {
            *slot = Some(alike);
        }
        alike
    }
}

/// How many siblings are compared by their classes.
const MAX_SIBLINGS: usize = 120;

/// How many siblings of its tag an element is counted among.
const MAX_SAME: usize = 200;

/// How many siblings of any tag are looked at for them: every block of a page asks.
const MAX_LOOKED_AT: usize = 2_000;

/// A key of how the template lays an element out: its tag and class, and its parent's.
pub(super) fn look(page: &Page<'_>, at: usize) -> u64 {
    [at, page.node(at).parent].iter().fold(0, |key: u64, &at| {
        let class = page.attr(at, "class").map_or(0, fnv);
        (key ^ class ^ u64::from(kind(page.node(at).tag))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// The ancestors whose sums are features: itself, its parent, and so on.
const LEVELS: [usize; 6] = [0, 1, 2, 3, 4, 6];

/// Elements that structure a page.
const LANDMARKS: [Tag; 18] = [
    Tag::Article,
    Tag::Main,
    Tag::Aside,
    Tag::Nav,
    Tag::Header,
    Tag::Footer,
    Tag::Form,
    Tag::Figure,
    Tag::Table,
    Tag::Ul,
    Tag::Ol,
    Tag::Blockquote,
    Tag::Section,
    Tag::A,
    Tag::Details,
    Tag::Li,
    Tag::Button,
    Tag::Address,
];

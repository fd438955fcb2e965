//! The index over the sketches of the last days, in memory.
//!
//! Articles arrive in blocks; each block is a hash table of its own over the hashes
//! of its sketches, and whole blocks are forgotten when their newest article has
//! left the window. So nothing is ever unlinked, memory is not fragmented, and a
//! look-up costs a memory access or two for each hash and block. Blocks grow with the
//! window, so that a small one is small and a large one has few.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::model::{ArticleId, Timestamp};

use super::block::{Block, Slot};

/// Articles in the smallest block: its table takes 8 MiB when it is full.
const BLOCK_MIN: usize = 1 << 14;

/// Articles in the largest block: a quarter of a million, so that of a million a
/// quarter at most has left the window and is not yet forgotten.
const BLOCK_MAX: usize = 1 << 18;

/// How far the window reaches and how much of it one look-up may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Two articles further apart than this are no duplicates of each other.
    pub span: Duration,
    /// Hashes that an article must share with a sketch to be a candidate.
    pub shared: usize,
    /// Hashes that it must share if all of them are common.
    pub shared_common: usize,
    /// Articles of the window up to which a hash is rare. "Of the" is in every second
    /// article, and two articles that share three such pairs have nothing in common.
    pub rare: usize,
    /// Articles read for one hash, newest first: a phrase on every page of a site
    /// must not make every one of its pages a candidate.
    pub per_hash: usize,
    /// Candidates returned, those that share most first.
    pub candidates: usize,
    /// Articles in the window, about 400 bytes each; the oldest are forgotten beyond it.
    pub articles: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            span: Duration::from_hours(72),
            shared: 2,
            shared_common: 8,
            rare: 64,
            per_hash: 150,
            candidates: 32,
            articles: 2_000_000,
        }
    }
}

/// An article that may be nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    pub id: ArticleId,
    pub cluster: ArticleId,
    /// When it was first seen.
    pub at: Timestamp,
}

/// One hash of a sketch, found in an article: in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    block: usize,
    slot: Slot,
    is_rare: bool,
}

/// The sketches of the articles that a new one may duplicate.
#[derive(Debug)]
pub struct Window {
    limits: Limits,
    /// Oldest first.
    blocks: VecDeque<Block>,
    /// The number of the first block, ever.
    first: u32,
    places: HashMap<ArticleId, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    block: u32,
    slot: Slot,
}

impl Window {
    /// An empty window.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            blocks: VecDeque::new(),
            first: 0,
            places: HashMap::new(),
        }
    }

    /// Remembers an article; in the place of what it was, if it was known. `at` is when it
    /// was first seen, by the clock: a publisher's date may lie years ahead.
    ///
    /// At most [`SKETCH_HASHES`](super::SKETCH_HASHES) hashes are kept of the sketch.
    pub fn insert(&mut self, id: ArticleId, cluster: ArticleId, at: Timestamp, sketch: &[u32]) {
        self.remove(id);
        if sketch.is_empty() {
            return;
        }
        if self.blocks.back().is_none_or(Block::is_full) {
            let capacity = self.kept().next_power_of_two().clamp(BLOCK_MIN, BLOCK_MAX);
            self.blocks.push_back(Block::new(capacity));
            while self.blocks.len() > 1 && self.kept() >= self.limits.articles {
                self.forget_first();
            }
        }
        let newest = u32::try_from(self.blocks.len())
            .unwrap_or(u32::MAX)
            .saturating_sub(1);
        let block = self.first.wrapping_add(newest);
        if let Some(slot) = self
            .blocks
            .back_mut()
            .and_then(|last| last.insert(Neighbour { id, cluster, at }, sketch))
        {
            self.places.insert(id, Place { block, slot });
        }
    }

    /// Forgets an article.
    pub fn remove(&mut self, id: ArticleId) {
        if let Some(place) = self.places.remove(&id)
            && let Ok(at) = usize::try_from(place.block.wrapping_sub(self.first))
            && let Some(block) = self.blocks.get_mut(at)
        {
            block.remove(place.slot);
        }
    }

    /// Forgets the blocks of articles that are out of reach at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        let oldest = now.minus(self.limits.span);
        while self
            .blocks
            .front()
            .is_some_and(|block| block.newest() < oldest)
        {
            self.forget_first();
        }
    }

    /// The articles within reach of `at` that share enough hashes with the sketch: those
    /// that share most first, then the newest.
    #[must_use]
    pub fn candidates(&self, sketch: &[u32], at: Timestamp) -> Vec<Neighbour> {
        let mut hits: Vec<Hit> = Vec::new();
        for hash in sketch.iter().take(super::SKETCH_HASHES) {
            let before = hits.len();
            let mut left = self.limits.per_hash;
            for (block, sketches) in self.blocks.iter().enumerate().rev() {
                if left == 0 {
                    break;
                }
                left -= sketches.find(*hash, at, self.limits.span, left, |slot| {
                    hits.push(Hit {
                        block,
                        slot,
                        is_rare: true,
                    });
                });
            }
            if hits.len() - before > self.limits.rare {
                hits.iter_mut()
                    .skip(before)
                    .for_each(|hit| hit.is_rare = false);
            }
        }
        hits.sort_unstable();
        let mut shared: Vec<(usize, Hit)> = hits
            .chunk_by(|one, other| (one.block, one.slot) == (other.block, other.slot))
            .filter(|run| {
                run.len() >= self.limits.shared_common
                    || (run.len() >= self.limits.shared && run.iter().any(|hit| hit.is_rare))
            })
            .filter_map(|run| Some((run.len(), *run.first()?)))
            .collect();
        shared.sort_unstable_by(|one, other| other.cmp(one));
        shared
            .into_iter()
            .take(self.limits.candidates)
            .filter_map(|(_, hit)| self.blocks.get(hit.block)?.article(hit.slot))
            .collect()
    }

    /// Articles remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True when none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Memory on the heap, in bytes, as far as it can be known.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // A hash map keeps a control byte beside each slot and one slot in eight free.
        let slot = size_of::<(ArticleId, Place)>() + 1;
        self.blocks.iter().map(Block::bytes).sum::<usize>() + self.places.capacity() * slot * 8 / 7
    }

    /// Articles in the blocks, removed ones included.
    fn kept(&self) -> usize {
        self.blocks.iter().map(Block::len).sum()
    }

    fn forget_first(&mut self) {
        if let Some(block) = self.blocks.pop_front() {
            for article in block.articles() {
                // An article that was inserted again has its place in a later block.
                if self
                    .places
                    .get(&article.id)
                    .is_some_and(|place| place.block == self.first)
                {
                    self.places.remove(&article.id);
                }
            }
            self.first = self.first.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests;

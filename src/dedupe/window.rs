//! The index over the sketches of the last days, in memory.
//!
//! Articles arrive in blocks; each block is a hash table of its own over the hashes
//! of its sketches, and whole blocks are forgotten when their newest article has
//! left the window. So nothing is ever unlinked, memory is not fragmented, and a
//! look-up costs a memory access or two for each hash and block. Blocks grow with the
//! window, so that a small one is small and a large one has few.

use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::time::Duration;

use crate::model::{ArticleId, Timestamp};

use super::block::{Block, Slot};
use super::neighbours::{Neighbour, Neighbours};
use super::sketch;

/// Articles in the smallest block: its table takes 8 MiB when it is full.
const BLOCK_MIN: usize = 1 << 14;

/// Articles in the largest block: a quarter of a million, so that of a million a
/// quarter at most has left the window and is not yet forgotten.
const BLOCK_MAX: usize = 1 << 18;

/// Steps of a chain that are read ahead: chains of rare hashes are no longer.
const WARM_STEPS: usize = 64;

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

/// One hash of a sketch, found in an article, in the order of arrival: the block, the slot, and in
/// the lowest bit whether the hash is rare. One word is sorted several times faster than three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit(u64);

impl Hit {
    fn new(block: usize, slot: Slot) -> Self {
        let block = u64::try_from(block).unwrap_or(u64::MAX);
        Self((block << Slot::BITS | u64::from(slot)) << 1)
    }

    fn set_rare(&mut self) {
        self.0 |= 1;
    }

    fn is_rare(self) -> bool {
        self.0 & 1 != 0
    }

    /// The article's block and slot.
    fn place(self) -> Option<(usize, Slot)> {
        let place = self.0 >> 1;
        let block = usize::try_from(place >> Slot::BITS).ok()?;
        Some((block, Slot::try_from(place & u64::from(Slot::MAX)).ok()?))
    }
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
        if sketch.is_empty() {
            self.remove(id);
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
            let before = self.places.insert(id, Place { block, slot });
            self.clear(before);
        }
    }

    /// Forgets an article.
    pub fn remove(&mut self, id: ArticleId) {
        let place = self.places.remove(&id);
        self.clear(place);
    }

    fn clear(&mut self, place: Option<Place>) {
        if let Some(place) = place
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
    /// that share most first, then the newest. None if, by their sketches, none of them can
    /// be a match.
    #[must_use]
    pub fn neighbours(&mut self, sketch: &[u32], at: Timestamp) -> Neighbours {
        self.blocks.iter_mut().for_each(Block::link);
        self.warm(sketch);
        let mut hits: Vec<Hit> = Vec::new();
        for hash in sketch.iter().take(super::SKETCH_HASHES) {
            let before = hits.len();
            let mut left = self.limits.per_hash;
            for (block, sketches) in self.blocks.iter().enumerate().rev() {
                if left == 0 {
                    break;
                }
                left -= sketches.find(*hash, at, self.limits.span, left, |slot| {
                    hits.push(Hit::new(block, slot));
                });
            }
            if hits.len() - before <= self.limits.rare {
                hits.iter_mut().skip(before).for_each(Hit::set_rare);
            }
        }
        hits.sort_unstable();
        let mut shared: Vec<(usize, Hit)> = hits
            .chunk_by(|one, other| one.0 >> 1 == other.0 >> 1)
            .filter(|run| {
                run.len() >= self.limits.shared_common
                    || (run.len() >= self.limits.shared && run.iter().any(|hit| hit.is_rare()))
            })
            .filter_map(|run| Some((run.len(), *run.first()?)))
            .collect();
        shared.sort_unstable_by(|one, other| other.cmp(one));
        shared.truncate(self.limits.candidates);
        let mut found = Neighbours::default();
        for (_, hit) in shared {
            let Some((block, slot, article)) = self.found(hit) else {
                continue;
            };
            if sketch::may_match(sketch, block.sketch(slot)) {
                found.likely.push(article);
            } else {
                found.others.push(article);
            }
        }
        if found.likely.is_empty() {
            return Neighbours::default();
        }
        found
    }

    fn found(&self, hit: Hit) -> Option<(&Block, Slot, Neighbour)> {
        let (block, slot) = hit.place()?;
        let block = self.blocks.get(block)?;
        Some((block, slot, block.article(slot)?))
    }

    /// Reads the beginning of every chain that a look-up will walk. The table is far larger than
    /// the processor's caches, so that each step waits for memory; here they wait side by side.
    fn warm(&self, sketch: &[u32]) {
        let mut chains: Vec<(&Block, u32)> = sketch
            .iter()
            .take(super::SKETCH_HASHES)
            .flat_map(|hash| {
                self.blocks
                    .iter()
                    .map(|block| (block, block.newest_of(*hash)))
            })
            .collect();
        for _ in 0..WARM_STEPS {
            for (block, next) in &mut chains {
                *next = block.older_than(*next);
            }
            chains.retain(|(_, next)| *next != 0);
        }
        black_box(&chains);
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
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_millis(hour * HOUR)
    }

    /// A sketch of 32 hashes, `shared` of them the same for every article.
    fn sketch(article: u32, shared: u32) -> Vec<u32> {
        (0..32)
            .map(|n| {
                if n < shared {
                    n
                } else {
                    article * 32 + n + 1000
                }
            })
            .collect()
    }

    fn all(found: &Neighbours) -> impl Iterator<Item = &Neighbour> {
        found.likely.iter().chain(&found.others)
    }

    fn ids(found: &Neighbours) -> Vec<i64> {
        all(found).map(|near| near.id.0).collect()
    }

    fn insert(window: &mut Window, id: i64, hour: i64, sketch: &[u32]) {
        window.insert(ArticleId(id), ArticleId(id), at(hour), sketch);
    }

    #[test]
    fn candidates_share_enough_and_come_in_the_order_of_what_they_share() {
        let mut window = Window::new(Limits::default());
        for (id, shared) in [(1, 1), (2, 2), (3, 9), (4, 9)] {
            insert(
                &mut window,
                id,
                0,
                &sketch(u32::try_from(id).unwrap(), shared),
            );
        }
        assert_eq!(ids(&window.neighbours(&sketch(99, 32), at(1))), [4, 3, 2]);
        assert_eq!(ids(&window.neighbours(&[], at(1))), [0_i64; 0]);
        assert_eq!(window.len(), 4);
    }

    #[test]
    fn articles_inserted_all_at_once_are_found_as_those_inserted_between_look_ups() {
        let (mut at_once, mut singly) = (
            Window::new(Limits::default()),
            Window::new(Limits::default()),
        );
        let of = |id: u32| sketch(id / 3, id % 5);
        for id in 0..4_000 {
            insert(&mut at_once, i64::from(id), 0, &of(id));
            insert(&mut singly, i64::from(id), 0, &of(id));
            let _ = singly.neighbours(&[1, 2], at(0));
        }
        for id in (0..4_000).step_by(97) {
            let found = at_once.neighbours(&of(id), at(0));
            assert_eq!(found, singly.neighbours(&of(id), at(0)));
            assert!(ids(&found).contains(&i64::from(id)));
        }
    }

    #[test]
    fn without_a_candidate_that_may_match_there_is_none() {
        let of = |article: u32, shared: u32| -> Vec<u32> {
            let hash = |n| if n < shared { n } else { 100 * n + article };
            (0..32).map(hash).collect()
        };
        let mut window = Window::new(Limits::default());
        insert(&mut window, 1, 0, &of(1, 4));
        assert_eq!(ids(&window.neighbours(&of(9, 32), at(1))), [1]);
        assert_eq!(ids(&window.neighbours(&of(9, 4), at(1))), [0_i64; 0]);
        insert(&mut window, 2, 0, &of(2, 9));
        assert_eq!(ids(&window.neighbours(&of(9, 9), at(1))), [2, 1]);
    }

    #[test]
    fn articles_out_of_reach_are_no_candidates_in_either_direction() {
        let mut window = Window::new(Limits::default());
        insert(&mut window, 1, 0, &sketch(1, 9));
        insert(&mut window, 2, 200, &sketch(2, 9));
        assert_eq!(ids(&window.neighbours(&sketch(99, 9), at(72))), [1]);
        assert_eq!(ids(&window.neighbours(&sketch(99, 9), at(100))), [0_i64; 0]);
        assert_eq!(ids(&window.neighbours(&sketch(99, 9), at(128))), [2]);
    }

    #[test]
    fn what_is_removed_or_replaced_is_not_found_as_it_was() {
        let mut window = Window::new(Limits::default());
        insert(&mut window, 1, 0, &sketch(1, 9));
        insert(&mut window, 2, 0, &sketch(2, 9));
        window.insert(ArticleId(2), ArticleId(1), at(1), &sketch(3, 5));
        let found = window.neighbours(&sketch(99, 9), at(1));
        assert_eq!(ids(&found), [1, 2]);
        let second = all(&found).nth(1).map(|near| (near.cluster, near.at));
        assert_eq!(second, Some((ArticleId(1), at(1))));
        window.remove(ArticleId(1));
        window.remove(ArticleId(1));
        assert_eq!(ids(&window.neighbours(&sketch(99, 9), at(1))), [2]);
        assert_eq!(window.len(), 1);
        insert(&mut window, 2, 1, &[]);
        assert!(window.is_empty());
    }

    #[test]
    fn blocks_are_forgotten_when_all_of_them_is_out_of_reach() {
        let mut window = Window::new(Limits::default());
        let full = i64::try_from(BLOCK_MIN).unwrap();
        for id in 0..full + 10 {
            let hour = if id < full { 0 } else { 100 };
            insert(
                &mut window,
                id,
                hour,
                &sketch(u32::try_from(id).unwrap(), 0),
            );
        }
        // One of the first block has come again.
        insert(&mut window, 5, 100, &sketch(5, 0));
        window.expire(at(72));
        assert_eq!(window.len(), BLOCK_MIN + 10);
        window.expire(at(73));
        assert_eq!(window.len(), 11);
        assert_eq!(ids(&window.neighbours(&sketch(5, 0), at(100))), [5]);
        window.expire(at(200));
        assert!(window.is_empty());
    }

    #[test]
    fn no_more_articles_are_kept_than_the_limit_and_one_block() {
        let mut window = Window::new(Limits {
            articles: 2 * BLOCK_MIN,
            ..Limits::default()
        });
        for id in 0..i64::try_from(6 * BLOCK_MIN).unwrap() {
            insert(&mut window, id, 0, &[u32::try_from(id).unwrap(), 1]);
        }
        assert!(window.len() <= 4 * BLOCK_MIN, "{}", window.len());
    }

    #[test]
    fn a_phrase_on_every_page_makes_only_the_newest_pages_candidates() {
        let mut window = Window::new(Limits::default());
        for id in 0..20_000 {
            insert(&mut window, id, 0, &sketch(7, 32));
        }
        let found = window.neighbours(&sketch(7, 32), at(0));
        assert_eq!(
            ids(&found),
            (0..20_000).rev().take(32).collect::<Vec<i64>>()
        );
    }

    #[test]
    fn an_article_of_a_full_block_takes_less_than_600_bytes() {
        let mut window = Window::new(Limits::default());
        for id in 0..2 * i64::try_from(BLOCK_MIN).unwrap() {
            insert(&mut window, id, 0, &sketch(u32::try_from(id).unwrap(), 0));
        }
        let bytes = window.bytes() / window.len();
        assert!(bytes < 600, "{bytes}");
    }
}

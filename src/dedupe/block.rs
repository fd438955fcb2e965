//! One block of the window: a fixed number of sketches and a hash table over their hashes.
//!
//! A posting is one hash of one article, numbered `slot × 32 + position`. The table
//! holds the newest posting of each bucket, and each posting the one before it, so a
//! chain is read from the newest to the oldest, one memory access a posting.

use std::time::Duration;

use crate::model::Timestamp;

use super::neighbours::Neighbour;
use super::prepared::SKETCH_HASHES;

/// Postings of a chain that one look-up reads in a block. A chain is long only where a
/// phrase is very common; then its newest articles are enough.
const MAX_STEPS: usize = 4 * 1024;

/// Parts of the table that are filled one after the other, a power of two: of the largest
/// table (32 MiB) a part is 4 MiB; more parts cost more in reading the postings again.
const TABLE_PARTS: usize = 8;

/// The number of an article in its block.
pub(super) type Slot = u32;

/// Written where a sketch has fewer hashes and where an article was removed. A hash of
/// this value is never looked up.
const EMPTY: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Block {
    capacity: usize,
    articles: Vec<Neighbour>,
    /// [`SKETCH_HASHES`] for each article.
    postings: Vec<Posting>,
    /// For each bucket its newest posting, plus one; 0 for none.
    newest: Vec<u32>,
    /// Postings that are in the table.
    linked: usize,
    earliest: Timestamp,
    latest: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    hash: u32,
    /// The older posting of the bucket, plus one; 0 for none.
    older: u32,
}

impl Block {
    /// For a number of articles, a power of two. Takes its whole memory at once; the system
    /// provides it as it is used.
    pub(super) fn new(capacity: usize) -> Self {
        let postings = capacity * SKETCH_HASHES;
        Self {
            capacity,
            articles: Vec::with_capacity(capacity),
            postings: Vec::with_capacity(postings),
            newest: vec![0; postings],
            linked: 0,
            earliest: Timestamp::from_millis(i64::MAX),
            latest: Timestamp::from_millis(i64::MIN),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.articles.len() >= self.capacity
    }

    pub(super) fn len(&self) -> usize {
        self.articles.len()
    }

    /// When the newest of its articles was seen.
    pub(super) fn newest(&self) -> Timestamp {
        self.latest
    }

    /// Adds an article at the end; none if the block is full.
    pub(super) fn insert(&mut self, article: Neighbour, sketch: &[u32]) -> Option<Slot> {
        let slot = Slot::try_from(self.articles.len())
            .ok()
            .filter(|_| !self.is_full())?;
        self.articles.push(article);
        self.earliest = self.earliest.min(article.at);
        self.latest = self.latest.max(article.at);
        let padding = std::iter::repeat(&EMPTY);
        let hashes = sketch.iter().chain(padding).take(SKETCH_HASHES);
        self.postings.extend(hashes.map(|hash| Posting {
            hash: *hash,
            older: 0,
        }));
        Some(slot)
    }

    /// Puts the postings since the last time into the table: before the next look-up.
    ///
    /// Of a few each is put where it belongs. Of many, as at the start, one part of the
    /// table after the other is filled: a part fits the processor's cache, and reading all
    /// postings for each part is several times faster than missing it at every one.
    pub(super) fn link(&mut self) {
        let first = self.linked;
        self.linked = self.postings.len();
        let many = self.linked - first > self.newest.len() / TABLE_PARTS;
        let parts = if many { TABLE_PARTS } else { 1 };
        let next = u32::try_from(first + 1).unwrap_or(u32::MAX);
        let (buckets, table) = (self.newest.len(), self.newest.len() / parts);
        for (part, newest) in self.newest.chunks_exact_mut(table).enumerate() {
            let from = part * table;
            let postings = self.postings.iter_mut().skip(first);
            for (number, posting) in (next..).zip(postings) {
                let bucket = bucket(posting.hash, buckets).wrapping_sub(from);
                if let Some(head) = newest.get_mut(bucket)
                    && posting.hash != EMPTY
                {
                    posting.older = std::mem::replace(head, number);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let Ok(slot) = usize::try_from(slot) else {
            return;
        };
        // The chains stay whole: what is removed is only not found any more.
        for posting in self
            .postings
            .iter_mut()
            .skip(slot * SKETCH_HASHES)
            .take(SKETCH_HASHES)
        {
            posting.hash = EMPTY;
        }
    }

    /// Calls `found` with each article that has the hash and lies within `span` of `at`,
    /// newest first, at most `most`; returns how many there were.
    pub(super) fn find(
        &self,
        hash: u32,
        at: Timestamp,
        span: Duration,
        most: usize,
        mut found: impl FnMut(Slot),
    ) -> usize {
        let within = |seen: Timestamp| seen.since(at).max(at.since(seen)) <= span;
        // Of most blocks all articles are: then none has to be looked at, far away in memory.
        let all_within = within(self.earliest) && within(self.latest);
        let mut count = 0;
        let mut next = self.newest_of(hash);
        for _ in 0..MAX_STEPS {
            let Some((slot, posting)) = self.posting(next) else {
                break;
            };
            if count == most || hash == EMPTY {
                break;
            }
            if posting.hash == hash
                && (all_within || self.article(slot).is_some_and(|article| within(article.at)))
            {
                count += 1;
                found(slot);
            }
            next = posting.older;
        }
        count
    }

    /// The number of the newest posting in the bucket of a hash; 0 for none.
    pub(super) fn newest_of(&self, hash: u32) -> u32 {
        let newest = self.newest.get(bucket(hash, self.newest.len()));
        newest.copied().unwrap_or_default()
    }

    /// The number of the posting before one in its bucket; 0 for none.
    pub(super) fn older_than(&self, number: u32) -> u32 {
        self.posting(number).map_or(0, |(_, posting)| posting.older)
    }

    fn posting(&self, number: u32) -> Option<(Slot, Posting)> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        let slot = Slot::try_from(at / SKETCH_HASHES).ok()?;
        Some((slot, *self.postings.get(at)?))
    }

    pub(super) fn article(&self, slot: Slot) -> Option<Neighbour> {
        self.articles.get(usize::try_from(slot).ok()?).copied()
    }

    /// The hashes of an article, ascending; none of one that was removed.
    pub(super) fn sketch(&self, slot: Slot) -> impl Iterator<Item = u32> {
        let first = usize::try_from(slot)
            .unwrap_or(usize::MAX)
            .saturating_mul(SKETCH_HASHES);
        let postings = self.postings.get(first..).unwrap_or_default();
        postings
            .iter()
            .take(SKETCH_HASHES)
            .map(|posting| posting.hash)
            .filter(|hash| *hash != EMPTY)
    }

    pub(super) fn articles(&self) -> &[Neighbour] {
        &self.articles
    }

    /// Memory on the heap, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.articles.capacity() * size_of::<Neighbour>()
            + self.postings.capacity() * size_of::<Posting>()
            + self.newest.capacity() * size_of::<u32>()
    }
}

/// The bucket of a hash. Hashes in a sketch are the smallest of their text, so their upper
/// bits are alike: the product spreads them.
fn bucket(hash: u32, buckets: usize) -> usize {
    let spread = hash.wrapping_mul(0x9e37_79b1);
    usize::try_from(spread >> (u32::BITS - buckets.ilog2())).unwrap_or_default()
}

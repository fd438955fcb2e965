//! One block of the window: a fixed number of sketches and a hash table over their hashes.
//!
//! A posting is one hash of one article, numbered `slot × 32 + position`. The table
//! holds the newest posting of each bucket, and each posting the one before it, so a
//! chain is read from the newest to the oldest.

use std::time::Duration;

use crate::model::{ArticleId, Timestamp};

use super::prepared::SKETCH_HASHES;

/// Articles in a block: its table fits 4 MiB, and a million articles are sixteen blocks.
pub(super) const BLOCK: usize = 1 << 16;

/// Buckets of a block: one for two postings.
const BUCKETS: usize = BLOCK * SKETCH_HASHES / 2;

/// Postings of a chain that one look-up reads in a block. A chain is long only where a
/// phrase is very common; then its newest articles are enough.
const MAX_STEPS: usize = 4 * 1024;

/// The number of an article in its block.
pub(super) type Slot = u32;

/// Written where a sketch has fewer hashes and where an article was removed. A hash of
/// this value is never looked up.
const EMPTY: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Block {
    articles: Vec<Article>,
    /// [`SKETCH_HASHES`] for each article.
    hashes: Vec<u32>,
    /// For each posting the older one of its bucket, plus one; 0 for none.
    older: Vec<u32>,
    /// For each bucket its newest posting, plus one; 0 for none.
    newest: Vec<u32>,
    latest: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Article {
    id: ArticleId,
    cluster: ArticleId,
    at: Timestamp,
}

impl Block {
    /// Takes its whole memory at once; the system provides it as it is used.
    pub(super) fn new() -> Self {
        Self {
            articles: Vec::with_capacity(BLOCK),
            hashes: Vec::with_capacity(BLOCK * SKETCH_HASHES),
            older: Vec::with_capacity(BLOCK * SKETCH_HASHES),
            newest: vec![0; BUCKETS],
            latest: Timestamp::from_millis(i64::MIN),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.articles.len() >= BLOCK
    }

    /// When the newest of its articles was seen.
    pub(super) fn newest(&self) -> Timestamp {
        self.latest
    }

    pub(super) fn insert(
        &mut self,
        id: ArticleId,
        cluster: ArticleId,
        at: Timestamp,
        sketch: &[u32],
    ) -> Option<Slot> {
        let slot = u32::try_from(self.articles.len()).ok().filter(|_| !self.is_full())?;
        self.articles.push(Article { id, cluster, at });
        self.latest = self.latest.max(at);
        let padding = std::iter::repeat(&EMPTY);
        for hash in sketch.iter().chain(padding).take(SKETCH_HASHES) {
            self.hashes.push(*hash);
            let posting = u32::try_from(self.hashes.len()).unwrap_or_default();
            let before = match self.newest.get_mut(bucket(*hash)) {
                Some(head) if *hash != EMPTY => std::mem::replace(head, posting),
                _ => 0,
            };
            self.older.push(before);
        }
        Some(slot)
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let Ok(slot) = usize::try_from(slot) else { return };
        let first = slot * SKETCH_HASHES;
        // The chains stay whole: what is removed is only not found any more.
        for hash in self.hashes.iter_mut().skip(first).take(SKETCH_HASHES) {
            *hash = EMPTY;
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
        let mut count = 0;
        let mut next = self.newest.get(bucket(hash)).copied().unwrap_or_default();
        for _ in 0..MAX_STEPS {
            let Some(posting) = next.checked_sub(1).and_then(|at| usize::try_from(at).ok()) else {
                break;
            };
            if count == most || hash == EMPTY {
                break;
            }
            let slot = posting / SKETCH_HASHES;
            if self.hashes.get(posting) == Some(&hash)
                && let Some(article) = self.articles.get(slot)
                && article.at.since(at).max(at.since(article.at)) <= span
            {
                count += 1;
                found(u32::try_from(slot).unwrap_or_default());
            }
            next = self.older.get(posting).copied().unwrap_or_default();
        }
        count
    }

    pub(super) fn id(&self, slot: Slot) -> Option<ArticleId> {
        Some(self.article(slot)?.id)
    }

    pub(super) fn cluster(&self, slot: Slot) -> Option<ArticleId> {
        Some(self.article(slot)?.cluster)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ArticleId> {
        self.articles.iter().map(|article| article.id)
    }

    /// Memory on the heap, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.articles.capacity() * size_of::<Article>()
            + size_of::<u32>() * (self.hashes.capacity() + self.older.capacity() + self.newest.capacity())
    }

    fn article(&self, slot: Slot) -> Option<Article> {
        self.articles.get(usize::try_from(slot).ok()?).copied()
    }
}

/// Hashes in a sketch are the smallest of their text, so their upper bits are alike:
/// the product spreads them.
fn bucket(hash: u32) -> usize {
    let spread = hash.wrapping_mul(0x9e37_79b1);
    usize::try_from(spread >> (u32::BITS - BUCKETS.ilog2())).unwrap_or_default()
}

//! What one page leaves behind: its blocks, as hashes.

use crate::article::page::{Block, Page, text};

/// Blocks shorter than this, in words, stand everywhere and say nothing.
const MIN_WORDS: usize = 2;

/// What one page leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impression {
    /// Mark of the page's address.
    pub(super) page: u16,
    /// Hashes of the page's blocks, each once, sorted.
    pub(super) blocks: Vec<u32>,
    /// Of these, what was kept.
    pub(super) kept: Vec<u32>,
}

impl Impression {
    /// Of the page at `url`, of which the blocks in `keep` were kept.
    pub(in crate::article) fn of(page: &Page<'_>, url: &str, keep: &[bool]) -> Self {
        let marks: Vec<Option<u32>> = page.blocks.iter().map(mark).collect();
        let kept = marks.iter().zip(keep).filter(|(_, keep)| **keep);
        Self {
            page: mark_of_page(url),
            blocks: each_once(marks.iter().copied().flatten()),
            kept: each_once(kept.filter_map(|(mark, _)| *mark)),
        }
    }
}

fn each_once(hashes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut found: Vec<u32> = hashes.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The mark of a page's address. Two pages in 65,536 have the same: one of them teaches a little less.
pub(super) fn mark_of_page(url: &str) -> u16 {
    let address = url.split('#').next().unwrap_or_default();
    let hash = address
        .bytes()
        .fold(SEED, |hash, byte| turn(hash, byte.into()));
    (hash >> 16) as u16
}

/// The hash of a block's letters, digits aside: counters and dates change from page to page.
/// Nothing for a block that is too short to say anything.
pub(super) fn mark(block: &Block) -> Option<u32> {
    if block.words < MIN_WORDS {
        return None;
    }
    let mut hash = SEED;
    for word in text::words(&block.text) {
        for c in word.chars() {
            if c.is_ascii() {
                if !c.is_ascii_digit() {
                    hash = turn(hash, c.to_ascii_lowercase().into());
                }
            } else if !c.is_numeric() {
                hash = c.to_lowercase().fold(hash, |hash, c| turn(hash, c.into()));
            }
        }
        hash = turn(hash, 32);
    }
    Some(hash)
}

/// FNV-1a.
const SEED: u32 = 0x811c_9dc5;

const fn turn(hash: u32, value: u32) -> u32 {
    (hash ^ value).wrapping_mul(0x0100_0193)
}

//! A text prepared for comparison: its shingles and its numbers as sorted sets of hashes.

use crate::model::Fingerprint;

use super::hash;
use super::normalise::normalise;
use super::tokens::{Token, tokens};

/// Hashes in a sketch: 128 bytes on disk.
pub const SKETCH_HASHES: usize = 32;

/// Tokens below which a text has no sketch: a caption or "Watch the video" is the
/// same words on many pages and says nothing.
pub const MIN_TOKENS: usize = 8;

/// What the judge compares, about four bytes a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    exact: [u8; 16],
    tokens: usize,
    /// Sorted, each once.
    shingles: Vec<u32>,
    /// Sorted, each once.
    numbers: Vec<u32>,
    contexts: Vec<(u32, u32)>,
}

impl Prepared {
    /// Reads a text, at most the first million characters of it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let normal = normalise(text);
        let mut exact = blake3::Hasher::new();
        let mut reads = Vec::with_capacity(normal.len() / 5);
        let mut buffer = [0; 4];
        for token in tokens(&normal) {
            let written = match token {
                Token::Word(word) => word,
                Token::Sign(sign) => &*sign.encode_utf8(&mut buffer),
            };
            exact.update(written.as_bytes());
            exact.update(b" ");
            reads.push(Read {
                hash: hash::word(written.as_bytes()),
                is_sign: matches!(token, Token::Sign(_)),
                is_number: written.bytes().any(|byte| byte.is_ascii_digit()),
            });
        }
        let count = reads.len();
        let mut shingles = Vec::with_capacity(count);
        let mut numbers = Vec::new();
        let mut contexts = Vec::new();
        for (at, read) in reads.iter().enumerate() {
            if let Some(second) = reads.get(at + 1) {
                let pair = hash::combine(read.hash, second.hash);
                if !read.is_sign {
                    shingles.push(hash::upper(hash::finish(pair)));
                } else if let Some(third) = reads.get(at + 2) {
                    shingles.push(hash::upper(hash::finish(hash::combine(pair, third.hash))));
                }
            }
            if read.is_number {
                let number = hash::upper(read.hash);
                numbers.push(number);
                let mask = |at: Option<usize>| at.and_then(|at| reads.get(at)).map_or(0, |read| if read.is_number { 1 } else { read.hash });
                let left = hash::combine(mask(at.checked_sub(2)), mask(at.checked_sub(1)));
                let right = hash::combine(mask(Some(at + 1)), mask(Some(at + 2)));
                contexts.push((hash::upper(hash::finish(left)), number));
                contexts.push((hash::upper(hash::finish(right ^ 7)), number));
            }
        }
        contexts.sort_unstable();
        contexts.dedup();
        Self {
            exact: first_half(exact.finalize().as_bytes()),
            tokens: count,
            shingles: set(shingles),
            numbers: set(numbers),
            contexts,
        }
    }

    /// The comparison keys to store with the text.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let sketch = if self.tokens < MIN_TOKENS {
            Vec::new()
        } else {
            self.shingles.iter().copied().take(SKETCH_HASHES).collect()
        };
        Fingerprint { exact: self.exact, sketch }
    }

    pub(super) fn exact(&self) -> [u8; 16] {
        self.exact
    }

    pub(super) fn shingles(&self) -> &[u32] {
        &self.shingles
    }

    pub(super) fn contexts(&self) -> &[(u32, u32)] {
        &self.contexts
    }

    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Words, or characters where a script has no spaces.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Memory on the heap, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<u32>() * (self.shingles.capacity() + self.numbers.capacity())
    }
}

/// The comparison keys of a text: an exact one, and the smallest hashes of its shingles.
#[must_use]
pub fn fingerprint(text: &str) -> Fingerprint {
    Prepared::new(text).fingerprint()
}

#[derive(Clone, Copy)]
struct Read {
    hash: u64,
    is_sign: bool,
    is_number: bool,
}

fn set(mut hashes: Vec<u32>) -> Vec<u32> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.shrink_to_fit();
    hashes
}

fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = *from;
    }
    half
}

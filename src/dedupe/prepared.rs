//! A text prepared for comparison: its shingles and its numbers as sorted sets of hashes.

use crate::model::Fingerprint;

use super::hash;
use super::hashes::Hashes;
use super::normalise::normalise;
use super::tokens::{Token, tokens};

/// Hashes in a sketch: 128 bytes on disk.
pub const SKETCH_HASHES: usize = 32;

/// Tokens below which a text is never a duplicate: a caption or "Watch the video" is
/// the same words on many pages.
pub(super) const MIN_TOKENS: usize = 8;

/// Tokens whose shingles are compared. The longest articles of the press have fewer
/// than 40,000 words; of anything longer the beginning is judged. The exact
/// fingerprint covers the whole text.
const MAX_TOKENS: usize = 40_000;

/// What the judge compares: four bytes for each different shingle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    exact: [u8; 16],
    tokens: usize,
    shingles: Hashes,
    numbers: Hashes,
    places: Vec<Place>,
}

impl Prepared {
    /// Reads a text: normalised, without punctuation.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let normal = normalise(text);
        let mut read = Vec::with_capacity((normal.len() / 5).min(MAX_TOKENS));
        let mut tokens = tokens(&normal);
        read.extend(tokens.by_ref().take(MAX_TOKENS));
        let (numbers, places) = numbers(&read);
        Self {
            // One call of the hash is several times faster than one a token.
            exact: first_half(blake3::hash(&normal).as_bytes()),
            tokens: read.len() + tokens.count(),
            shingles: shingles(&read),
            numbers,
            places,
        }
    }

    /// The comparison keys to store with the text.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let sketch = if self.tokens < MIN_TOKENS {
            Vec::new()
        } else {
            self.shingles
                .as_slice()
                .iter()
                .copied()
                .take(SKETCH_HASHES)
                .collect()
        };
        Fingerprint {
            exact: self.exact,
            sketch,
        }
    }

    /// Words, or characters where a script has no spaces.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Memory on the heap, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shingles.bytes() + self.numbers.bytes() + self.places.capacity() * size_of::<Place>()
    }

    pub(super) fn shingles(&self) -> &Hashes {
        &self.shingles
    }

    pub(super) fn numbers(&self) -> &Hashes {
        &self.numbers
    }

    /// Where the numbers stand, in ascending order.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }
}

/// The comparison keys of a text: an exact one, and the smallest hashes of its shingles.
#[must_use]
pub fn fingerprint(text: &str) -> Fingerprint {
    Prepared::new(text).fingerprint()
}

/// A number and the words before it, or the words after it. The upper half is the hash of the
/// words, the lower that of the number: one word is sorted several times faster than a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Place {
    fn new(words: u64, number: u32) -> Self {
        Self(u64::from(hash::short(words)) << 32 | u64::from(number))
    }

    pub(super) fn words(self) -> u32 {
        hash::short(self.0)
    }

    pub(super) fn number(self) -> u32 {
        hash::short(self.0 << 32)
    }
}

/// What stands for a token in the surroundings of a number: numbers beside it may change
/// with it.
fn mask(token: Option<&Token>) -> u64 {
    match token {
        None => hash::EDGE,
        Some(token) if token.is_number => hash::ANY_NUMBER,
        Some(token) => token.hash,
    }
}

/// Two words, or three characters where a script has no spaces.
fn shingles(read: &[Token]) -> Hashes {
    let mut shingles = Vec::with_capacity(read.len());
    let mut rest = read;
    while let Some((first, after)) = rest.split_first() {
        let shingle = match (first.is_sign, after) {
            (false, [second, ..]) => Some(hash::pair(first.hash, second.hash)),
            (true, [second, third, ..]) => {
                Some(hash::pair(hash::pair(first.hash, second.hash), third.hash))
            }
            _ => None,
        };
        shingles.extend(shingle.map(hash::short));
        rest = after;
    }
    Hashes::new(shingles)
}

/// The numbers, and each with its surroundings.
fn numbers(read: &[Token]) -> (Hashes, Vec<Place>) {
    let mask = |at: Option<usize>| mask(at.and_then(|at| read.get(at)));
    let count = read.iter().filter(|token| token.is_number).count();
    let (mut numbers, mut places) = (Vec::with_capacity(count), Vec::with_capacity(2 * count));
    for (at, token) in read.iter().enumerate().filter(|(_, token)| token.is_number) {
        let number = hash::short(token.hash);
        let before = hash::pair(mask(at.checked_sub(2)), mask(at.checked_sub(1)));
        let after = hash::pair(mask(Some(at + 1)), mask(Some(at + 2)));
        numbers.push(number);
        places.push(Place::new(hash::pair(before, hash::ANY_NUMBER), number));
        places.push(Place::new(hash::pair(hash::ANY_NUMBER, after), number));
    }
    places.sort_unstable();
    places.dedup();
    places.shrink_to_fit();
    (Hashes::new(numbers), places)
}

fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = *from;
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORY: &str =
        "The harbour board voted on Tuesday to rebuild the pier for 8.4 million crowns.";

    #[test]
    fn case_punctuation_and_invisible_characters_make_no_other_text() {
        let same = "THE harbour-board voted: \u{201c}on Tuesday\u{201d} to re\u{ad}build the pier (for 8,4 million crowns)";
        assert_eq!(fingerprint(STORY), fingerprint(same));
        assert_ne!(
            fingerprint(STORY).exact,
            fingerprint(&STORY.replace("8.4", "8.5")).exact
        );
    }

    #[test]
    fn a_text_of_a_few_words_has_no_sketch() {
        assert!(fingerprint("Watch the video").sketch.is_empty());
        assert!(fingerprint("").sketch.is_empty());
        assert_eq!(fingerprint(STORY).sketch.len(), 13);
    }

    #[test]
    fn only_the_beginning_of_an_endless_text_is_compared_and_all_of_it_is_hashed() {
        let words: Vec<String> = (0..2 * MAX_TOKENS).map(|n| format!("word{n}")).collect();
        let text = words.join(" ");
        let (long, longer) = (Prepared::new(&text), Prepared::new(&format!("{text} end")));
        assert_eq!(long.tokens(), 2 * MAX_TOKENS);
        assert!(
            long.shingles().len() < MAX_TOKENS && long.bytes() < 10 * size_of::<u32>() * MAX_TOKENS
        );
        assert_eq!(long.shingles(), longer.shingles());
        assert_ne!(long.fingerprint().exact, longer.fingerprint().exact);
    }

    #[test]
    fn a_million_equal_words_are_one_shingle() {
        let text = "spam ".repeat(1_000_000);
        assert_eq!(Prepared::new(&text).shingles().len(), 1);
    }

    #[test]
    fn a_number_is_known_by_the_words_around_it() {
        let places = |text: &str| {
            let text = Prepared::new(text);
            let places: Vec<u32> = text.places().iter().map(|place| place.words()).collect();
            places
        };
        assert_eq!(
            places("cod fetched 41.20 crowns a kilo"),
            places("cod fetched 43.70 crowns a kilo")
        );
        assert_ne!(
            places("cod fetched 41.20 crowns a kilo"),
            places("hake brought 41.20 pounds per ton")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_prepared_within_bounds(text in "\\PC{0,300}|[0-9., \u{300}\u{e40}漢字ａ]{0,100}") {
            let prepared = Prepared::new(&text);
            let fingerprint = prepared.fingerprint();
            prop_assert!(fingerprint.sketch.len() <= SKETCH_HASHES);
            prop_assert!(fingerprint.sketch.is_sorted());
            prop_assert!(prepared.shingles().len() <= prepared.tokens());
        }
    }
}

//! The hash of tokens and shingles: 64 bits, the same for ever.
//!
//! Sketches on disk are made of it, so a change here is a new
//! [`ALGORITHM_VERSION`](super::ALGORITHM_VERSION). It is fast and well mixed, and
//! no defence: who wants two texts to collide can have it, and gains one wrongly
//! proposed candidate.

/// Odd, with well spread bits: the fractional part of the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Stands for a number in the surroundings of another.
pub(super) const ANY_NUMBER: u64 = 0x6e75_6d62_6572_0001;

/// Stands for what is before the first token and after the last.
pub(super) const EDGE: u64 = 0x6564_6765_0000_0001;

/// The hash of a token.
pub(super) fn token(written: &str) -> u64 {
    let mut state = MULTIPLIER ^ u64::try_from(written.len()).unwrap_or(u64::MAX);
    let (chunks, rest) = written.as_bytes().as_chunks::<8>();
    for chunk in chunks {
        state = mixed(state, u64::from_le_bytes(*chunk));
    }
    if !rest.is_empty() {
        let last = rest
            .iter()
            .rev()
            .fold(0, |last, byte| last << 8 | u64::from(*byte));
        state = mixed(state, last);
    }
    finish(state)
}

/// The hash of an ordered pair of hashes.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    finish(mixed(first, second))
}

fn mixed(state: u64, word: u64) -> u64 {
    (state.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER)
}

/// Half of a hash: in texts of 40,000 shingles one in a hundred thousand is mistaken for another.
pub(super) fn short(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// Spreads the bits (the finaliser of `SplitMix64`, Steele et al. 2014).
fn finish(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_never_change_within_a_version() {
        assert_eq!(super::super::ALGORITHM_VERSION, 1);
        let found = [
            token("feedmill"),
            token("記"),
            pair(token("one"), token("two")),
        ];
        assert_eq!(
            found,
            [
                0x688e_82db_fe36_9473,
                0x5e3a_e223_ef49_4abb,
                0xb78f_36d9_e6e9_9a5d
            ]
        );
    }
}

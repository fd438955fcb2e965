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

/// The hash of a token, and whether it has a digit. The token is the first `len` bytes of
/// `text`; what follows it is not looked at, only read along.
pub(super) fn token(text: &[u8], len: usize) -> (u64, bool) {
    let mut state = MULTIPLIER ^ u64::try_from(len).unwrap_or(u64::MAX);
    let mut digits = 0;
    // How long words are is as good as random: whole words are read and cut, with no branch
    // for each byte.
    for at in (0..len).step_by(8) {
        let word = word(text, at) & (u64::MAX >> (64 - 8 * (len - at).min(8)));
        state = mixed(state, word);
        digits |= digits_of(word);
    }
    (finish(state), digits != 0)
}

/// Eight bytes, zeros where there are none, the first one lowest.
fn word(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    match rest.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Not zero if any of eight bytes is an ASCII digit ("bit twiddling hacks", Anderson: a byte
/// less than n).
fn digits_of(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let from_zero = word ^ (EACH * u64::from(b'0'));
    from_zero.wrapping_sub(EACH * 10) & !from_zero & (EACH * 128)
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
    use proptest::prelude::*;

    #[test]
    fn hashes_never_change_within_a_version() {
        assert_eq!(super::super::ALGORITHM_VERSION, 1);
        let token =
            |written: &str| token(format!("{written} and so on").as_bytes(), written.len()).0;
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

    proptest! {
        #[test]
        fn what_follows_a_token_does_not_matter(written in "[a-z0-9é記/:]{1,20}", after in "[ a0]{0,9}") {
            let text = format!("{written}{after}");
            let found = token(text.as_bytes(), written.len());
            prop_assert_eq!(found, token(written.as_bytes(), written.len()));
            prop_assert_eq!(found.1, written.contains(|character: char| character.is_ascii_digit()));
        }
    }
}

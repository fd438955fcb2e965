//! Bytes found eight at a time. The runs between two tags are mostly so short that setting up
//! the standard library's search costs more than searching (measured: a third of the time of a
//! body full of markup).

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where an ASCII character other than NUL stands first.
pub(super) fn find<T: AsRef<[u8]> + ?Sized>(text: &T, wanted: u8) -> Option<usize> {
    let wanted = pattern(wanted);
    first(text.as_ref(), |word| equal(word, wanted))
}

/// Where the first of two such characters stands.
pub(super) fn find_either(text: &str, one: u8, other: u8) -> Option<usize> {
    let (one, other) = (pattern(one), pattern(other));
    first(text.as_bytes(), |word| {
        equal(word, one) | equal(word, other)
    })
}

const fn pattern(byte: u8) -> u64 {
    (byte as u64).wrapping_mul(LOW)
}

/// Marks the lowest byte that is the pattern's, and perhaps some above it.
const fn equal(word: u64, pattern: u64) -> u64 {
    let word = word ^ pattern;
    word.wrapping_sub(LOW) & !word & HIGH
}

/// Where the first character beyond ASCII stands.
pub(super) fn beyond_ascii(text: &str) -> Option<usize> {
    first(text.as_bytes(), |word| word & HIGH)
}

/// Where the lowest byte stands whose high bit `hit` sets; it must leave NUL alone.
fn first(bytes: &[u8], hit: impl Fn(u64) -> u64) -> Option<usize> {
    let place = |marks: u64| usize::try_from(marks.trailing_zeros() / 8).ok();
    let (words, tail) = bytes.as_chunks::<8>();
    for (word, at) in words.iter().zip((0_usize..).step_by(8)) {
        let marks = hit(u64::from_le_bytes(*word));
        if marks != 0 {
            return at.checked_add(place(marks)?);
        }
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    match hit(u64::from_le_bytes(last)) {
        0 => None,
        marks => bytes
            .len()
            .checked_sub(tail.len())?
            .checked_add(place(marks)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_found_where_a_plain_search_finds_them(text in "[<=;a\u{1}é\u{80}]{0,40}") {
            prop_assert_eq!(find(&text, b'<'), text.find('<'));
            prop_assert_eq!(find_either(&text, b'<', b';'), text.find(['<', ';']));
            prop_assert_eq!(beyond_ascii(&text), text.find(|c: char| !c.is_ascii()));
        }
    }
}

//! What two sketches say of their texts.

use super::hashes::count_shared;
use super::prepared::SKETCH_HASHES;

/// Share of the smaller text's sample that the other must have. Of a text that is contained to
/// [`Rules::contained_whole`](super::Rules::contained_whole), .4, less is found of a full sample
/// once in 1,400 times and of the worst once in 90; of one contained to .5 once in 1,300 at worst.
const SEEN: f32 = 0.15;

/// Hashes below which a sample says nothing.
const SAMPLE: usize = 20;

/// Whether one of two texts may be contained in the other as far as a match needs it.
///
/// Both sketches are the smallest hashes of their texts, ascending. Up to the end of that
/// which ends first, both are complete: what they share there, of what the smaller text has
/// there, is a fair sample of the share of the smaller text that the other contains.
pub(super) fn may_match(one: &[u32], other: impl Iterator<Item = u32>) -> bool {
    let mut others = [0; SKETCH_HASHES];
    let mut count = 0;
    for (to, hash) in others.iter_mut().zip(other) {
        *to = hash;
        count += 1;
    }
    let other = others.get(..count).unwrap_or_default();
    let end = end(one).min(end(other));
    let within = |sketch: &[u32]| sketch.partition_point(|hash| *hash <= end);
    let smaller = within(one).min(within(other));
    smaller < SAMPLE || count_shared(one, other) as f32 >= SEEN * smaller as f32
}

/// The hash up to which a sketch has all of its text's: a short text is all there.
fn end(sketch: &[u32]) -> u32 {
    match sketch.last() {
        Some(last) if sketch.len() >= SKETCH_HASHES => *last,
        _ => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::Prepared;

    fn text(words: std::ops::Range<u32>) -> String {
        let words: Vec<String> = words.map(|n| format!("word{n}")).collect();
        words.join(" ")
    }

    #[test]
    fn sketches_tell_what_cannot_be_contained_and_rule_out_nothing_that_is() {
        for (one, other, expected) in [
            (0..400, 0..400, true),
            (0..400, 200..600, true),
            (0..400, 0..60, true),
            (0..60, 0..4000, true),
            (0..400, 1000..1400, false),
            (0..400, 395..800, false),
        ] {
            let sketch = |words: &std::ops::Range<u32>| {
                Prepared::new(&text(words.clone())).fingerprint().sketch
            };
            let (left, right) = (sketch(&one), sketch(&other));
            assert_eq!(
                may_match(&left, right.iter().copied()),
                expected,
                "{one:?} {other:?}"
            );
            assert_eq!(
                may_match(&right, left.iter().copied()),
                expected,
                "{other:?} {one:?}"
            );
        }
    }
}

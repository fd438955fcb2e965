//! A set of hashes, sorted: small, compared by walking side by side.

/// Hashes that are compared with as many others at a time: two vector registers of any processor.
const BLOCK: usize = 8;

/// Hashes in ascending order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hashes(Vec<u32>);

impl Hashes {
    /// From hashes in any order.
    pub(super) fn new(mut hashes: Vec<u32>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        Self(hashes)
    }

    /// From hashes that are in ascending order already, each once.
    pub(super) fn from_sorted(hashes: Vec<u32>) -> Self {
        debug_assert!(hashes.is_sorted_by(|one, next| one < next));
        Self(hashes)
    }

    pub(super) fn as_slice(&self) -> &[u32] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    /// Those that are in `other` too.
    pub(super) fn shared_with<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let mut theirs = other.0.iter().copied().peekable();
        self.0.iter().copied().filter(move |mine| {
            while theirs.next_if(|their| their < mine).is_some() {}
            theirs.peek() == Some(mine)
        })
    }

    /// How many are in `other` too.
    pub(super) fn count_shared(&self, other: &Self) -> usize {
        count_shared(self.as_slice(), other.as_slice())
    }

    /// Those that are in `other` too, and those that are not.
    pub(super) fn parted_by(&self, other: &Self) -> (Self, Self) {
        let (within, without) = self.0.iter().partition(|hash| other.contains(**hash));
        (Self(within), Self(without))
    }

    /// Memory on the heap, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u32>()
    }
}

/// How many hashes are in both, each in ascending order and each once.
pub(super) fn count_shared(mut mine: &[u32], mut theirs: &[u32]) -> usize {
    let mut count = 0;
    // Which side is walked on is as good as random, so it must not be a branch; and a block is
    // compared with a block, all with all, in the time of a few single steps.
    while let (Some((left, after_left)), Some((right, after_right))) = (
        mine.split_first_chunk::<BLOCK>(),
        theirs.split_first_chunk::<BLOCK>(),
    ) {
        for one in left {
            for other in right {
                count += u32::from(one == other);
            }
        }
        let (left_end, right_end) = (left.last(), right.last());
        mine = if left_end <= right_end {
            after_left
        } else {
            mine
        };
        theirs = if right_end <= left_end {
            after_right
        } else {
            theirs
        };
    }
    while let ([left, after_left @ ..], [right, after_right @ ..]) = (mine, theirs) {
        count += u32::from(left == right);
        mine = if left <= right { after_left } else { mine };
        theirs = if right <= left { after_right } else { theirs };
    }
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn walking_side_by_side_is_set_arithmetic(
            one in proptest::collection::vec(0_u32..50, 0..40),
            other in proptest::collection::vec(0_u32..50, 0..40),
        ) {
            let (left, right): (BTreeSet<u32>, BTreeSet<u32>) =
                (one.iter().copied().collect(), other.iter().copied().collect());
            let expected: Vec<u32> = left.intersection(&right).copied().collect();
            let (one, other) = (Hashes::new(one), Hashes::new(other));
            prop_assert_eq!(one.count_shared(&other), expected.len());
            prop_assert_eq!(one.shared_with(&other).collect::<Vec<_>>(), expected.clone());
            let (within, without) = one.parted_by(&other);
            prop_assert_eq!(within.as_slice(), expected);
            prop_assert_eq!(within.len() + without.len(), one.len());
        }
    }
}

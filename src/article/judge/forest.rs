//! The learned table: boosted trees over byte features.
//!
//! The table is made by `train/train.py` and compiled in. Its form: the four letters
//! `FMF3`, the number of features and of trees (16 bits each, little-endian), the scale of
//! a leaf (32-bit float), then for each tree the number of its nodes (16 bits) and its
//! nodes of five bytes: feature (16 bits), threshold, and 16 bits that are the index of the
//! left child (the right one follows it) or, where the feature is 65535, the leaf's value.

/// Marks a leaf; no feature has this number.
const LEAF: u16 = u16::MAX;

/// After so many trees, a block whose log-odds are below this is plainly hopeless and is not looked
/// at further: on the training pages no such block ended above even odds, and one in a thousand ended
/// above 1 in 60. Most blocks of a page are menus and end here.
const EARLY: [(usize, f32); 2] = [(40, -4.0), (60, -4.5)];

/// The trees left out would have lowered such a block's odds by about this factor.
const LEFT_OUT: f32 = 1.4;

/// The deepest tree that is walked: more than any trained tree has.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Node {
    feature: u16,
    threshold: u8,
    /// Index of the left child, or the leaf's value.
    next: i16,
}

/// A table, read.
#[derive(Debug, Default)]
pub struct Forest {
    pub features: usize,
    scale: f32,
    trees: Vec<Box<[Node]>>,
}

impl Forest {
    /// Reads a table; an unreadable one has no trees and says even odds of everything.
    pub fn read(bytes: &[u8]) -> Self {
        Self::try_read(bytes).unwrap_or_default()
    }

    fn try_read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(b"FMF3")?;
        let features = usize::from(take_u16(&mut rest)?);
        let count = usize::from(take_u16(&mut rest)?);
        let (scale, mut rest) = rest.split_first_chunk::<4>()?;
        let mut trees = Vec::with_capacity(count);
        for _ in 0..count {
            let nodes = usize::from(take_u16(&mut rest)?);
            let (own, after) = rest.split_at_checked(nodes * 5)?;
            rest = after;
            let (own, _) = own.as_chunks::<5>();
            let tree = own.iter().map(|&[a, b, threshold, low, high]| Node {
                feature: u16::from_le_bytes([a, b]),
                threshold,
                next: i16::from_le_bytes([low, high]),
            });
            trees.push(tree.collect());
        }
        Some(Self {
            features,
            scale: f32::from_le_bytes(*scale),
            trees,
        })
    }

    /// The probability, 0 to 1, that the table gives to a row of features.
    pub fn probability(&self, row: &[u8]) -> f32 {
        debug_assert!(
            self.trees.is_empty() || row.len() == self.features,
            "a row of another extractor"
        );
        let mut sum = 0.0;
        for (n, tree) in self.trees.iter().enumerate() {
            sum += f32::from(leaf(tree, row)) * self.scale;
            if EARLY
                .iter()
                .any(|(trees, odds)| n + 1 == *trees && sum < *odds)
            {
                sum *= LEFT_OUT;
                break;
            }
        }
        1.0 / (1.0 + (-sum).exp())
    }
}

fn take_u16(rest: &mut &[u8]) -> Option<u16> {
    let (two, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_le_bytes(*two))
}

fn leaf(tree: &[Node], row: &[u8]) -> i16 {
    let mut at = 0_usize;
    for _ in 0..MAX_DEPTH {
        let Some(node) = tree.get(at) else { return 0 };
        if node.feature == LEAF {
            return node.next;
        }
        let value = row.get(usize::from(node.feature)).copied().unwrap_or(0);
        at = usize::from(node.next.unsigned_abs()) + usize::from(value > node.threshold);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_walked() {
        let mut table = b"FMF3\x02\0\x01\0".to_vec();
        table.extend(0.5_f32.to_le_bytes());
        // One tree: feature 1 at most 10 is worth +4, else −4.
        table.extend([
            3, 0, 1, 0, 10, 1, 0, 255, 255, 0, 8, 0, 255, 255, 0, 0xf8, 0xff,
        ]);
        let forest = Forest::read(&table);
        assert!(forest.probability(&[0, 10]) > 0.98);
        assert!(forest.probability(&[0, 11]) < 0.02);
        assert!((Forest::read(b"nonsense").probability(&[1]) - 0.5).abs() < 1e-6);
        assert!(
            (Forest::read(table.get(..20).expect("part")).probability(&[1]) - 0.5).abs() < 1e-6
        );
    }
}

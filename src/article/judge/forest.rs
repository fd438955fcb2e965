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
/// at further: on the training pages no such block ended above even odds, and one in four hundred ended
/// above 1 in 60. Most blocks of a page are menus and end here.
const EARLY: [(usize, f32); 2] = [(40, -4.0), (60, -4.5)];

/// The trees left out would have lowered such a block's odds by about this factor.
const LEFT_OUT: f32 = 1.4;

/// The deepest tree that is walked: more than any trained tree has.
const MAX_DEPTH: usize = 64;

/// Rows that go through the trees together: with a few trees they fit into the fastest memory.
const TILE: usize = 64;

/// Rows that walk down a tree abreast, so that the processor need not wait for one of them.
const LANES: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Node {
    feature: u16,
    threshold: u8,
    /// Index of the left child; of a leaf its own, so that a walk that has arrived stays there.
    next: u16,
    /// Of a leaf.
    value: i16,
}

#[derive(Debug)]
struct Tree {
    nodes: Box<[Node]>,
    /// Steps to the farthest leaf.
    depth: usize,
}

/// A table, read.
#[derive(Debug, Default)]
pub struct Forest {
    pub features: usize,
    scale: f32,
    trees: Vec<Tree>,
}

/// A row on its way through the trees.
struct Walk<'r> {
    place: usize,
    row: &'r [u8],
    /// Log-odds so far.
    sum: f32,
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
            trees.push(Tree::read(own));
        }
        Some(Self {
            features,
            scale: f32::from_le_bytes(*scale),
            trees,
        })
    }

    /// The probabilities, 0 to 1, that the table gives to rows of features.
    pub fn probabilities(&self, rows: &[&[u8]]) -> Vec<f32> {
        debug_assert!(
            self.trees.is_empty() || rows.iter().all(|row| row.len() == self.features),
            "a row of another extractor"
        );
        rows.chunks(TILE)
            .flat_map(|tile| self.odds(tile))
            .map(|odds| 1.0 / (1.0 + (-odds).exp()))
            .collect()
    }

    fn odds(&self, rows: &[&[u8]]) -> Vec<f32> {
        let mut odds = vec![0.0; rows.len()];
        let mut arrive = |walk: &Walk<'_>, sum: f32| {
            if let Some(slot) = odds.get_mut(walk.place) {
                *slot = sum;
            }
        };
        let mut walks: Vec<Walk<'_>> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| Walk {
                place,
                row,
                sum: 0.0,
            })
            .collect();
        for (n, tree) in self.trees.iter().enumerate() {
            for abreast in walks.chunks_mut(LANES) {
                tree.add(abreast, self.scale);
            }
            if let Some((_, hopeless)) = EARLY.iter().find(|(trees, _)| n + 1 == *trees) {
                walks.retain(|walk| {
                    let goes_on = walk.sum >= *hopeless;
                    if !goes_on {
                        arrive(walk, walk.sum * LEFT_OUT);
                    }
                    goes_on
                });
            }
        }
        for walk in &walks {
            arrive(walk, walk.sum);
        }
        odds
    }
}

impl Tree {
    fn read(bytes: &[u8]) -> Self {
        let (nodes, _) = bytes.as_chunks::<5>();
        let nodes: Box<[Node]> = nodes
            .iter()
            .zip(0..)
            .map(|(&[a, b, threshold, low, high], at)| {
                let feature = u16::from_le_bytes([a, b]);
                let last = [low, high];
                if feature == LEAF {
                    Node {
                        feature: 0,
                        threshold: u8::MAX,
                        next: at,
                        value: i16::from_le_bytes(last),
                    }
                } else {
                    Node {
                        feature,
                        threshold,
                        next: u16::from_le_bytes(last),
                        value: 0,
                    }
                }
            })
            .collect();
        let mut steps = vec![0_usize; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            let own = steps.get(at).copied().unwrap_or(0);
            let left = usize::from(node.next);
            // Children stand behind their parents; a leaf is its own.
            for child in steps.iter_mut().skip(left.max(at + 1)).take(2) {
                if left > at {
                    *child = own + 1;
                }
            }
        }
        Self {
            depth: steps.into_iter().max().unwrap_or(0).min(MAX_DEPTH),
            nodes,
        }
    }

    /// Adds the tree's word on a few rows, at most [`LANES`].
    fn add(&self, walks: &mut [Walk<'_>], scale: f32) {
        let mut rows: [&[u8]; LANES] = [&[]; LANES];
        for (row, walk) in rows.iter_mut().zip(&*walks) {
            *row = walk.row;
        }
        let mut places = [0_usize; LANES];
        for _ in 0..self.depth {
            for (at, row) in places.iter_mut().zip(&rows) {
                if let Some(node) = self.nodes.get(*at) {
                    let value = row.get(usize::from(node.feature)).copied().unwrap_or(0);
                    *at = usize::from(node.next) + usize::from(value > node.threshold);
                }
            }
        }
        for (at, walk) in places.into_iter().zip(walks) {
            let value = self.nodes.get(at).map_or(0, |leaf| leaf.value);
            walk.sum += f32::from(value) * scale;
        }
    }
}

fn take_u16(rest: &mut &[u8]) -> Option<u16> {
    let (two, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_le_bytes(*two))
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
        let rows: Vec<[u8; 2]> = (0..200).map(|n| [0, n]).collect();
        let rows: Vec<&[u8]> = rows.iter().map(<[u8; 2]>::as_slice).collect();
        for (n, probability) in forest.probabilities(&rows).into_iter().enumerate() {
            assert!(if n <= 10 {
                probability > 0.98
            } else {
                probability < 0.02
            });
        }
        for unreadable in [b"nonsense", table.get(..20).expect("part")] {
            assert_eq!(Forest::read(unreadable).probabilities(&[&[1]]), [0.5]);
        }
    }
}

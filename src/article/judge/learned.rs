//! The learned judge: two tables of boosted trees, the second looking at the first's opinions.

use std::sync::LazyLock;

use crate::article::page::{Page, Sums};

use super::context::Context;
use super::features::Row;
use super::forest::Forest;

/// What `train/train.py` made of the labelled pages.
static FIRST: LazyLock<Forest> = LazyLock::new(|| Forest::read(include_bytes!("blocks.forest")));
static SECOND: LazyLock<Forest> = LazyLock::new(|| Forest::read(include_bytes!("context.forest")));

/// Below this the first stage is believed, and so is silence around the block: the second stage
/// has never brought back a block from there in training.
const HOPELESS: f32 = 0.004;

/// Neighbours that must be hopeless too for a block to be skipped.
const AROUND: usize = 2;

/// For each block, the probability that it is article.
pub fn judge(page: &Page<'_>, sums: &Sums, rows: &[Row]) -> Vec<f32> {
    let first = FIRST.probabilities(&slices(rows.iter().map(|row| &row.values)));
    let context = Context::new(page, sums, &first);
    let (live, seen): (Vec<usize>, Vec<Vec<u8>>) = rows
        .iter()
        .enumerate()
        .filter(|(at, _)| {
            let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(first.len());
            let around = first.get(around).unwrap_or_default();
            around.iter().any(|probability| *probability >= HOPELESS)
        })
        .map(|(at, row)| {
            let mut seen = context.row(at);
            seen.extend(&row.values);
            (at, seen)
        })
        .unzip();
    let mut second = vec![0.0; rows.len()];
    for (at, probability) in live
        .into_iter()
        .zip(SECOND.probabilities(&slices(seen.iter())))
    {
        if let Some(slot) = second.get_mut(at) {
            *slot = probability;
        }
    }
    second
}

fn slices<'r>(rows: impl Iterator<Item = &'r Vec<u8>>) -> Vec<&'r [u8]> {
    rows.map(Vec::as_slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_readable_and_fit_the_features() {
        assert!(FIRST.features > 100);
        assert!(SECOND.features > FIRST.features);
    }
}

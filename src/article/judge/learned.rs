//! The learned judge: two tables of boosted trees, the second looking at the first's opinions.

use std::sync::LazyLock;

use crate::article::page::{Page, Sums};

use super::context;
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
    let first: Vec<f32> = rows
        .iter()
        .map(|row| FIRST.probability(&row.values))
        .collect();
    let context = context::rows(page, sums, &first);
    rows.iter()
        .zip(context)
        .enumerate()
        .map(|(at, (row, mut near))| {
            let around = first
                .get(at.saturating_sub(AROUND)..(at + AROUND + 1).min(first.len()))
                .unwrap_or_default();
            if around.iter().all(|probability| *probability < HOPELESS) {
                return 0.0;
            }
            near.extend(&row.values);
            SECOND.probability(&near)
        })
        .collect()
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

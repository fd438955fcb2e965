//! Islands: what is kept far from the text.
//!
//! Between a text and the comments or teasers below it lie many blocks that nobody wants. What is
//! kept beyond them is another text as a rule, unless the learned judge is sure of it.

use std::ops::Range;

use crate::article::page::Page;

/// So many blocks that are left out make what lies beyond them an island.
const DISTANCE: usize = 15;

/// An island stays when one of its blocks is at least this probable.
const SURE: f32 = 0.75;

/// An island stays when it has at least this share of the words of the largest stretch.
const LARGE: f32 = 0.5;

/// Drops the islands.
pub fn drop_islands(page: &Page<'_>, probabilities: &[f32], keep: &mut [bool]) {
    let stretches = stretches(keep);
    let words = |range: &Range<usize>| -> usize {
        let blocks = page.blocks.get(range.clone()).unwrap_or_default();
        let kept = keep.get(range.clone()).unwrap_or_default();
        let kept = blocks.iter().zip(kept).filter(|(_, keep)| **keep);
        kept.map(|(block, _)| block.words).sum()
    };
    let sizes: Vec<usize> = stretches.iter().map(words).collect();
    let largest = sizes.iter().copied().max().unwrap_or(0);
    for (range, size) in stretches.into_iter().zip(sizes) {
        let slots = keep.get_mut(range.clone()).unwrap_or_default();
        let opinions = probabilities.get(range).unwrap_or_default();
        let is_sure = slots
            .iter()
            .zip(opinions)
            .any(|(keep, probability)| *keep && *probability >= SURE);
        if !is_sure && (size as f32) < largest as f32 * LARGE {
            slots.fill(false);
        }
    }
}

/// From a kept block to the last one that is not far from the one before it.
fn stretches(keep: &[bool]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
        match found.last_mut() {
            Some(last) if at - last.end < DISTANCE => last.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn a_doubtful_island_goes_and_a_sure_near_or_large_one_stays() {
        let paragraph = format!("<p>{}", "word ".repeat(20));
        let html = Html::parse_document(&paragraph.repeat(40));
        let page = Page::new(&html, &|_| false);
        let after = |distance: usize, blocks: usize, probability: f32| {
            let island = 4 + distance..4 + distance + blocks;
            let mut keep = vec![false; page.blocks.len()];
            let mut opinions = vec![0.0; page.blocks.len()];
            for at in (0..4).chain(island.clone()) {
                keep[at] = true;
                opinions[at] = if at < 4 { 0.9 } else { probability };
            }
            drop_islands(&page, &opinions, &mut keep);
            assert_eq!(keep[..4], [true; 4]);
            keep[island.start]
        };
        assert!(!after(DISTANCE, 1, 0.6));
        assert!(after(DISTANCE - 1, 1, 0.6));
        assert!(after(DISTANCE, 1, 0.8));
        assert!(after(DISTANCE, 2, 0.6));
    }
}

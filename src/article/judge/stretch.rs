//! The stretch judge: the run of blocks with the most prose in it, blind to the tree.
//!
//! Every block is worth its words, less what is link, less a fixed price; the article is
//! the run of blocks whose sum is greatest (the maximum-subsequence idea of Pasternack
//! and Roth, WWW 2009). Inside the run, what is mostly link is left out.

use crate::article::page::{Block, Page};

use super::Candidate;

/// What every block costs, in words: short blocks lower the sum, paragraphs raise it.
const PRICE: f32 = 11.0;

/// The most one block may be worth, in words, so that one long list of terms does not decide alone.
const MOST: f32 = 150.0;

/// From this share of links on a block in the run is left out.
const MOSTLY_LINK: f32 = 0.5;

/// The opinion of this judge.
pub fn judge(page: &Page<'_>) -> Candidate {
    let (mut best, mut best_sum) = (0..0, 0.0_f32);
    let (mut from, mut sum) = (0, 0.0_f32);
    for (at, block) in page.blocks.iter().enumerate() {
        if sum <= 0.0 {
            (from, sum) = (at, 0.0);
        }
        sum += worth(block);
        if sum > best_sum {
            (best, best_sum) = (from..at + 1, sum);
        }
    }
    let keep = page
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| {
            best.contains(&at) && !block.hidden && block.link_density() < MOSTLY_LINK
        })
        .collect();
    Candidate {
        keep,
        root: page.block(best.start).map_or(0, |block| block.owner),
    }
}

fn worth(block: &Block) -> f32 {
    if block.hidden {
        return -PRICE;
    }
    let words = block.words as f32;
    (words * (1.0 - 2.0 * block.link_density())).min(MOST) - PRICE
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn the_longest_stretch_of_prose_wins() {
        let prose = "word ".repeat(30);
        let html = Html::parse_document(&format!(
            "<p>Home<p>News<p>{prose}<p>Part<p>{prose}<p><a href=x>{prose}</a><p>A<p>B<p>C<p>D<p>E<p>F<p>{prose}"
        ));
        let page = Page::new(&html, &|_| false);
        let kept: Vec<usize> = judge(&page)
            .keep
            .iter()
            .enumerate()
            .filter(|(_, keep)| **keep)
            .map(|(at, _)| at)
            .collect();
        assert_eq!(kept, [2, 3, 4]);
    }
}

//! Wholes: what is kept whole or not at all, since half of it says nothing.
//!
//! The learned judge sees blocks, and of a table or a list it may be sure of one line and torn about the next.
//! Between kept blocks the doubt is the whole's, which is decided by its average. A post of a social network
//! between kept blocks is a quotation that the text builds upon, and is never in doubt.

use std::collections::HashMap;

use crate::article::page::{Block, Page, Tag};

use super::span;

/// What is kept whole or not at all.
struct Whole {
    /// True for the element that holds it.
    is: fn(&Page<'_>, usize) -> bool,
    /// True for the blocks that are its own; others decide for themselves.
    owns: fn(&Block) -> bool,
    /// From this average probability of its words it is kept.
    floor: f32,
}

/// In this order: the latter has the last word on what is in both.
///
/// A cell alone is hardly ever taken for text: for tables the labelled sets agree from .08 to .2. A line of a list is
/// told as well as other text, so that even odds decide. On posts the labelled sets disagree; to leave one out is to
/// leave a hole in the text.
const WHOLES: [Whole; 3] = [
    Whole {
        is: |page, at| page.node(at).tag == Tag::Table,
        owns: |block| block.tag.is_cell(),
        floor: 0.15,
    },
    Whole {
        is: |page, at| matches!(page.node(at).tag, Tag::Ul | Tag::Ol),
        owns: |_| true,
        floor: 0.5,
    },
    Whole {
        is: is_post,
        owns: |_| true,
        floor: 0.0,
    },
];

/// How far up from a block the element that holds the whole is looked for, in elements.
const REACH: usize = 7;

/// The classes that the networks' own code for embedding gives to a post.
const POSTS: [&str; 5] = [
    "twitter-tweet",
    "twitter-video",
    "instagram-media",
    "tiktok-embed",
    "bluesky-embed",
];

/// Keeps or drops what lies between the first and the last kept block by the whole it is part of, unless
/// that leaves nothing.
pub fn settle(page: &Page<'_>, probabilities: &[f32], keep: &mut [bool]) {
    let Some((first, last)) = span(keep) else {
        return;
    };
    let before = keep.to_vec();
    for Whole { is, owns, floor } in WHOLES {
        let mut sums: HashMap<usize, (f32, f32)> = HashMap::new();
        let mut parts = Vec::new();
        for (at, block) in page.blocks.iter().enumerate().take(last + 1).skip(first) {
            let mut around = page.upwards(block.owner).take(REACH);
            if block.hidden || !owns(block) {
                continue;
            }
            if let Some(whole) = around.find(|&above| is(page, above)) {
                let words = block.words as f32;
                let sum = sums.entry(whole).or_default();
                sum.0 += words * probabilities.get(at).copied().unwrap_or(0.0);
                sum.1 += words;
                parts.push((at, whole));
            }
        }
        for (at, whole) in parts {
            if let (Some(keep), Some((probable, words))) = (keep.get_mut(at), sums.get(&whole)) {
                *keep = *probable >= words * floor;
            }
        }
    }
    if !keep.contains(&true) {
        keep.copy_from_slice(&before);
    }
}

/// True for a post of a social network.
fn is_post(page: &Page<'_>, at: usize) -> bool {
    page.node(at).tag == Tag::Blockquote
        && page.attr(at, "class").is_some_and(|class| {
            let mut names = class.split_ascii_whitespace();
            names.any(|name| POSTS.contains(&name))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn settled(middle: &str, opinions: &[f32]) -> Vec<bool> {
        let html = Html::parse_document(&format!("<p>before</p>{middle}<p>after"));
        let page = Page::new(&html, &|_| false);
        let probabilities: Vec<f32> = [&[0.9], opinions, &[0.9]].concat();
        let mut keep = probabilities.iter().map(|p| *p > 0.4).collect::<Vec<_>>();
        settle(&page, &probabilities, &mut keep);
        assert_eq!(keep.len(), page.blocks.len());
        assert_eq!((keep.first(), keep.last()), (Some(&true), Some(&true)));
        keep[1..keep.len() - 1].to_vec()
    }

    #[test]
    fn what_is_a_whole_stands_or_falls_as_one() {
        let table = "<table><tr><td>one<td>two<tr><td>three<td>four</table>";
        let list = "<ul><li>one<li>two<li>three</ul>";
        let post = "<blockquote class='twitter-tweet big'><p>one</p>two</blockquote>";
        for (middle, opinions, kept) in [
            (table, &[0.5, 0.1, 0.05, 0.05][..], true),
            (table, &[0.5, 0.0, 0.0, 0.0], false),
            (list, &[0.9, 0.9, 0.1], true),
            (list, &[0.9, 0.1, 0.1], false),
            (post, &[0.1, 0.0], true),
        ] {
            assert_eq!(
                settled(middle, opinions),
                vec![kept; opinions.len()],
                "{middle} {opinions:?}"
            );
        }
    }

    #[test]
    fn a_text_that_is_all_list_is_left_as_it_was() {
        let html = Html::parse_document("<ul><li>one<li>two</ul>");
        let page = Page::new(&html, &|_| false);
        let mut keep = [true, true];
        settle(&page, &[0.4, 0.4], &mut keep);
        assert_eq!(keep, [true, true]);
    }

    #[test]
    fn beyond_the_text_nothing_is_brought_back() {
        let html =
            Html::parse_document("<p>text</p><blockquote class=twitter-tweet>post</blockquote>");
        let page = Page::new(&html, &|_| false);
        let mut keep = [true, false];
        settle(&page, &[0.9, 0.3], &mut keep);
        assert_eq!(keep, [true, false]);
    }
}

//! What a page says twice: copies for other screens go, what the author repeats stays.
//!
//! A meal plan, a price list or a refrain repeats lines; a template repeats whole stretches. Of 47
//! labelled pages with repeated paragraphs, those where single ones were to go were one in six.

use std::collections::HashMap;

use crate::article::page::{Page, text};

/// A stretch that is repeated, block by block, is a copy from this many words on.
const MIN_COPY_WORDS: usize = 100;

/// A paragraph behind its equal is an echo from this many words on; shorter ones may be a list.
const MIN_ECHO_WORDS: usize = 12;

/// Drops the copies among the kept blocks.
pub fn drop_copies(page: &Page<'_>, keep: &mut [bool]) {
    let kept: Vec<usize> = (0..page.blocks.len())
        .filter(|&at| keep.get(at).copied().unwrap_or(false))
        .collect();
    let mut first: HashMap<&str, usize> = HashMap::new();
    // How many blocks of the page a block is behind the first that says the same; 0 for the first.
    let back: Vec<usize> = kept
        .iter()
        .filter_map(|&at| Some((at, page.block(at)?)))
        .map(|(at, block)| at - *first.entry(block.text.as_str()).or_insert(at))
        .collect();
    let mut from = 0;
    for run in back.chunk_by(|a, b| a == b) {
        let copied = kept.get(from..from + run.len()).unwrap_or_default();
        from += run.len();
        let words = |at: usize| page.block(at).map_or(0, |block| block.words);
        let all: usize = copied.iter().map(|&at| words(at)).sum();
        let is_copy = run.first() != Some(&0) && all >= MIN_COPY_WORDS;
        for &at in copied.iter().filter(|_| is_copy) {
            if let Some(slot) = keep.get_mut(at) {
                *slot = false;
            }
        }
    }
    for pair in kept.windows(2) {
        if let &[before, at] = pair
            && is_echo(page, before, at)
            && let Some(slot) = keep.get_mut(at)
        {
            *slot = false;
        }
    }
}

/// True for a paragraph that says what the kept one before it has just said: right behind it, or as a sentence.
/// A lead stands above the byline and above the text; two lines of a table without their labels look alike.
fn is_echo(page: &Page<'_>, before: usize, at: usize) -> bool {
    let (Some(said), Some(block)) = (page.block(before), page.block(at)) else {
        return false;
    };
    block.words >= MIN_ECHO_WORDS
        && said.text == block.text
        && (at == before + 1 || block.text.ends_with(text::is_full_stop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn kept(paragraphs: &[&str]) -> Vec<bool> {
        let body = format!("<p>{}", paragraphs.join("<p>"));
        let html = Html::parse_document(&body);
        let page = Page::new(&html, &|_| false);
        let mut keep = vec![true; page.blocks.len()];
        drop_copies(&page, &mut keep);
        keep
    }

    #[test]
    fn a_copied_stretch_goes_and_a_repeated_line_stays() {
        let (long, other) = ("word ".repeat(60), "term ".repeat(60));
        assert_eq!(
            kept(&[&long, "x", &other, &long, "x", &other]),
            [true, true, true, false, false, false]
        );
        let line = "one cup of rice, two onions, and as much water as it takes to cover them";
        assert_eq!(
            kept(&["Monday", line, "Tuesday", line]),
            [true, true, true, true]
        );
        assert_eq!(kept(&[line, line, "end"]), [true, false, true]);
    }

    #[test]
    fn a_lead_that_is_said_again_behind_the_byline_goes() {
        let lead = "The geese of the marsh have come back a month earlier than in other years";
        let sentence = format!("{lead}.");
        for (paragraph, goes) in [(lead, false), (&sentence, true), ("They are back.", false)] {
            let html =
                Html::parse_document(&format!("<p>{paragraph}<p>By Ann<p>{paragraph}<p>More"));
            let page = Page::new(&html, &|_| false);
            let mut keep = [true, false, true, true];
            drop_copies(&page, &mut keep);
            assert_eq!(keep, [true, false, !goes, true], "{paragraph}");
        }
    }

    #[test]
    fn short_lines_may_be_alike() {
        assert_eq!(kept(&["- ", "go", "go"]), [true, true, true]);
    }
}

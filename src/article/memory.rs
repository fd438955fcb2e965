//! What the other pages of a site tell of this one.
//!
//! For: telling the template from the article. A block that stood on other pages of the same
//! site is a menu, a box or a notice, whatever it looks like; the more pages it stood on, the
//! surer. The memory is a value: the caller keeps one for each host, hands it in, and teaches
//! it what came out.
//!
//! Never: deletes blindly. What is remembered lowers a block's odds; a page that mostly
//! consists of remembered text is the same article again, and there the memory stays silent.
//!
//! Fails: never. A memory that cannot be read is an empty one.

use super::page::block::ratio;
use super::page::{Page, text};

/// The most blocks remembered of a site; the rarest are forgotten first. About 10 KB encoded.
const MAX_BLOCKS: usize = 2_000;

/// The most pages counted; beyond it, counts are halved so that an old template is forgotten.
const MAX_PAGES: u16 = 64;

/// Blocks shorter than this, in words, stand everywhere and say nothing.
const MIN_WORDS: usize = 2;

/// How many log-odds a block loses when it stood on one other page, and for each doubling more.
const FIRST_SIGHT: f32 = 1.5;
const EACH_DOUBLING: f32 = 1.0;

/// When this share of what would be kept stood on few other pages, the page is one we have seen.
const SAME_PAGE: f32 = 0.35;

/// From this many pages on, what stood on at least half of them is the site's template.
const ENOUGH_PAGES: u16 = 4;

/// How many log-odds a block of the template loses: more than any block has.
const TEMPLATE: f32 = 9.0;

/// When the template would take more than this share of a page, the memory is wrong, not the page.
const ALL_TEMPLATE: f32 = 0.8;

/// When this share of the kept blocks is known already, the page is the same article again and teaches nothing.
const KNOWN_PAGE: f32 = 0.6;

/// The form of the encoding; a memory of another form is forgotten.
const FORM: u8 = 1;

/// What one page leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impression {
    /// Hashes of the page's blocks, each once, sorted.
    blocks: Vec<u32>,
    /// Of these, what was kept.
    kept: Vec<u32>,
}

impl Impression {
    pub(super) fn of(page: &Page<'_>, keep: &[bool]) -> Self {
        let hashes = |kept_only: bool| {
            let mut found: Vec<u32> = page
                .blocks
                .iter()
                .enumerate()
                .filter(|(at, block)| {
                    block.words >= MIN_WORDS
                        && (!kept_only || keep.get(*at).copied().unwrap_or(false))
                })
                .map(|(_, block)| hash(&block.text))
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        Self {
            blocks: hashes(false),
            kept: hashes(true),
        }
    }
}

/// What is known of a site: which blocks stood on how many of its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteMemory {
    pages: u16,
    /// Sorted by hash.
    blocks: Vec<(u32, u16)>,
}

impl SiteMemory {
    /// Pages learned from, at most 64.
    pub fn pages(&self) -> u16 {
        self.pages
    }

    /// Takes in what a page left behind.
    pub fn learn(&mut self, impression: &Impression) {
        let known = impression
            .kept
            .iter()
            .filter(|kept| self.seen(**kept, MIN_WORDS) > 0)
            .count();
        if !impression.kept.is_empty() && ratio(known, impression.kept.len()) > KNOWN_PAGE {
            return;
        }
        if self.pages >= MAX_PAGES {
            self.pages /= 2;
            for (_, count) in &mut self.blocks {
                *count /= 2;
            }
            self.blocks.retain(|(_, count)| *count > 0);
        }
        self.pages += 1;
        let mut merged = Vec::with_capacity(self.blocks.len() + impression.blocks.len());
        let mut old = self.blocks.iter().copied().peekable();
        for &block in &impression.blocks {
            while let Some(kept) = old.next_if(|(hash, _)| *hash < block) {
                merged.push(kept);
            }
            let count = old
                .next_if(|(hash, _)| *hash == block)
                .map_or(0, |(_, count)| count);
            merged.push((block, count + 1));
        }
        merged.extend(old);
        // The rarest go first: what stood on one page only is most likely an article's own.
        let mut rarest = 1;
        while merged.len() > MAX_BLOCKS {
            let mut excess = merged.len() - MAX_BLOCKS;
            merged.retain(|(_, count)| {
                let goes = *count <= rarest && excess > 0;
                excess -= usize::from(goes);
                !goes
            });
            rarest += 1;
        }
        self.blocks = merged;
    }

    /// Lowers the probabilities of blocks that stood on other pages.
    pub(super) fn temper(&self, page: &Page<'_>, probabilities: &mut [f32]) {
        if self.pages == 0 {
            return;
        }
        let seen: Vec<u16> = page
            .blocks
            .iter()
            .map(|block| self.seen(hash(&block.text), block.words))
            .collect();
        let (mut kept, mut known, mut template) = (0.0, 0.0, 0.0);
        for ((block, seen), probability) in page.blocks.iter().zip(&seen).zip(probabilities.iter())
        {
            if *probability >= 0.5 {
                let words = block.words as f32;
                kept += words;
                if self.is_template(*seen) {
                    template += words;
                } else if *seen > 0 {
                    known += words;
                }
            }
        }
        let (rare_speaks, template_speaks) =
            (known <= kept * SAME_PAGE, template <= kept * ALL_TEMPLATE);
        for (probability, seen) in probabilities.iter_mut().zip(seen) {
            let loss = if self.is_template(seen) && template_speaks {
                TEMPLATE
            } else if seen > 0 && rare_speaks {
                FIRST_SIGHT + EACH_DOUBLING * f32::from(seen).log2()
            } else {
                continue;
            };
            let p = probability.clamp(0.0001, 0.9999);
            *probability = 1.0 / (1.0 + (loss - (p / (1.0 - p)).ln()).exp());
        }
    }

    /// True for a block that stood on most pages of a site of which enough are known.
    fn is_template(&self, seen: u16) -> bool {
        self.pages >= ENOUGH_PAGES && seen * 2 >= self.pages
    }

    fn seen(&self, wanted: u32, words: usize) -> u16 {
        if words < MIN_WORDS {
            return 0;
        }
        let at = self.blocks.binary_search_by_key(&wanted, |(hash, _)| *hash);
        at.ok()
            .and_then(|at| self.blocks.get(at))
            .map_or(0, |(_, count)| *count)
    }

    /// For the store.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        out.extend(self.pages.to_le_bytes());
        for (hash, count) in &self.blocks {
            out.extend(hash.to_le_bytes());
            out.extend(count.to_le_bytes());
        }
        out
    }

    /// From the store; anything unreadable is an empty memory.
    pub fn decode(bytes: &[u8]) -> Self {
        let Some((&[FORM, low, high], rest)) = bytes.split_first_chunk::<3>() else {
            return Self::default();
        };
        let (entries, tail) = rest.as_chunks::<6>();
        let mut blocks: Vec<(u32, u16)> = entries
            .iter()
            .take(MAX_BLOCKS)
            .map(|&[a, b, c, d, e, f]| {
                (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]))
            })
            .collect();
        if !tail.is_empty() {
            return Self::default();
        }
        blocks.sort_unstable();
        blocks.dedup_by_key(|(hash, _)| *hash);
        Self {
            pages: u16::from_le_bytes([low, high]).min(MAX_PAGES),
            blocks,
        }
    }
}

/// Of the letters of a block, digits aside: counters and dates change from page to page.
fn hash(block: &str) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for word in text::words(block) {
        for c in word
            .chars()
            .filter(|c| !c.is_numeric())
            .flat_map(char::to_lowercase)
        {
            hash = (hash ^ u32::from(c)).wrapping_mul(0x0100_0193);
        }
        hash = (hash ^ 32).wrapping_mul(0x0100_0193);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scraper::Html;

    fn page(own: &str) -> Html {
        Html::parse_document(&format!(
            "<p>{own} that stands on one page only and is long<p>Sign up for our letter"
        ))
    }

    #[test]
    fn what_stood_on_other_pages_loses_its_odds() {
        let mut memory = SiteMemory::default();
        for own in ["one", "two", "three"] {
            let html = page(own);
            memory.learn(&Impression::of(&Page::new(&html, &|_| false), &[]));
        }
        let html = page("four");
        let fresh = Page::new(&html, &|_| false);
        let mut probabilities = [0.9, 0.9];
        memory.temper(&fresh, &mut probabilities);
        assert!(probabilities[0] > 0.89 && probabilities[1] < 0.5);
        assert_eq!(SiteMemory::decode(&memory.encode()), memory);
    }

    #[test]
    fn a_page_seen_again_is_left_alone_and_teaches_nothing() {
        let mut memory = SiteMemory::default();
        let html = page("one");
        let seen = Page::new(&html, &|_| false);
        for _ in 0..6 {
            memory.learn(&Impression::of(&seen, &[true, true]));
        }
        assert_eq!(memory.pages(), 1);
        let mut probabilities = [0.9, 0.9];
        memory.temper(&seen, &mut probabilities);
        assert!(probabilities.iter().all(|probability| *probability > 0.89));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_and_stay_in_bounds(bytes: Vec<u8>) {
            let memory = SiteMemory::decode(&bytes);
            prop_assert!(memory.pages() <= MAX_PAGES);
            prop_assert_eq!(SiteMemory::decode(&memory.encode()), memory);
        }

        #[test]
        fn learning_stays_in_bounds(pages in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..900), 0..12)) {
            let mut memory = SiteMemory::default();
            for mut blocks in pages {
                blocks.sort_unstable();
                blocks.dedup();
                memory.learn(&Impression { blocks, kept: Vec::new() });
            }
            prop_assert!(memory.blocks.len() <= MAX_BLOCKS && memory.blocks.is_sorted());
        }
    }
}

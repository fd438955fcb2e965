//! What the other pages of a site tell of this one.
//!
//! For: telling the template from the article. A block that stood on other pages of the same
//! site is a menu, a box or a notice, whatever it looks like; the more pages it stood on, the
//! surer ([`evidence`]). The memory is a value: the caller keeps one for each host, hands it
//! in, and teaches it what came out ([`Impression`]). It starts over by itself when the site's
//! template changes.
//!
//! Never: deletes blindly. What is remembered lowers a block's odds; a page that mostly
//! consists of remembered text is the same article again, and there the memory stays silent.
//!
//! Fails: never. A memory that cannot be read is an empty one.

mod evidence;
mod form;
mod impression;

use super::page::block::ratio;

pub use impression::Impression;

/// The most blocks remembered of a site; the rarest are forgotten first. 12 KB encoded.
const MAX_BLOCKS: usize = 1_500;

/// The most pages counted; beyond it, counts are halved so that an old template is forgotten.
const MAX_PAGES: u16 = 64;

/// From this many pages on, what stood on at least half of them is the site's template.
const ENOUGH_PAGES: u16 = 4;

/// When this share of the kept blocks is known already, the page is the same article again and teaches nothing.
const KNOWN_PAGE: f32 = 0.6;

/// A page that shows less than this share of the template was made with another.
const STRANGE_SHARE: f32 = 0.2;

/// So many blocks a template needs before it can be missed.
const MIN_TEMPLATE: usize = 6;

/// So many strange pages in a row are a new template: what was known is forgotten. A site of several
/// templates seldom shows one of the rarer ones so often in a row.
const STRANGE_PAGES: u8 = 3;

/// A block that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sight {
    hash: u32,
    /// Pages it stood on.
    pages: u16,
    /// Mark of the last of them: no page is evidence against itself.
    last: u16,
}

/// What is known of a site: which blocks stood on how many of its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteMemory {
    pages: u16,
    /// Pages in a row that showed hardly anything of the template.
    strange: u8,
    /// Sorted by hash, each once.
    blocks: Vec<Sight>,
}

impl SiteMemory {
    /// Pages learned from, at most 64.
    pub fn pages(&self) -> u16 {
        self.pages
    }

    /// Takes in what a page left behind.
    pub fn learn(&mut self, impression: &Impression) {
        if self.is_known(impression) {
            return;
        }
        self.strange = if self.is_strange(impression) {
            self.strange + 1
        } else {
            0
        };
        if self.strange >= STRANGE_PAGES {
            *self = Self::default();
        }
        if self.pages >= MAX_PAGES {
            self.fade();
        }
        self.pages += 1;
        self.merge(impression);
        self.forget_rarest(impression.page);
    }

    /// True when most of what was kept of the page was known before: it is an article we have seen.
    fn is_known(&self, impression: &Impression) -> bool {
        let known = impression.kept.iter();
        let known = known.filter(|kept| self.sight(**kept).is_some()).count();
        !impression.kept.is_empty() && ratio(known, impression.kept.len()) > KNOWN_PAGE
    }

    /// True when the page shows hardly anything of the site's template.
    fn is_strange(&self, impression: &Impression) -> bool {
        let (mut template, mut shown) = (0, 0);
        for sight in self.blocks.iter().filter(|s| self.is_template(s.pages)) {
            template += 1;
            shown += usize::from(impression.blocks.binary_search(&sight.hash).is_ok());
        }
        template >= MIN_TEMPLATE && ratio(shown, template) < STRANGE_SHARE
    }

    fn fade(&mut self) {
        self.pages /= 2;
        for sight in &mut self.blocks {
            sight.pages /= 2;
        }
        self.blocks.retain(|sight| sight.pages > 0);
    }

    fn merge(&mut self, impression: &Impression) {
        let mut merged = Vec::with_capacity(self.blocks.len() + impression.blocks.len());
        let mut old = self.blocks.iter().copied().peekable();
        for &hash in &impression.blocks {
            while let Some(other) = old.next_if(|sight| sight.hash < hash) {
                merged.push(other);
            }
            let before = old.next_if(|sight| sight.hash == hash);
            let pages = before.map_or(0, |sight| sight.pages);
            let again = before.is_some_and(|sight| sight.last == impression.page);
            merged.push(Sight {
                hash,
                pages: pages + u16::from(!again),
                last: impression.page,
            });
        }
        merged.extend(old);
        self.blocks = merged;
    }

    /// Keeps the bound. What stood on one page only is most likely an article's own; of those, the
    /// page just seen is spared, or nothing new could ever be learned by a full memory.
    fn forget_rarest(&mut self, page: u16) {
        let Some(excess) = self.blocks.len().checked_sub(MAX_BLOCKS) else {
            return;
        };
        self.blocks
            .sort_unstable_by_key(|sight| (sight.pages, sight.last == page));
        self.blocks.drain(..excess);
        self.blocks.sort_unstable_by_key(|sight| sight.hash);
    }

    /// True for a block that stood on most pages of a site of which enough are known.
    fn is_template(&self, seen: u16) -> bool {
        self.pages >= ENOUGH_PAGES && seen * 2 >= self.pages
    }

    fn sight(&self, wanted: u32) -> Option<Sight> {
        let at = self.blocks.binary_search_by_key(&wanted, |s| s.hash).ok()?;
        self.blocks.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn impression(page: u16, blocks: std::ops::Range<u32>) -> Impression {
        Impression {
            page,
            blocks: blocks.collect(),
            kept: Vec::new(),
        }
    }

    #[test]
    fn a_page_seen_again_teaches_nothing() {
        let mut memory = SiteMemory::default();
        let mut seen = impression(1, 0..9);
        memory.learn(&seen);
        seen.kept.clone_from(&seen.blocks);
        memory.learn(&seen);
        assert_eq!(memory.pages(), 1);
    }

    #[test]
    fn a_new_template_makes_the_memory_start_over() {
        let mut memory = SiteMemory::default();
        for page in 0..20 {
            memory.learn(&impression(page, 0..30));
        }
        memory.learn(&impression(20, 50..80));
        memory.learn(&impression(21, 0..30));
        assert_eq!(memory.pages(), 22, "one strange page is only that");
        for page in 22..25 {
            memory.learn(&impression(page, 50..80));
        }
        assert_eq!(memory.pages(), 1);
        assert!(memory.sight(7).is_none() && memory.sight(57).is_some());
    }

    #[test]
    fn a_full_memory_still_learns_what_repeats() {
        let mut memory = SiteMemory::default();
        for page in 0..40 {
            let mut shown = impression(page, 0..5);
            let own = 1_000 * u32::from(page + 1);
            shown.blocks.extend(own..own + 400);
            memory.learn(&shown);
        }
        assert_eq!(memory.blocks.len(), MAX_BLOCKS);
        assert!((0..5).all(|hash| memory.sight(hash).is_some_and(|sight| sight.pages == 40)));
    }

    proptest! {
        #[test]
        fn learning_stays_in_bounds(pages in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..900), 0..12)) {
            let mut memory = SiteMemory::default();
            for (page, mut blocks) in (0..).zip(pages) {
                blocks.sort_unstable();
                blocks.dedup();
                memory.learn(&Impression { page, blocks, kept: Vec::new() });
            }
            prop_assert!(memory.blocks.len() <= MAX_BLOCKS && memory.blocks.is_sorted_by_key(|sight| sight.hash));
            prop_assert_eq!(SiteMemory::decode(&memory.encode()), memory);
        }
    }
}

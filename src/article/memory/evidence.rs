//! What the memory says of the blocks of a page.
//!
//! Most of what repeats is told by how often it does. On the first pages of a site the
//! *place* helps: a box stands in an element of its own kind, where everything is known from
//! other pages, while a paragraph that an article shares with another (the background of a
//! running story) stands among paragraphs that are its own.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::SiteMemory;
use super::impression::{mark, mark_of_page};
use crate::article::page::{Block, Page, text};

/// How many log-odds a block loses when it stood on one other page, and for each doubling more.
const FIRST_SIGHT: f32 = 1.5;
const EACH_DOUBLING: f32 = 1.0;

/// How many it loses where nothing of the same kind is this page's own.
const KNOWN_PLACE: f32 = 6.0;

/// How many log-odds a block of the template loses: more than any block has.
const TEMPLATE: f32 = 9.0;

/// A block of at least this probability would be kept.
const LIKELY: f32 = 0.5;

/// When this share of what would be kept stood on few other pages, the page is one we have seen.
const SAME_PAGE: f32 = 0.35;

/// The same, of what stands in places where everything is known.
const SAME_PAGE_BOXES: f32 = 0.65;

/// When the template would take more than this share of a page, the memory is wrong, not the page.
const ALL_TEMPLATE: f32 = 0.8;

/// A line of at most so many words, numbers aside, repeats by chance, or because an address or a price
/// does. Before text of this page's own it may be the label of that text.
const LABEL_WORDS: usize = 8;

/// How much of the text in a place may be new where the place counts as known.
const NEW_SHARE: f32 = 0.05;

/// What is known of one block.
struct Known {
    /// Other pages it stood on.
    pages: u16,
    is_template: bool,
    /// Everything in its place stood on other pages.
    in_known_place: bool,
}

impl SiteMemory {
    /// Lowers the probabilities of blocks that stood on pages other than this one, at `url`.
    pub(in crate::article) fn temper(&self, page: &Page<'_>, url: &str, probabilities: &mut [f32]) {
        if self.pages == 0 {
            return;
        }
        let known = self.look(page, url);
        let (mut kept, mut rare, mut boxes, mut template) = (0.0, 0.0, 0.0, 0.0);
        for ((block, known), probability) in page.blocks.iter().zip(&known).zip(&*probabilities) {
            if *probability >= LIKELY {
                let words = block.words as f32;
                kept += words;
                if known.is_template {
                    template += words;
                } else if known.in_known_place {
                    boxes += words;
                } else if known.pages > 0 {
                    rare += words;
                }
            }
        }
        let rare_speaks = rare + boxes <= kept * SAME_PAGE;
        let boxes_speak = rare + boxes <= kept * SAME_PAGE_BOXES;
        let template_speaks = template <= kept * ALL_TEMPLATE;
        let labels = labels(page, &known, probabilities);
        for (((block, known), is_label), probability) in page
            .blocks
            .iter()
            .zip(&known)
            .zip(labels)
            .zip(probabilities)
        {
            let loss = if known.is_template && template_speaks {
                TEMPLATE
            } else if is_label || known.pages == 0 {
                continue;
            } else if known.in_known_place && boxes_speak {
                KNOWN_PLACE
            } else if rare_speaks && !is_short(block) {
                FIRST_SIGHT + EACH_DOUBLING * f32::from(known.pages).log2()
            } else {
                continue;
            };
            let p = probability.clamp(0.0001, 0.9999);
            *probability = 1.0 / (1.0 + (loss - (p / (1.0 - p)).ln()).exp());
        }
    }

    fn look(&self, page: &Page<'_>, url: &str) -> Vec<Known> {
        let this = mark_of_page(url);
        let others = |block: &Block| {
            let sight = mark(block).and_then(|hash| self.sight(hash));
            sight.map_or(0, |sight| sight.pages - u16::from(sight.last == this))
        };
        let pages: Vec<u16> = page.blocks.iter().map(others).collect();
        let places: Vec<u64> = page.blocks.iter().map(|block| place(page, block)).collect();
        // Words in each place: all, and those of blocks that no other page has shown.
        let mut words: HashMap<u64, (usize, usize)> = HashMap::new();
        for ((block, place), pages) in page.blocks.iter().zip(&places).zip(&pages) {
            let sum = words.entry(*place).or_default();
            sum.0 += block.words;
            sum.1 += if *pages == 0 { block.words } else { 0 };
        }
        places
            .iter()
            .zip(pages)
            .map(|(place, pages)| {
                let (all, new) = words.get(place).copied().unwrap_or_default();
                Known {
                    pages,
                    is_template: self.is_template(pages),
                    in_known_place: pages > 0 && new as f32 <= all as f32 * NEW_SHARE,
                }
            })
            .collect()
    }
}

/// Which blocks are short lines right before text of this page's own: sites label the parts of
/// their articles alike ("What we like", "Ingredients").
fn labels(page: &Page<'_>, known: &[Known], probabilities: &[f32]) -> Vec<bool> {
    let mut before_own = false;
    let mut labels: Vec<bool> = page
        .blocks
        .iter()
        .zip(known)
        .zip(probabilities)
        .rev()
        .map(|((block, known), probability)| {
            let is_label = before_own && known.pages > 0 && is_short(block);
            before_own = is_label || (known.pages == 0 && *probability >= LIKELY);
            is_label
        })
        .collect();
    labels.reverse();
    labels
}

fn is_short(block: &Block) -> bool {
    let words = text::words(&block.text).filter(|word| word.contains(char::is_alphabetic));
    words.take(LABEL_WORDS + 1).count() <= LABEL_WORDS
}

/// Where a block stands: the kinds of its element and of the one around it. Numbers in class names
/// count the elements of a page.
fn place(page: &Page<'_>, block: &Block) -> u64 {
    let mut hasher = DefaultHasher::new();
    for at in [block.owner, page.node(block.owner).parent] {
        page.node(at).tag.hash(&mut hasher);
        let class = page.attr(at, "class").unwrap_or_default();
        for byte in class.bytes().filter(|byte| !byte.is_ascii_digit()) {
            hasher.write_u8(byte);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::memory::Impression;
    use scraper::Html;

    const BOX: &str = "Sign up for our weekly letter and read what the others have not heard yet";

    fn own(name: &str) -> String {
        format!("On this page alone it says that {name} was seen near the old bridge at night")
    }

    fn tempered(before: &[String], url: &str, page: &str, odds: &[f32]) -> Vec<f32> {
        let mut memory = SiteMemory::default();
        for (at, html) in before.iter().enumerate() {
            let html = Html::parse_document(html);
            let page = Page::new(&html, &|_| false);
            memory.learn(&Impression::of(&page, &format!("/{at}"), &[]));
        }
        let html = Html::parse_document(page);
        let page = Page::new(&html, &|_| false);
        let mut probabilities = odds.to_vec();
        memory.temper(&page, url, &mut probabilities);
        probabilities
    }

    #[test]
    fn what_stood_on_most_pages_is_dropped_wherever_it_stands() {
        let page = |name: &str| format!("<p>{}<p>{BOX}", own(name));
        let before = ["ann", "bob", "cleo", "dora"].map(page);
        let after = tempered(&before, "/x", &page("emil"), &[0.9, 0.99]);
        assert!(after[0] > 0.89 && after[1] < 0.1, "{after:?}");
    }

    #[test]
    fn a_box_in_an_element_of_its_own_kind_is_known_on_the_second_page() {
        let page = |name: &str| format!("<p>{0}<p class=x>{BOX}<p>{0} again", own(name));
        let after = tempered(&[page("ann")], "/x", &page("bob"), &[0.9, 0.97, 0.9]);
        assert!(after[0] > 0.89 && after[1] < 0.3, "{after:?}");
    }

    #[test]
    fn a_paragraph_among_the_article_s_own_is_doubted_but_kept() {
        let page = |name: &str| format!("<p>{0}<p>{BOX}<p>{0} again", own(name));
        let after = tempered(&[page("ann")], "/x", &page("bob"), &[0.9, 0.97, 0.9]);
        assert!((0.8..0.97).contains(&after[1]), "{after:?}");
    }

    #[test]
    fn an_article_seen_before_is_left_alone_also_when_it_was_edited() {
        let page = |name: &str| format!("<p>{0}<p class=x>{BOX}<p>{0} again", own(name));
        let odds = [0.9, 0.97, 0.9];
        let copied = tempered(&[page("ann")], "/x", &page("ann"), &odds);
        let edited = tempered(&[page("ann")], "/0", &page("bob"), &odds);
        assert_eq!((copied, edited), (odds.to_vec(), odds.to_vec()));
    }

    #[test]
    fn a_label_before_text_of_the_page_s_own_is_kept() {
        let page = |name: &str| format!("<h2>What we like</h2><p>{}<h3>Follow us</h3>", own(name));
        let after = tempered(&[page("ann")], "/x", &page("bob"), &[0.7, 0.9, 0.7]);
        assert!(after[0] > 0.69 && after[2] < 0.5, "{after:?}");
    }
}

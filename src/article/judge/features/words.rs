//! Features of a block's own text, and of what the declarations say of it.

use std::collections::HashMap;

use crate::article::page::{Block, Hints, Page, Tag, block, text};

use super::super::lexicon::{self, Say};
use super::row::{Row, log, share};
use super::{Seen, kind};

/// The longest block that may be a title or a byline, in words.
const MAX_LABEL_WORDS: usize = 60;

/// How many words of a text are compared with the title's.
const MAX_HASHED_WORDS: usize = 400;

/// How many words of a block its share of function words is taken from.
const SAMPLED_WORDS: usize = 200;

/// How far up a name that speaks of clutter is looked for, in elements.
const CLUTTER_REACH: usize = 4;

/// How much of a text is compared with the declarations, in words.
const MAX_SHINGLED_WORDS: usize = 20_000;

/// What is computed once for a block and looked at from its neighbours too.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    pub(super) chars: u8,
    pub(super) links: u8,
    pub(super) kind: u8,
    pub(super) ending: u8,
    pub(super) function_words: u8,
    pub(super) says: [u8; Say::ALL.len()],
    pub(super) twins: usize,
    pub(super) cluttered: bool,
}

impl Seen<'_> {
    /// What the declarations say of the block.
    pub(super) fn told(&self, row: &mut Row, block: &Block) {
        let words = if block.words <= MAX_LABEL_WORDS {
            hashes(&block.text)
        } else {
            Vec::new()
        };
        row.share(overlap(&words, &self.title));
        row.ratio(
            words
                .iter()
                .filter(|word| self.title.binary_search(word).is_ok())
                .count(),
            self.title.len(),
        );
        let nothing = self.description.is_empty() && self.body.is_empty();
        let own = if nothing {
            Vec::new()
        } else {
            shingles(&block.text)
        };
        row.put(known(&own, &self.description));
        row.put(known(&own, &self.body));
        row.log(self.body.len());
        let lower = if block.words <= MAX_LABEL_WORDS && !self.names.is_empty() {
            block.text.to_lowercase()
        } else {
            String::new()
        };
        row.flag(self.names.iter().any(|name| lower.contains(name.as_str())));
    }
}

/// The share of a block's shingles that are known; 255 when nothing is known at all.
fn known(own: &[u64], known: &[u64]) -> u8 {
    if known.is_empty() {
        return u8::MAX;
    }
    let found = own
        .iter()
        .filter(|shingle| known.binary_search(shingle).is_ok())
        .count();
    share(block::ratio(found, own.len()))
}

/// The block's own text.
pub(super) fn own_text(row: &mut Row, block: &Block, own: &Own) {
    let (mut upper, mut lower, mut digits, mut marks, mut stops, mut commas) = (0, 0, 0, 0, 0, 0);
    for c in block.text.chars() {
        if c.is_uppercase() {
            upper += 1;
        } else if c.is_alphabetic() {
            lower += 1;
        } else if c.is_ascii_digit() {
            digits += 1;
        } else if !c.is_whitespace() {
            marks += 1;
            stops += usize::from(text::is_full_stop(c));
            commas += usize::from(matches!(c, ',' | '、' | '，' | '،'));
        }
    }
    row.put(own.chars);
    row.log(block.words);
    row.put(own.links);
    row.count(block.links);
    row.ratio(block.strong_chars, block.chars);
    row.put(share(block::ratio(block.chars, block.words.max(1)) / 20.0));
    row.count(stops);
    row.count(commas);
    row.put(own.ending);
    row.ratio(upper, upper + lower);
    row.ratio(digits, block.chars);
    row.ratio(marks, block.chars);
    row.put(beginning(&block.text));
    row.count(block.text.matches('\n').count());
    row.put(own.function_words);
    row.flag(
        block.text.contains('@') || block.text.contains("http") || block.text.contains("www."),
    );
    row.flag(block.text.contains(['|', '»', '›', '·', '•', '→', '▶']));
    row.flag(has_year(&block.text));
    row.flag(block.text.contains('©'));
    row.flag(block.text.contains(['"', '“', '”', '«', '„', '「']));
    row.count(own.twins);
    for level in own.says {
        row.put(level);
    }
}

/// What is computed once for a block.
pub(super) fn own(page: &Page<'_>, block: &Block, twins: &HashMap<&str, usize>) -> Own {
    let (mut functional, mut total) = (0, 0);
    for word in text::words(&block.text).take(SAMPLED_WORDS) {
        total += 1;
        functional += usize::from(lexicon::is_function_word(word));
    }
    let cluttered = page
        .upwards(block.owner)
        .take(CLUTTER_REACH)
        .any(|at| page.node(at).hints.has(Hints::CLUTTER) && page.node(at).tag != Tag::Body);
    Own {
        chars: log(block.chars),
        links: share(block.link_density()),
        kind: kind(block.tag),
        ending: ending(&block.text),
        function_words: share(block::ratio(functional, total)),
        says: lexicon::says(&block.text),
        twins: twins.get(block.text.as_str()).copied().unwrap_or(1) - 1,
        cluttered,
    }
}

fn ending(text: &str) -> u8 {
    match text.chars().next_back() {
        Some(c) if text::is_full_stop(c) => 0,
        Some('"' | '”' | '»' | '“' | ')' | '\'' | '’' | '」') => 1,
        Some(':' | '：') => 2,
        Some(',' | ';' | '、') => 3,
        Some('…') => 4,
        Some(c) if c.is_alphabetic() => 5,
        Some(c) if c.is_numeric() => 6,
        _ => 7,
    }
}

fn beginning(text: &str) -> u8 {
    match text.chars().next() {
        Some(c) if c.is_uppercase() => 0,
        Some(c) if c.is_lowercase() => 1,
        Some(c) if c.is_numeric() => 2,
        Some('"' | '“' | '«' | '„' | '‘' | '「') => 3,
        Some('(' | '[') => 4,
        Some('•' | '-' | '–' | '—' | '*' | '·') => 5,
        Some('©' | '»' | '›' | '→' | '▶' | '#' | '@') => 6,
        Some(c) if c.is_alphabetic() => 7,
        _ => 8,
    }
}

fn has_year(text: &str) -> bool {
    let mut digits = 0;
    let mut century = ['0', '0'];
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            if let Some(slot) = century.get_mut(digits) {
                *slot = c;
            }
            digits += 1;
        } else {
            if digits == 4 && matches!(century, ['1', '9'] | ['2', '0']) {
                return true;
            }
            digits = 0;
        }
    }
    false
}

/// Hashes of the words of a text, as [`fnv`] makes them: in lower case.
pub(super) fn hashes(text: &str) -> Vec<u64> {
    text::words(text).take(MAX_HASHED_WORDS).map(fnv).collect()
}

/// The share of words that are among the known ones, which are sorted.
pub(super) fn overlap(words: &[u64], known: &[u64]) -> f32 {
    let found = words
        .iter()
        .filter(|word| known.binary_search(word).is_ok());
    block::ratio(found.count(), words.len())
}

/// Hashes of the runs of three words of a text, each once, sorted (FNV-1a, the same on every machine).
pub(super) fn shingles(text: &str) -> Vec<u64> {
    let words: Vec<u64> = text::words(text)
        .take(MAX_SHINGLED_WORDS)
        .map(fnv)
        .collect();
    let mut shingles: Vec<u64> = words
        .windows(3.min(words.len().max(1)))
        .map(|run| {
            run.iter().fold(0_u64, |sum, word| {
                sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word
            })
        })
        .collect();
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

pub(super) fn fnv(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |c: char| hash = (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3);
    for c in word.chars() {
        if c.is_ascii() {
            add(c.to_ascii_lowercase());
        } else {
            c.to_lowercase().for_each(&mut add);
        }
    }
    hash
}

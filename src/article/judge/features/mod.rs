//! What the learned judge sees of a block, as small numbers.
//!
//! Every feature is a byte: counts on a logarithmic scale, shares in steps of 1/250,
//! distances capped. That keeps the learned table small, and the same on every machine.
//! The order of the features is the order in which `Seen::row` and what it calls put them, and is
//! part of the table's format: a change here means training again (`train/README.md`).
//!
//! Never: decides; a feature says what is there, the tables say what it means.
//!
//! Fails: never. What is absent has the value that the table was trained on for absence.

mod around;
mod place;
mod row;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;

use crate::article::page::{Page, Sums, Tag, Tally};

use super::{Evidence, Judges, span};
use place::look;
use words::{Own, hashes, overlap, own, shingles};

pub use row::Row;

/// A heading with more than this share of its words in the title is the title's place.
const IS_TITLE: f32 = 0.8;

/// The shortest author's name that is looked for in a block, in bytes: shorter ones are parts of words.
const MIN_NAME_BYTES: usize = 5;

/// How far up ancestors are looked at, in elements.
const REACH: usize = 24;

/// The features of every block of a page.
pub fn rows(page: &Page<'_>, sums: &Sums, evidence: &Evidence<'_>, judges: &Judges) -> Vec<Row> {
    let seen = Seen::new(page, sums, evidence, judges);
    (0..page.blocks.len()).map(|at| seen.row(at)).collect()
}

struct Seen<'s> {
    page: &'s Page<'s>,
    sums: &'s Sums,
    /// Sums with what the container judge kept.
    kept: Sums,
    judges: &'s Judges,
    own: Vec<Own>,
    all: Tally,
    /// Hashes of the title's words, each once, sorted.
    title: Vec<u64>,
    description: Vec<u64>,
    body: Vec<u64>,
    names: Vec<String>,
    /// The block that is the title, or where it would be.
    title_at: usize,
    /// First and last block that the container judge kept.
    span: (usize, usize),
    /// Blocks that the page's template lays out alike, by the names of element and parent.
    alike: HashMap<u64, Tally>,
    /// For each block, which of these it belongs to.
    looks: Vec<u64>,
    /// For each element, how many siblings look like it; nothing until it was asked for.
    siblings: RefCell<Vec<Option<u8>>>,
}

impl<'s> Seen<'s> {
    fn new(
        page: &'s Page<'s>,
        sums: &'s Sums,
        evidence: &Evidence<'_>,
        judges: &'s Judges,
    ) -> Self {
        let mut twins: HashMap<&str, usize> = HashMap::new();
        for block in &page.blocks {
            *twins.entry(&block.text).or_default() += 1;
        }
        let own = page
            .blocks
            .iter()
            .map(|block| own(page, block, &twins))
            .collect();
        let mut title = evidence.title.map(hashes).unwrap_or_default();
        title.sort_unstable();
        title.dedup();
        let heading = page
            .blocks
            .iter()
            .position(|block| block.tag.heading() == Some(1));
        let title_at = page
            .blocks
            .iter()
            .position(|block| {
                block.tag.heading().is_some() && overlap(&hashes(&block.text), &title) > IS_TITLE
            })
            .or(heading)
            .unwrap_or(0);
        let kept = Sums::new(page, |at| judges.container.keeps(at));
        let looks: Vec<u64> = page
            .blocks
            .iter()
            .map(|block| look(page, block.owner))
            .collect();
        let mut alike: HashMap<u64, Tally> = HashMap::new();
        for (at, look) in looks.iter().enumerate() {
            alike
                .entry(*look)
                .or_default()
                .join(&kept.between(at..at + 1));
        }
        Self {
            page,
            sums,
            kept,
            judges,
            own,
            all: sums.all(),
            title,
            description: evidence.description.map(shingles).unwrap_or_default(),
            body: evidence.body.map(shingles).unwrap_or_default(),
            names: evidence
                .byline
                .map(|byline| {
                    byline
                        .split(", ")
                        .map(str::to_lowercase)
                        .filter(|name| name.len() >= MIN_NAME_BYTES)
                        .collect()
                })
                .unwrap_or_default(),
            title_at,
            span: span(&judges.container.keep).unwrap_or_default(),
            alike,
            looks,
            siblings: RefCell::new(vec![None; page.nodes.len()]),
        }
    }

    fn row(&self, at: usize) -> Row {
        let mut row = Row::roomy();
        if let (Some(block), Some(own)) = (self.page.block(at), self.own.get(at)) {
            words::own_text(&mut row, block, own);
            self.told(&mut row, block);
            self.place(&mut row, at, block);
            self.ancestry(&mut row, block);
            self.template(&mut row, at, block);
            self.opinion(&mut row, at, block);
            self.neighbours(&mut row, at, block);
            self.whole(&mut row);
        }
        row
    }
}

/// Tags on a scale from prose to furniture, so that a threshold means something.
fn kind(tag: Tag) -> u8 {
    match tag {
        Tag::P => 0,
        Tag::Blockquote => 1,
        Tag::Pre => 2,
        Tag::H1 => 3,
        Tag::H2 => 4,
        Tag::H3 => 5,
        Tag::H4 | Tag::H5 | Tag::H6 => 6,
        Tag::Li => 7,
        Tag::Dd | Tag::Dt => 8,
        Tag::Td => 9,
        Tag::Th => 10,
        Tag::Section | Tag::Article | Tag::Main => 11,
        Tag::Div => 12,
        Tag::Body => 13,
        Tag::Header => 14,
        Tag::Figcaption | Tag::Figure | Tag::Caption => 15,
        Tag::Aside => 16,
        Tag::Nav | Tag::Footer => 17,
        Tag::Button | Tag::Form | Tag::Fieldset | Tag::Legend => 18,
        _ => 19,
    }
}

fn distance(at: usize, from: usize) -> isize {
    isize::try_from(at)
        .unwrap_or(isize::MAX)
        .saturating_sub(isize::try_from(from).unwrap_or(isize::MAX))
}

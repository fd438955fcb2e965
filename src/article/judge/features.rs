//! What the learned judge sees of a block, as small numbers.
//!
//! Every feature is a byte: counts on a logarithmic scale, shares in steps of 1/250,
//! distances capped. That keeps the learned table small, and the same on every machine.
//! The order of the features is the order of `put` calls below and is part of the
//! table's format: a change here means training again (`train/README.md`).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::article::page::{Block, Hints, Page, Sums, Tag, Tally, block, sums, text};

use super::lexicon::{self, Say};
use super::{Candidate, Evidence};

/// A row of features under construction.
#[derive(Debug, Default, Clone)]
pub struct Row {
    pub values: Vec<u8>,
}

impl Row {
    fn put(&mut self, value: u8) {
        self.values.push(value);
    }

    fn flag(&mut self, value: bool) {
        self.put(u8::from(value));
    }

    fn count(&mut self, value: usize) {
        self.put(u8::try_from(value).unwrap_or(u8::MAX));
    }

    fn log(&mut self, value: usize) {
        self.put(log(value));
    }

    fn share(&mut self, value: f32) {
        self.put(share(value));
    }

    fn ratio(&mut self, part: usize, whole: usize) {
        self.share(block::ratio(part, whole));
    }

    /// A signed distance: 128 is here, less is before.
    fn signed(&mut self, value: isize) {
        let size = log(value.unsigned_abs()) / 2;
        self.put(if value < 0 { 128 - size } else { 128 + size });
    }
}

/// `ln(1 + value)` in steps of 1/20: 255 stands for 340,000 and more.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to a byte first")]
fn log(value: usize) -> u8 {
    ((value as f32).ln_1p() * 20.0).clamp(0.0, 255.0) as u8
}

/// A share in steps of 1/250.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to a byte first")]
fn share(value: f32) -> u8 {
    (value * 250.0).clamp(0.0, 255.0) as u8
}

/// The judges whose opinions are features, and their sums.
pub struct Opinions<'j> {
    pub container: &'j Candidate,
    pub density: &'j Candidate,
    pub stretch: &'j Candidate,
}

/// What is computed once for a block and looked at from its neighbours too.
#[derive(Debug, Clone, Default)]
struct Own {
    chars: u8,
    links: u8,
    kind: u8,
    ending: u8,
    function_words: u8,
    says: [u8; Say::ALL.len()],
    twins: usize,
    cluttered: bool,
}

/// The features of every block of a page.
pub fn rows(page: &Page<'_>, sums: &Sums, evidence: &Evidence<'_>, opinions: &Opinions<'_>) -> Vec<Row> {
    let seen = Seen::new(page, sums, evidence, opinions);
    (0..page.blocks.len()).map(|at| seen.row(at)).collect()
}

struct Seen<'s> {
    page: &'s Page<'s>,
    sums: &'s Sums,
    /// Sums with what the container and density judges kept.
    kept: Sums,
    opinions: &'s Opinions<'s>,
    own: Vec<Own>,
    all: Tally,
    title: HashSet<String>,
    description: HashSet<u64>,
    body: HashSet<u64>,
    names: Vec<String>,
    /// The block that is the title, or where it would be.
    title_at: usize,
    /// First and last block that the container judge kept.
    span: (usize, usize),
    /// Blocks that the page's template lays out alike, by the names of element and parent.
    alike: HashMap<u64, Tally>,
    /// For each block, which of these it belongs to.
    looks: Vec<u64>,
    /// For elements near blocks, how many siblings look like them.
    siblings: RefCell<HashMap<usize, usize>>,
}

impl<'s> Seen<'s> {
    fn new(page: &'s Page<'s>, sums: &'s Sums, evidence: &Evidence<'_>, opinions: &'s Opinions<'s>) -> Self {
        let mut twins: HashMap<&str, usize> = HashMap::new();
        for block in &page.blocks {
            *twins.entry(&block.text).or_default() += 1;
        }
        let own = page.blocks.iter().map(|block| own(page, block, &twins)).collect();
        let title: HashSet<String> = evidence.title.map(lower_words).unwrap_or_default().into_iter().collect();
        let heading = page.blocks.iter().position(|block| block.tag.heading() == Some(1));
        let title_at = page
            .blocks
            .iter()
            .position(|block| block.tag.heading().is_some() && overlap(&lower_words(&block.text), &title) > 0.8)
            .or(heading)
            .unwrap_or(0);
        let kept = Sums::new(page, |at| opinions.container.keeps(at));
        let looks: Vec<u64> = page.blocks.iter().map(|block| look(page, block.owner)).collect();
        let mut alike: HashMap<u64, Tally> = HashMap::new();
        for (at, look) in looks.iter().enumerate() {
            alike.entry(*look).or_default().join(&kept.between(at..at + 1));
        }
        let first = opinions.container.keep.iter().position(|keep| *keep).unwrap_or(0);
        let last = opinions.container.keep.iter().rposition(|keep| *keep).unwrap_or(0);
        Self {
            page,
            sums,
            kept,
            opinions,
            own,
            all: sums.all(),
            title,
            description: evidence.description.map(shingles).unwrap_or_default(),
            body: evidence.body.map(shingles).unwrap_or_default(),
            names: evidence
                .byline
                .map(|byline| byline.split(", ").map(str::to_lowercase).filter(|name| name.len() > 4).collect())
                .unwrap_or_default(),
            title_at,
            span: (first, last),
            alike,
            looks,
            siblings: RefCell::default(),
        }
    }

    fn row(&self, at: usize) -> Row {
        let mut row = Row::default();
        if let (Some(block), Some(own)) = (self.page.block(at), self.own.get(at)) {
            self.words(&mut row, block, own);
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

    /// The block's own text.
    fn words(&self, row: &mut Row, block: &Block, own: &Own) {
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
                stops += usize::from(matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '।' | '۔'));
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
        row.flag(block.text.contains('@') || block.text.contains("http") || block.text.contains("www."));
        row.flag(block.text.contains(['|', '»', '›', '·', '•', '→', '▶']));
        row.flag(has_year(&block.text));
        row.flag(block.text.contains('©'));
        row.flag(block.text.contains(['"', '“', '”', '«', '„', '「']));
        row.count(own.twins);
        for level in own.says {
            row.put(level);
        }
    }

    /// What the declarations say of the block.
    fn told(&self, row: &mut Row, block: &Block) {
        let words = if block.words <= 60 { lower_words(&block.text) } else { Vec::new() };
        row.share(overlap(&words, &self.title));
        row.ratio(words.iter().filter(|word| self.title.contains(*word)).count(), self.title.len());
        row.put(self.known(block, &self.description));
        row.put(self.known(block, &self.body));
        row.log(self.body.len());
        let lower = if block.words <= 60 && !self.names.is_empty() { block.text.to_lowercase() } else { String::new() };
        row.flag(self.names.iter().any(|name| lower.contains(name.as_str())));
    }

    /// The share of a block's shingles that are known; 255 when nothing is known at all.
    fn known(&self, block: &Block, known: &HashSet<u64>) -> u8 {
        if known.is_empty() {
            return u8::MAX;
        }
        let own = shingles(&block.text);
        share(block::ratio(own.iter().filter(|shingle| known.contains(shingle)).count(), own.len()))
    }

    /// Where on the page.
    fn place(&self, row: &mut Row, at: usize, block: &Block) {
        let node = self.page.node(block.owner);
        row.put(kind(block.tag));
        row.count(node.depth);
        row.ratio(at, self.page.blocks.len());
        row.log(at);
        row.log(self.page.blocks.len() - at);
        let before = self.sums.between(0..at);
        row.ratio(before.chars, self.all.chars);
        row.ratio(before.prose, self.all.prose);
        row.flag(block.hidden);
        row.signed(distance(at, self.title_at));
        let around = self.sums.between(at.saturating_sub(5)..(at + 6).min(self.page.blocks.len()));
        row.log(around.prose);
        row.share(around.link_density());
        row.log(block::ratio_floor(around.chars, around.blocks));
        let wide = self.sums.between(at.saturating_sub(12)..(at + 13).min(self.page.blocks.len()));
        row.log(wide.prose);
        row.share(wide.link_density());
        let parent = self.page.node(node.parent);
        let (mut same, mut index) = (0_usize, 0_usize);
        let mut child = node.parent + 1;
        while child < parent.end && same < 200 {
            let sibling = self.page.node(child);
            if sibling.tag == node.tag {
                same += 1;
                index += usize::from(child < block.owner);
            }
            child = sibling.end.max(child + 1);
        }
        row.count(same);
        row.ratio(index, same);
    }

    /// The elements around it.
    fn ancestry(&self, row: &mut Row, block: &Block) {
        let mut hints = [u8::MAX; Hints::COUNT];
        let mut tags = [u8::MAX; LANDMARKS.len()];
        let mut clutter: Option<Tally> = None;
        let mut levels: Vec<Tally> = Vec::with_capacity(LEVELS.len());
        let chain = std::iter::once(block.owner).chain(self.page.ancestors(block.owner));
        for (level, at) in chain.enumerate().take(REACH) {
            let node = self.page.node(at);
            let near = u8::try_from(level).unwrap_or(u8::MAX);
            if !matches!(node.tag, Tag::Body | Tag::Html) {
                for (n, slot) in hints.iter_mut().enumerate() {
                    if *slot == u8::MAX && node.hints.bit(n) {
                        *slot = near;
                    }
                }
                if clutter.is_none() && node.hints.has(Hints::CLUTTER) {
                    clutter = Some(self.kept.of(at, node));
                }
            }
            for (landmark, slot) in LANDMARKS.iter().zip(&mut tags) {
                if *slot == u8::MAX && node.tag == *landmark {
                    *slot = near;
                }
            }
            if LEVELS.contains(&level) {
                levels.push(self.kept.of(at, node));
            }
        }
        row.values.extend(hints);
        row.values.extend(tags);
        let clutter = clutter.unwrap_or_default();
        row.ratio(clutter.prose, self.all.prose);
        row.share(clutter.link_density());
        row.ratio(clutter.kept, self.kept.all().kept);
        levels.resize(LEVELS.len(), self.all);
        for tally in levels {
            row.log(tally.chars);
            row.share(tally.link_density());
            row.ratio(tally.prose, self.all.prose);
            row.count(tally.blocks);
            row.log(block::ratio_floor(tally.chars, tally.blocks));
            row.ratio(tally.prose, tally.chars);
            row.ratio(tally.kept, tally.chars);
        }
    }

    /// What the page's template does with its like: how much prose looks the same, and whether it
    /// stands in a row of equals as cards and teasers do.
    fn template(&self, row: &mut Row, at: usize, block: &Block) {
        let group = self.looks.get(at).and_then(|look| self.alike.get(look)).copied().unwrap_or_default();
        row.count(group.blocks);
        row.ratio(group.prose, self.all.prose);
        row.ratio(group.prose, group.chars);
        row.share(group.link_density());
        row.ratio(group.kept, group.chars);
        row.log(block::ratio_floor(group.chars, group.blocks));
        let mut up = block.owner;
        for _ in 0..4 {
            row.count(self.siblings_alike(up));
            up = self.page.node(up).parent;
        }
    }

    /// How many siblings of an element have its tag and its class, itself included.
    fn siblings_alike(&self, at: usize) -> usize {
        if let Some(known) = self.siblings.borrow().get(&at) {
            return *known;
        }
        let node = self.page.node(at);
        let class = self.page.attr(at, "class");
        let end = self.page.node(node.parent).end;
        let (mut child, mut alike, mut looked) = (node.parent + 1, 0, 0);
        while child < end && looked < MAX_SIBLINGS {
            let sibling = self.page.node(child);
            alike += usize::from(sibling.tag == node.tag && self.page.attr(child, "class") == class);
            looked += 1;
            child = sibling.end.max(child + 1);
        }
        self.siblings.borrow_mut().insert(at, alike);
        alike
    }

    /// What the other judges think of it and of its surroundings.
    fn opinion(&self, row: &mut Row, at: usize, block: &Block) {
        let Opinions { container, density, stretch } = *self.opinions;
        for judge in [container, density, stretch] {
            row.flag(judge.keeps(at));
            let window = at.saturating_sub(3)..at + 4;
            row.count(window.clone().filter(|&near| judge.keeps(near)).count());
            row.flag(at > 0 && judge.keeps(at - 1));
            row.flag(judge.keeps(at + 1));
            // How far up one has to go to stand in the same element as the judge's choice.
            let up = std::iter::once(block.owner)
                .chain(self.page.ancestors(block.owner))
                .take(REACH)
                .position(|above| self.page.is_within(judge.root, above) || above == judge.root);
            row.count(up.unwrap_or(usize::from(u8::MAX)));
            let inside = self.page.node(judge.root).depth;
            row.put(u8::try_from(self.page.node(block.owner).depth.saturating_sub(inside)).unwrap_or(u8::MAX));
            row.flag(self.page.is_within(block.owner, judge.root));
        }
        let (first, last) = self.span;
        row.signed(distance(at, first));
        row.signed(distance(at, last));
    }

    /// The blocks before and after it, and the heading above it.
    fn neighbours(&self, row: &mut Row, at: usize, block: &Block) {
        let parent = self.page.node(block.owner).parent;
        let nothing = Own::default();
        for step in [-3_isize, -2, -1, 1, 2, 3] {
            let near = at.checked_add_signed(step);
            let own = near.and_then(|near| self.own.get(near)).unwrap_or(&nothing);
            row.put(own.chars);
            row.put(own.links);
            row.put(own.kind);
            row.put(own.ending);
            row.put(own.function_words);
            row.flag(own.cluttered);
            let neighbour = near.and_then(|near| self.page.block(near));
            row.flag(neighbour.is_some_and(|near| self.page.node(near.owner).parent == parent));
        }
        let above = (0..at).rev().take(40).find(|&near| {
            self.page.block(near).is_some_and(|near| near.tag.heading().is_some() || is_label(near))
        });
        row.count(above.map_or(255, |near| at - near));
        let own = above.and_then(|near| self.own.get(near)).unwrap_or(&nothing);
        row.put(own.kind);
        for kind in [Say::ReadMore, Say::Share, Say::Subscribe, Say::Comments, Say::Topics, Say::AboutAuthor] {
            row.put(own.says.get(kind as usize).copied().unwrap_or(0));
        }
    }

    /// The page as a whole.
    fn whole(&self, row: &mut Row) {
        row.log(self.all.words);
        row.log(self.all.prose);
        row.share(self.all.link_density());
        row.count(self.all.paragraphs);
        row.log(self.kept.all().kept);
        row.ratio(self.kept.all().kept, self.all.chars);
        let (first, last) = self.span;
        row.ratio(self.opinions.container.keep.iter().filter(|keep| **keep).count(), last - first + 1);
    }
}

/// How many siblings are compared.
const MAX_SIBLINGS: usize = 120;

/// A key of how the template lays an element out: its tag and class, and its parent's.
fn look(page: &Page<'_>, at: usize) -> u64 {
    [at, page.node(at).parent].iter().fold(0, |key: u64, &at| {
        let class = page.attr(at, "class").map_or(0, fnv);
        (key ^ class ^ u64::from(kind(page.node(at).tag))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// How far up ancestors are looked at.
const REACH: usize = 24;

/// The ancestors whose sums are features: itself, its parent, and so on.
const LEVELS: [usize; 6] = [0, 1, 2, 3, 4, 6];

/// Elements that structure a page.
const LANDMARKS: [Tag; 18] = [
    Tag::Article,
    Tag::Main,
    Tag::Aside,
    Tag::Nav,
    Tag::Header,
    Tag::Footer,
    Tag::Form,
    Tag::Figure,
    Tag::Table,
    Tag::Ul,
    Tag::Ol,
    Tag::Blockquote,
    Tag::Section,
    Tag::A,
    Tag::Details,
    Tag::Li,
    Tag::Button,
    Tag::Address,
];

fn own(page: &Page<'_>, block: &Block, twins: &HashMap<&str, usize>) -> Own {
    let (mut functional, mut total) = (0, 0);
    for word in text::words(&block.text).take(200) {
        total += 1;
        functional += usize::from(word.len() <= 5 && lexicon::is_function_word(&word.to_lowercase()));
    }
    let cluttered = std::iter::once(block.owner)
        .chain(page.ancestors(block.owner))
        .take(4)
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

fn ending(text: &str) -> u8 {
    match text.chars().next_back() {
        Some('.' | '!' | '?' | '。' | '！' | '？' | '।' | '۔') => 0,
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

/// A short line in bold that serves as a heading.
fn is_label(block: &Block) -> bool {
    block.chars <= 60 && block.strong_chars * 10 >= block.chars * 9 && !sums::is_paragraph(block)
}

fn distance(at: usize, from: usize) -> isize {
    isize::try_from(at).unwrap_or(isize::MAX).saturating_sub(isize::try_from(from).unwrap_or(isize::MAX))
}

fn lower_words(text: &str) -> Vec<String> {
    text::words(text).take(400).map(str::to_lowercase).collect()
}

/// The share of `words` that are in `known`.
fn overlap(words: &[String], known: &HashSet<String>) -> f32 {
    block::ratio(words.iter().filter(|word| known.contains(*word)).count(), words.len())
}

/// Hashes of the runs of three words of a text (FNV-1a, the same on every machine).
fn shingles(text: &str) -> HashSet<u64> {
    let words: Vec<u64> = text::words(text).take(20_000).map(fnv).collect();
    words
        .windows(3.min(words.len().max(1)))
        .map(|run| run.iter().fold(0_u64, |sum, word| sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word))
        .collect()
}

fn fnv(word: &str) -> u64 {
    word.chars()
        .flat_map(char::to_lowercase)
        .fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3))
}

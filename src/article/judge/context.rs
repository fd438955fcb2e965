//! What the second stage of the learned judge sees: the first stage's opinion of everything around.
//!
//! A block alone may be doubtful; between two certain paragraphs, or at the head of a
//! hundred hopeless ones, it is not. The order of the features is part of the table's
//! format, like that of [`super::features`].

use crate::article::page::{Page, Sums};

/// How far neighbours are looked at one by one.
const NEIGHBOURS: usize = 5;

/// The windows in which probabilities are averaged, in blocks to either side.
const WINDOWS: [usize; 4] = [2, 5, 10, 20];

/// The ancestors whose average is a feature.
const LEVELS: usize = 6;

/// From this probability, and this many words, a block is a landmark.
const LANDMARK: (f32, usize) = (0.8, 8);

/// Room for these features and those of the first stage behind them.
const ROOM: usize = 320;

/// The farthest landmark, in blocks.
const FARTHEST: usize = 60;

/// What the features of all blocks are made of.
pub struct Context<'c> {
    page: &'c Page<'c>,
    sums: &'c Sums,
    probabilities: &'c [f32],
    mass: Mass,
    /// Probable words of the page, at least one.
    total: f32,
    /// Words on the wrong side of what is probable, as a share of these.
    doubt: f32,
    top: f32,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl<'c> Context<'c> {
    /// Of a page, given the first stage's probabilities.
    pub fn new(page: &'c Page<'c>, sums: &'c Sums, probabilities: &'c [f32]) -> Self {
        let mass = Mass::new(page, probabilities);
        let doubt: f32 = page
            .blocks
            .iter()
            .zip(probabilities)
            .map(|(block, p)| p.min(1.0 - p) * block.words as f32)
            .sum();
        let total = mass.total().max(1.0);
        Self {
            page,
            sums,
            probabilities,
            mass,
            total,
            doubt: doubt / total,
            top: probabilities.iter().copied().fold(0.0, f32::max),
            before: landmarks(page, probabilities, false),
            after: landmarks(page, probabilities, true),
        }
    }

    /// The features of a block.
    pub fn row(&self, at: usize) -> Vec<u8> {
        let (page, mass, count) = (self.page, &self.mass, self.page.blocks.len());
        let near = |from: usize| self.probabilities.get(from).copied().unwrap_or(0.0);
        let mut row = Vec::with_capacity(ROOM);
        row.push(odds(near(at)));
        for step in 1..=NEIGHBOURS {
            row.push(at.checked_sub(step).map_or(0, |from| odds(near(from))));
            row.push(odds(near(at + step)));
        }
        for window in WINDOWS {
            let (from, to) = (at.saturating_sub(window), (at + window + 1).min(count));
            row.extend(
                [
                    mass.mean(from, to),
                    mass.mean(from, at),
                    mass.mean(at + 1, to),
                ]
                .map(share),
            );
        }
        row.push(share(mass.between(0, at).0 / self.total));
        row.push(share(mass.between(at + 1, count).0 / self.total));
        row.push(log(mass.total()));
        row.push(share(mass.mean(0, count)));
        row.push(share(self.top));
        row.extend(
            [self.before.get(at), self.after.get(at)]
                .map(|distance| distance.copied().unwrap_or(u8::MAX)),
        );
        row.push(share(self.doubt));
        let mut up = page.block(at).map_or(0, |block| block.owner);
        for _ in 0..LEVELS {
            let range = self.sums.blocks(up, page.node(up));
            row.push(share(mass.mean(range.start, range.end)));
            row.push(share(mass.between(range.start, range.end).0 / self.total));
            up = page.node(up).parent;
        }
        row
    }
}

/// Words and probable words, as prefix sums.
struct Mass {
    prefix: Vec<(f32, f32)>,
}

impl Mass {
    fn new(page: &Page<'_>, probabilities: &[f32]) -> Self {
        let mut sum = (0.0, 0.0);
        let mut prefix = vec![sum];
        for (block, probability) in page.blocks.iter().zip(probabilities) {
            sum = (
                sum.0 + probability * block.words as f32,
                sum.1 + block.words as f32,
            );
            prefix.push(sum);
        }
        Self { prefix }
    }

    fn between(&self, from: usize, to: usize) -> (f32, f32) {
        match (self.prefix.get(from), self.prefix.get(to)) {
            (Some(a), Some(b)) if from < to => (b.0 - a.0, b.1 - a.1),
            _ => (0.0, 0.0),
        }
    }

    fn mean(&self, from: usize, to: usize) -> f32 {
        let (probable, words) = self.between(from, to);
        probable / words.max(1.0)
    }

    fn total(&self) -> f32 {
        self.prefix.last().map_or(0.0, |last| last.0)
    }
}

/// For each block, how far the last landmark before it (or the next one after it) is.
fn landmarks(page: &Page<'_>, probabilities: &[f32], backwards: bool) -> Vec<u8> {
    let count = page.blocks.len();
    let mut found = vec![0; count];
    let mut distance = FARTHEST;
    for step in 0..count {
        let at = if backwards { count - 1 - step } else { step };
        if let Some(slot) = found.get_mut(at) {
            *slot = u8::try_from(distance).unwrap_or(u8::MAX);
        }
        let is_landmark = probabilities.get(at).is_some_and(|p| *p > LANDMARK.0)
            && page.block(at).is_some_and(|block| block.words > LANDMARK.1);
        distance = if is_landmark {
            1
        } else {
            (distance + 1).min(FARTHEST)
        };
    }
    found
}

/// Log-odds in steps of 1/14 around 128, so that nearly certain and certain differ.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
fn odds(probability: f32) -> u8 {
    let p = probability.clamp(0.0001, 0.9999);
    (128.0 + (p / (1.0 - p)).ln() * 14.0)
        .round()
        .clamp(0.0, 255.0) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
fn share(value: f32) -> u8 {
    (value * 250.0).round().clamp(0.0, 255.0) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte first"
)]
fn log(value: f32) -> u8 {
    (value.ln_1p() * 20.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn certainty_around_a_block_is_seen() {
        let html = Html::parse_document(&format!("<p>{0}<p>short<p>{0}", "word ".repeat(20)));
        let page = Page::new(&html, &|_| false);
        let sums = Sums::new(&page, |_| false);
        let context = Context::new(&page, &sums, &[0.99, 0.5, 0.98]);
        let rows: Vec<Vec<u8>> = (0..3).map(|at| context.row(at)).collect();
        let middle = rows.get(1).expect("three blocks");
        assert_eq!(middle.first(), Some(&128));
        assert!(middle.get(1).is_some_and(|before| *before > 180));
        assert_eq!(landmarks(&page, &[0.99, 0.5, 0.98], false), [60, 1, 2]);
        assert!(rows.iter().all(|row| row.len() == middle.len()));
    }
}

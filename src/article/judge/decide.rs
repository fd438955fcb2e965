//! The decision: what is kept, by which method, and how sure that is.

use std::collections::HashSet;

use crate::article::page::Page;
use crate::model::Method;

use super::{Decision, Judges};

/// From this probability a block is kept.
const KEEP: f32 = 0.5;

/// A repeated paragraph of at least this many words is kept once: pages carry copies for small screens.
const MIN_REPEATED_WORDS: usize = 12;

/// Weighs the opinions.
pub fn weigh(page: &Page<'_>, judges: &Judges, probabilities: Vec<f32>) -> Decision {
    let mut keep: Vec<bool> = probabilities.iter().map(|probability| *probability >= KEEP).collect();
    once(page, &mut keep);
    if keep.contains(&true) {
        let confidence = expected(page, &keep, &probabilities);
        return Decision { keep, instead: None, method: Method::Classifier, confidence };
    }
    if judges.container.keep.contains(&true) {
        return Decision { keep: judges.container.keep.clone(), instead: None, method: Method::Container, confidence: 0.2 };
    }
    let keep = page.blocks.iter().map(|block| !block.hidden && block.link_density() < 0.5).collect();
    Decision { keep, instead: None, method: Method::Fallback, confidence: 0.05 }
}

/// Keeps one of several equal paragraphs, the first.
fn once(page: &Page<'_>, keep: &mut [bool]) {
    let mut seen = HashSet::new();
    for (block, keep) in page.blocks.iter().zip(keep) {
        if *keep && block.words >= MIN_REPEATED_WORDS {
            *keep = seen.insert(block.text.as_str());
        }
    }
}

/// The F1 of words that the probabilities promise.
fn expected(page: &Page<'_>, keep: &[bool], probabilities: &[f32]) -> f32 {
    let (mut right, mut kept, mut all) = (0.0, 0.0, 0.0);
    for ((block, keep), probability) in page.blocks.iter().zip(keep).zip(probabilities) {
        let words = block.words as f32;
        all += words * probability;
        if *keep {
            right += words * probability;
            kept += words;
        }
    }
    2.0 * right / (kept + all).max(1.0)
}

//! The judges: which blocks of a page are the article.
//!
//! For: several independent opinions and one decision. Each judge looks at the same
//! flat page and answers with the blocks it would keep; [`decide`] weighs them.
//!
//! Never: changes the page, cleans text, or knows where its answer goes.
//!
//! Fails: never. A judge that finds nothing keeps nothing, and that is an opinion too.

pub mod container;
mod density;
mod features;
mod lexicon;
mod stretch;

use crate::model::{FeedWords, Method};

use super::page::{Page, Sums};

/// One judge's opinion.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// For each block: is it article?
    pub keep: Vec<bool>,
    /// The element that holds what was kept.
    pub root: usize,
}

impl Candidate {
    /// True when the block of index `at` is kept.
    pub fn keeps(&self, at: usize) -> bool {
        self.keep.get(at).copied().unwrap_or(false)
    }
}

/// What is known of the article beside the page's blocks.
#[derive(Debug)]
pub struct Evidence<'e> {
    pub title: Option<&'e str>,
    pub description: Option<&'e str>,
    /// `articleBody` of the structured data.
    pub body: Option<&'e str>,
    pub byline: Option<&'e str>,
    pub words: &'e FeedWords,
}

/// What was decided.
#[derive(Debug)]
pub struct Decision {
    pub keep: Vec<bool>,
    /// A text found elsewhere than in the blocks, which replaces them.
    pub instead: Option<String>,
    pub method: Method,
    /// Between 0 and 1.
    pub confidence: f32,
}

/// What the learned judge is trained on: each block's features and the other judges' opinions.
pub struct Sample {
    pub features: Vec<u8>,
    /// Container, density, stretch.
    pub kept: [bool; 3],
}

/// The samples of a page, one for each block.
pub fn samples(page: &Page<'_>, sums: &Sums, evidence: &Evidence<'_>) -> Vec<Sample> {
    let container = container::judge(page, sums);
    let density = density::judge(page, sums);
    let stretch = stretch::judge(page);
    let opinions = features::Opinions { container: &container, density: &density, stretch: &stretch };
    features::rows(page, sums, evidence, &opinions)
        .into_iter()
        .enumerate()
        .map(|(at, row)| Sample {
            features: row.values,
            kept: [container.keeps(at), density.keeps(at), stretch.keeps(at)],
        })
        .collect()
}

/// Decides which blocks are the article.
pub fn decide(page: &Page<'_>, sums: &Sums, _evidence: &Evidence<'_>) -> Decision {
    let candidate = container::judge(page, sums);
    if candidate.keep.contains(&true) {
        return Decision { keep: candidate.keep, instead: None, method: Method::Container, confidence: 0.5 };
    }
    let keep = page.blocks.iter().map(|block| !block.hidden && block.link_density() < 0.5).collect();
    Decision { keep, instead: None, method: Method::Fallback, confidence: 0.1 }
}

/// Keeps what the operator's selectors match.
pub fn as_told(page: &Page<'_>, sums: &Sums, is_wanted: &dyn Fn(usize) -> bool) -> Decision {
    let roots: Vec<usize> = (0..page.nodes.len()).filter(|&at| is_wanted(at)).collect();
    let mut keep = vec![false; page.blocks.len()];
    for root in roots {
        for slot in keep.get_mut(sums.blocks(root, page.node(root))).unwrap_or_default() {
            *slot = true;
        }
    }
    Decision { keep, instead: None, method: Method::Container, confidence: 1.0 }
}

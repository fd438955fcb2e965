//! The judges: which blocks of a page are the article.
//!
//! For: several independent opinions and one decision. Each judge looks at the same
//! flat page and answers with the blocks it would keep; [`decide()`] weighs them.
//!
//! Never: changes the page, cleans text, or knows where its answer goes.
//!
//! Fails: never. A judge that finds nothing keeps nothing, and that is an opinion too.

mod container;
mod context;
mod decide;
mod density;
mod features;
mod forest;
mod headline;
mod islands;
mod learned;
mod lexicon;
mod repeats;
mod rescue;
pub mod shape;
mod stretch;
mod wholes;

use crate::model::Method;

use super::memory::SiteMemory;
use super::page::{Page, Sums};

/// Confidence in a text that is not in the markup: right more often than not, and often cut short.
const RESCUED: f32 = 0.6;

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
    /// The page's address.
    pub url: &'e str,
    /// What is known of the site's other pages.
    pub memory: Option<&'e SiteMemory>,
    /// The probability of every block, where it is not the learned judge's to say.
    pub opinion: Option<&'e [f32]>,
}

/// What was decided.
#[derive(Debug)]
pub struct Decision {
    pub keep: Vec<bool>,
    /// HTML of the article, found elsewhere than in the blocks, which replaces them.
    pub instead: Option<String>,
    pub method: Method,
    /// Between 0 and 1.
    pub confidence: f32,
}

/// What the learned judge is trained on: each block's features and the other judges' opinions.
pub struct Sample {
    /// For the first stage.
    pub features: Vec<u8>,
    /// For the second stage, in addition, where the first stage's opinion was given.
    pub context: Vec<u8>,
    /// Container, density, stretch.
    pub kept: [bool; 3],
}

/// The samples of a page, one for each block; `first` is the first stage's opinion, if there is one.
pub fn samples(
    page: &Page<'_>,
    sums: &Sums,
    evidence: &Evidence<'_>,
    first: Option<&[f32]>,
) -> Vec<Sample> {
    let judges = Judges::hear(page, sums);
    let context = first.map(|first| context::Context::new(page, sums, first));
    features::rows(page, sums, evidence, &judges)
        .into_iter()
        .enumerate()
        .map(|(at, row)| Sample {
            features: row.values,
            context: context
                .as_ref()
                .map_or_else(Vec::new, |context| context.row(at)),
            kept: judges.all().map(|judge| judge.keeps(at)),
        })
        .collect()
}

/// The opinions of the judges that follow rules.
struct Judges {
    container: Candidate,
    density: Candidate,
    stretch: Candidate,
}

impl Judges {
    fn hear(page: &Page<'_>, sums: &Sums) -> Self {
        Self {
            container: container::judge(page, sums),
            density: density::judge(page, sums),
            stretch: stretch::judge(page),
        }
    }

    fn all(&self) -> [&Candidate; 3] {
        [&self.container, &self.density, &self.stretch]
    }
}

/// Decides which blocks are the article.
pub fn decide(page: &Page<'_>, sums: &Sums, evidence: &Evidence<'_>) -> Decision {
    let judges = Judges::hear(page, sums);
    let mut probabilities = match evidence.opinion {
        Some(opinion) => opinion.to_vec(),
        None => learned::judge(page, sums, &features::rows(page, sums, evidence, &judges)),
    };
    if let Some(memory) = evidence.memory {
        memory.temper(page, evidence.url, &mut probabilities);
    }
    let mut decision = decide::weigh(page, &judges, &probabilities);
    headline::drop_repeated(page, evidence.title, &mut decision.keep);
    let words = page.kept(&decision.keep).map(|block| block.words).sum();
    match rescue::rescue(page, words, evidence.body) {
        Some(html) => Decision {
            instead: Some(html),
            method: Method::Structured,
            confidence: RESCUED,
            ..decision
        },
        None => decision,
    }
}

/// The first and the last block that is kept, if any is.
fn span(keep: &[bool]) -> Option<(usize, usize)> {
    let first = keep.iter().position(|keep| *keep)?;
    Some((first, keep.iter().rposition(|keep| *keep)?))
}

/// Keeps what the operator's selectors match.
pub fn as_told(page: &Page<'_>, sums: &Sums, is_wanted: &dyn Fn(usize) -> bool) -> Decision {
    let roots: Vec<usize> = (0..page.nodes.len()).filter(|&at| is_wanted(at)).collect();
    let mut keep = vec![false; page.blocks.len()];
    for root in roots {
        for slot in keep
            .get_mut(sums.blocks(root, page.node(root)))
            .unwrap_or_default()
        {
            *slot = true;
        }
    }
    Decision {
        keep,
        instead: None,
        method: Method::Container,
        confidence: 1.0,
    }
}

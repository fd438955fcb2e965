//! What `train/` asks of the extractor: what the learned judge sees of a page, and what comes of an
//! opinion that is not its own. For nothing else.

use super::page::{Page, Sums};
use super::{Input, Known, Limits, PageFailure, Settings, decode, judge, parse, run};
use crate::model::Extracted;

/// Like [`super::extract`], believing `opinion` where the learned judge would have been asked: so `train/` shows
/// what tables that never saw a page's site make of it.
///
/// # Errors
/// As [`super::extract`].
pub fn extract_believing(
    input: &Input,
    settings: &Settings,
    opinion: &[f32],
) -> Result<Extracted, PageFailure> {
    run(input, settings, None, Some(opinion), &|| false).map(|reading| reading.article)
}

/// A block as the training script reads it: its text, its features, the judges' opinions.
#[derive(Debug)]
pub struct TrainingBlock {
    pub text: String,
    pub features: Vec<u8>,
    /// The second stage's features, where the first stage's probabilities were given.
    pub context: Vec<u8>,
    /// Which judges kept it: container, density, stretch.
    pub kept: [bool; 3],
}

/// What the learned judge would see of a page.
pub fn training_blocks(input: &Input, first: Option<&[f32]>) -> Vec<TrainingBlock> {
    let text = decode::decode(input.body, input.http_charset);
    let Ok(html) = parse::parse(&text, &Limits::default(), &|| false) else {
        return Vec::new();
    };
    let page = Page::new(&html, &|_| false);
    let known = Known::new(&page, input);
    let sums = Sums::new(&page, |_| false);
    judge::samples(&page, &sums, &known.evidence(input.url, None), first)
        .into_iter()
        .zip(&page.blocks)
        .map(|(sample, block)| TrainingBlock {
            text: block.text.clone(),
            features: sample.features,
            context: sample.context,
            kept: sample.kept,
        })
        .collect()
}

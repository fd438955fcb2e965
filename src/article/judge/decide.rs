//! The decision: what is kept, by which method, and how sure that is.

use crate::article::page::Page;
use crate::model::Method;

use super::{Candidate, Decision, Judges, islands, repeats, wholes};

/// No block below this probability is kept, however much it would add.
const FLOOR: f32 = 0.35;

/// Confidence from the expected F1, a logistic curve that `train/report.py` fitted out of
/// fold: the probability that the text's words are right to an F1 of 0.9 or better.
const SLOPE: f32 = 1.399;
const INTERCEPT: f32 = -2.307;

/// From this probability a block is kept whatever it says.
const CERTAIN: f32 = 0.8;

/// The longest line about rights, in words.
const MAX_RIGHTS_WORDS: usize = 70;

/// What such lines say, where they do not begin with the sign.
const RIGHTS_RESERVED: [&str; 8] = [
    "all rights reserved",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "todos los derechos reservados",
    "tutti i diritti riservati",
    "todos os direitos reservados",
    "alle rechten voorbehouden",
    "wszelkie prawa zastrzeżone",
];

/// Confidence where the container judge alone has found something: enough to be shown, too little for more.
const UNSECONDED: f32 = 0.1;

/// Confidence in all that is shown of a page, where no judge has found anything: below what is an article.
const LAST_RESORT: f32 = 0.02;

/// From this share of links on a block is no text, where nothing else is known of it.
const MOSTLY_LINK: f32 = 0.5;

/// Two judges agree when their choices share this much (F1 of words).
const AGREEMENT: f32 = 0.9;

/// Weighs the opinions.
pub fn weigh(page: &Page<'_>, judges: &Judges, probabilities: &[f32]) -> Decision {
    let (mut keep, expected) = best_choice(page, probabilities);
    islands::drop_islands(page, probabilities, &mut keep);
    wholes::settle(page, probabilities, &mut keep);
    repeats::drop_copies(page, &mut keep);
    drop_rights(page, probabilities, &mut keep);
    if keep.contains(&true) {
        let shares = judges.all().map(|judge| agreement(page, judge, &keep));
        let agreed = shares.iter().filter(|share| **share >= AGREEMENT).count();
        let method = if agreed >= 2 {
            Method::Agreement
        } else {
            Method::Classifier
        };
        return Decision {
            keep,
            instead: None,
            method,
            confidence: calibrated(expected),
        };
    }
    if judges.container.keep.contains(&true) {
        let keep = judges.container.keep.clone();
        return Decision {
            keep,
            instead: None,
            method: Method::Container,
            confidence: UNSECONDED,
        };
    }
    let keep = page
        .blocks
        .iter()
        .map(|block| !block.hidden && block.link_density() < MOSTLY_LINK)
        .collect();
    Decision {
        keep,
        instead: None,
        method: Method::Fallback,
        confidence: LAST_RESORT,
    }
}

/// The blocks whose choice promises the best F1 of words, and that F1.
///
/// With calibrated probabilities the best choice is the most probable blocks down to some
/// point; every point is tried (the plug-in rule for F-measures, Ye et al., ICML 2012).
fn best_choice(page: &Page<'_>, probabilities: &[f32]) -> (Vec<bool>, f32) {
    let mut order: Vec<(f32, f32)> = page
        .blocks
        .iter()
        .zip(probabilities)
        .map(|(block, p)| (*p, block.words as f32))
        .collect();
    let all: f32 = order.iter().map(|(p, words)| p * words).sum();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut kept, mut best, mut threshold) = (0.0, 0.0, 0.0, f32::INFINITY);
    for (probability, words) in order {
        if probability < FLOOR {
            break;
        }
        right += probability * words;
        kept += words;
        let promised = 2.0 * right / (kept + all).max(1.0);
        if promised >= best {
            (best, threshold) = (promised, probability);
        }
    }
    (
        probabilities
            .iter()
            .map(|probability| *probability >= threshold)
            .collect(),
        best,
    )
}

/// Drops lines about rights unless they are all but certain: they stand so close to the text that the
/// learned judge is torn, and in training four of five were not part of it.
fn drop_rights(page: &Page<'_>, probabilities: &[f32], keep: &mut [bool]) {
    for ((block, probability), keep) in page.blocks.iter().zip(probabilities).zip(keep) {
        if *keep
            && *probability < CERTAIN
            && block.words <= MAX_RIGHTS_WORDS
            && is_rights_line(&block.text)
        {
            *keep = false;
        }
    }
}

fn is_rights_line(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["©", "(c) ", "copyright"]
        .iter()
        .any(|start| lower.starts_with(start))
        || RIGHTS_RESERVED.iter().any(|phrase| lower.contains(phrase))
}

/// F1 of words between a judge's choice and the decision.
fn agreement(page: &Page<'_>, judge: &Candidate, keep: &[bool]) -> f32 {
    let (mut both, mut sum) = (0, 0);
    for ((block, keep), judged) in page.blocks.iter().zip(keep).zip(&judge.keep) {
        both += if *keep && *judged { block.words } else { 0 };
        sum += if *keep { block.words } else { 0 } + if *judged { block.words } else { 0 };
    }
    2.0 * both as f32 / sum.max(1) as f32
}

fn calibrated(expected: f32) -> f32 {
    let expected = expected.clamp(0.02, 0.998);
    1.0 / (1.0 + (-(SLOPE * (expected / (1.0 - expected)).ln() + INTERCEPT)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn confidence_grows_with_the_promise_and_stays_a_probability() {
        let mut last = 0.0;
        for step in 0..=100_u8 {
            let now = calibrated(f32::from(step) / 100.0);
            assert!((0.0..=1.0).contains(&now) && now >= last);
            last = now;
        }
    }

    #[test]
    fn what_would_lower_the_promise_is_left_out() {
        let long = "word ".repeat(30);
        let html = Html::parse_document(&format!("<p>{long}<p>{long}<p>tail {long}"));
        let page = Page::new(&html, &|_| false);
        let (keep, promised) = best_choice(&page, &[0.95, 0.95, 0.1]);
        assert_eq!(keep, [true, true, false]);
        assert!(promised > 0.9);
        assert_eq!(
            best_choice(&page, &[0.0, 0.0, 0.0]).0,
            [false, false, false]
        );
    }
}

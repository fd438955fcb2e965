//! What several stories among the candidates say alike: the site's standing words, the
//! form of a daily report.
//!
//! It is found anew for each article, among its own candidates. A list of a site's
//! boilerplate would be older than the boilerplate, and a form is only a form where
//! several stories fill it in.

use std::collections::BTreeSet;

use super::hashes::Hashes;
use super::judge::Candidate;
use super::rules::Rules;

/// Shingles and numbers that say nothing about which story a text tells.
#[derive(Debug, Default)]
pub(super) struct Boilerplate {
    pub shingles: Hashes,
    pub numbers: Hashes,
}

impl Boilerplate {
    pub(super) fn is_empty(&self) -> bool {
        self.shingles.len() + self.numbers.len() == 0
    }

    /// What occurs in at least [`Rules::boilerplate`] different clusters of candidates.
    pub(super) fn among(candidates: &[Candidate<'_>], rules: &Rules) -> Self {
        let clusters: BTreeSet<_> = candidates
            .iter()
            .map(|candidate| candidate.cluster)
            .collect();
        if clusters.len() < rules.boilerplate {
            return Self::default();
        }
        let numbered: Vec<(u64, &Candidate<'_>)> = candidates
            .iter()
            .map(|candidate| {
                let before = clusters.range(..candidate.cluster).count();
                (u64::try_from(before).unwrap_or(u64::MAX), candidate)
            })
            .collect();
        Self {
            shingles: in_several(&numbered, rules.boilerplate, |candidate| {
                candidate.text.shingles()
            }),
            numbers: in_several(&numbered, rules.boilerplate, |candidate| {
                candidate.text.numbers()
            }),
        }
    }
}

#[expect(
    clippy::stable_sort_primitive,
    reason = "each candidate's hashes are a sorted run, which the stable sort merges"
)]
fn in_several<'a>(
    candidates: &[(u64, &Candidate<'a>)],
    least: usize,
    hashes: impl Fn(&Candidate<'a>) -> &'a Hashes,
) -> Hashes {
    let mut seen: Vec<u64> = candidates
        .iter()
        .flat_map(|(cluster, candidate)| {
            let hashes = hashes(candidate).as_slice();
            hashes
                .iter()
                .map(move |hash| u64::from(*hash) << 32 | cluster)
        })
        .collect();
    seen.sort();
    seen.dedup();
    let common = seen
        .chunk_by(|one, other| one >> 32 == other >> 32)
        .filter(|clusters| clusters.len() >= least)
        .filter_map(|clusters| u32::try_from(clusters.first()? >> 32).ok())
        .collect();
    Hashes::from_sorted(common)
}

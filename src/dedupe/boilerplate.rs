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
    let mut repeated = Repeated::default();
    for (_, candidate) in candidates {
        hashes(candidate)
            .as_slice()
            .iter()
            .for_each(|hash| repeated.see(*hash));
    }
    let mut seen: Vec<u64> = candidates
        .iter()
        .flat_map(|(cluster, candidate)| {
            let hashes = hashes(candidate).as_slice().iter();
            hashes
                .filter(|hash| repeated.may_hold(**hash))
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

/// Bits of a hash that [`Repeated`] goes by: of 32 texts of 500 words it lets one shingle in five
/// pass that occurs once.
const BITS: u32 = 16;

/// Which hashes occur more than once, and a few that do not: most occur once and need no sorting.
struct Repeated {
    once: Vec<u64>,
    again: Vec<u64>,
}

impl Default for Repeated {
    fn default() -> Self {
        let words = 1 << (BITS - u64::BITS.ilog2());
        Self {
            once: vec![0; words],
            again: vec![0; words],
        }
    }
}

impl Repeated {
    fn see(&mut self, hash: u32) {
        let (word, bit) = place(hash);
        if let (Some(once), Some(again)) = (self.once.get_mut(word), self.again.get_mut(word)) {
            *again |= *once & bit;
            *once |= bit;
        }
    }

    fn may_hold(&self, hash: u32) -> bool {
        let (word, bit) = place(hash);
        self.again.get(word).is_some_and(|again| again & bit != 0)
    }
}

/// The word and the bit of a hash: of its low end, since texts are read in the order of hashes.
fn place(hash: u32) -> (usize, u64) {
    let at = hash & ((1 << BITS) - 1);
    let word = usize::try_from(at / u64::BITS).unwrap_or_default();
    (word, 1 << (at % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::Prepared;
    use crate::model::ArticleId;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    proptest! {
        #[test]
        fn boilerplate_is_what_several_clusters_say(
            texts in proptest::collection::vec((1_i64..4, "([a-e0-3] ){0,30}"), 0..6),
        ) {
            let texts: Vec<(i64, Prepared)> =
                texts.iter().map(|(cluster, text)| (*cluster, Prepared::new(text))).collect();
            let candidates: Vec<Candidate<'_>> = (1..)
                .zip(&texts)
                .map(|(id, (cluster, text))| Candidate {
                    id: ArticleId(id),
                    cluster: ArticleId(*cluster),
                    age: Duration::ZERO,
                    text,
                })
                .collect();
            let found = Boilerplate::among(&candidates, &Rules::default());
            let several = |hashes: fn(&Prepared) -> &Hashes| {
                let mut clusters: BTreeMap<u32, BTreeSet<ArticleId>> = BTreeMap::new();
                for candidate in &candidates {
                    for hash in hashes(candidate.text).as_slice() {
                        clusters.entry(*hash).or_default().insert(candidate.cluster);
                    }
                }
                clusters.retain(|_, clusters| clusters.len() > 1);
                clusters.into_keys().collect::<Vec<u32>>()
            };
            prop_assert_eq!(found.shingles.as_slice(), several(Prepared::shingles));
            prop_assert_eq!(found.numbers.as_slice(), several(Prepared::numbers));
        }
    }
}

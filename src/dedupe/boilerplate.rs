//! What several stories among the candidates say alike: the site's standing words, the
//! form of a daily report.
//!
//! It is found anew for each article, among its own candidates. A list of a site's
//! boilerplate would be older than the boilerplate, and a form is only a form where
//! several stories fill it in.

use std::collections::BTreeSet;

use super::hashes::Hashes;
use super::judge::Candidate;
use super::prepared::Prepared;
use super::rules::Rules;

/// Shingles and numbers that say nothing about which story a text tells.
#[derive(Debug, Default)]
pub(super) struct Boilerplate {
    pub shingles: Hashes,
    pub numbers: Hashes,
}

impl Boilerplate {
    /// What occurs in at least [`Rules::boilerplate`] different clusters of candidates, as far as
    /// it occurs in the texts that are compared; and a little else that occurs in as many.
    pub(super) fn among(
        candidates: &[Candidate<'_>],
        compared: &[&Prepared],
        rules: &Rules,
    ) -> Self {
        let clusters: BTreeSet<_> = candidates
            .iter()
            .map(|candidate| candidate.cluster)
            .collect();
        if clusters.len() < rules.boilerplate {
            return Self::default();
        }
        let numbered: Vec<(u64, &Prepared)> = candidates
            .iter()
            .map(|candidate| {
                let before = clusters.range(..candidate.cluster).count();
                (u64::try_from(before).unwrap_or(u64::MAX), candidate.text)
            })
            .collect();
        let common = |hashes: fn(&Prepared) -> &Hashes| {
            let wanted = Wanted::new(compared.iter().map(|text| hashes(text)));
            in_several(&numbered, rules.boilerplate, &wanted, hashes)
        };
        Self {
            shingles: common(Prepared::shingles),
            numbers: common(Prepared::numbers),
        }
    }
}

#[expect(
    clippy::stable_sort_primitive,
    reason = "each candidate's hashes are a sorted run, which the stable sort merges"
)]
fn in_several(
    candidates: &[(u64, &Prepared)],
    least: usize,
    wanted: &Wanted,
    hashes: fn(&Prepared) -> &Hashes,
) -> Hashes {
    let mut seen: Vec<u64> = candidates
        .iter()
        .flat_map(|(cluster, text)| {
            let hashes = hashes(text).as_slice().iter();
            hashes
                .filter(|hash| wanted.may_hold(**hash))
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

/// Bits of a hash that [`Wanted`] goes by: of two texts of 500 words it lets one in seventy of all
/// other hashes pass.
const BITS: u32 = 16;

/// The hashes that are asked for, and a few that are not: what most candidates say is neither in the
/// judged text nor in one that is near, and needs no sorting.
struct Wanted(Vec<u64>);

impl Wanted {
    fn new<'a>(hashes: impl Iterator<Item = &'a Hashes>) -> Self {
        let mut bits = vec![0; 1 << (BITS - u64::BITS.ilog2())];
        for hash in hashes.flat_map(Hashes::as_slice) {
            let (word, bit) = place(*hash);
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self(bits)
    }

    fn may_hold(&self, hash: u32) -> bool {
        let (word, bit) = place(hash);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
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
            let compared: Vec<&Prepared> = texts.iter().take(2).map(|(_, text)| text).collect();
            let found = Boilerplate::among(&candidates, &compared, &Rules::default());
            for (found, hashes) in [
                (found.shingles, Prepared::shingles as fn(&Prepared) -> &Hashes),
                (found.numbers, Prepared::numbers),
            ] {
                let mut clusters: BTreeMap<u32, BTreeSet<ArticleId>> = BTreeMap::new();
                for candidate in &candidates {
                    for hash in hashes(candidate.text).as_slice() {
                        clusters.entry(*hash).or_default().insert(candidate.cluster);
                    }
                }
                clusters.retain(|_, clusters| clusters.len() > 1);
                let several = Hashes::new(clusters.into_keys().collect());
                prop_assert_eq!(found.count_shared(&several), found.len());
                for text in &compared {
                    let (common, _) = hashes(text).parted_by(&several);
                    prop_assert_eq!(hashes(text).parted_by(&found).0, common);
                }
            }
        }
    }
}

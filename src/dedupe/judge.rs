//! The judge: is this text one that we have?

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{ArticleId, Relation, Verdict};

use super::boilerplate::Boilerplate;
use super::evidence::{Evidence, Overlap, Subject};
use super::prepared::{MIN_TOKENS, Prepared};
use super::rules::{Ground, Rules};

/// Candidates that are compared; of more, the first. A window returns no more.
const MAX_CANDIDATES: usize = 64;

/// An article with the same [`exact`](crate::model::Fingerprint::exact) fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    pub id: ArticleId,
    pub cluster: ArticleId,
    /// How far apart in time the two were first seen.
    pub age: Duration,
}

/// An article that may be nearly the same.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub id: ArticleId,
    pub cluster: ArticleId,
    /// How far apart in time the two were first seen.
    pub age: Duration,
    pub text: &'a Prepared,
}

/// What the judge found, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The cluster to join; none for a unique article, which begins its own.
    pub cluster: Option<ArticleId>,
    /// Of the match, or of the candidate that came nearest; none for an exact duplicate,
    /// where there was no candidate, and where nobody asked to have it explained.
    pub evidence: Option<Evidence>,
}

/// Judges a text whose fingerprint is exactly that of another: the newest such article.
/// None if that does not make it the same article: it is too short, or too short for
/// the time between them.
#[must_use]
pub fn judge_exact(text: &Prepared, twin: Twin, rules: &Rules) -> Option<Judgement> {
    if text.tokens() < MIN_TOKENS
        || (text.tokens() < rules.exact_tokens && twin.age > rules.exact_recent)
    {
        return None;
    }
    Some(Judgement {
        verdict: Verdict::Duplicate {
            of: twin.id,
            relation: Relation::Exact,
            score: 1.0,
        },
        cluster: Some(twin.cluster),
        evidence: None,
    })
}

/// Judges a text against the articles that may be nearly the same.
///
/// The same candidates in any order give the same judgement.
#[must_use]
pub fn judge(text: &Prepared, candidates: &[Candidate<'_>], rules: &Rules) -> Judgement {
    let candidates = candidates.get(..MAX_CANDIDATES).unwrap_or(candidates);
    if text.tokens() < MIN_TOKENS {
        return unique(None);
    }
    // Boilerplate makes the share of the whole no larger: only pairs that have enough of it are
    // worth setting boilerplate aside and comparing numbers.
    let overlaps: Vec<Overlap> = candidates
        .iter()
        .map(|candidate| Overlap::of(text, candidate.text))
        .collect();
    let near: Vec<&Candidate<'_>> = candidates
        .iter()
        .zip(&overlaps)
        .filter_map(|(candidate, overlap)| rules.is_near(*overlap).then_some(candidate))
        .collect();
    if near.is_empty() {
        return unique(nearest(text, candidates, &overlaps, rules));
    }
    let mut compared: Vec<&Prepared> = near.iter().map(|candidate| candidate.text).collect();
    compared.push(text);
    let boilerplate = Boilerplate::among(candidates, &compared, rules);
    let subject = Subject::new(text, &boilerplate);
    let mut pairs: Vec<Pair> = near
        .iter()
        .map(|candidate| Pair::measured(&subject, candidate, rules))
        .collect();
    pairs.sort_by(nearest_first);
    let outvoted = outvoted(&pairs, rules);
    let joined = pairs
        .iter()
        .find(|pair| pair.evidence.ground.joins() && !outvoted.contains(&pair.cluster));
    match joined {
        Some(pair) => Judgement {
            verdict: Verdict::Duplicate {
                of: pair.evidence.candidate,
                relation: relation(text, candidates, &pair.evidence),
                score: pair.evidence.contained.max(pair.evidence.alike).min(1.0),
            },
            cluster: Some(pair.cluster),
            evidence: Some(pair.evidence),
        },
        None => unique(pairs.first().map(|pair| {
            let mut evidence = pair.evidence;
            if evidence.ground.joins() {
                evidence.ground = Ground::Outvoted;
            }
            evidence
        })),
    }
}

/// Whether any candidate has enough in common with a text to be weighed.
pub(super) fn is_near_any(text: &Prepared, candidates: &[Candidate<'_>], rules: &Rules) -> bool {
    candidates
        .iter()
        .any(|candidate| rules.is_near(Overlap::of(text, candidate.text)))
}

/// Of two texts that are nearly the same, whether one is a piece of the other: an excerpt is shorter
/// than so many tenths of the whole, and nearly all of it is there.
const EXCERPT_TENTHS: usize = 7;
const EXCERPT_CONTAINED: f32 = 0.9;

fn relation(text: &Prepared, candidates: &[Candidate<'_>], seen: &Evidence) -> Relation {
    let whole = candidates
        .iter()
        .find(|candidate| candidate.id == seen.candidate);
    let shorter =
        whole.is_some_and(|whole| text.tokens() * 10 <= whole.text.tokens() * EXCERPT_TENTHS);
    if shorter && seen.contained_whole >= EXCERPT_CONTAINED {
        Relation::Excerpt
    } else {
        Relation::Near
    }
}

/// A candidate's cluster, and what was measured of the candidate.
struct Pair {
    cluster: ArticleId,
    evidence: Evidence,
}

impl Pair {
    fn measured(subject: &Subject<'_>, candidate: &Candidate<'_>, rules: &Rules) -> Self {
        let mut evidence = subject.against(candidate.id, candidate.text);
        evidence.ground = rules.weigh(&evidence, candidate.age);
        Self {
            cluster: candidate.cluster,
            evidence,
        }
    }
}

/// The evidence of the candidate that has most in common with a text, though too little.
fn nearest(
    text: &Prepared,
    candidates: &[Candidate<'_>],
    overlaps: &[Overlap],
    rules: &Rules,
) -> Option<Evidence> {
    let (candidate, _) =
        candidates
            .iter()
            .zip(overlaps)
            .max_by(|(one, left), (other, right)| {
                left.contained
                    .total_cmp(&right.contained)
                    .then(left.alike.total_cmp(&right.alike))
                    .then(other.id.cmp(&one.id))
            })?;
    let bare = Boilerplate::default();
    Some(Pair::measured(&Subject::new(text, &bare), candidate, rules).evidence)
}

pub(super) fn unique(evidence: Option<Evidence>) -> Judgement {
    Judgement {
        verdict: Verdict::Unique,
        cluster: None,
        evidence,
    }
}

/// Those that join before those that do not; of each the most contained, then the most
/// alike, then the older article.
fn nearest_first(one: &Pair, other: &Pair) -> Ordering {
    let (left, right) = (&one.evidence, &other.evidence);
    right
        .ground
        .joins()
        .cmp(&left.ground.joins())
        .then(right.contained.total_cmp(&left.contained))
        .then(right.alike.total_cmp(&left.alike))
        .then(left.candidate.cmp(&right.candidate))
}

/// Clusters most of whose candidates say that the text has other numbers. One report of
/// a form that slipped into the cluster of another must not draw the next ones after it.
fn outvoted(pairs: &[Pair], rules: &Rules) -> Vec<ArticleId> {
    let mut votes: BTreeMap<ArticleId, (usize, usize)> = BTreeMap::new();
    for pair in pairs {
        let (joins, contradicts) = votes.entry(pair.cluster).or_default();
        if pair.evidence.ground.joins() {
            *joins += 1;
        } else if rules.contradicts(&pair.evidence) {
            *contradicts += 1;
        }
    }
    votes
        .into_iter()
        .filter(|(_, (joins, contradicts))| contradicts > joins)
        .map(|(cluster, _)| cluster)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    const HOUR: Duration = Duration::from_hours(1);

    /// A long text of its own: `seed` chooses the words.
    fn story(seed: u32, words: u32) -> String {
        let words: Vec<String> = (0..words)
            .map(|n| format!("word{}", (n * 31 + seed * 7919) % 100_003))
            .collect();
        words.join(" ")
    }

    fn candidates(texts: &[Prepared], age: Duration) -> Vec<Candidate<'_>> {
        (1..)
            .zip(texts)
            .map(|(id, text)| Candidate {
                id: ArticleId(id),
                cluster: ArticleId(id),
                age,
                text,
            })
            .collect()
    }

    fn ground(judgement: &Judgement) -> Option<Ground> {
        judgement.evidence.map(|evidence| evidence.ground)
    }

    /// Each case: what is expected, then texts apart by `---`; the last is judged against the others.
    #[test]
    fn cases_are_judged_as_a_reader_would() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dedupe/judge");
        let mut cases = 0;
        for entry in fs::read_dir(folder).expect("the folder of cases") {
            let path = entry.expect("a case").path();
            let case = fs::read_to_string(&path).expect("a text");
            let mut parts = case.split("---\n");
            let expected = parts.next().expect("the first part").trim();
            let texts: Vec<Prepared> = parts.map(Prepared::new).collect();
            let (judged, known) = texts.split_last().expect("texts");
            let judgement = judge(judged, &candidates(known, HOUR), &Rules::default());
            let found = if judgement.cluster.is_some() {
                "expect: same"
            } else {
                "expect: different"
            };
            assert_eq!(found, expected, "{}: {judgement:?}", path.display());
            cases += 1;
        }
        assert!(cases >= 12);
    }

    #[test]
    fn a_late_copy_is_one_only_if_it_is_nearly_the_whole_text() {
        let known = [Prepared::new(&story(1, 300))];
        let rules = Rules::default();
        let half = Prepared::new(&story(1, 150));
        let whole = Prepared::new(&format!("{} and an end", story(1, 300)));
        for (text, age, expected) in [
            (&half, 47 * HOUR, Ground::Contained),
            (&half, 49 * HOUR, Ground::Late),
            (&whole, 71 * HOUR, Ground::Alike),
        ] {
            let found = judge(text, &candidates(&known, age), &rules);
            let found = ground(&found).expect("evidence");
            // The half is all there, which is said first.
            let found = if found == Ground::All {
                Ground::Contained
            } else {
                found
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_short_text_is_the_same_text_only_for_a_while() {
        let rules = Rules::default();
        let twin = |age| Twin {
            id: ArticleId(7),
            cluster: ArticleId(3),
            age,
        };
        let (few, short, long) = (
            Prepared::new("Watch the video"),
            Prepared::new(&story(1, 40)),
            Prepared::new(&story(1, 100)),
        );
        assert_eq!(judge_exact(&few, twin(HOUR), &rules), None);
        assert_eq!(judge_exact(&short, twin(100 * HOUR), &rules), None);
        for (text, age) in [(&short, HOUR), (&long, 10_000 * HOUR)] {
            let judgement = judge_exact(text, twin(age), &rules).expect("the same text");
            assert_eq!(judgement.cluster, Some(ArticleId(3)));
            let exact = Verdict::Duplicate {
                of: ArticleId(7),
                relation: Relation::Exact,
                score: 1.0,
            };
            assert_eq!(judgement.verdict, exact);
        }
    }

    #[test]
    fn a_cluster_most_of_which_has_other_numbers_is_not_joined() {
        let report = |day: u32| {
            let lines: Vec<String> = (0..12)
                .map(|n| {
                    format!(
                        "item{n} of the list sold at {} crowns a piece",
                        day * 100 + n
                    )
                })
                .collect();
            Prepared::new(&lines.join(". "))
        };
        let texts = [report(1), report(2), report(3)];
        let mut candidates = candidates(&texts, HOUR);
        for candidate in &mut candidates {
            candidate.cluster = ArticleId(1);
        }
        let copy = judge(&report(3), &candidates, &Rules::default());
        assert_eq!(copy.cluster, None);
        assert_eq!(ground(&copy), Some(Ground::Outvoted));
    }

    #[test]
    fn nothing_is_judged_without_candidates_or_words() {
        let rules = Rules::default();
        assert_eq!(
            judge(&Prepared::new(&story(1, 50)), &[], &rules),
            unique(None)
        );
        let few = [Prepared::new("three short words")];
        assert_eq!(
            judge(&few[0], &candidates(&few, HOUR), &rules),
            unique(None)
        );
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_does_not_matter(
            lengths in proptest::collection::vec((0_u32..3, 20_u32..80), 1..6),
            judged in 20_u32..80,
            turn in 0_usize..6,
        ) {
            let texts: Vec<Prepared> = lengths.iter().map(|(seed, words)| Prepared::new(&story(*seed, *words))).collect();
            let mut candidates = candidates(&texts, HOUR);
            let text = Prepared::new(&story(1, judged));
            let before = judge(&text, &candidates, &Rules::default());
            let turn = turn % candidates.len();
            candidates.rotate_left(turn);
            prop_assert_eq!(judge(&text, &candidates, &Rules::default()), before);
        }

        #[test]
        fn shares_are_between_nothing_and_everything(one in "([a-z]{1,3} |[0-9.]{1,4} ){0,60}", other in "([a-z]{1,3} |[0-9.]{1,4} ){0,60}") {
            let (one, other) = (Prepared::new(&one), [Prepared::new(&other)]);
            if let Some(evidence) = judge(&one, &candidates(&other, HOUR), &Rules::default()).evidence {
                for share in [evidence.contained, evidence.contained_whole, evidence.alike, evidence.numbers] {
                    prop_assert!((0.0..=1.0).contains(&share));
                }
            }
        }
    }
}

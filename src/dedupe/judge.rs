//! The judge: is this text one that we have?

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{ArticleId, Relation, Verdict};

use super::boilerplate::Boilerplate;
use super::evidence::{Evidence, Subject};
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
    /// Of the match, or of the candidate that came nearest; none for an exact duplicate
    /// and where there was no candidate.
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
    let boilerplate = Boilerplate::among(candidates, rules);
    let subject = Subject::new(text, &boilerplate);
    let mut pairs: Vec<Pair> = candidates
        .iter()
        .map(|candidate| {
            let mut evidence = subject.against(candidate.id, candidate.text);
            evidence.ground = rules.weigh(&evidence, candidate.age);
            Pair {
                cluster: candidate.cluster,
                evidence,
            }
        })
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
                relation: Relation::Near,
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

struct Pair {
    cluster: ArticleId,
    evidence: Evidence,
}

fn unique(evidence: Option<Evidence>) -> Judgement {
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
mod tests;

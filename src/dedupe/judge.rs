//! The judge: is this text one that we have?

use std::collections::HashSet;

use crate::model::{ArticleId, Relation, Verdict};

use super::prepared::Prepared;

/// The figures by which texts are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Share of the smaller text that the other must contain.
    pub contained: f32,
    /// Share of the smaller text's numbers that the other must contain.
    pub numbers: f32,
    /// Shingles that must be left of the smaller text without boilerplate.
    pub shingles: usize,
    /// With fewer left: the share of both texts' shingles that they have in common.
    pub short_alike: f32,
    pub short_numbers: f32,
    /// Clusters of candidates in which a shingle is boilerplate.
    pub boilerplate: usize,
    pub density: f32,
    pub units: usize,
    pub vote: bool,
    pub whole: usize,
    pub full: f32,
    pub numweight: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { contained: 0.5, numbers: 0.7,  shingles: 15, short_alike: 0.9, short_numbers: 0.95, boilerplate: 2, density: 0.0125, units: 18, vote: true, whole: 4, full: 0.4, numweight: 2 }
    }
}

/// An article that may be the same.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub id: ArticleId,
    pub cluster: ArticleId,
    pub text: &'a Prepared,
    pub hours: f32,
}

/// What the judge found, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The cluster to join.
    pub cluster: Option<ArticleId>,
    /// Of the best match, also of one that was refused.
    pub evidence: Option<Evidence>,
}

/// What was measured of a text and its best candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    pub candidate: ArticleId,
    /// Share of the smaller text that the other contains, boilerplate aside.
    pub contained: f32,
    /// Share of the smaller text's numbers that the other contains.
    pub numbers: f32,
    pub conflicts: usize,
    pub agree: usize,
    pub full: f32,
    pub alike: f32,
    /// Shingles of the smaller text that were left without boilerplate.
    pub shingles: usize,
    /// Shingles of the text that were boilerplate.
    pub boilerplate: usize,
}

/// Judges a text against its candidates.
#[must_use]
pub fn judge(text: &Prepared, candidates: &[Candidate<'_>], rules: &Rules) -> Judgement {
    if let Some(same) = candidates.iter().find(|candidate| candidate.text.exact() == text.exact()) {
        return Judgement {
            verdict: Verdict::Duplicate { of: same.id, relation: Relation::Exact, score: 1.0 },
            cluster: Some(same.cluster),
            evidence: None,
        };
    }
    let boilerplate = boilerplate(candidates, rules.boilerplate);
    let boilernum = boilernum(candidates, rules.boilerplate);
    let mut tally: std::collections::HashMap<ArticleId, (u32, u32)> = std::collections::HashMap::new();
    let mut best: Option<(bool, Evidence, ArticleId)> = None;
    for candidate in candidates {
        let (accept, evidence) = compare(text, candidate, &boilerplate, &boilernum, rules);
        let against = evidence.numbers < rules.numbers && (evidence.conflicts as f32) > rules.density * 1.6 * evidence.shingles as f32 && evidence.full >= 0.5;
        let t = tally.entry(candidate.cluster).or_insert((0, 0));
        if accept { t.0 += 1; } else if against { t.1 += 1; }
        if best.as_ref().is_none_or(|(best_accept, best, _)| {
            (accept, evidence.contained) > (*best_accept, best.contained)
        }) {
            best = Some((accept, evidence, candidate.cluster));
        }
    }
    if rules.vote && let Some((accept, _, cluster)) = &mut best && *accept { let t = tally[cluster]; if t.1 > t.0 { *accept = false; } }
    match best {
        Some((true, evidence, cluster)) => Judgement {
            verdict: Verdict::Duplicate { of: evidence.candidate, relation: Relation::Near, score: evidence.contained },
            cluster: Some(cluster),
            evidence: Some(evidence),
        },
        other => Judgement { verdict: Verdict::Unique, cluster: None, evidence: other.map(|(_, evidence, _)| evidence) },
    }
}

fn boilerplate(candidates: &[Candidate<'_>], least: usize) -> HashSet<u32> {
    let mut seen: Vec<(u32, i64)> = candidates
        .iter()
        .flat_map(|candidate| candidate.text.shingles().iter().map(|shingle| (*shingle, candidate.cluster.0)))
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.chunk_by(|one, other| one.0 == other.0)
        .filter(|run| run.len() >= least)
        .filter_map(|run| Some(run.first()?.0))
        .collect()
}

fn boilernum(candidates: &[Candidate<'_>], least: usize) -> HashSet<u32> {
    let mut seen: Vec<(u32, i64)> = candidates
        .iter()
        .flat_map(|candidate| candidate.text.numbers().iter().map(|shingle| (*shingle, candidate.cluster.0)))
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.chunk_by(|one, other| one.0 == other.0)
        .filter(|run| run.len() >= least)
        .filter_map(|run| Some(run.first()?.0))
        .collect()
}

fn compare(text: &Prepared, candidate: &Candidate<'_>, boilerplate: &HashSet<u32>, boilernum: &HashSet<u32>, rules: &Rules) -> (bool, Evidence) {
    let mine: Vec<u32> = text.shingles().iter().copied().filter(|shingle| !boilerplate.contains(shingle)).collect();
    let theirs: Vec<u32> = candidate.text.shingles().iter().copied().filter(|shingle| !boilerplate.contains(shingle)).collect();
    let smaller = mine.len().min(theirs.len());
    let contained = share(common(&mine, &theirs), smaller);
    let (fewer, more) = if mine.len() <= theirs.len() { (text, candidate.text) } else { (candidate.text, text) };
    let (agree, conflicts) = agreement(fewer, more);
    let numbers = if agree + conflicts == 0 { 1.0 } else { share(agree, agree + conflicts) };
    let evidence = Evidence {
        candidate: candidate.id,
        contained,
        numbers,
        conflicts,
        agree,
        full: share(common(text.shingles(), candidate.text.shingles()), text.shingles().len().min(candidate.text.shingles().len())),
        alike: { let all = common(text.shingles(), candidate.text.shingles()); share(all, text.shingles().len() + candidate.text.shingles().len() - all) },
        shingles: smaller,
        boilerplate: text.shingles().len() - mine.len(),
    };
    let shared = common(&mine, &theirs);
    let special = fewer.numbers().iter().filter(|n| more.numbers().binary_search(n).is_ok() && !boilernum.contains(n)).count();
    let units = shared + rules.numweight * special;
    let whole = candidate.hours < 48.0 && evidence.full >= 0.95 && conflicts == 0 && contained >= 0.9 && smaller >= rules.whole;
    let accept = if evidence.full < rules.full { false } else if whole { true } else if smaller >= rules.shingles && units >= rules.units && (candidate.hours < 48.0 || evidence.alike >= rules.short_alike) {
        contained >= rules.contained && (numbers >= rules.numbers || (conflicts as f32) <= rules.density * smaller as f32 * if contained >= 0.85 && smaller >= 100 { 1.6 } else { 1.0 })
    } else {
        let all = common(text.shingles(), candidate.text.shingles());
        let either = text.shingles().len() + candidate.text.shingles().len() - all;
        share(all, either) >= rules.short_alike && numbers >= rules.short_numbers
    };
    (accept, evidence)
}

fn agreement(fewer: &Prepared, more: &Prepared) -> (usize, usize) {
    let other = more.contexts();
    let (mut agree, mut conflict) = (0, 0);
    for number in fewer.numbers() {
        if more.numbers().binary_search(number).is_ok() {
            agree += 1;
        } else if fewer.contexts().iter().filter(|(_, n)| n == number).any(|(context, _)| {
            let at = other.partition_point(|(c, _)| c < context);
            other.get(at).is_some_and(|(c, _)| c == context)
        }) {
            conflict += 1;
        }
    }
    (agree, conflict)
}

fn common(one: &[u32], other: &[u32]) -> usize {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut count = 0;
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => { one.next(); }
            std::cmp::Ordering::Greater => { other.next(); }
            std::cmp::Ordering::Equal => { one.next(); other.next(); count += 1; }
        }
    }
    count
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

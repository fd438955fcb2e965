//! The neighbours of a text in the window, and how it is judged among them with as few of
//! their texts read as can be: reading and preparing a text costs far more than comparing it.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{ArticleId, Timestamp};

use super::judge::{Candidate, Judgement, is_near_any, judge, unique};
use super::prepared::Prepared;
use super::rules::Rules;

/// An article that shares some of a text's sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    pub id: ArticleId,
    pub cluster: ArticleId,
    /// When it was first seen.
    pub at: Timestamp,
}

/// The articles of the window that share enough of a text's sketch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Those that may be nearly the same.
    pub likely: Vec<Neighbour>,
    /// Those that by their sketches are not: they tell what is boilerplate.
    pub others: Vec<Neighbour>,
}

impl Neighbours {
    /// Judges a text that was first seen at `at`. `read` gives the text of an article, and none
    /// of one that is not to be compared; the others are asked for only if a likely one is near.
    /// Of what is not near there is no evidence: see [`Neighbours::explain`].
    ///
    /// # Errors
    /// Those of `read`.
    pub fn judge<E>(
        &self,
        text: &Prepared,
        at: Timestamp,
        rules: &Rules,
        mut read: impl FnMut(ArticleId) -> Result<Option<Arc<Prepared>>, E>,
    ) -> Result<Judgement, E> {
        let mut known = texts(&self.likely, &mut read)?;
        if !is_near_any(text, &candidates(&known, at), rules) {
            return Ok(unique(None));
        }
        known.append(&mut texts(&self.others, &mut read)?);
        Ok(judge(text, &candidates(&known, at), rules))
    }

    /// The same, and where nothing is near, what was measured of the candidate that came nearest:
    /// measuring it takes longer than telling that it is not near.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn explain<E>(
        &self,
        text: &Prepared,
        at: Timestamp,
        rules: &Rules,
        mut read: impl FnMut(ArticleId) -> Result<Option<Arc<Prepared>>, E>,
    ) -> Result<Judgement, E> {
        let judgement = self.judge(text, at, rules, &mut read)?;
        if judgement.evidence.is_some() {
            return Ok(judgement);
        }
        let known = texts(&self.likely, &mut read)?;
        Ok(judge(text, &candidates(&known, at), rules))
    }
}

/// The texts of those neighbours that have one.
fn texts<E>(
    neighbours: &[Neighbour],
    mut read: impl FnMut(ArticleId) -> Result<Option<Arc<Prepared>>, E>,
) -> Result<Vec<(Neighbour, Arc<Prepared>)>, E> {
    let mut texts = Vec::with_capacity(neighbours.len());
    for neighbour in neighbours {
        texts.extend(read(neighbour.id)?.map(|text| (*neighbour, text)));
    }
    Ok(texts)
}

fn candidates(texts: &[(Neighbour, Arc<Prepared>)], at: Timestamp) -> Vec<Candidate<'_>> {
    texts
        .iter()
        .map(|(neighbour, text)| Candidate {
            id: neighbour.id,
            cluster: neighbour.cluster,
            age: distance(at, neighbour.at),
            text,
        })
        .collect()
}

/// How far two instants are apart, whichever is first.
fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::convert::Infallible;

    fn story(seed: u32) -> String {
        let words: Vec<String> = (0..100)
            .map(|n| format!("word{}", seed * 1000 + n))
            .collect();
        words.join(" ")
    }

    #[test]
    fn the_unlikely_are_read_only_where_a_likely_one_is_near() {
        let neighbour = |id| Neighbour {
            id: ArticleId(id),
            cluster: ArticleId(id),
            at: Timestamp::EPOCH,
        };
        let neighbours = Neighbours {
            likely: vec![neighbour(1)],
            others: vec![neighbour(2), neighbour(3)],
        };
        for (judged, joins, expected) in
            [(story(1), true, vec![1, 2, 3]), (story(9), false, vec![1])]
        {
            let read = RefCell::new(Vec::new());
            let text = |id: ArticleId| {
                read.borrow_mut().push(id.0);
                let seed = u32::try_from(id.0).unwrap();
                // The third has been taken away.
                let text = (id.0 < 3).then(|| Arc::new(Prepared::new(&story(seed))));
                Ok::<_, Infallible>(text)
            };
            let judged = Prepared::new(&format!("{judged} and more"));
            let (at, rules) = (Timestamp::EPOCH, Rules::default());
            let Ok(judgement) = neighbours.judge(&judged, at, &rules, text);
            assert_eq!(judgement.cluster, joins.then_some(ArticleId(1)));
            assert_eq!(read.take(), expected);
            assert_eq!(judgement.evidence.is_some(), joins);
            let Ok(explained) = neighbours.explain(&judged, at, &rules, text);
            assert_eq!(explained.verdict, judgement.verdict);
            let nearest = explained.evidence.map(|seen| seen.candidate);
            assert_eq!(nearest, Some(ArticleId(1)));
        }
    }
}

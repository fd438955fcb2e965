//! `feedmill cluster`: the duplicate judge alone.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::jsonl::{Object, run_in_order};
use crate::dedupe::{
    Evidence, Judgement, Limits, Prepared, Rules, Twin, Window, judge_exact, url_key,
};
use crate::model::{ArticleId, Relation, Timestamp, Verdict};

/// Judge which articles are the same, as the daemon does.
#[derive(Debug, Clone, clap::Args)]
pub struct Cluster {
    /// Be a filter, which it always is: one JSON object a line in (id, url, title, text,
    /// published), one a line out (id, cluster, kind, of, score), in order.
    #[arg(long)]
    pub jsonl: bool,
    /// Say of each what was measured, and against which article.
    #[arg(long)]
    pub explain: bool,
}

/// Answers every line of `input`, an article, with whether it is one of those before it.
///
/// # Errors
/// Only of reading `input` and writing `output`; a bad line is answered with an error of its own.
pub fn filter(input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut memory = Memory::default();
    run_in_order(input, output, |line| memory.answer(line, false))
}

/// The same with the evidence of each judgement.
///
/// # Errors
/// As [`filter`].
pub fn explain(input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut memory = Memory::default();
    run_in_order(input, output, |line| memory.answer(line, true))
}

/// What the store is to the daemon.
#[derive(Debug)]
struct Memory {
    rules: Rules,
    limits: Limits,
    window: Window,
    /// The name of each article, at the place of its id.
    names: Vec<Value>,
    texts: HashMap<ArticleId, Arc<Prepared>>,
    order: VecDeque<(Timestamp, ArticleId)>,
    by_text: HashMap<[u8; 16], Known>,
    by_url: HashMap<String, Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: ArticleId,
    cluster: ArticleId,
    at: Timestamp,
}

impl Default for Memory {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            rules: Rules::default(),
            limits,
            window: Window::new(limits),
            names: Vec::new(),
            texts: HashMap::new(),
            order: VecDeque::new(),
            by_text: HashMap::new(),
            by_url: HashMap::new(),
        }
    }
}

impl Memory {
    fn answer(&mut self, line: &Object, explain: bool) -> Result<Value, String> {
        let field = |name: &str| line.get(name).and_then(Value::as_str);
        let text = field("text").ok_or("the line has no text")?;
        let key = field("url").and_then(url_key);
        // Without a date it is as old as everything else without a date.
        let at = field("published")
            .and_then(|date| date.parse().ok())
            .unwrap_or(Timestamp::EPOCH);
        let id = ArticleId(i64::try_from(self.names.len()).unwrap_or(i64::MAX));
        self.names.push(line.get("id").cloned().unwrap_or_default());
        self.forget(at);

        let text = Prepared::new(text);
        let judgement = self.judge(&text, key.as_deref(), at, explain);
        let cluster = judgement.cluster.unwrap_or(id);
        self.keep(Known { id, cluster, at }, text, key);
        Ok(self.written(id, cluster, &judgement, explain))
    }

    /// The daemon's steps: the same address, the same text, nearly the same text.
    fn judge(
        &mut self,
        text: &Prepared,
        key: Option<&str>,
        at: Timestamp,
        explain: bool,
    ) -> Judgement {
        if let Some(known) = key.and_then(|key| self.by_url.get(key)) {
            return Judgement {
                verdict: Verdict::Duplicate {
                    of: known.id,
                    relation: Relation::Exact,
                    score: 1.0,
                },
                cluster: Some(known.cluster),
                evidence: None,
            };
        }
        let fingerprint = text.fingerprint();
        let twin = self.by_text.get(&fingerprint.exact).map(|known| Twin {
            id: known.id,
            cluster: known.cluster,
            age: distance(at, known.at),
        });
        if let Some(judgement) = twin.and_then(|twin| judge_exact(text, twin, &self.rules)) {
            return judgement;
        }
        let near = self.window.neighbours(&fingerprint.sketch, at);
        let read = |id| Ok::<_, Infallible>(self.texts.get(&id).cloned());
        let Ok(judgement) = if explain {
            near.explain(text, at, &self.rules, read)
        } else {
            near.judge(text, at, &self.rules, read)
        };
        judgement
    }

    fn keep(&mut self, known: Known, text: Prepared, key: Option<String>) {
        let fingerprint = text.fingerprint();
        self.window
            .insert(known.id, known.cluster, known.at, &fingerprint.sketch);
        self.by_text.insert(fingerprint.exact, known);
        if let Some(key) = key {
            self.by_url.entry(key).or_insert(known);
        }
        self.texts.insert(known.id, Arc::new(text));
        self.order.push_back((known.at, known.id));
    }

    /// Lets go of texts that no later article can be compared with.
    fn forget(&mut self, now: Timestamp) {
        self.window.expire(now);
        let oldest = now.minus(self.limits.span);
        while let Some((_, id)) = self.order.pop_front_if(|(at, _)| *at < oldest) {
            self.texts.remove(&id);
        }
    }

    fn written(
        &self,
        id: ArticleId,
        cluster: ArticleId,
        judgement: &Judgement,
        explain: bool,
    ) -> Value {
        let (kind, of, score) = match judgement.verdict {
            Verdict::Unique => ("unique", Value::Null, Value::Null),
            Verdict::Duplicate {
                of,
                relation,
                score,
            } => (kind(relation), self.name(of), json!(score)),
        };
        let mut answer = json!({
            "id": self.name(id), "cluster": self.name(cluster), "kind": kind, "of": of, "score": score,
        });
        if explain && let Some(answer) = answer.as_object_mut() {
            let evidence = judgement.evidence.map(|evidence| self.explained(&evidence));
            answer.insert("evidence".to_owned(), json!(evidence));
        }
        answer
    }

    fn explained(&self, seen: &Evidence) -> Value {
        json!({
            "candidate": self.name(seen.candidate),
            "ground": seen.ground.token(),
            "contained": seen.contained,
            "contained_whole": seen.contained_whole,
            "alike": seen.alike,
            "shingles": seen.shingles,
            "boilerplate": seen.boilerplate,
            "support": seen.support,
            "numbers": seen.numbers,
            "conflicts": seen.conflicts,
        })
    }

    fn name(&self, id: ArticleId) -> Value {
        let name = usize::try_from(id.0).ok().and_then(|at| self.names.get(at));
        name.cloned().unwrap_or_default()
    }
}

/// The filter knows two kinds of duplicates; an excerpt is a near one.
const fn kind(relation: Relation) -> &'static str {
    match relation {
        Relation::Exact => Relation::Exact.token(),
        Relation::Near | Relation::Excerpt => Relation::Near.token(),
    }
}

fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(lines: &[Value]) -> Vec<Value> {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        let mut output = Vec::new();
        filter(lines.join("\n").as_bytes(), &mut output).expect("memory");
        let output = String::from_utf8(output).expect("UTF-8");
        output
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    fn article(id: &str, url: &str, text: &str, published: &str) -> Value {
        json!({"id": id, "url": url, "title": "", "text": text, "published": published})
    }

    #[test]
    fn each_article_joins_the_cluster_of_the_first_of_its_kind() {
        let words: Vec<String> = (0..120).map(|n| format!("word{n}")).collect();
        let (story, half) = (words.join(" "), words[..60].join(" "));
        let other: Vec<String> = (0..120).map(|n| format!("other{n}")).collect();
        let (day, later, late) = (
            "2026-01-01T10:00:00Z",
            "2026-01-01T11:00:00Z",
            "2026-02-01T10:00:00Z",
        );
        let found = answers(&[
            article("a", "https://a.example/1", &story, day),
            article("b", "https://b.example/1", &other.join(" "), day),
            article(
                "c",
                "https://c.example/1",
                &format!("News. {half} More."),
                later,
            ),
            article("d", "https://d.example/1", &story.to_uppercase(), later),
            article(
                "e",
                "https://www.b.example/1?utm_source=rss",
                "It has been rewritten since then.",
                later,
            ),
            article("f", "https://f.example/1", &half, late),
            article("g", "https://g.example/1", &story, late),
            json!({"id": "h"}),
        ]);
        let brief: Vec<(&str, &str, &str, &str)> = found
            .iter()
            .map(|line| {
                let field = |name: &str| line[name].as_str().unwrap_or("-");
                (field("id"), field("cluster"), field("kind"), field("of"))
            })
            .collect();
        assert_eq!(
            brief,
            [
                ("a", "a", "unique", "-"),
                ("b", "b", "unique", "-"),
                ("c", "a", "near", "a"),
                ("d", "a", "exact", "a"),
                ("e", "b", "exact", "b"),
                ("f", "f", "unique", "-"),
                ("g", "a", "exact", "d"),
                ("h", "-", "-", "-"),
            ]
        );
        assert_eq!(found[7]["error"], "the line has no text");
        assert_eq!(found[0]["score"], Value::Null);
        assert_eq!(found[3]["score"], 1.0);
    }
}

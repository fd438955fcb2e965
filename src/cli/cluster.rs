//! `feedmill cluster`: the duplicate judge alone.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use super::jsonl::{Object, run_in_order};
use crate::dedupe::{Candidate, Limits, Prepared, Rules, Window, judge};
use crate::model::{ArticleId, Relation, Timestamp, Verdict};

/// Reads articles as JSON lines and says of each whether it is new.
pub fn filter(input: impl BufRead, output: impl Write) -> io::Result<()> {
    filter_with(input, output, Limits::default(), Rules::default())
}
pub fn filter_with(input: impl BufRead, output: impl Write, limits: Limits, rules: Rules) -> io::Result<()> {
    let mut window = Window::new(limits);
    let mut known: HashMap<i64, (Prepared, ArticleId, Value, Timestamp)> = HashMap::new();
    let mut exact: HashMap<[u8; 16], ArticleId> = HashMap::new();
    let mut n = 0;
    run_in_order(input, output, |object: &Object| {
        let text = object.get("text").and_then(Value::as_str).unwrap_or_default();
        let name = object.get("id").cloned().unwrap_or_default();
        let at: Timestamp = object.get("published").and_then(Value::as_str).and_then(|t| t.parse().ok()).unwrap_or(Timestamp::EPOCH);
        let prepared = Prepared::new(text);
        let fp = prepared.fingerprint();
        n += 1;
        let id = ArticleId(n);
        window.expire(at);
        let mut ids = window.candidates(&fp.sketch, at);
        if let Some(id) = exact.get(&fp.exact) && !ids.contains(id) { ids.push(*id); }
        let candidates: Vec<Candidate> = ids.iter().filter_map(|id| { let k = known.get(&id.0)?; Some(Candidate { id: *id, cluster: k.1, text: &k.0, hours: k.3.since(at).max(at.since(k.3)).as_secs_f32() / 3600.0 }) }).collect();
        let j = judge(&prepared, &candidates, &rules);
        let cluster = j.cluster.unwrap_or(id);
        exact.entry(fp.exact).or_insert(id);
        window.insert(id, cluster, at, &fp.sketch);
        let (kind, of, score) = match j.verdict {
            Verdict::Unique => ("unique", Value::Null, None),
            Verdict::Duplicate { of, relation, score } => (match relation { Relation::Exact => "exact", Relation::Near => "near" }, known.get(&of.0).map(|k| k.2.clone()).unwrap_or_default(), Some(score)),
        };
        known.insert(id.0, (prepared, cluster, name.clone(), at));
        Ok(json!({"id": name, "cluster": cluster.0, "kind": kind, "of": of, "score": score,
            "evidence": j.evidence.map(|e| json!([e.contained, e.numbers, e.shingles, e.boilerplate, known.get(&e.candidate.0).map(|k| k.2.clone()), e.conflicts, e.alike, e.agree, e.full]))}))
    })
}

/// Judge which articles are the same.
#[derive(Debug, clap::Args)]
pub struct Cluster {
    /// Read one JSON object a line and write one a line
    #[arg(long, required = true)]
    pub jsonl: bool,
}

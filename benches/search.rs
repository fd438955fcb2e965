//! Which index finds words in scripts that do not show where a word ends, and what it costs.
//!
//!     cargo bench --bench search
//!
//! For each language: articles of some 5 KB made of the sentences in `search/sentences.txt`, and
//! the words of `search/words.txt`, which people would type. A word should be found in every
//! article that contains it. Prints the share that is found and the bytes of index an article.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench")]

use std::collections::{BTreeMap, HashSet};

use feedmill::store::bigrams;
use rusqlite::Connection;

const SENTENCES: &str = include_str!("search/sentences.txt");
const WORDS: &str = include_str!("search/words.txt");
const TEXT_BYTES: usize = 5_000;

/// How an index is made and asked.
struct Arm {
    name: &'static str,
    tokenizer: &'static str,
    cut: fn(&str) -> Option<String>,
    ask: fn(&str) -> String,
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

const ARMS: [Arm; 4] = [
    Arm {
        name: "words",
        tokenizer: "unicode61 remove_diacritics 2 categories 'L* N* Co M*'",
        cut: |text| Some(text.to_owned()),
        ask: quoted,
    },
    Arm {
        name: "words, prefix",
        tokenizer: "unicode61 remove_diacritics 2 categories 'L* N* Co M*'",
        cut: |text| Some(text.to_owned()),
        ask: |word| format!("\"{word}\"*"),
    },
    Arm {
        name: "trigrams",
        tokenizer: "trigram",
        cut: |text| Some(text.to_owned()),
        ask: quoted,
    },
    Arm {
        name: "bigrams",
        tokenizer: "unicode61 remove_diacritics 2 categories 'L* N* Co M*'",
        cut: |text| bigrams::is_needed(text).then(|| bigrams::cut(text)),
        ask: |word| bigrams::phrase(word).unwrap_or_else(|| quoted(word)),
    },
];

fn by_language(table: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (lang, text) = line.split_once('\t').unwrap();
        found.entry(lang).or_default().push(text);
    }
    found
}

/// A sequence that looks random, the same in every run.
fn dice(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap()
}

/// Four sentences of the language, over and over: most articles have most words not.
fn articles(sentences: &[&str], count: usize) -> Vec<String> {
    let mut state = 7;
    (0..count)
        .map(|_| {
            let few: Vec<&str> = (0..4)
                .map(|_| sentences[dice(&mut state) % sentences.len()])
                .collect();
            let mut text = String::new();
            while text.len() < TEXT_BYTES {
                text.push_str(few[dice(&mut state) % few.len()]);
                text.push_str(if text.is_ascii() { " " } else { "\n" });
            }
            text
        })
        .collect()
}

struct Row {
    found: f64,
    wrong: usize,
    index: usize,
}

fn measure(arm: &Arm, articles: &[String], words: &[&str]) -> Row {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(&format!(
        "CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize=\"{}\")",
        arm.tokenizer
    ))
    .unwrap();
    for (id, text) in (0_i64..).zip(articles) {
        if let Some(cut) = (arm.cut)(text) {
            conn.execute("INSERT INTO t (rowid, text) VALUES (?1, ?2)", (id, cut))
                .unwrap();
        }
    }
    conn.execute_batch("INSERT INTO t(t) VALUES ('optimize')")
        .unwrap();
    let (mut wanted, mut right, mut wrong) = (0, 0, 0);
    for word in words {
        let containing: HashSet<i64> = (0..)
            .zip(articles)
            .filter(|(_, text)| text.contains(word))
            .map(|(id, _)| id)
            .collect();
        let mut select = conn
            .prepare("SELECT rowid FROM t WHERE t MATCH ?1")
            .unwrap();
        let found: HashSet<i64> = select
            .query_map([(arm.ask)(word)], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        wanted += containing.len();
        right += found.intersection(&containing).count();
        wrong += found.difference(&containing).count();
    }
    let bytes: i64 = conn
        .query_row("SELECT sum(length(block)) FROM t_data", [], |row| {
            row.get(0)
        })
        .unwrap();
    Row {
        found: right as f64 / wanted.max(1) as f64,
        wrong,
        index: usize::try_from(bytes).unwrap() / articles.len(),
    }
}

fn main() {
    // Under "cargo test" a few articles show that it runs.
    let count = if std::env::args().any(|arg| arg == "--bench") {
        2_000
    } else {
        20
    };
    println!(
        "{:<6} {:<14} {:>8} {:>14} {:>20}",
        "lang", "index", "found", "found wrongly", "bytes an article"
    );
    let words = by_language(WORDS);
    for (lang, sentences) in by_language(SENTENCES) {
        let articles = articles(&sentences, count);
        let words: Vec<&str> = words[lang]
            .iter()
            .flat_map(|line| line.split(' '))
            .collect();
        let words: Vec<&str> = words
            .into_iter()
            .filter(|word| sentences.iter().any(|text| text.contains(word)))
            .collect();
        for arm in &ARMS {
            let row = measure(arm, &articles, &words);
            println!(
                "{lang:<6} {:<14} {:>7.1}% {:>14} {:>20}",
                arm.name,
                row.found * 100.0,
                row.wrong,
                row.index
            );
        }
    }
}

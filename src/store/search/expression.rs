//! What a person types, as expressions of FTS5.
//!
//! FTS5's MATCH is a language in which `world-wide`, `c++` and an empty string are errors; what a
//! person types is quoted word by word, so that it never is.

use crate::store::bigrams;

/// What to ask the two indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// For `articles_fts`.
    pub words: Option<String>,
    /// For `articles_bigrams`.
    pub pairs: Option<String>,
    /// The words as they were typed, without a star.
    pub typed: Vec<String>,
}

impl Expression {
    /// Every word wanted; a word that ends in `*` is a prefix. Nothing when there is no word.
    pub(super) fn of(words: &str) -> Option<Self> {
        let words: Vec<&str> = words
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .collect();
        if words.is_empty() {
            return None;
        }
        let unspaced = words.iter().any(|word| bigrams::is_needed(word));
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let pairs: Vec<String> = words
            .iter()
            .zip(&quoted)
            .map(|(word, quoted)| bigrams::phrase(word).unwrap_or_else(|| quoted.clone()))
            .collect();
        Some(Self {
            words: (!unspaced).then(|| quoted.join(" ")),
            pairs: Some(pairs.join(" ")),
            typed: words
                .iter()
                .map(|word| word.trim_end_matches('*').to_owned())
                .collect(),
        })
    }

    /// An expression of FTS5 as it stands.
    pub(super) fn raw(expression: &str) -> Option<Self> {
        Some(Self {
            words: Some(expression.to_owned()),
            pairs: None,
            typed: Vec::new(),
        })
        .filter(|_| !expression.trim().is_empty())
    }
}

fn quote(word: &str) -> String {
    let (stem, star) = word
        .strip_suffix('*')
        .map_or((word, ""), |stem| (stem, "*"));
    format!("\"{}\"{star}", stem.replace('"', "\"\"").replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_a_person_types_is_quoted_word_by_word() {
        for (typed, words, pairs) in [
            (
                "world-wide web",
                Some("\"world-wide\" \"web\""),
                "\"world-wide\" \"web\"",
            ),
            ("c++ \"x", Some("\"c++\" \"\"\"x\""), "\"c++\" \"\"\"x\""),
            ("climat*", Some("\"climat\"*"), "\"climat\"*"),
            (
                "AND OR NOT",
                Some("\"AND\" \"OR\" \"NOT\""),
                "\"AND\" \"OR\" \"NOT\"",
            ),
            ("iPhone 电池", None, "\"iPhone\" \"电池\""),
            ("東京大学*", None, "\"東京 京大 大学\""),
        ] {
            let expression = Expression::of(typed).expect("words");
            assert_eq!(expression.words.as_deref(), words, "{typed}");
            assert_eq!(expression.pairs.as_deref(), Some(pairs), "{typed}");
        }
        for nothing in ["  ", "\" * ( )"] {
            assert_eq!(Expression::of(nothing), None);
        }
    }

    proptest! {
        #[test]
        fn nothing_a_person_types_is_an_error(typed in ".{0,40}|[a京ก한 *\"()-]{1,12}") {
            let conn = Connection::open_in_memory().expect("memory");
            conn.execute_batch("CREATE VIRTUAL TABLE t USING fts5(x)").expect("table");
            let expressions = Expression::of(&typed).map(|asked| (asked.words, asked.pairs));
            for expression in expressions.into_iter().flat_map(|(words, pairs)| [words, pairs]).flatten() {
                let found: i64 = conn
                    .query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [expression], |row| row.get(0))
                    .expect("no error");
                prop_assert_eq!(found, 0);
            }
        }
    }
}

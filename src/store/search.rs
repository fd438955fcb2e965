//! Full-text search.
//!
//! FTS5's MATCH is a language in which `world-wide`, `c++` and an empty string are
//! errors; what a person types is quoted token by token, so that it never is.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::StoreError;
use crate::model::{ArticleId, Timestamp};

/// An article that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: ArticleId,
    pub url: Option<String>,
    pub site: String,
    pub title: Option<String>,
    pub published_at: Option<Timestamp>,
    /// The matching passage; matches stand between the marks that were asked for.
    pub snippet: String,
}

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    pub words: &'a str,
    /// Take `words` as an FTS5 expression as it stands.
    pub raw: bool,
    /// Newest first instead of best first.
    pub newest: bool,
    pub limit: u32,
    /// What stands before and after a match in a snippet.
    pub marks: (&'a str, &'a str),
}

/// The articles that match, each text once.
///
/// # Errors
/// Of SQLite; with `raw`, of the expression.
pub fn search(conn: &Connection, query: &Query<'_>) -> Result<Vec<Hit>, StoreError> {
    let expression = if query.raw {
        query.words.to_owned()
    } else {
        quoted(query.words)
    };
    if expression.is_empty() {
        return Ok(Vec::new());
    }
    let order = if query.newest {
        "a.sort_at DESC"
    } else {
        "rank"
    };
    let mut select = conn.prepare_cached(&format!(
        "SELECT a.id, a.url, a.site, a.title, a.published_at, snippet(articles_fts, 1, ?2, ?3, '…', 24), a.cluster_id
         FROM articles_fts JOIN _article a ON a.id = articles_fts.rowid
         WHERE articles_fts MATCH ?1 AND a.deleted_at IS NULL ORDER BY {order}"
    ))?;
    let mut rows = select.query(params![expression, query.marks.0, query.marks.1])?;
    let mut clusters = HashSet::new();
    let mut hits = Vec::new();
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    while hits.len() < limit
        && let Some(row) = rows.next()?
    {
        if !clusters.insert(row.get::<_, ArticleId>(6)?) {
            continue;
        }
        hits.push(Hit {
            id: row.get(0)?,
            url: row.get(1)?,
            site: row.get(2)?,
            title: row.get(3)?,
            published_at: row.get(4)?,
            snippet: row.get(5)?,
        });
    }
    Ok(hits)
}

/// Every word a quoted string, all of them wanted; a word that ends in `*` is a prefix.
fn quoted(words: &str) -> String {
    let tokens = words
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric));
    let tokens = tokens.map(|word| {
        let (stem, star) = word
            .strip_suffix('*')
            .map_or((word, ""), |stem| (stem, "*"));
        format!("\"{}\"{star}", stem.replace('"', "\"\"").replace('\0', ""))
    });
    tokens.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_person_types_is_quoted_word_by_word() {
        for (typed, expression) in [
            ("world-wide web", "\"world-wide\" \"web\""),
            ("c++ \"x", "\"c++\" \"\"\"x\""),
            ("climat*", "\"climat\"*"),
            ("AND OR NOT", "\"AND\" \"OR\" \"NOT\""),
            ("  ", ""),
            ("\" * ( )", ""),
        ] {
            assert_eq!(quoted(typed), expression, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn nothing_a_person_types_is_an_error(typed in ".{0,40}") {
            let conn = Connection::open_in_memory().expect("memory");
            conn.execute_batch("CREATE VIRTUAL TABLE t USING fts5(x)").expect("table");
            let expression = quoted(&typed);
            if !expression.is_empty() {
                let found: i64 = conn
                    .query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [expression], |row| row.get(0))
                    .expect("no error");
                prop_assert_eq!(found, 0);
            }
        }
    }
}

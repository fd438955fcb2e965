//! Full-text search.
//!
//! There are two indexes. `articles_fts` holds the words of every article; `articles_bigrams`
//! holds pairs of characters of those in scripts that do not show where a word ends (see
//! [`bigrams`](super::bigrams)). Words of such a script are looked for in the second one, which
//! has the other words of these articles too; all others in both, since a Latin word often
//! stands in a Chinese sentence without a space around it.
//!
//! What is found first and what is shown of it are two questions to the database: a passage is
//! only made for what is shown. What is never here: printing, the clock.
//!
//! How it fails: what a person types never does; an expression of FTS5 (`raw`) can be refused.

mod expression;
mod passage;

use std::collections::HashSet;
use std::fmt::Write as _;

use rusqlite::{Connection, Row, ToSql, params};

use self::expression::Expression;
use super::StoreError;
use crate::model::{ArticleId, Timestamp};

/// An article that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: ArticleId,
    pub url: Option<String>,
    pub site: String,
    pub title: Option<String>,
    pub lang: Option<String>,
    pub published_at: Option<Timestamp>,
    /// The earlier of the publication and of when it was first seen.
    pub sort_at: Timestamp,
    /// The matching passage; matches stand between the marks that were asked for.
    pub snippet: String,
}

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    pub words: &'a str,
    /// Take `words` as an FTS5 expression over `articles_fts` as it stands.
    pub raw: bool,
    /// Newest first instead of best first.
    pub newest: bool,
    pub limit: u32,
    /// What stands before and after a match in a snippet.
    pub marks: (&'a str, &'a str),
    pub filter: Filter,
}

/// Which articles come into question; what is not given does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The site, or one it is part of: `example.org` is `news.example.org` too.
    pub site: Option<String>,
    /// A language, or a variety of it: `en` is `en-GB` too.
    pub lang: Option<String>,
    /// A tag of a feed that carried it.
    pub tag: Option<String>,
    /// The name or address of a feed that carried it.
    pub feed: Option<String>,
    /// Not published or seen before.
    pub since: Option<Timestamp>,
    /// Published or seen before.
    pub until: Option<Timestamp>,
}

/// Which index found an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Words,
    Bigrams,
}

/// The articles that match, each text once.
///
/// # Errors
/// Of SQLite; with `raw`, of the expression.
pub fn search(conn: &Connection, query: &Query<'_>) -> Result<Vec<Hit>, StoreError> {
    let expression = if query.raw {
        Expression::raw(query.words)
    } else {
        Expression::of(query.words)
    };
    let Some(expression) = expression else {
        return Ok(Vec::new());
    };
    let mut values: Vec<&dyn ToSql> = Vec::new();
    let mut sql = found(&expression, &mut values);
    restrict(&mut sql, &query.filter, &mut values);
    sql.push_str(if query.newest {
        " ORDER BY a.sort_at DESC, a.id DESC"
    } else {
        " ORDER BY f.rank"
    });
    // One snapshot: what was found is still there when its passage is made.
    let tx = conn.unchecked_transaction()?;
    let mut select = tx.prepare_cached(&sql)?;
    let mut rows = select.query(&*values)?;
    let mut clusters = HashSet::new();
    let mut hits = Vec::new();
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    while hits.len() < limit
        && let Some(row) = rows.next()?
    {
        if clusters.insert(row.get::<_, ArticleId>(0)?) {
            let (mut hit, index) = hit(row)?;
            hit.snippet = match index {
                Index::Words => snippet(&tx, &expression, query.marks, hit.id)?,
                Index::Bigrams => {
                    let text: String = tx
                        .prepare_cached("SELECT text FROM article_text WHERE id = ?1")?
                        .query_row([hit.id], |row| row.get(0))?;
                    passage::around(&text, &expression.typed, query.marks)
                }
            };
            hits.push(hit);
        }
    }
    Ok(hits)
}

/// The question without its restrictions. The index leads whatever the planner believes: it is
/// always the narrowest way in.
fn found<'a>(expression: &'a Expression, values: &mut Vec<&'a dyn ToSql>) -> String {
    let mut arms = Vec::new();
    if let Some(words) = &expression.words {
        values.push(words);
        arms.push(format!(
            "SELECT rowid AS id, rank, 0 AS bigrams FROM articles_fts WHERE articles_fts MATCH ?{}",
            values.len()
        ));
    }
    if let Some(pairs) = &expression.pairs {
        values.push(pairs);
        arms.push(format!(
            "SELECT rowid AS id, rank, 1 AS bigrams FROM articles_bigrams WHERE articles_bigrams MATCH ?{}",
            values.len()
        ));
    }
    format!(
        "SELECT a.cluster_id, a.id, a.url, a.site, a.title, a.lang, a.published_at, a.sort_at, f.bigrams
         FROM ({}) f CROSS JOIN _article a ON a.id = f.id WHERE a.deleted_at IS NULL",
        arms.join(" UNION ALL ")
    )
}

fn restrict<'a>(sql: &mut String, filter: &'a Filter, values: &mut Vec<&'a dyn ToSql>) {
    const BY_FEED: &str =
        "EXISTS (SELECT 1 FROM _entry e JOIN _feed d ON d.id = e.feed_id WHERE e.article_id = a.id";
    let mut and = |condition: &str, value: Option<&'a dyn ToSql>| {
        if let Some(value) = value {
            values.push(value);
            // Writing to a String cannot fail.
            let _ = write!(
                sql,
                " AND {}",
                condition.replace('?', &format!("?{}", values.len()))
            );
        }
    };
    and(
        "(a.site = ? OR substr(a.site, -length(?) - 1) = '.' || ?)",
        filter.site.as_ref().map(|value| value as &dyn ToSql),
    );
    and(
        "(a.lang = ? COLLATE NOCASE OR substr(a.lang, 1, length(?) + 1) = ? || '-' COLLATE NOCASE)",
        filter.lang.as_ref().map(|value| value as &dyn ToSql),
    );
    and(
        &format!("{BY_FEED} AND EXISTS (SELECT 1 FROM json_each(d.tags) WHERE value = ?))"),
        filter.tag.as_ref().map(|value| value as &dyn ToSql),
    );
    and(
        &format!("{BY_FEED} AND (d.url = ? OR d.name = ?))"),
        filter.feed.as_ref().map(|value| value as &dyn ToSql),
    );
    and(
        "a.sort_at >= ?",
        filter.since.as_ref().map(|value| value as &dyn ToSql),
    );
    and(
        "a.sort_at < ?",
        filter.until.as_ref().map(|value| value as &dyn ToSql),
    );
}

fn hit(row: &Row<'_>) -> rusqlite::Result<(Hit, Index)> {
    let index = if row.get(8)? {
        Index::Bigrams
    } else {
        Index::Words
    };
    let hit = Hit {
        id: row.get(1)?,
        url: row.get(2)?,
        site: row.get(3)?,
        title: row.get(4)?,
        lang: row.get(5)?,
        published_at: row.get(6)?,
        sort_at: row.get(7)?,
        snippet: String::new(),
    };
    Ok((hit, index))
}

fn snippet(
    conn: &Connection,
    expression: &Expression,
    marks: (&str, &str),
    id: ArticleId,
) -> Result<String, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT snippet(articles_fts, 1, ?2, ?3, '…', 24) FROM articles_fts WHERE articles_fts MATCH ?1 AND rowid = ?4",
    )?;
    let values = params![expression.words, marks.0, marks.1, id];
    Ok(select.query_row(values, |row| row.get(0))?)
}

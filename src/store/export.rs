//! Articles by the day, for copies of the store in other formats.
//!
//! A day is told from its earlier self by a mark: the number of its articles and of their changes.
//! Whatever happens to an article (it is new, edited, moved to another day, taken away) changes the
//! mark of every day concerned, since each change has a number of its own.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::{StoreError, tail};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Real,
    /// 0 or 1.
    Boolean,
    /// An instant, as text.
    Instant,
    Text,
}

/// A column of `articles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// The columns of `articles`.
///
/// # Errors
/// Of SQLite.
pub fn columns(conn: &Connection) -> Result<Vec<Column>, StoreError> {
    let mut select = conn.prepare("SELECT name, type FROM pragma_table_info('articles')")?;
    let columns = select.query_map([], |row| {
        let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
        let kind = match declared.as_str() {
            "INTEGER" => Kind::Integer,
            "REAL" => Kind::Real,
            _ if name.starts_with("is_") => Kind::Boolean,
            _ if name.ends_with("_at") => Kind::Instant,
            _ => Kind::Text,
        };
        Ok(Column { name, kind })
    })?;
    Ok(columns.collect::<Result<_, _>>()?)
}

/// A day (UTC) of `sort_at`, `2026-01-31`, and its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub date: String,
    pub mark: String,
}

const MARK: &str = "count(*) || '.' || max(seq) || '.' || sum(seq)";

/// The days that have articles, from `since` on.
///
/// # Errors
/// Of SQLite.
pub fn days(conn: &Connection, since: &str) -> Result<Vec<Day>, StoreError> {
    let mut select = conn.prepare(&format!(
        "SELECT substr(sort_at, 1, 10) AS date, {MARK} FROM _article
         WHERE deleted_at IS NULL AND sort_at >= ?1 GROUP BY date ORDER BY date"
    ))?;
    let days = select.query_map([since], |row| {
        Ok(Day {
            date: row.get(0)?,
            mark: row.get(1)?,
        })
    })?;
    Ok(days.collect::<Result<_, _>>()?)
}

/// Hands the articles of a day to `each`, by their ids, and returns the mark of what was handed over:
/// both are of one moment. `~` sorts behind every hour of the day.
///
/// # Errors
/// Of SQLite, and of `each`.
pub fn articles_of<E: From<StoreError>>(
    conn: &Connection,
    date: &str,
    columns: &[Column],
    mut each: impl FnMut(&[Value]) -> Result<(), E>,
) -> Result<String, E> {
    let tx = conn.unchecked_transaction().map_err(StoreError::from)?;
    let mark = tx
        .query_row(
            &format!("SELECT coalesce({MARK}, '') FROM _article WHERE deleted_at IS NULL AND sort_at >= ?1 AND sort_at < ?1 || '~'"),
            [date],
            |row| row.get(0),
        )
        .map_err(StoreError::from)?;
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM articles WHERE sort_at >= ?1 AND sort_at < ?1 || '~' ORDER BY id",
        names.join(", ")
    );
    let mut select = tx.prepare_cached(&sql).map_err(StoreError::from)?;
    let mut rows = select.query(params![date]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let values: Result<Vec<Value>, rusqlite::Error> = (0..columns.len())
            .map(|index| row.get_ref(index).map(tail::json))
            .collect();
        each(&values.map_err(StoreError::from)?)?;
    }
    Ok(mark)
}

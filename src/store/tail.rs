//! The change feed: what changed after a cursor, in commit order.
//!
//! It is read from the articles themselves (`articles.seq`), so that it is whole however much of
//! the log of changes has been pruned; only deletions come from the log.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::{StoreError, contract};

/// Which database, and which life of it, a sequence number belongs to. A restore begins a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    pub db_id: String,
    pub epoch: String,
}

impl Life {
    /// That of an open database.
    ///
    /// # Errors
    /// Of SQLite.
    pub fn of(conn: &Connection) -> Result<Self, StoreError> {
        let mut select = conn.prepare_cached(
            "SELECT (SELECT value FROM about WHERE key = 'db_id'), (SELECT value FROM about WHERE key = 'epoch')",
        )?;
        Ok(select.query_row([], |row| {
            Ok(Self {
                db_id: row.get(0)?,
                epoch: row.get(1)?,
            })
        })?)
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.db_id, self.epoch)
    }
}

/// A place in the change feed, as text: `SEQ`, or `DB_ID.EPOCH.SEQ`, which cannot be taken for a
/// place in another database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub life: Option<Life>,
    pub seq: i64,
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.rsplitn(3, '.');
        let seq = parts.next().and_then(|seq| seq.parse().ok());
        let life = match (parts.next(), parts.next()) {
            (Some(epoch), Some(db_id)) => Some(Life {
                db_id: db_id.to_owned(),
                epoch: epoch.to_owned(),
            }),
            (None, None) => None,
            _ => return Err(NOT_A_CURSOR.to_owned()),
        };
        let seq = seq.ok_or(NOT_A_CURSOR)?;
        Ok(Self { life, seq })
    }
}

const NOT_A_CURSOR: &str = "a number (seq), or the \"cursor\" of an earlier line";

/// Where the change feed ends at the moment.
///
/// # Errors
/// Of SQLite.
pub fn newest(conn: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM about WHERE key = 'max_seq'";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// Whether deletions after `seq` may have been pruned from the log.
///
/// # Errors
/// Of SQLite.
pub fn is_pruned_after(conn: &Connection, seq: i64) -> Result<bool, StoreError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM about WHERE key = 'min_seq'";
    let kept: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    // Who has seen nothing yet need not be told what is gone.
    Ok(seq > 0 && kept > seq.saturating_add(1))
}

/// The columns of an article that a line can carry.
#[must_use]
pub fn fields() -> Vec<String> {
    let articles = contract::objects()
        .into_iter()
        .find(|object| object.name == "articles");
    let columns = articles.into_iter().flat_map(|object| object.columns);
    columns
        .map(|column| column.name)
        .filter(|name| name != "seq")
        .collect()
}

/// One batch of the change feed.
#[derive(Debug)]
pub struct Batch {
    pub lines: Vec<Value>,
    /// The last number looked at: where the next batch begins.
    pub seq: i64,
}

/// Articles that changed after `seq`, in the order of their latest changes, and deletions, at most
/// `limit`; each article with `fields` as they are now. `life` is the one that `seq` belongs to.
///
/// # Errors
/// [`StoreError::OtherLife`] when the database is of another; else of SQLite.
pub fn changes(
    conn: &Connection,
    life: &Life,
    seq: i64,
    limit: u32,
    fields: &[String],
) -> Result<Batch, StoreError> {
    // One snapshot for both questions.
    let tx = conn.unchecked_transaction()?;
    let found = Life::of(&tx)?;
    if found != *life {
        return Err(StoreError::OtherLife {
            was: life.to_string(),
            is: found.to_string(),
        });
    }
    let mut columns = String::new();
    for field in fields {
        // Writing to a String cannot fail.
        let _ = write!(columns, ", a.\"{}\"", field.replace('"', ""));
    }
    let mut select = tx.prepare_cached(&format!(
        "SELECT a.seq, coalesce(c.at, a.updated_at), coalesce(c.op, 'update'), a.id{columns}
         FROM articles a LEFT JOIN changes c ON c.seq = a.seq WHERE a.seq > ?1
         UNION ALL
         SELECT seq, at, op, article_id{} FROM changes WHERE op = 'delete' AND seq > ?1
         ORDER BY 1 LIMIT ?2",
        ", NULL".repeat(fields.len())
    ))?;
    let mut rows = select.query(params![seq, limit])?;
    let mut batch = Batch {
        lines: Vec::new(),
        seq,
    };
    while let Some(row) = rows.next()? {
        batch.seq = row.get(0)?;
        batch.lines.push(line(row, life, fields)?);
    }
    Ok(batch)
}

fn line(row: &Row<'_>, of: &Life, fields: &[String]) -> Result<Value, StoreError> {
    let seq: i64 = row.get(0)?;
    let op: String = row.get(2)?;
    let mut line = Map::new();
    line.insert("seq".to_owned(), json!(seq));
    line.insert("cursor".to_owned(), json!(format!("{of}.{seq}")));
    line.insert("at".to_owned(), json(row.get_ref(1)?));
    line.insert("op".to_owned(), json!(op));
    line.insert("article_id".to_owned(), json(row.get_ref(3)?));
    if op != "delete" {
        let mut article = Map::new();
        for (index, field) in (4..).zip(fields) {
            article.insert(field.clone(), json(row.get_ref(index)?));
        }
        line.insert("article".to_owned(), Value::Object(article));
    }
    Ok(Value::Object(line))
}

/// A value as JSON; the contract has no blobs.
pub(super) fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) => json!(number),
        ValueRef::Text(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_number_or_one_with_its_database() {
        let life = Life {
            db_id: "ab12".to_owned(),
            epoch: "3".to_owned(),
        };
        let whole = Cursor {
            life: Some(life.clone()),
            seq: 42,
        };
        assert_eq!(format!("{life}.42").parse(), Ok(whole));
        assert_eq!("7".parse(), Ok(Cursor { life: None, seq: 7 }));
        for wrong in ["", "x", "3.4", "a.1.x"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}

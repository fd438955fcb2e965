//! How the nouns of `model` are written in columns, and read back.

use std::time::Duration;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde_json::{Value, json};

use crate::model::{ArticleId, Enclosure, EntryId, FeedId, GapId, Lease, PageId, Timestamp};

macro_rules! id_columns {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    )*};
}

id_columns!(FeedId, EntryId, PageId, ArticleId, GapId, Lease);

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// A comparison key as it is stored: blake3, 128 bits. Keys are only ever compared, and the
/// full text of a long URL in every index would be a quarter of the file.
#[must_use]
pub fn key(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short
        .iter_mut()
        .zip(blake3::hash(text.as_bytes()).as_bytes())
        .for_each(|(to, from)| *to = *from);
    short
}

/// 16 bytes out of a blob; zeros where it is shorter.
#[must_use]
pub fn bytes16(blob: &[u8]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(blob)
        .for_each(|(to, from)| *to = *from);
    bytes
}

/// A JSON array of strings, or NULL for none.
#[must_use]
pub fn strings(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| json!(list).to_string())
}

/// The strings of a JSON array; nothing for NULL and for anything else.
#[must_use]
pub fn read_strings(column: Option<&str>) -> Vec<String> {
    column
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Enclosures as the JSON that the contract describes, or NULL for none.
#[must_use]
pub fn enclosures(list: &[Enclosure]) -> Option<String> {
    let all: Vec<Value> = list
        .iter()
        .map(|file| json!({"url": file.url, "type": file.media_type, "length": file.length, "duration": file.duration}))
        .collect();
    (!all.is_empty()).then(|| Value::Array(all).to_string())
}

/// Whole milliseconds.
#[must_use]
pub fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Of whole milliseconds; nothing for NULL and for negative numbers.
#[must_use]
pub fn duration(column: Option<i64>) -> Option<Duration> {
    column
        .and_then(|millis| u64::try_from(millis).ok())
        .map(Duration::from_millis)
}

/// A count out of a column; 0 for a negative number.
pub fn number(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(index)?).unwrap_or(0))
}

/// A count as SQLite can hold it.
#[must_use]
pub fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

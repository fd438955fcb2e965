//! The log of requests, as the score sheet of polite polling reads it.

use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::{StoreError, rows};
use crate::model::{FeedId, Timestamp};

/// A request.
#[derive(Debug, Clone)]
pub struct Line {
    /// When its answer came.
    pub at: Timestamp,
    pub elapsed: Duration,
    pub url: String,
    /// The feed, for a poll.
    pub poll_of: Option<FeedId>,
    pub answered: bool,
    pub conditional: bool,
    pub unconditional: Option<String>,
    pub due: Option<String>,
    pub retry_after: Option<Duration>,
}

/// Requests since then.
///
/// # Errors
/// Of SQLite.
pub fn lines(conn: &Connection, since: Timestamp) -> Result<Vec<Line>, StoreError> {
    let mut select = conn.prepare(
        "SELECT at, ms, url, CASE kind WHEN 'feed' THEN feed_id END, status IS NOT NULL, conditional, unconditional,
                due, retry_after_ms
         FROM _fetch WHERE at >= ?1 ORDER BY id",
    )?;
    let lines = select.query_map(params![since], line)?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        at: row.get(0)?,
        elapsed: rows::duration(row.get(1)?).unwrap_or_default(),
        url: row.get(2)?,
        poll_of: row.get(3)?,
        answered: row.get(4)?,
        conditional: row.get(5)?,
        unconditional: row.get(6)?,
        due: row.get(7)?,
        retry_after: rows::duration(row.get(8)?),
    })
}

/// Gaps found since then: windows in which entries may have been lost.
///
/// # Errors
/// Of SQLite.
pub fn gaps(conn: &Connection, since: Timestamp) -> Result<u64, StoreError> {
    let count: i64 = conn.query_row(
        "SELECT count(*) FROM _gap WHERE found_at >= ?1",
        [since],
        |row| row.get(0),
    )?;
    Ok(u64::try_from(count).unwrap_or(0))
}

//! A person's wish to a running service: poll this feed now.
//!
//! The service alone has the right to write, with one exception, which is this: a due
//! time is moved forward, in a transaction of its own. The service sees it when it
//! next looks at what is due, within seconds.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{StoreError, migrate, open};
use crate::model::Timestamp;

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The feed is due now.
    Granted,
    /// Not before then, because of that rule.
    NotBefore(Timestamp, String),
    /// There is no such feed, or it is not polled.
    Unknown,
}

/// Makes a feed due at `now`, unless it was polled after `floor` or its server asked for patience.
/// `force` overrides both.
///
/// # Errors
/// As [`open::reader`], and when the database stays locked.
pub fn poll_now(
    path: &Path,
    url: &str,
    now: Timestamp,
    floor: Timestamp,
    force: bool,
) -> Result<Wish, StoreError> {
    // The file is looked at by a reader's rules first: it exists, and it is ours.
    drop(open::reader(path)?);
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.busy_timeout(open::BUSY)?;
    if migrate::check(&conn, path)? != migrate::latest() {
        return Ok(Wish::Unknown);
    }
    let row: Option<(Option<Timestamp>, Timestamp, String)> = conn
        .query_row(
            "SELECT last_poll_at, next_poll_at, next_poll_reason FROM _feed WHERE url = ?1 AND state IN ('active', 'gone')",
            [url],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((last, next, reason)) = row else {
        return Ok(Wish::Unknown);
    };
    let patience = matches!(reason.as_str(), "retry_after" | "throttled" | "outage");
    let recent = last.is_some_and(|last| last > floor);
    if !force && next > now && (patience || recent) {
        let reason = if patience { reason } else { "floor".to_owned() };
        return Ok(Wish::NotBefore(next, reason));
    }
    conn.execute(
        "UPDATE _feed SET next_poll_at = ?2, next_poll_reason = 'forced' WHERE url = ?1 AND next_poll_at > ?2",
        params![url, now],
    )?;
    Ok(Wish::Granted)
}

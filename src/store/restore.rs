//! Putting a backup in the place of the database.
//!
//! Everything that can fail comes first: the backup is copied beside the database, checked and made
//! durable there. Then the old database gets a second name, and the copy takes the first. Whoever
//! dies in between leaves the old one or the new one in its place, whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::{InstanceLock, StoreError, durable, open, raw};
use crate::model::{ArticleId, Timestamp};

/// What was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub articles: u64,
    pub max_seq: i64,
    /// The new life of the database: cursors of consumers start again.
    pub epoch: i64,
    /// Where the old database is now, when there was one.
    pub aside: Option<PathBuf>,
}

/// Puts the backup `from` in the place of the database `to`, whose `lock` the caller holds. The old
/// files are kept beside it, named for `at`.
///
/// # Errors
/// As [`open::reader`] for `from`, which is never changed; [`StoreError::Damaged`] when it does not
/// pass its checks; [`StoreError::Access`] and [`StoreError::Io`] when files cannot be written.
pub fn restore(
    from: &Path,
    to: &Path,
    _lock: &InstanceLock,
    at: Timestamp,
) -> Result<Restored, StoreError> {
    if is_same_file(from, to) {
        return Err(access(from, "it is the database itself; name a backup"));
    }
    let copy = open::beside(to, ".restoring");
    let prepared = prepare(from, &copy, epoch_of(to));
    let prepared = prepared.and_then(|(restored, last)| {
        // Before the change of places: it is better to lose a page than to take it for another's.
        raw::forget_beyond(to, last)?;
        Ok(restored)
    });
    let mut restored = match prepared {
        Ok(restored) => restored,
        Err(error) => {
            remove_with_companions(&copy);
            return Err(error);
        }
    };
    open::own_like(&copy, to);
    restored.aside = set_aside(to, at)?;
    durable::rename(&copy, to)?;
    Ok(restored)
}

/// A checked copy of the backup that begins another life; and the highest number that it has given to
/// an article.
fn prepare(from: &Path, copy: &Path, old_epoch: i64) -> Result<(Restored, ArticleId), StoreError> {
    let backup = open::reader(from)?;
    verify(&backup, from)?;
    remove_with_companions(copy);
    super::backup::write(&backup, copy)?;
    let conn = Connection::open(copy)?;
    // Everything in one file: what is renamed must not leave a part of itself behind.
    conn.pragma_update(None, "journal_mode", "DELETE")?;
    let epoch = old_epoch.max(epoch(&conn)?) + 1;
    conn.execute(
        "UPDATE _meta SET value = ?1 WHERE key = 'epoch'",
        [epoch.to_string()],
    )?;
    verify(&conn, copy)?;
    conn.execute_batch(
        "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)",
    )
    .map_err(|error| damaged(from, &format!("its full-text index: {error}")))?;
    let restored = conn.query_row(
        "SELECT (SELECT count(*) FROM _article), (SELECT coalesce(max(seq), 0) FROM _change),
                coalesce((SELECT seq FROM sqlite_sequence WHERE name = '_article'), 0)",
        [],
        |row| {
            let restored = Restored {
                articles: super::rows::number(row, 0)?,
                max_seq: row.get(1)?,
                epoch,
                aside: None,
            };
            Ok((restored, row.get(2)?))
        },
    )?;
    drop(conn);
    durable::sync(copy)?;
    Ok(restored)
}

fn verify(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: Result<String, _> =
        conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(damaged(path, &verdict)),
        Err(error) => Err(damaged(path, &error.to_string())),
    }
}

/// The epoch of the database that is replaced; 0 when it cannot be told.
fn epoch_of(path: &Path) -> i64 {
    open::reader(path)
        .and_then(|conn| epoch(&conn))
        .unwrap_or(0)
}

fn epoch(conn: &Connection) -> Result<i64, StoreError> {
    let value: Option<i64> = conn
        .query_row(
            "SELECT CAST(value AS INTEGER) FROM _meta WHERE key = 'epoch'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(value.unwrap_or(0))
}

/// Gives the old database and its companions other names; where they are now.
fn set_aside(path: &Path, at: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    // What is only in the write-ahead log goes into the file first, if the file is sound: then there
    // is no moment at which the one is without the other.
    let _ = Connection::open(path)
        .and_then(|conn| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    let aside = free_name(path, at);
    for suffix in ["-wal", "-shm"] {
        let from = open::beside(path, suffix);
        if from.exists() {
            durable::rename(&from, &open::beside(&aside, suffix))?;
        }
    }
    // Under both names until the copy takes the one over: a service that starts in between must not
    // find an empty place and begin afresh.
    if fs::hard_link(path, &aside).is_err() {
        durable::rename(path, &aside)?;
    }
    Ok(Some(aside))
}

/// Where the old database goes: named for the instant, or for the next one that no other is named for.
fn free_name(path: &Path, mut at: Timestamp) -> PathBuf {
    loop {
        let instant = at.utc().format("%Y%m%dT%H%M%SZ");
        let name = open::beside(path, &format!(".before-restore-{instant}"));
        if !name.exists() {
            return name;
        }
        at = at.plus(Duration::from_secs(1));
    }
}

fn remove_with_companions(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(open::beside(path, suffix));
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let (one, other) = (fs::canonicalize(one), fs::canonicalize(other));
    matches!((one, other), (Ok(one), Ok(other)) if one == other)
}

fn damaged(path: &Path, detail: &str) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

fn access(path: &Path, detail: &str) -> StoreError {
    StoreError::Access {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

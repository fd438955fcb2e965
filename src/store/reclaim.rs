//! Giving room back to the file system, in steps that keep nobody waiting.
//!
//! What is deleted leaves two kinds of holes: words that are struck out in the full-text index but
//! still stand in it, and free pages inside the file. The index is merged anew, a few pages at a
//! time, when a tenth of it is struck out; then pages from the end of the file are moved into the
//! free ones. The file itself is cut by the next checkpoint.

use std::time::Instant;

use rusqlite::{Connection, params};

use super::StoreError;
use super::purge::STEP;
use super::request::Change;
use super::rows::number;
use super::writer::Work;

/// The full-text indexes.
const INDEXES: [&str; 2] = ["articles_fts", "articles_bigrams"];
/// They are merged anew when one text in so many has been struck out of them.
const GARBAGE_SHARE: u64 = 10;
/// One page in so many may stay free for what comes next, unless every one is wanted back.
const SPARE_SHARE: u64 = 50;
/// Pages of the index written by one command of a step.
const MERGE_PAGES: i64 = 64;
/// Pages moved by one command of a step.
const VACUUM_PAGES: u32 = 64;

/// Makes some room, as far as one step reaches.
#[derive(Debug)]
pub struct Reclaim {
    /// False leaves a few free pages in the file, for what comes next.
    pub thorough: bool,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Free pages that are still in the file.
    pub free_pages: u64,
    /// True when there is nothing more to do.
    pub done: bool,
}

impl Change for Reclaim {
    type Reply = Reclaimed;

    fn apply(&self, work: &mut Work<'_>) -> Result<Reclaimed, StoreError> {
        let began = Instant::now();
        let mut merging = is_merge_due(work.conn)?;
        while merging && began.elapsed() < STEP {
            merging = merge(work.conn)?;
        }
        let spare = if self.thorough {
            0
        } else {
            page_count(work.conn)? / SPARE_SHARE
        };
        let mut free_pages = free_pages(work.conn)?;
        while !merging && free_pages > spare && began.elapsed() < STEP {
            vacuum(work.conn)?;
            free_pages = self::free_pages(work.conn)?;
        }
        *work.checkpoint = true;
        Ok(Reclaimed {
            free_pages,
            done: !merging && free_pages <= spare,
        })
    }
}

/// Whether the index is being merged anew, or is to be.
fn is_merge_due(conn: &Connection) -> Result<bool, StoreError> {
    if meta(conn, "fts_merging")? > 0 {
        return Ok(true);
    }
    let garbage = meta(conn, "fts_garbage")?;
    if garbage == 0 {
        return Ok(false);
    }
    let texts: u64 = conn.query_row("SELECT count(*) FROM article_text", [], |row| {
        number(row, 0)
    })?;
    if garbage * GARBAGE_SHARE < texts {
        return Ok(false);
    }
    // A negative number makes all segments one merge, whatever their levels.
    for index in INDEXES {
        conn.execute(&merge_command(index), [-MERGE_PAGES])?;
    }
    conn.execute_batch("DELETE FROM _meta WHERE key = 'fts_garbage'; INSERT OR REPLACE INTO _meta VALUES ('fts_merging', '1')")?;
    Ok(true)
}

/// A little of the merge; false when it has come to its end.
fn merge(conn: &Connection) -> Result<bool, StoreError> {
    for index in INDEXES {
        let before = conn.total_changes();
        conn.execute(&merge_command(index), [MERGE_PAGES])?;
        // The command itself counts as one change.
        if conn.total_changes() - before >= 2 {
            return Ok(true);
        }
    }
    conn.execute("DELETE FROM _meta WHERE key = 'fts_merging'", [])?;
    Ok(false)
}

fn merge_command(index: &str) -> String {
    format!("INSERT INTO {index}({index}, rank) VALUES ('merge', ?1)")
}

fn vacuum(conn: &Connection) -> Result<(), StoreError> {
    // Each row is a page: the statement has to be walked to its end.
    let mut vacuum = conn.prepare_cached(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn free_pages(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn.query_row("PRAGMA freelist_count", [], |row| number(row, 0))?)
}

fn page_count(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn.query_row("PRAGMA page_count", [], |row| number(row, 0))?)
}

fn meta(conn: &Connection, key: &str) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM _meta WHERE key = ?1), 0)",
        )?
        .query_row(params![key], |row| number(row, 0))?)
}

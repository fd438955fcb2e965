//! Gaps: where entries may have come and gone unseen, and what was found of them in older documents.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fetches::{self, FetchRecord, Purpose};
use super::request::Change;
use super::writer::Work;
use super::{StoreError, entries};
use crate::model::{FeedId, OpenGap, ParsedEntry, Timestamp};

/// A gap, as a poll finds it.
#[derive(Debug, Clone)]
pub struct Gap {
    /// When everything had been seen, or the feed was configured.
    pub from: Timestamp,
    /// Where an older document is, when the feed says so.
    pub older: Option<String>,
    /// About how many entries were missed.
    pub missed: Option<u32>,
}

/// Notes a gap; `oldest` is the date of the oldest entry after it.
pub(super) fn insert(
    conn: &Connection,
    feed: FeedId,
    gap: &Gap,
    oldest: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO _gap (feed_id, found_at, from_at, to_at, missed, older_url)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![feed, at, gap.from, oldest, gap.missed, gap.older])?;
    Ok(())
}

/// The newest gap of a feed that older documents may still close.
pub(super) fn open(conn: &Connection, feed: FeedId) -> Result<Option<OpenGap>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT id, feed_id, found_at, older_url, documents, backfilled, failures
         FROM _gap WHERE feed_id = ?1 AND older_url IS NOT NULL ORDER BY id DESC LIMIT 1",
    )?;
    Ok(select.query_row([feed], open_gap).optional()?)
}

fn open_gap(row: &Row<'_>) -> rusqlite::Result<OpenGap> {
    Ok(OpenGap {
        id: row.get(0)?,
        feed: row.get(1)?,
        found_at: row.get(2)?,
        older: row.get(3)?,
        documents: row.get(4)?,
        entries: row.get(5)?,
        failures: row.get(6)?,
    })
}

/// What reading one older document came to.
#[derive(Debug)]
pub struct CommitBackfill {
    pub gap: OpenGap,
    pub at: Timestamp,
    pub found: Backfilled,
    /// Entries that were not known, oldest first.
    pub new: Vec<ParsedEntry>,
    /// Whether their pages are fetched.
    pub fetch_pages: bool,
    pub record: FetchRecord,
}

/// How the gap stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfilled {
    Covered,
    /// There is an older document.
    Older(String),
    /// The document could not be had this time.
    Failed,
    GivenUp,
}

impl Change for CommitBackfill {
    /// The gap, as long as there is something to be had.
    type Reply = Option<OpenGap>;

    fn apply(&self, work: &mut Work<'_>) -> Result<Option<OpenGap>, StoreError> {
        let (feed, conn) = (self.gap.feed, work.conn);
        let mut new = 0_u32;
        for entry in &self.new {
            new += u32::from(entries::insert(
                conn,
                feed,
                entry,
                self.fetch_pages,
                self.at,
            )?);
        }
        fetches::insert(conn, feed, Purpose::Archive, &self.record)?;
        if self.found == Backfilled::Failed {
            conn.prepare_cached("UPDATE _gap SET failures = failures + 1 WHERE id = ?1")?
                .execute([self.gap.id])?;
            return Ok(None);
        }
        let older = match &self.found {
            Backfilled::Older(older) => Some(older),
            _ => None,
        };
        let read =
            (self.found != Backfilled::GivenUp || !self.new.is_empty()).then_some(&self.gap.older);
        conn.prepare_cached(
            "UPDATE _gap SET older_url = ?2, documents = documents + 1, backfilled = backfilled + ?3, failures = 0,
                    backfilled_from = coalesce(?4, backfilled_from), closed_at = CASE WHEN ?5 THEN ?6 END
             WHERE id = ?1",
        )?
        .execute(params![
            self.gap.id,
            older,
            new,
            read,
            self.found == Backfilled::Covered,
            self.at
        ])?;
        open(conn, feed)
    }
}

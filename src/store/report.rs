//! What the store can tell of itself: counts, times, and the feeds that are in trouble.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::StoreError;
use super::rows::number;
use crate::model::{FeedId, Timestamp};

/// The state of the store at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Feeds that are polled.
    pub feeds: u64,
    pub feeds_new: u64,
    pub feeds_ok: u64,
    /// That answer and have published nothing for longer than their habit explains.
    pub feeds_quiet: u64,
    /// With one to four failures in a row.
    pub feeds_flaky: u64,
    /// With five or more.
    pub feeds_failing: u64,
    /// That the server does not give us.
    pub feeds_refused: u64,
    pub feeds_gone: u64,
    pub entries: u64,
    pub articles: u64,
    pub duplicates: u64,
    /// Articles whose page could not be had yet.
    pub feed_only: u64,
    /// Pages that wait for their first fetch.
    pub pages_pending: u64,
    /// Pages that failed and are due again.
    pub pages_retrying: u64,
    pub pages_dead: u64,
    pub gaps: u64,
    pub events_open: u64,
    pub max_seq: i64,
    pub last_poll_at: Option<Timestamp>,
    pub next_poll_at: Option<Timestamp>,
    pub last_article_at: Option<Timestamp>,
}

/// Counts what there is.
///
/// # Errors
/// Of SQLite.
pub fn report(conn: &Connection) -> Result<Report, StoreError> {
    let mut report = conn.query_row(
        "SELECT count(*), coalesce(sum(health = 'new'), 0), coalesce(sum(health = 'ok'), 0),
                coalesce(sum(health = 'quiet'), 0), coalesce(sum(health = 'flaky'), 0),
                coalesce(sum(health = 'failing'), 0), coalesce(sum(health = 'refused'), 0),
                max(last_poll_at), min(next_poll_at)
         FROM feeds WHERE state = 'active'",
        [],
        |row| {
            Ok(Report {
                feeds: number(row, 0)?,
                feeds_new: number(row, 1)?,
                feeds_ok: number(row, 2)?,
                feeds_quiet: number(row, 3)?,
                feeds_flaky: number(row, 4)?,
                feeds_failing: number(row, 5)?,
                feeds_refused: number(row, 6)?,
                last_poll_at: row.get(7)?,
                next_poll_at: row.get(8)?,
                ..Report::default()
            })
        },
    )?;
    let count = |sql: &str| conn.query_row(sql, [], |row| number(row, 0));
    report.feeds_gone = count("SELECT count(*) FROM _feed WHERE state = 'gone'")?;
    report.entries = count("SELECT count(*) FROM _entry")?;
    report.articles = count("SELECT count(*) FROM _article WHERE deleted_at IS NULL")?;
    report.duplicates =
        count("SELECT count(*) FROM _article WHERE deleted_at IS NULL AND cluster_id <> id")?;
    report.feed_only =
        count("SELECT count(*) FROM _article WHERE deleted_at IS NULL AND status = 'feed_only'")?;
    report.pages_pending = count(
        "SELECT count(*) FROM _page WHERE state = 'pending' AND outcome IS NULL AND rechecks = 0",
    )?;
    report.pages_retrying =
        count("SELECT count(*) FROM _page WHERE state = 'pending' AND outcome IS NOT NULL")?;
    report.pages_dead = count("SELECT count(*) FROM _page WHERE state = 'dead'")?;
    report.gaps = count("SELECT count(*) FROM _gap")?;
    report.events_open = count("SELECT count(*) FROM _event WHERE closed_at IS NULL")?;
    report.max_seq = conn.query_row("SELECT coalesce(max(seq), 0) FROM _change", [], |row| {
        row.get(0)
    })?;
    report.last_article_at = conn.query_row(
        "SELECT max(updated_at) FROM _article WHERE id > (SELECT max(id) FROM _article) - 100",
        [],
        |row| row.get(0),
    )?;
    Ok(report)
}

/// A feed whose last poll failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingFeed {
    pub url: String,
    pub name: Option<String>,
    pub outcome: String,
    pub status: Option<u16>,
    pub detail: Option<String>,
    pub failures: u64,
    pub failing_since: Option<Timestamp>,
    pub next_poll_at: Timestamp,
}

/// Feeds whose last poll failed, the longest failing first.
///
/// # Errors
/// Of SQLite.
pub fn failing(conn: &Connection, limit: u32) -> Result<Vec<FailingFeed>, StoreError> {
    let mut select = conn.prepare(
        "SELECT url, coalesce(name, title), last_outcome, last_status, last_detail, failures, failing_since, next_poll_at
         FROM _feed WHERE state = 'active' AND failures > 0 ORDER BY failing_since, id LIMIT ?1",
    )?;
    let rows = select.query_map(params![limit], |row| {
        Ok(FailingFeed {
            url: row.get(0)?,
            name: row.get(1)?,
            outcome: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            status: row.get(3)?,
            detail: row.get(4)?,
            failures: number(row, 5)?,
            failing_since: row.get(6)?,
            next_poll_at: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What each feed is called: its name, else its address.
///
/// # Errors
/// Of SQLite.
pub fn names(conn: &Connection) -> Result<HashMap<FeedId, String>, StoreError> {
    let mut select = conn.prepare("SELECT id, coalesce(name, url) FROM _feed")?;
    let names = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// A feed in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLine {
    pub name: String,
    pub kind: String,
    pub outcome: String,
    pub entries: u64,
    pub repaired: String,
}

/// Every feed in a line, in the order of the configuration.
///
/// # Errors
/// Of SQLite.
pub fn overview(conn: &Connection) -> Result<Vec<FeedLine>, StoreError> {
    let mut select = conn.prepare(
        "SELECT coalesce(name, title, url), coalesce(kind, ''), coalesce(last_outcome, ''),
                (SELECT count(*) FROM _entry e WHERE e.feed_id = f.id),
                coalesce((SELECT group_concat(value, ', ') FROM json_each(f.repaired)), '')
         FROM _feed f WHERE state = 'active' ORDER BY id",
    )?;
    let rows = select.query_map([], |row| {
        Ok(FeedLine {
            name: row.get(0)?,
            kind: row.get(1)?,
            outcome: row.get(2)?,
            entries: number(row, 3)?,
            repaired: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

//! Feeds: which there are, which are due, who has claimed them.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Row, Rows, params};
use serde_json::json;

use super::request::Change;
use super::writer::Work;
use super::{StoreError, claim, rows, twins};
use crate::model::{FeedId, Lease, PublisherHints, Timestamp};

/// Makes the feeds of the database those of the configuration. A feed that is no longer listed
/// keeps its row, its entries and its times, and is not polled.
#[derive(Debug)]
pub struct SyncFeeds {
    pub feeds: Vec<FeedSpec>,
    pub at: Timestamp,
}

/// A feed of the configuration.
#[derive(Debug, Clone)]
pub struct FeedSpec {
    pub url: String,
    pub host: String,
    pub name: Option<String>,
    pub tags: Vec<String>,
    /// When it is due if it is new, or has come back and is overdue.
    pub first_poll_at: Timestamp,
}

/// What [`SyncFeeds`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    pub added: usize,
    pub returned: usize,
    pub removed: usize,
}

impl Change for SyncFeeds {
    type Reply = Synced;

    fn apply(&self, work: &mut Work<'_>) -> Result<Synced, StoreError> {
        let mut done = Synced::default();
        let mut state = work
            .conn
            .prepare_cached("SELECT state FROM _feed WHERE url = ?1")?;
        let mut insert = work.conn.prepare_cached(
            "INSERT INTO _feed (url, host, name, tags, next_poll_at, next_poll_reason, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'first', ?6, ?6)",
        )?;
        let mut update = work.conn.prepare_cached(
            "UPDATE _feed SET name = ?2, tags = ?3, state = CASE state WHEN 'removed' THEN 'active' ELSE state END,
                    next_poll_at = CASE state WHEN 'removed' THEN max(next_poll_at, ?5) ELSE next_poll_at END, updated_at = ?4
             WHERE url = ?1 AND (name IS NOT ?2 OR tags <> ?3 OR state = 'removed')",
        )?;
        work.conn.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS listed (url TEXT PRIMARY KEY) WITHOUT ROWID; DELETE FROM listed",
        )?;
        let mut list = work
            .conn
            .prepare_cached("INSERT OR IGNORE INTO listed VALUES (?1)")?;
        for feed in &self.feeds {
            let tags = rows::strings(&feed.tags).unwrap_or_else(|| "[]".to_owned());
            list.execute([&feed.url])?;
            let known: Option<String> =
                state.query_row([&feed.url], |row| row.get(0)).optional()?;
            if let Some(known) = known {
                update.execute(params![
                    feed.url,
                    feed.name,
                    tags,
                    self.at,
                    feed.first_poll_at
                ])?;
                done.returned += usize::from(known == "removed");
            } else {
                insert.execute(params![
                    feed.url,
                    feed.host,
                    feed.name,
                    tags,
                    feed.first_poll_at,
                    self.at
                ])?;
                done.added += 1;
            }
        }
        done.removed = work.conn.execute(
            "UPDATE _feed SET state = 'removed', updated_at = ?1
             WHERE state <> 'removed' AND url NOT IN (SELECT url FROM listed)",
            params![self.at],
        )?;
        if done.removed > 0 {
            twins::release_of_removed(work.conn, self.at)?;
        }
        work.conn.execute(
            "UPDATE _event SET closed_at = ?1
             WHERE closed_at IS NULL AND feed_id IN (SELECT id FROM _feed WHERE state = 'removed')",
            params![self.at],
        )?;
        Ok(done)
    }
}

/// Gives feeds new due times: the spread of a catch-up, or a person's wish.
#[derive(Debug)]
pub struct Reschedule {
    pub feeds: Vec<(FeedId, Timestamp)>,
    pub reason: &'static str,
}

impl Change for Reschedule {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut update = work.conn.prepare_cached(
            "UPDATE _feed SET next_poll_at = ?2, next_poll_reason = ?3 WHERE id = ?1",
        )?;
        for (feed, at) in &self.feeds {
            update.execute(params![feed, at, self.reason])?;
        }
        Ok(())
    }
}

/// Puts a claimed feed off without having asked: its host wants to be left alone.
#[derive(Debug)]
pub struct PostponePoll {
    pub feed: FeedId,
    pub lease: Lease,
    pub until: Timestamp,
    pub reason: &'static str,
}

impl Change for PostponePoll {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let mut update = work.conn.prepare_cached(
            "UPDATE _feed SET lease = NULL, leased_until = NULL, next_poll_at = ?3, next_poll_reason = ?4
             WHERE id = ?1 AND lease = ?2",
        )?;
        let written = update.execute(params![self.feed, self.lease, self.until, self.reason])?;
        if written == 1 {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }
}

/// A row that is due, and the host it would ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<Id> {
    pub id: Id,
    /// Empty when no host would be asked.
    pub host: String,
}

/// Holds for a feed that is due at `?1` and unclaimed.
const DUE: &str = "state IN ('active', 'gone') AND next_poll_at <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)";

/// Feeds that are due at `now` and unclaimed, oldest first (of those that were put off together, whoever
/// was polled longest ago, or never), at most `per_host` of one host and
/// `limit` in all, so that one source of many feeds cannot stand before all others; none of the
/// hosts `without`, and of `only` these feeds when given.
///
/// # Errors
/// Of SQLite.
pub fn due(
    conn: &Connection,
    now: Timestamp,
    per_host: u32,
    limit: u32,
    without: &[String],
    only: Option<&[FeedId]>,
) -> Result<Vec<Due<FeedId>>, StoreError> {
    // Most of the time few are due, and no host can have too many. The question by hosts is the dearer one.
    let mut select = conn.prepare_cached(&format!(
        "SELECT id, host, next_poll_at, last_poll_at FROM _feed WHERE {DUE} ORDER BY next_poll_at"
    ))?;
    let few = few(select.query([now])?, per_host.min(limit), without, |row| {
        let id: FeedId = row.get(0)?;
        let order: (Timestamp, Option<Timestamp>, _) = (row.get(2)?, row.get(3)?, id);
        Ok(only.is_none_or(|only| only.contains(&id)).then_some(order))
    })?;
    if let Some(few) = few {
        return Ok(few);
    }
    let mut select = conn.prepare_cached(&format!(
        "SELECT id, host FROM (
             SELECT id, host, next_poll_at, last_poll_at, row_number() OVER (PARTITION BY host ORDER BY next_poll_at, last_poll_at, id) AS rank
             FROM _feed WHERE {DUE} AND host NOT IN (SELECT value FROM json_each(?4))
               AND (?5 IS NULL OR id IN (SELECT value FROM json_each(?5))))
         WHERE rank <= ?2 ORDER BY next_poll_at, last_poll_at, id LIMIT ?3"
    ))?;
    let only = only.map(|ids| json!(ids.iter().map(|id| id.0).collect::<Vec<_>>()).to_string());
    let rows = select.query_map(
        params![now, per_host, limit, json!(without).to_string(), only],
        due_row,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Rows with the columns `id` and `host` in the order that `order` gives them, without those that it gives
/// none; `None` when there are `most` or more.
pub(super) fn few<Id: FromSql, Order: Ord>(
    mut rows: Rows<'_>,
    most: u32,
    without: &[String],
    order: impl Fn(&Row<'_>) -> rusqlite::Result<Option<Order>>,
) -> rusqlite::Result<Option<Vec<Due<Id>>>> {
    let without: HashSet<&str> = without.iter().map(String::as_str).collect();
    let mut few = Vec::new();
    while let Some(row) = rows.next()? {
        if without.contains(row.get_ref(1)?.as_str()?) {
            continue;
        }
        if let Some(order) = order(row)? {
            few.push((order, due_row(row)?));
        }
        if few.len() >= most as usize {
            return Ok(None);
        }
    }
    few.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Some(few.into_iter().map(|(_, due)| due).collect()))
}

/// A row whose first columns are `id` and `host`.
pub(super) fn due_row<Id: FromSql>(row: &Row<'_>) -> rusqlite::Result<Due<Id>> {
    Ok(Due {
        id: row.get(0)?,
        host: row.get(1)?,
    })
}

/// Puts off everything that is due on a host that wants to be left alone, or cannot be reached.
#[derive(Debug)]
pub struct HoldHost {
    pub host: String,
    pub until: Timestamp,
    pub queue: Held,
}

/// Which of the two queues is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Feeds { reason: &'static str },
    Pages,
}

impl Change for HoldHost {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        match self.queue {
            Held::Feeds { reason } => work
                .conn
                .prepare_cached(
                    "UPDATE _feed SET next_poll_at = ?2, next_poll_reason = ?3
                     WHERE host = ?1 AND state IN ('active', 'gone') AND next_poll_at < ?2 AND leased_until IS NULL",
                )?
                .execute(params![self.host, self.until, reason])?,
            Held::Pages => work
                .conn
                .prepare_cached(
                    "UPDATE _page SET next_at = ?2
                     WHERE host = ?1 AND state = 'pending' AND next_at < ?2 AND leased_until IS NULL",
                )?
                .execute(params![self.host, self.until])?,
        };
        Ok(())
    }
}

/// When the next unclaimed feed is due, of those that are not due at `now`.
///
/// # Errors
/// Of SQLite.
pub fn next_due(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT min(next_poll_at) FROM _feed WHERE state IN ('active', 'gone') AND leased_until IS NULL AND next_poll_at > ?1",
    )?;
    Ok(select.query_row([now], |row| row.get(0))?)
}

/// The addresses of the feeds that were configured so far.
///
/// # Errors
/// Of SQLite.
pub fn urls(conn: &Connection) -> Result<HashSet<String>, StoreError> {
    let mut select = conn.prepare("SELECT url FROM _feed WHERE state <> 'removed'")?;
    let urls = select.query_map([], |row| row.get(0))?;
    Ok(urls.collect::<Result<_, _>>()?)
}

/// A feed as the configuration knows it, and when it is due.
#[derive(Debug, Clone)]
pub struct ListedFeed {
    pub id: FeedId,
    pub url: String,
    pub next_poll_at: Timestamp,
    /// The rule that decided so.
    pub reason: String,
    pub last_poll_at: Option<Timestamp>,
    /// Until when its server has asked to be left alone.
    pub patience: Option<Timestamp>,
    /// What it was asked with when that was refused (401), as a hash.
    pub refused_with: Option<Vec<u8>>,
    /// Whether its next request can be conditional.
    pub validators: bool,
    /// The adaptive interval as learned.
    pub interval: Option<Duration>,
    pub hints: PublisherHints,
}

/// Every feed of the configuration that may be polled, the longest due first.
///
/// # Errors
/// Of SQLite.
pub fn listed(conn: &Connection) -> Result<Vec<ListedFeed>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT id, url, next_poll_at, next_poll_reason, last_poll_at, refused_with,
                distrusted_at IS NULL AND (etag IS NOT NULL OR last_modified IS NOT NULL), interval_ms, ttl_ms, skip_hours, skip_days, patience_until
         FROM _feed WHERE state IN ('active', 'gone') ORDER BY next_poll_at, id",
    )?;
    let rows = select.query_map([], |row| {
        Ok(ListedFeed {
            id: row.get(0)?,
            url: row.get(1)?,
            next_poll_at: row.get(2)?,
            reason: row.get(3)?,
            last_poll_at: row.get(4)?,
            refused_with: row.get(5)?,
            validators: row.get(6)?,
            interval: rows::duration(row.get(7)?),
            hints: claim::hints(row, 8)?,
            patience: row.get(11)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

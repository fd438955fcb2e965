//! Two feeds of the configuration whose addresses lead to one document: it is asked for once.
//!
//! Whoever found the document first has it, unless the other one is at home there. The rest are
//! merged into that feed: their polls only look, now and then, whether they still lead there. They
//! are released when the feed that has the document moves, fails, or is removed.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::polls::{CommitPoll, Found};
use crate::model::{FeedId, Timestamp};

/// After so many failures in a row those merged into a feed try for themselves.
const FAILURES: u32 = 3;

/// Settles whose document a poll has found. True when it is another feed's.
pub(super) fn settle(conn: &Connection, poll: &CommitPoll) -> Result<bool, StoreError> {
    let (failures, before): (u32, Option<String>) = conn
        .prepare_cached("SELECT failures, answered_url FROM _feed WHERE id = ?1")?
        .query_row([poll.feed], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if poll.outcome.is_err() {
        if failures >= FAILURES {
            release(conn, poll.feed, poll.at)?;
        }
        return Ok(false);
    }
    let Some(found) = &poll.found_at else {
        return Ok(false);
    };
    if before.is_some_and(|before| before != found.url) {
        release(conn, poll.feed, poll.at)?;
    }
    let other: Option<(FeedId, bool)> = conn
        .prepare_cached(
            "SELECT id, url = ?2 FROM _feed
             WHERE answered_url = ?2 AND id <> ?1 AND merged_into IS NULL AND state = 'active' AND failures < ?3
             ORDER BY id LIMIT 1",
        )?
        .query_row(params![poll.feed, found.url, FAILURES], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let into = match other {
        Some((other, at_home)) if !found.at_home || at_home => Some(other),
        Some(_) => {
            take_over(conn, poll.feed, found)?;
            None
        }
        None => None,
    };
    conn.prepare_cached(
        "UPDATE _feed SET answered_url = ?2, merged_into = ?3
         WHERE id = ?1 AND (answered_url IS NOT ?2 OR merged_into IS NOT ?3)",
    )?
    .execute(params![poll.feed, found.url, into])?;
    if into.is_some() {
        conn.prepare_cached(
            "UPDATE _feed SET next_poll_at = ?2, next_poll_reason = ?3 WHERE id = ?1",
        )?
        .execute(params![
            poll.feed,
            found.look_again.at,
            found.look_again.reason
        ])?;
    }
    Ok(into.is_some())
}

/// The feed at home takes the document, with the entries of those who were led to it before.
fn take_over(conn: &Connection, feed: FeedId, found: &Found) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE OR IGNORE _entry SET feed_id = ?1
         WHERE feed_id IN (SELECT id FROM _feed WHERE answered_url = ?2 AND id <> ?1)",
    )?
    .execute(params![feed, found.url])?;
    // What retention took away from them is not new to it either.
    conn.prepare_cached(
        "INSERT OR IGNORE INTO _purged SELECT ?1, uid FROM _purged
         WHERE feed_id IN (SELECT id FROM _feed WHERE answered_url = ?2 AND id <> ?1)",
    )?
    .execute(params![feed, found.url])?;
    conn.prepare_cached(
        "UPDATE _feed SET merged_into = ?1, next_poll_at = ?3, next_poll_reason = ?4
         WHERE answered_url = ?2 AND id <> ?1 AND state = 'active'",
    )?
    .execute(params![
        feed,
        found.url,
        found.look_again.at,
        found.look_again.reason
    ])?;
    Ok(())
}

/// Lets those who were merged into a feed be polled for themselves. The document that they led to was the
/// other's: they are to read it as if for the first time, and not to be told that it is as it was.
fn release(conn: &Connection, feed: FeedId, at: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE _feed SET merged_into = NULL, etag = NULL, last_modified = NULL, body_hash = NULL,
                next_poll_at = ?2, next_poll_reason = 'released'
         WHERE merged_into = ?1",
    )?
    .execute(params![feed, at])?;
    Ok(())
}

/// The same for those who were merged into feeds that are no longer configured.
pub(super) fn release_of_removed(conn: &Connection, at: Timestamp) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE _feed SET merged_into = NULL, etag = NULL, last_modified = NULL, body_hash = NULL,
                next_poll_at = ?1, next_poll_reason = 'released'
         WHERE merged_into IN (SELECT id FROM _feed WHERE state = 'removed')",
        [at],
    )?;
    Ok(())
}

//! What sites answered when asked for robots.txt, so that a restart does not ask them all again.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::fetches::{self, FetchRecord, Purpose};
use super::request::Change;
use super::writer::Work;
use crate::model::{FeedId, Timestamp};

/// A site's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsAnswer {
    /// Absent when there was none.
    pub status: Option<u16>,
    /// As far as it is read: 500 KiB.
    pub body: Vec<u8>,
    /// Until when it is believed.
    pub until: Timestamp,
}

/// Keeps a site's answer, and logs the request for it.
#[derive(Debug)]
pub struct KeepRobots {
    /// Scheme, host and port.
    pub site: String,
    pub answer: RobotsAnswer,
    /// The feed whose page was wanted.
    pub feed: FeedId,
    pub record: FetchRecord,
}

impl Change for KeepRobots {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        work.conn
            .prepare_cached("INSERT OR REPLACE INTO _robots (site, status, body, until) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                self.site,
                self.answer.status,
                self.answer.body,
                self.answer.until
            ])?;
        fetches::insert(work.conn, self.feed, Purpose::Robots, &self.record)
    }
}

/// The answer of a site that is still believed at `now`.
///
/// # Errors
/// Of SQLite.
pub fn of(
    conn: &Connection,
    site: &str,
    now: Timestamp,
) -> Result<Option<RobotsAnswer>, StoreError> {
    let mut select = conn
        .prepare_cached("SELECT status, body, until FROM _robots WHERE site = ?1 AND until > ?2")?;
    let answer = select.query_row(params![site, now], |row| {
        Ok(RobotsAnswer {
            status: row.get(0)?,
            body: row.get(1)?,
            until: row.get(2)?,
        })
    });
    Ok(answer.optional()?)
}

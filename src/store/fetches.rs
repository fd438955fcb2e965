//! The log of requests: one row for each, for a bounded time.

use rusqlite::{Connection, params};

use super::StoreError;
use super::request::Change;
use super::rows;
use super::writer::Work;
use crate::model::{ArticleId, FeedId, Timestamp};

/// One request, as it is logged.
#[derive(Debug, Clone)]
pub struct FetchRecord {
    pub at: Timestamp,
    /// Without secrets.
    pub url: String,
    pub status: Option<u16>,
    /// A token of `model::outcome`, or "ok".
    pub outcome: &'static str,
    pub detail: Option<String>,
    pub conditional: bool,
    /// Why a poll sent no validators.
    pub unconditional: Option<&'static str>,
    /// Of a poll: the rule that had made it due.
    pub due: Option<String>,
    /// What the answer asked for.
    pub retry_after: Option<std::time::Duration>,
    pub bytes: u64,
    pub elapsed: std::time::Duration,
}

/// What the request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Feed,
    /// An older document of a feed.
    Archive,
    /// What a hub delivered: nothing was asked.
    Delivery,
    Page(Option<ArticleId>),
    Robots,
}

pub(super) fn insert(
    conn: &Connection,
    feed: FeedId,
    purpose: Purpose,
    record: &FetchRecord,
) -> Result<(), StoreError> {
    let (kind, article) = match purpose {
        Purpose::Feed => ("feed", None),
        Purpose::Archive => ("archive", None),
        Purpose::Delivery => ("delivery", None),
        Purpose::Page(article) => ("page", article),
        Purpose::Robots => ("robots", None),
    };
    conn.prepare_cached(
        "INSERT INTO _fetch (at, kind, feed_id, article_id, url, status, outcome, detail, conditional, bytes, ms,
                             unconditional, due, retry_after_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        record.at,
        kind,
        feed,
        article,
        record.url,
        record.status,
        record.outcome,
        record.detail,
        record.conditional,
        rows::count(record.bytes),
        rows::millis(record.elapsed),
        record.unconditional,
        record.due,
        record.retry_after.map(rows::millis),
    ])?;
    Ok(())
}

/// Trims the log of requests and the sketches of articles that none is compared with any more, and
/// forgets what is no longer believed.
#[derive(Debug)]
pub struct Upkeep {
    pub now: Timestamp,
    /// Events that ended before this are forgotten.
    pub events_before: Timestamp,
    /// Requests before this are forgotten.
    pub fetches_before: Timestamp,
    /// At most so many requests are remembered.
    pub fetches_max: u32,
    /// Whether the statistics by which SQLite plans are refreshed: every statement is prepared anew then.
    pub statistics: bool,
}

/// Requests that one [`Upkeep`] looks at, the oldest, so that it never holds the writer for long.
const TRIM_ROWS: u32 = 5_000;

/// Sketches that it looks at; their articles are looked at, too.
const SKETCHES: u32 = 2_000;

impl Change for Upkeep {
    type Reply = bool;

    /// Returns true when there may be more to forget.
    fn apply(&self, work: &mut Work<'_>) -> Result<bool, StoreError> {
        let trimmed = work.conn.execute(
            "DELETE FROM _fetch WHERE id IN (
                 SELECT id FROM (SELECT id, at FROM _fetch ORDER BY id LIMIT ?3)
                 WHERE at < ?1 OR id <= (SELECT max(id) FROM _fetch) - ?2)",
            params![self.fetches_before, self.fetches_max, TRIM_ROWS],
        )?;
        let dropped = work.memory.drop_sketches(work.conn, SKETCHES)?;
        work.conn
            .execute("DELETE FROM _robots WHERE until <= ?1", [self.now])?;
        work.conn.execute(
            "DELETE FROM _event WHERE closed_at < ?1",
            [self.events_before],
        )?;
        if self.statistics {
            work.conn.execute_batch("PRAGMA optimize")?;
        }
        Ok(u32::try_from(trimmed) == Ok(TRIM_ROWS) || u32::try_from(dropped) == Ok(SKETCHES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::judge::Memory;

    #[test]
    fn a_long_log_is_trimmed_in_steps_from_its_oldest_end() {
        let mut conn = Connection::open_in_memory().expect("memory");
        crate::store::migrate::migrate(&mut conn, std::path::Path::new("memory"))
            .expect("migrations");
        let logged = TRIM_ROWS * 2 + 10;
        conn.execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT INTO _fetch (at, kind, url, outcome, conditional, bytes, ms) SELECT ?2, 'feed', '', 'ok', 0, 0, 0 FROM n",
            params![logged, Timestamp::from_secs(9)],
        )
        .expect("a log");
        let trim = Upkeep {
            now: Timestamp::from_secs(9),
            events_before: Timestamp::EPOCH,
            fetches_before: Timestamp::EPOCH,
            fetches_max: 10,
            statistics: false,
        };
        let (mut memory, mut checkpoint) = (Memory::default(), false);
        let mut steps = Vec::new();
        for _ in 0..3 {
            let more = trim.apply(&mut Work {
                conn: &conn,
                memory: &mut memory,
                checkpoint: &mut checkpoint,
            });
            let left: (u32, u32) = conn
                .query_row("SELECT count(*), min(id) FROM _fetch", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .expect("counted");
            steps.push((more.expect("trimmed"), left.0, left.1));
        }
        let step = |more, left| (more, left, logged - left + 1);
        assert_eq!(
            steps,
            [step(true, TRIM_ROWS + 10), step(true, 10), step(false, 10)]
        );
    }
}

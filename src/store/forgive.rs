//! Blame that is taken back.

use rusqlite::params;

use super::StoreError;
use super::request::Change;
use super::writer::Work;
use crate::model::Timestamp;

/// Takes back the blame of feeds that failed while the network here was down. Those that wait for its
/// end already have been forgiven.
#[derive(Debug)]
pub struct Forgive {
    /// Failures since then.
    pub since: Timestamp,
    pub kinds: Vec<&'static str>,
    pub next_poll_at: Timestamp,
    pub reason: &'static str,
}

impl Change for Forgive {
    /// How many were forgiven.
    type Reply = usize;

    fn apply(&self, work: &mut Work<'_>) -> Result<usize, StoreError> {
        let mut update = work.conn.prepare_cached(
            "UPDATE _feed SET failures = failures - 1, next_poll_at = ?3, next_poll_reason = ?4,
                    failing_since = CASE WHEN failures = 1 THEN NULL ELSE failing_since END
             WHERE failures > 0 AND last_poll_at >= ?1 AND last_outcome = ?2 AND next_poll_reason <> ?4",
        )?;
        let mut unsay = work.conn.prepare_cached(
            "DELETE FROM _event WHERE kind = 'failing' AND opened_at >= ?1 AND feed_id IN
                 (SELECT id FROM _feed WHERE failures > 0 AND last_poll_at >= ?1 AND last_outcome = ?2 AND next_poll_reason <> ?3)",
        )?;
        let mut forgiven = 0;
        for kind in &self.kinds {
            unsay.execute(params![self.since, kind, self.reason])?;
            forgiven +=
                update.execute(params![self.since, kind, self.next_poll_at, self.reason])?;
        }
        Ok(forgiven)
    }
}

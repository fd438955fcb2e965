//! A person's wish to a running service: poll this feed now.
//!
//! The service alone has the right to write, with two exceptions: this, and the cursors of
//! [consumers](super::consumer). A due time is moved forward, in a transaction of its own. The service sees it when it
//! next looks at what is due, within seconds.

use std::path::Path;
use std::time::Duration;

use rusqlite::{OptionalExtension, params};

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

/// Makes a feed due at `now`, unless its last poll is less than `floor` ago or its server asked for patience.
/// `force` overrides both.
///
/// # Errors
/// As [`open::guest`], and when the database stays locked.
pub fn poll_now(
    path: &Path,
    url: &str,
    now: Timestamp,
    floor: Duration,
    force: bool,
) -> Result<Wish, StoreError> {
    let conn = open::guest(path)?;
    if migrate::check(&conn, path)? != migrate::latest() {
        return Ok(Wish::Unknown);
    }
    let row: Option<Standing> = conn
        .query_row(
            "SELECT last_poll_at, next_poll_at, next_poll_reason, patience_until
             FROM _feed WHERE url = ?1 AND state IN ('active', 'gone')",
            [url],
            |row| {
                Ok(Standing {
                    last: row.get(0)?,
                    next: row.get(1)?,
                    reason: row.get(2)?,
                    patience: row.get(3)?,
                })
            },
        )
        .optional()?;
    let Some(standing) = row else {
        return Ok(Wish::Unknown);
    };
    if let Some(refusal) = standing.refusal(now, floor).filter(|_| !force) {
        return Ok(refusal);
    }
    conn.execute(
        "UPDATE _feed SET next_poll_at = ?2, next_poll_reason = 'forced' WHERE url = ?1 AND next_poll_at > ?2",
        params![url, now],
    )?;
    Ok(Wish::Granted)
}

/// How a feed stands with its server.
struct Standing {
    last: Option<Timestamp>,
    next: Timestamp,
    reason: String,
    patience: Option<Timestamp>,
}

impl Standing {
    /// Why it cannot be polled now, by the rules: patience first, then the floor.
    fn refusal(&self, now: Timestamp, floor: Duration) -> Option<Wish> {
        if self.next <= now {
            return None;
        }
        // Patience beyond the due time is a wrong clock's: the due time has been pulled back.
        let patience = self
            .patience
            .filter(|until| *until > now && *until <= self.next);
        let held = matches!(self.reason.as_str(), "retry_after" | "throttled" | "outage");
        let rested = self.last.map(|last| last.plus(floor));
        if held {
            Some(Wish::NotBefore(self.next, self.reason.clone()))
        } else if let Some(until) = patience {
            Some(Wish::NotBefore(until, "retry_after".to_owned()))
        } else {
            let at = rested.filter(|at| *at > now)?;
            Some(Wish::NotBefore(at.min(self.next), "floor".to_owned()))
        }
    }
}

//! When the write-ahead log is copied back into the database.
//!
//! SQLite's own checkpoint runs inside a commit and never gets the log back to its
//! start while readers overlap: 520 MB in 14 s were measured. The daemon checkpoints
//! itself instead: PASSIVE above 16 MB; TRUNCATE, which waits for readers, above
//! 64 MB, and less often while a reader stands in its way. With an external checkpointer it leaves
//! the log alone altogether.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::open::beside;
use super::{Checkpointing, blame};

const PASSIVE_ABOVE_BYTES: u64 = 16 << 20;
const TRUNCATE_ABOVE_BYTES: u64 = 64 << 20;
/// How long TRUNCATE waits for readers.
const TRUNCATE_WAIT: Duration = Duration::from_secs(2);
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Commits between looks at the size of the log.
const LOOK_EVERY: u32 = 16;

/// Keeps the log small. Owned by the writer thread.
#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    whose: Checkpointing,
    commits: u32,
    backoff: Duration,
    not_before: Option<Instant>,
    /// The next look is at once, and whatever there is is copied back.
    pub wanted: bool,
}

impl Checkpoints {
    /// For the database at `path`.
    #[must_use]
    pub fn new(path: &Path, whose: Checkpointing) -> Self {
        Self {
            path: path.to_owned(),
            whose,
            commits: 0,
            backoff: BACKOFF_FIRST,
            not_before: None,
            wanted: false,
        }
    }

    /// After a commit: checkpoints if the log has grown enough.
    pub fn after_commit(&mut self, conn: &Connection, now: Instant) {
        if self.whose == Checkpointing::External {
            return;
        }
        self.commits = self.commits.wrapping_add(1);
        if std::mem::take(&mut self.wanted) {
            passive(conn);
            return;
        }
        if !self.commits.is_multiple_of(LOOK_EVERY) || self.not_before.is_some_and(|at| now < at) {
            return;
        }
        let size = std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |data| data.len());
        if size > TRUNCATE_ABOVE_BYTES {
            if truncate(conn) {
                self.backoff = BACKOFF_FIRST;
                self.not_before = None;
            } else {
                tracing::warn!(
                    wal_bytes = size,
                    by = blame::readers(&self.path).join(", "),
                    "a reader keeps the write-ahead log from being shortened"
                );
                self.not_before = now.checked_add(self.backoff);
                self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
            }
        } else if size > PASSIVE_ABOVE_BYTES {
            passive(conn);
        }
    }

    /// Copies everything back and empties the log, as far as readers let it.
    pub fn empty(&self, conn: &Connection) {
        if self.whose == Checkpointing::Internal {
            truncate(conn);
        }
    }
}

/// Copies back what no reader needs any more; whatever it could not copy, the next one will.
fn passive(conn: &Connection) {
    let _ = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

/// Copies everything back and empties the log; false when a reader stood in the way.
fn truncate(conn: &Connection) -> bool {
    let _ = conn.busy_timeout(TRUNCATE_WAIT);
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    let _ = conn.busy_timeout(super::open::BUSY);
    matches!(busy, Ok(0))
}

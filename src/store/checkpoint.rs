//! When the write-ahead log is copied back into the database.
//!
//! SQLite's own checkpoint runs inside a commit and never gets the log back to its
//! start while readers overlap: 520 MB in 14 s were measured. The daemon checkpoints
//! itself instead: PASSIVE above 16 MB; TRUNCATE, which waits for readers, above
//! 64 MB, and less often while a reader stands in its way. With an external checkpointer it leaves
//! the log alone altogether.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::Wal;

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
    /// Pages of the log that are in use, as the last commit left it. Its file stays as large as the log
    /// ever was, and would have it copied back for ever.
    pages: Arc<AtomicU64>,
    page_bytes: u64,
    backoff: Duration,
    not_before: Option<Instant>,
    /// The next look is at once, and whatever there is is copied back.
    pub wanted: bool,
}

impl Checkpoints {
    /// For the database at `path`, which is written through `conn`.
    ///
    /// # Errors
    /// Of SQLite.
    pub fn new(path: &Path, whose: Checkpointing, conn: &mut Connection) -> rusqlite::Result<Self> {
        let page_bytes = conn.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))?;
        let pages = Arc::new(AtomicU64::new(0));
        let noted = Arc::clone(&pages);
        conn.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            noted.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            path: path.to_owned(),
            whose,
            commits: 0,
            pages,
            page_bytes: page_bytes.into(),
            backoff: BACKOFF_FIRST,
            not_before: None,
            wanted: false,
        })
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
        let size = self.pages.load(Ordering::Relaxed) * self.page_bytes;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_large_once_is_not_copied_back_after_every_few_commits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log.db");
        let mut conn = Connection::open(&path).expect("opened");
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE large (bytes BLOB)",
        )
        .expect("a table");
        let mut checkpoints =
            Checkpoints::new(&path, Checkpointing::Internal, &mut conn).expect("watched");
        let mut commit = |bytes: i64| {
            conn.execute("INSERT INTO large VALUES (zeroblob(?1))", [bytes])
                .expect("written");
            checkpoints.after_commit(&conn, Instant::now());
            let noop = "PRAGMA wal_checkpoint(NOOP)";
            conn.query_row(noop, [], |row| Ok((row.get(1)?, row.get(2)?)))
                .expect("the log and what of it is copied back")
        };
        let mut standing = (0, 0);
        for _ in 0..LOOK_EVERY {
            standing = commit(2 << 20);
        }
        assert!(standing.0 > 0 && standing.0 == standing.1, "{standing:?}");
        for _ in 0..3 * LOOK_EVERY {
            standing = commit(1);
        }
        assert!(standing.0 > 0 && standing.1 == 0, "{standing:?}");
        assert!(
            std::fs::metadata(dir.path().join("log.db-wal"))
                .expect("a log")
                .len()
                > PASSIVE_ABOVE_BYTES
        );
    }
}

//! The one writer: a thread with the only writing connection.
//!
//! Requests that have piled up while the last transaction was being made durable
//! go into the next one together, and one that fails takes nothing with it: the group
//! is then written again, each request in a savepoint of its own. A reply is sent after the commit, never before:
//! what is acknowledged is on disk. When the disk is full or another program holds
//! the lock, the group is kept and tried again until it succeeds; those who wait
//! for replies hold their permits meanwhile, and that is the whole backpressure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::mpsc;

use super::checkpoint::Checkpoints;
use super::judge::Memory;
use super::lock::Notice;
use super::{Request, StoreError, blame};

/// Requests in one transaction.
const GROUP_REQUESTS: usize = 100;
/// How long a transaction may gather requests.
const GROUP_TIME: Duration = Duration::from_millis(250);
/// Pauses between tries of a group that met a full disk or a foreign lock.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// What a request works with while it is applied.
#[derive(Debug)]
pub struct Work<'a> {
    pub conn: &'a Connection,
    pub memory: &'a mut Memory,
    /// Set by a change that wants the write-ahead log copied back soon after its commit.
    pub checkpoint: &'a mut bool,
}

/// The state of the writer's thread.
#[derive(Debug)]
pub struct Writer {
    pub conn: Connection,
    pub memory: Memory,
    pub checkpoints: Checkpoints,
    /// A lock held longer than this by another program is worth a line in the log.
    pub lock_warning: Duration,
    pub path: PathBuf,
    /// Where the outside is told that a group cannot be committed.
    pub notice: Notice,
    /// True while a group cannot be committed; `status` and the watchdog look at it.
    pub stalled: Arc<AtomicBool>,
}

impl Writer {
    /// Serves requests until every sender is gone, then checkpoints and closes.
    pub fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            if !self.serve_group(first, || requests.try_recv().ok()) {
                tracing::error!("the database cannot be used any more; stopping");
                return;
            }
        }
        // The next start need not look for damage.
        let _ = self.conn.execute_batch(
            "PRAGMA optimize; INSERT OR REPLACE INTO _meta VALUES ('clean_stop', '1')",
        );
        self.checkpoints.empty(&self.conn);
    }

    /// Serves one request here and now.
    pub fn serve(&mut self, request: Request) {
        self.serve_group(request, || None);
    }

    /// Serves a request with whatever else is waiting. False when the database is beyond use.
    fn serve_group(
        &mut self,
        first: Request,
        mut waiting: impl FnMut() -> Option<Request>,
    ) -> bool {
        let mut group = vec![first];
        let goes_on = self.commit(&mut group, &mut waiting);
        for request in group {
            request.settle();
        }
        if goes_on {
            self.checkpoints.after_commit(&self.conn, Instant::now());
        }
        goes_on
    }

    /// Applies the group and whatever else is waiting, until it is committed. False when the
    /// database is beyond use.
    fn commit(
        &mut self,
        group: &mut Vec<Request>,
        waiting: &mut impl FnMut() -> Option<Request>,
    ) -> bool {
        let began = Instant::now();
        let mut pause = RETRY_FIRST;
        let mut told = false;
        let mut faults = Faults::None;
        loop {
            let Err(error) = self.attempt(group, waiting, faults) else {
                break;
            };
            self.memory.forget();
            if faults == Faults::None && !error.is_passing() && !error.is_fatal() {
                faults = Faults::OfSome;
                continue;
            }
            if !error.is_passing() {
                tracing::error!(%error, requests = group.len(), "a transaction failed; its work will be done again");
                let text = error.to_string();
                for request in group.iter_mut() {
                    request.fail(&text);
                }
                return !error.is_fatal();
            }
            self.stalled.store(true, Ordering::Relaxed);
            if !told && (began.elapsed() > self.lock_warning || is_full(&error)) {
                let by = blame::writers(&self.path).join(", ");
                let waits = if by.is_empty() {
                    error.to_string()
                } else {
                    format!("locked by {by}")
                };
                tracing::warn!(%error, by, "the database cannot be written; work waits until it can");
                self.notice.post(Some(&waits));
                told = true;
            }
            if is_full(&error) {
                // What the log holds twice, or holds no longer for anybody, is room.
                self.checkpoints.empty(&self.conn);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(RETRY_MAX);
        }
        if self.stalled.swap(false, Ordering::Relaxed) && told {
            self.notice.post(None);
            tracing::info!("the database can be written again");
        }
        true
    }

    fn attempt(
        &mut self,
        group: &mut Vec<Request>,
        waiting: &mut impl FnMut() -> Option<Request>,
        faults: Faults,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        self.memory.fill(&self.conn)?;
        let mut tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut next = 0;
        loop {
            let Some(request) = group.get_mut(next) else {
                if group.len() >= GROUP_REQUESTS || began.elapsed() >= GROUP_TIME {
                    break;
                }
                match waiting() {
                    Some(request) => group.push(request),
                    None => break,
                }
                continue;
            };
            next += 1;
            let mut apply = |conn: &Connection| {
                let mut work = Work {
                    conn,
                    memory: &mut self.memory,
                    checkpoint: &mut self.checkpoints.wanted,
                };
                // A request that panics is refused like any other: the writer is everybody's.
                catch_unwind(AssertUnwindSafe(|| request.apply(&mut work)))
                    .unwrap_or_else(|_| Err(StoreError::Failed("the request panicked".to_owned())))
            };
            let applied = match faults {
                Faults::None => apply(&tx),
                Faults::OfSome => {
                    let savepoint = tx.savepoint()?;
                    let applied = apply(&savepoint);
                    // One that is dropped rolls back what this one request did.
                    if applied.is_ok() {
                        savepoint.commit()?;
                    }
                    applied
                }
            };
            if let Err(error) = applied {
                if faults == Faults::None || error.is_passing() || error.is_fatal() {
                    return Err(error);
                }
                self.memory.roll_back();
                request.refuse(error);
            }
            self.memory.keep();
        }
        tx.commit()?;
        self.memory.committed();
        Ok(())
    }
}

/// What a group is taken to hold. A savepoint for each request costs a copy of every page that it
/// writes, and is made only when one of them has turned out to be at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Faults {
    None,
    /// Those are refused, each for itself, and the others are written.
    OfSome,
}

fn is_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
}

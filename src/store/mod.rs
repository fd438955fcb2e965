//! The store: SQLite, and only SQLite.
//!
//! One file holds everything, and other programs read it while it is written: what
//! they may rely on is the contract (`migrations/contract_v1.sql`), everything else
//! is private. All writing goes through one thread ([`writer`]), as requests with
//! names ([`request`]), in transactions that are durable before they are answered.
//! Reading is done on connections of its own that can never block the writer.
//!
//! What is never here: HTTP, the clock, and rules about feeds and pages. When a
//! request arrives, what is to be written has been decided; the one judgement made
//! here is `dedupe`'s, inside the transaction, because only there can it not race.
//!
//! How it fails: a full disk or a foreign lock makes the writer wait and try again,
//! and its clients with it; a claim that has been taken over makes a commit refused
//! ([`StoreError::Stale`]); a file that is not ours, newer, or damaged is refused
//! at the door and left as it is.

pub mod articles;
pub mod backup;
pub mod bigrams;
mod blame;
mod checkpoint;
mod claim;
pub mod consumer;
pub mod contract;
pub mod deep;
pub mod directory;
mod durable;
pub mod entries;
mod error;
pub mod etiquette;
pub mod events;
pub mod explain;
pub mod export;
pub mod extractions;
pub mod feeds;
pub mod fetches;
pub mod follow;
mod forgive;
mod gaps;
mod judge;
pub mod lock;
mod migrate;
pub mod open;
pub mod pages;
pub mod polls;
mod purge;
pub mod raw;
mod reclaim;
pub mod remakes;
pub mod report;
mod request;
pub mod restore;
pub mod retention;
pub mod robots;
mod rows;
pub mod search;
mod settings;
pub mod sites;
mod split;
pub mod tail;
mod twins;
pub mod websub;
pub mod wish;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What [`open::reader`] gives, for others to hand on.
pub use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc};

pub use articles::{ArticleCommitted, ArticleStatus, NewArticle};
pub use claim::ClaimFeeds;
pub use error::StoreError;
pub use events::NoteEvents;
pub use extractions::{Again, CommitPage, PageResult};
pub use feeds::{FeedSpec, Held, HoldHost, PostponePoll, Reschedule, SyncFeeds, Synced};
pub use fetches::{FetchRecord, Upkeep};
pub use forgive::Forgive;
pub use gaps::{Backfilled, CommitBackfill, Gap};
pub use lock::InstanceLock;
pub use pages::{ClaimPages, PullPages};
pub use polls::{CommitPoll, PollCommitted};
pub use purge::{Purge, Purged};
pub use raw::{RawPage, RawReader, RawStore};
pub use reclaim::{Reclaim, Reclaimed};
pub use remakes::{Difference, Remade, Remake};
pub use request::{Change, Request, Slot};
pub use robots::{KeepRobots, RobotsAnswer};
pub use settings::{Checkpointing, Settings};
pub use sites::{Lesson, Site};
pub use split::Split;
pub use websub::{CommitDelivery, MoveCallbacks, SetSubscription, SubscriptionStep};

/// Requests that may wait for the writer; senders wait beyond it.
const QUEUE: usize = 1024;

/// The store, open for writing. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    way: Way,
    readers: Arc<Readers>,
    stalled: Arc<AtomicBool>,
}

/// How a change gets to the writer.
#[derive(Debug, Clone)]
enum Way {
    /// To a thread of its own, through a queue.
    Queue(mpsc::Sender<Request>),
    /// Here and now, each in a transaction of its own.
    Here(Arc<Mutex<writer::Writer>>),
}

/// The writer's thread, to be waited for after the last [`Store`] is dropped.
#[derive(Debug)]
pub struct WriterThread(std::thread::JoinHandle<()>);

impl WriterThread {
    /// Waits until everything is written and checkpointed.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when the thread ended by a panic.
    pub fn join(self) -> Result<(), StoreError> {
        self.0.join().map_err(|_| StoreError::Closed)
    }

    /// True when the thread has ended, which before [`WriterThread::join`] means a fault.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.is_finished()
    }
}

impl Store {
    /// Opens the database for writing, making and migrating it as needed, and starts its writer.
    /// The caller holds the [`InstanceLock`].
    ///
    /// # Errors
    /// See [`open::writer`].
    pub fn open(path: &Path, settings: Settings) -> Result<(Self, WriterThread), StoreError> {
        let writer = Self::writer(path, settings)?;
        let (requests, queue) = mpsc::channel(QUEUE);
        let stalled = Arc::clone(&writer.stalled);
        let thread = std::thread::Builder::new()
            .name("feedmill-writer".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|source| StoreError::Io {
                path: path.to_owned(),
                source,
            })?;
        let store = Self::new(path, Way::Queue(requests), stalled);
        Ok((store, WriterThread(thread)))
    }

    /// Opens the database like [`Store::open`], to be read and written on the caller's thread, which
    /// waits meanwhile: for a simulation, in which everything must happen in one order.
    ///
    /// # Errors
    /// See [`open::writer`].
    pub fn open_serial(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let writer = Self::writer(path, settings)?;
        let stalled = Arc::clone(&writer.stalled);
        let way = Way::Here(Arc::new(Mutex::new(writer)));
        Ok(Self::new(path, way, stalled))
    }

    fn new(path: &Path, way: Way, stalled: Arc<AtomicBool>) -> Self {
        let readers = Arc::new(Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            turns: Semaphore::new(READERS),
        });
        Self {
            way,
            readers,
            stalled,
        }
    }

    fn writer(path: &Path, settings: Settings) -> Result<writer::Writer, StoreError> {
        let mut conn = open::writer(path, settings.checkpoints)?;
        let checkpoints = checkpoint::Checkpoints::new(path, settings.checkpoints, &mut conn)?;
        // Claims of a process that is no more: we hold the lock, so nobody works on them.
        conn.execute_batch(
            "UPDATE _feed SET lease = NULL, leased_until = NULL WHERE leased_until IS NOT NULL;
             UPDATE _page SET lease = NULL, leased_until = NULL WHERE leased_until IS NOT NULL;",
        )?;
        Ok(writer::Writer {
            conn,
            memory: judge::Memory::default(),
            checkpoints,
            lock_warning: settings.lock_warning,
            path: path.to_owned(),
            notice: lock::Notice::new(path),
            stalled: Arc::default(),
        })
    }

    /// Hands a change to the writer and waits until it is on disk.
    ///
    /// # Errors
    /// What the change itself refuses; [`StoreError::Closed`] when the writer is gone.
    pub async fn write<C>(&self, change: C) -> Result<C::Reply, StoreError>
    where
        C: Change,
        Slot<C>: Into<Request>,
    {
        let (slot, answer) = Slot::new(change);
        let request = slot.into();
        match &self.way {
            Way::Queue(requests) => requests
                .send(request)
                .await
                .map_err(|_| StoreError::Closed)?,
            Way::Here(writer) => writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .serve(request),
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads on a connection of its own, on the blocking pool; in a simulation on the writer's.
    ///
    /// # Errors
    /// Of `query`, and of opening the connection.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Way::Here(writer) = &self.way {
            // Another connection would lose its cache with every write in between.
            let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            return query(&writer.conn);
        }
        // Never closed, so never refused.
        let _turn = self.readers.turns.acquire().await;
        let readers = Arc::clone(&self.readers);
        let task = tokio::task::spawn_blocking(move || {
            let conn = readers.take()?;
            let result = query(&conn);
            readers.give_back(conn);
            result
        });
        task.await.map_err(|_| StoreError::Closed)?
    }

    /// True while the database cannot be written.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }
}

/// Reading connections that are not in use.
#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

/// Connections that may read at a time, and are kept; whoever comes later waits. The daemon's reads
/// take a millisecond or less, and each connection has a cache and a thread.
const READERS: usize = 3;

impl Readers {
    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.map_or_else(|| open::reader(&self.path), Ok)
    }

    fn give_back(&self, conn: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS {
            idle.push(conn);
        }
    }
}

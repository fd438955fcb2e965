//! Raw pages: the pages that articles were made of, so that a better extractor can read them again.
//!
//! For: `reextract` and the export as WARC. Kept on request only (`articles.keep_pages`), in a file of
//! their own, `raw.db` beside the database, each the latest of its article. Pages of a site are alike:
//! all but the first two of a host are compressed against an earlier one, which takes a third of the
//! room (151 pages of as many hosts: 334 KB each, 59 KB alone, 17 KB against another page of the host).
//!
//! Never: attached by readers of the database, part of its transactions, or in the way of its writer.
//! A page is handed over after its article is committed; a thread of its own compresses and writes. A
//! crash in between costs that page, not the article.
//!
//! Fails: softly. A page that cannot be kept is logged and gone. A file that belongs to another
//! database is refused at the start.

mod keep;
mod read;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tokio::sync::mpsc;

use super::{StoreError, open};
use crate::model::{ArticleId, Timestamp};

pub use read::{Range, RawReader};

/// Marks the file as ours: "FDMR".
const APPLICATION_ID: i64 = 0x4644_4d52;

/// Pages that may wait to be written; whoever comes later waits. A page has up to 5 MiB.
const QUEUE: usize = 4;

const SCHEMA: &str = "
    CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- What pages of a host are compressed against: one of them, as zstd.
    CREATE TABLE dictionary (
      id         INTEGER PRIMARY KEY,
      host       TEXT NOT NULL,
      body       BLOB NOT NULL
    ) STRICT;
    CREATE INDEX dictionary_host ON dictionary(host);
    CREATE TABLE page (
      article_id   INTEGER NOT NULL,
      part         INTEGER NOT NULL,                      -- from 1
      host         TEXT NOT NULL,
      link         TEXT,                                  -- as the feed gave it
      url          TEXT NOT NULL,                         -- what answered
      fetched_at   TEXT NOT NULL,
      status       INTEGER NOT NULL,
      content_type TEXT,
      bytes        INTEGER NOT NULL,                      -- of the body, before compression
      dictionary   INTEGER REFERENCES dictionary(id),
      body         BLOB NOT NULL,                         -- zstd
      PRIMARY KEY (article_id, part)
    ) STRICT;
    CREATE INDEX page_fetched ON page(fetched_at);
    CREATE INDEX page_host ON page(host);
    CREATE INDEX page_dictionary ON page(dictionary) WHERE dictionary IS NOT NULL;
    PRAGMA user_version = 1;
";

/// A page as it was received, content encodings undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPage {
    /// The link of the feed; of the first part.
    pub link: Option<String>,
    /// What answered.
    pub url: String,
    pub fetched_at: Timestamp,
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// What the thread is asked.
#[derive(Debug)]
enum Order {
    /// The pages of an article, in the order of its parts.
    Keep(ArticleId, Vec<RawPage>),
    Trim {
        before: Timestamp,
        max_bytes: u64,
    },
}

/// The raw pages, open for writing. Clones share it.
#[derive(Debug, Clone)]
pub struct RawStore {
    orders: mpsc::Sender<Order>,
}

/// The thread that writes, to be waited for after the last [`RawStore`] is dropped.
#[derive(Debug)]
pub struct RawThread(std::thread::JoinHandle<()>);

impl RawThread {
    /// Waits until everything is written.
    pub fn join(self) {
        // A panic costs what was still to be kept; it has been reported by then.
        let _ = self.0.join();
    }
}

impl RawStore {
    /// Opens the raw pages of the database at `path`, which is open already.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] when the file is another database's; of SQLite.
    pub fn open(path: &Path) -> Result<(Self, RawThread), StoreError> {
        let file = file_of(path);
        let mut conn = Connection::open(&file)?;
        conn.busy_timeout(open::BUSY)?;
        if conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
            row.get::<_, i64>(0)
        })? == 0
        {
            conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
            conn.pragma_update(None, "journal_mode", "WAL")?;
            make(&mut conn, path)?;
        }
        check(&conn, &file, path)?;
        conn.pragma_update(None, "synchronous", "NORMAL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        open::keep_wal(&conn);
        open::restrict(&file);
        let database = path.to_owned();
        let (orders, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("feedmill-raw".to_owned())
            .spawn(move || keep::Keeper::new(conn, database).run(queue))
            .map_err(|source| StoreError::Io { path: file, source })?;
        Ok((Self { orders }, RawThread(thread)))
    }

    /// Hands the pages of an article over, in the order of its parts; they replace earlier ones.
    /// Waits while too many are on their way.
    pub async fn keep(&self, article: ArticleId, pages: Vec<RawPage>) {
        // Whoever asks cannot do anything about a thread that has ended, and it has said why.
        let _ = self.orders.send(Order::Keep(article, pages)).await;
    }

    /// Forgets pages that were fetched before, the oldest beyond a size, and those of articles that the
    /// database has let go.
    pub async fn trim(&self, before: Timestamp, max_bytes: u64) {
        let _ = self.orders.send(Order::Trim { before, max_bytes }).await;
    }
}

/// Where the raw pages of a database are.
#[must_use]
pub fn file_of(database: &Path) -> PathBuf {
    database.with_file_name("raw.db")
}

/// In one transaction: a file that says not yet whose pages it holds would be taken for another's.
fn make(conn: &mut Connection, database: &Path) -> Result<(), StoreError> {
    let owner = database_id(&open::reader(database)?)?;
    let tx = conn.transaction()?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.execute_batch(SCHEMA)?;
    tx.execute("INSERT INTO about VALUES ('db_id', ?1)", [owner])?;
    Ok(tx.commit()?)
}

/// Forgets the pages of articles with higher numbers: a restored database gives these to others. A
/// file that holds no raw pages is left alone.
///
/// # Errors
/// [`StoreError::Access`] when the file cannot be read or written.
pub(super) fn forget_beyond(database: &Path, last: ArticleId) -> Result<(), StoreError> {
    let file = file_of(database);
    let forget = || -> rusqlite::Result<()> {
        let conn = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.busy_timeout(open::BUSY)?;
        let id: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if id == APPLICATION_ID {
            open::keep_wal(&conn);
            conn.execute("DELETE FROM page WHERE article_id > ?1", [last])?;
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    };
    if !file.exists() {
        return Ok(());
    }
    forget().map_err(|error| StoreError::Access {
        detail: format!("pages of articles that are not in the backup cannot be forgotten: {error}; move it away"),
        path: file.clone(),
    })
}

/// Refuses what is not the raw pages of this database: numbers of articles would be mixed up.
fn check(conn: &Connection, file: &Path, database: &Path) -> Result<(), StoreError> {
    let foreign = |found: &str| StoreError::Foreign {
        path: file.to_owned(),
        found: found.to_owned(),
    };
    let id: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(foreign("it holds no raw pages"));
    }
    let owner: Option<String> = conn
        .query_row("SELECT value FROM about WHERE key = 'db_id'", [], |row| {
            row.get(0)
        })
        .optional()?;
    if owner != Some(database_id(&open::reader(database)?)?) {
        return Err(foreign("the raw pages of another feedmill database"));
    }
    Ok(())
}

fn database_id(conn: &Connection) -> Result<String, StoreError> {
    Ok(
        conn.query_row("SELECT value FROM _meta WHERE key = 'db_id'", [], |row| {
            row.get(0)
        })?,
    )
}

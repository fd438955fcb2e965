//! The writing side: compresses pages against what is known of their host, and forgets old ones.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::mpsc;
use url::Url;

use super::{Order, RawPage};
use crate::model::{ArticleId, Timestamp};
use crate::store::{StoreError, open, rows};

/// zstd's level: 3 is its own default, and faster than the pages come.
const LEVEL: i32 = 3;

/// A host with so many pages gets a dictionary; below, it would be larger than what it saves.
const WORTH_DICTIONARY: i64 = 2;

/// Dictionaries held in memory. A page has 0.3 MB.
const HELD: usize = 32;

/// A page that is larger than this share of what it is without its dictionary gets a new one: the
/// site has a new template.
const OUTWORN: f64 = 0.8;

/// No page that was kept is larger; a file that says so is damaged.
const BODY_MAX: usize = 64 << 20;

/// How often that is looked at, in pages.
const LOOK_EVERY: u32 = 64;

/// Pages forgotten in one transaction.
const TRIM_PAGES: u32 = 500;

/// Articles looked up at a time whether they are still there.
const LOOK_UP: u32 = 5_000;

/// What a host's pages are compressed against.
#[derive(Debug, Clone)]
struct Dictionary {
    id: i64,
    body: Vec<u8>,
}

/// The state of the thread.
pub(super) struct Keeper {
    conn: Connection,
    database: PathBuf,
    /// The last article of which it was looked up whether it is still there.
    checked: ArticleId,
    held: HashMap<String, Dictionary>,
    kept: u32,
    is_failing: bool,
}

impl Keeper {
    pub(super) fn new(conn: Connection, database: PathBuf) -> Self {
        Self {
            conn,
            database,
            checked: ArticleId(0),
            held: HashMap::new(),
            kept: 0,
            is_failing: false,
        }
    }

    /// Serves orders until every sender is gone.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(order) = orders.blocking_recv() {
            let done = match order {
                Order::Keep(article, pages) => self.keep(article, &pages),
                Order::Trim { before, max_bytes } => self.trim(before, max_bytes),
            };
            // One line when it begins and one when it ends: a full disk is no reason for a line a page.
            match &done {
                Err(error) if !self.is_failing => {
                    tracing::warn!(%error, "raw pages cannot be kept; articles are stored all the same");
                }
                Ok(()) if self.is_failing => tracing::info!("raw pages are kept again"),
                _ => {}
            }
            self.is_failing = done.is_err();
        }
        // The log stays for readers, and must not belong to a file that somebody puts in this one's place.
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let _ = self.conn.query_row(checkpoint, [], |_| Ok(()));
    }

    fn keep(&mut self, article: ArticleId, pages: &[RawPage]) -> Result<(), StoreError> {
        // What the transaction rolls back must not be held either.
        let held = std::mem::take(&mut self.held);
        let tx = self.conn.unchecked_transaction()?;
        let mut dictionaries = Dictionaries {
            conn: &tx,
            held,
            look: self.kept.is_multiple_of(LOOK_EVERY),
        };
        tx.execute("DELETE FROM page WHERE article_id = ?1", [article])?;
        for (part, page) in (1..).zip(pages) {
            dictionaries.insert(article, part, page)?;
        }
        let held = dictionaries.held;
        tx.commit()?;
        self.kept = self.kept.wrapping_add(1);
        self.held = held;
        Ok(())
    }

    /// Forgets the pages of articles that are gone, or whose text is. Each call looks at the next few.
    fn forget_articles(&mut self) -> Result<(), StoreError> {
        let database = open::reader(&self.database)?;
        let mut is_there = database.prepare("SELECT 1 FROM article_text WHERE id = ?1")?;
        let mut select = self.conn.prepare(
            "SELECT DISTINCT article_id FROM page WHERE article_id > ?1 ORDER BY article_id LIMIT ?2",
        )?;
        let articles: Vec<ArticleId> = select
            .query_map(params![self.checked, LOOK_UP], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        // At the end it begins again.
        self.checked = articles.last().copied().unwrap_or(ArticleId(0));
        for article in articles {
            if !is_there.exists([article])? {
                self.conn
                    .execute("DELETE FROM page WHERE article_id = ?1", [article])?;
            }
        }
        Ok(())
    }

    /// In pieces, the oldest first; what is freed goes back to the file system.
    fn trim(&mut self, before: Timestamp, max_bytes: u64) -> Result<(), StoreError> {
        self.held.clear();
        self.forget_articles()?;
        loop {
            let size: i64 = self.conn.query_row(
                "SELECT (page_count - freelist_count) * page_size
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                [],
                |row| row.get(0),
            )?;
            let all = size > rows::count(max_bytes);
            let tx = self.conn.unchecked_transaction()?;
            let gone = tx.execute(
                "DELETE FROM page WHERE rowid IN (
                     SELECT rowid FROM page WHERE ?1 OR fetched_at < ?2 ORDER BY fetched_at LIMIT ?3)",
                params![all, before, TRIM_PAGES],
            )?;
            tx.execute(
                "DELETE FROM dictionary WHERE id NOT IN (SELECT dictionary FROM page WHERE dictionary IS NOT NULL)",
                [],
            )?;
            tx.commit()?;
            // Each step frees one page of the file.
            let mut vacuum = self.conn.prepare("PRAGMA incremental_vacuum")?;
            let mut freed = vacuum.query([])?;
            while freed.next()?.is_some() {}
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

/// The dictionaries, within one transaction.
struct Dictionaries<'c> {
    conn: &'c Connection,
    held: HashMap<String, Dictionary>,
    /// Whether to look if the dictionary is still good.
    look: bool,
}

impl Dictionaries<'_> {
    fn insert(&mut self, article: ArticleId, part: u32, page: &RawPage) -> Result<(), StoreError> {
        let host = Url::parse(&page.url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default();
        let dictionary = self.of(&host, &page.body)?;
        let mut body = squeeze(&page.body, dictionary.as_ref())?;
        let mut dictionary = dictionary.map(|dictionary| dictionary.id);
        if self.look && dictionary.is_some() {
            let alone = squeeze(&page.body, None)?;
            if body.len() as f64 > alone.len() as f64 * OUTWORN {
                self.make(&host, &page.body)?;
                (body, dictionary) = (alone, None);
            }
        }
        self.conn
            .prepare_cached(
                "INSERT INTO page VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                article,
                part,
                host,
                page.link,
                page.url,
                page.fetched_at,
                page.status,
                page.content_type,
                rows::count(page.body.len() as u64),
                dictionary,
                body,
            ])?;
        Ok(())
    }

    /// The dictionary of a host: the newest, or this page when it is time for one.
    fn of(&mut self, host: &str, body: &[u8]) -> Result<Option<Dictionary>, StoreError> {
        if let Some(held) = self.held.get(host) {
            return Ok(Some(held.clone()));
        }
        let stored = self
            .conn
            .prepare_cached(
                "SELECT id, body FROM dictionary WHERE host = ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([host], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        if let Some((id, packed)) = stored {
            let body = expand(&packed, None)?;
            return Ok(Some(self.hold(host, Dictionary { id, body })));
        }
        let pages: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM page WHERE host = ?1 LIMIT ?2)")?
            .query_row(params![host, WORTH_DICTIONARY], |row| row.get(0))?;
        if pages < WORTH_DICTIONARY {
            return Ok(None);
        }
        self.make(host, body).map(Some)
    }

    fn make(&mut self, host: &str, body: &[u8]) -> Result<Dictionary, StoreError> {
        let id = self
            .conn
            .prepare_cached("INSERT INTO dictionary (host, body) VALUES (?1, ?2) RETURNING id")?
            .query_row(params![host, squeeze(body, None)?], |row| row.get(0))?;
        let body = body.to_vec();
        Ok(self.hold(host, Dictionary { id, body }))
    }

    fn hold(&mut self, host: &str, dictionary: Dictionary) -> Dictionary {
        if self.held.len() >= HELD {
            self.held.clear();
        }
        self.held.insert(host.to_owned(), dictionary.clone());
        dictionary
    }
}

fn squeeze(body: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>, StoreError> {
    let dictionary = dictionary.map_or(&[][..], |dictionary| &dictionary.body);
    zstd::bulk::Compressor::with_dictionary(LEVEL, dictionary)
        .and_then(|mut compressor| compressor.compress(body))
        .map_err(|error| StoreError::Failed(format!("zstd: {error}")))
}

/// The other way.
pub(super) fn expand(packed: &[u8], dictionary: Option<&[u8]>) -> Result<Vec<u8>, StoreError> {
    let size = zstd::zstd_safe::get_frame_content_size(packed)
        .ok()
        .flatten();
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(0);
    zstd::bulk::Decompressor::with_dictionary(dictionary.unwrap_or_default())
        .and_then(|mut expander| expander.decompress(packed, size.min(BODY_MAX)))
        .map_err(|error| StoreError::Failed(format!("zstd: {error}")))
}

//! The reading side: pages of a range, article by article.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::{RawPage, check, file_of, keep};
use crate::model::{ArticleId, Timestamp};
use crate::store::{StoreError, open};

/// Which pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Of this host only, as it stands in addresses.
    pub host: Option<String>,
    /// Fetched at or after.
    pub since: Option<Timestamp>,
    /// Fetched before.
    pub until: Option<Timestamp>,
}

/// The raw pages of a database, open for reading.
#[derive(Debug)]
pub struct RawReader {
    conn: Connection,
    /// The dictionary that was used last, expanded: pages of a host come in runs.
    dictionary: Option<(i64, Vec<u8>)>,
}

impl RawReader {
    /// Opens the raw pages of the database at `path`.
    ///
    /// # Errors
    /// [`StoreError::Access`] when none are kept; [`StoreError::Foreign`]; of SQLite.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = file_of(path);
        if !file.exists() {
            return Err(StoreError::Access {
                path: file,
                detail: "there are no raw pages; articles.keep_pages of the configuration keeps them from then on".to_owned(),
            });
        }
        let conn = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.busy_timeout(open::BUSY)?;
        check(&conn, &file, path)?;
        Ok(Self {
            conn,
            dictionary: None,
        })
    }

    /// How many articles have pages in the range, after the one given.
    ///
    /// # Errors
    /// Of SQLite.
    pub fn count(&self, range: &Range, after: ArticleId) -> Result<u64, StoreError> {
        let count: i64 = self.conn.query_row(
            &format!(
                "SELECT count(DISTINCT article_id) FROM page WHERE {WITHIN} AND article_id > ?4"
            ),
            params![range.host, range.since, range.until, after],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next articles with pages in the range after the one given, in order of their numbers.
    ///
    /// # Errors
    /// Of SQLite.
    pub fn next(
        &self,
        range: &Range,
        after: ArticleId,
        most: u32,
    ) -> Result<Vec<ArticleId>, StoreError> {
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT DISTINCT article_id FROM page WHERE {WITHIN} AND article_id > ?4
             ORDER BY article_id LIMIT ?5"
        ))?;
        let rows = select.query_map(
            params![range.host, range.since, range.until, after, most],
            |row| row.get(0),
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The pages of an article, in the order of its parts.
    ///
    /// # Errors
    /// Of SQLite; [`StoreError::Failed`] when a page cannot be expanded.
    pub fn pages(&mut self, article: ArticleId) -> Result<Vec<RawPage>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT link, url, fetched_at, status, content_type, dictionary, body
             FROM page WHERE article_id = ?1 ORDER BY part",
        )?;
        let rows = select.query_map([article], |row| Ok((page(row)?, row.get(5)?, row.get(6)?)))?;
        let packed: Vec<(RawPage, Option<i64>, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
        drop(select);
        packed
            .into_iter()
            .map(|(page, dictionary, body)| {
                let dictionary = dictionary.map(|id| self.dictionary(id)).transpose()?;
                let body = keep::expand(&body, dictionary)?;
                Ok(RawPage { body, ..page })
            })
            .collect()
    }

    fn dictionary(&mut self, id: i64) -> Result<&[u8], StoreError> {
        if self.dictionary.as_ref().is_none_or(|(held, _)| *held != id) {
            let packed: Option<Vec<u8>> = self
                .conn
                .query_row("SELECT body FROM dictionary WHERE id = ?1", [id], |row| {
                    row.get(0)
                })
                .optional()?;
            let body = keep::expand(&packed.unwrap_or_default(), None)?;
            self.dictionary = Some((id, body));
        }
        Ok(self.dictionary.as_ref().map_or(&[], |(_, body)| body))
    }
}

const WITHIN: &str = "(?1 IS NULL OR host = ?1) AND (?2 IS NULL OR fetched_at >= ?2) AND (?3 IS NULL OR fetched_at < ?3)";

fn page(row: &Row<'_>) -> rusqlite::Result<RawPage> {
    Ok(RawPage {
        link: row.get(0)?,
        url: row.get(1)?,
        fetched_at: row.get(2)?,
        status: row.get(3)?,
        content_type: row.get(4)?,
        body: Vec::new(),
    })
}

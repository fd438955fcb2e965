//! The queue of pages: what is wanted, what is due, who has claimed it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use url::Url;

use super::feeds::{Due, due_row, few};
use super::request::Change;
use super::writer::Work;
use super::{StoreError, rows};
use crate::model::{
    ArticleId, EntryId, FeedId, FeedWords, Lease, PageId, PendingPage, Timestamp, Validators,
};

/// A page that an entry leads to.
#[derive(Debug)]
pub(super) struct Wanted {
    pub url_key: Option<[u8; 16]>,
    pub url: Option<String>,
    pub feed: FeedId,
    pub entry: EntryId,
    pub fetch: bool,
    /// The article to be made again, when there is one.
    pub article: Option<ArticleId>,
    pub at: Timestamp,
}

/// Puts a page into the queue; two entries with one link share it.
pub(super) fn enqueue(conn: &Connection, page: &Wanted) -> Result<PageId, StoreError> {
    let host = page
        .url
        .as_deref()
        .filter(|_| page.fetch)
        .and_then(|url| Url::parse(url).ok());
    let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
    let id = conn
        .prepare_cached(
            "INSERT INTO _page (url_key, url, host, feed_id, entry_id, fetch, next_at, article_id, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?7)
             ON CONFLICT (url_key) DO UPDATE
             SET state = 'pending', fetch = max(fetch, excluded.fetch), article_id = coalesce(article_id, excluded.article_id),
                 next_at = CASE WHEN excluded.article_id IS NULL AND state = 'pending' THEN next_at ELSE excluded.next_at END
             RETURNING id",
        )?
        .query_row(
            params![page.url_key, page.url, host, page.feed, page.entry, page.fetch, page.at, page.article],
            |row| row.get(0),
        )?;
    Ok(id)
}

/// Pulls pages back that a wrong clock has put off beyond every ladder.
#[derive(Debug)]
pub struct PullPages {
    pub beyond: Timestamp,
    pub to: Timestamp,
}

impl Change for PullPages {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        work.conn.execute(
            "UPDATE _page SET next_at = ?2 WHERE state = 'pending' AND next_at > ?1",
            params![self.beyond, self.to],
        )?;
        Ok(())
    }
}

/// Takes pending pages, each that nobody else has.
#[derive(Debug)]
pub struct ClaimPages {
    pub pages: Vec<PageId>,
    pub lease: Lease,
    pub at: Timestamp,
    /// When the claim ends by itself.
    pub until: Timestamp,
}

impl Change for ClaimPages {
    type Reply = Vec<PendingPage>;

    fn apply(&self, work: &mut Work<'_>) -> Result<Vec<PendingPage>, StoreError> {
        let mut claim = work.conn.prepare_cached(
            "UPDATE _page SET lease = ?2, leased_until = ?4
             WHERE id = ?1 AND state = 'pending' AND (leased_until IS NULL OR leased_until <= ?3)",
        )?;
        let mut select = work.conn.prepare_cached(
            "SELECT p.id, p.lease, p.url, p.fetch, p.attempts, p.feed_id, coalesce(f.title, f.name), e.title, e.summary,
                    c.content, e.authors, coalesce(e.published_at, e.updated_at), coalesce(e.lang, f.lang), e.image_url, f.url,
                    p.rechecks, p.etag, p.last_modified, p.validators_url, p.url_key IS NOT NULL
             FROM _page p JOIN _feed f ON f.id = p.feed_id
             LEFT JOIN _entry e ON e.id = p.entry_id LEFT JOIN _entry_content c ON c.entry_id = e.id
             WHERE p.id = ?1",
        )?;
        let mut claimed = Vec::with_capacity(self.pages.len());
        for page in &self.pages {
            if claim.execute(params![page, self.lease, self.at, self.until])? == 1 {
                claimed.extend(select.query_row([page], pending_page).optional()?);
            }
        }
        Ok(claimed)
    }
}

fn pending_page(row: &Row<'_>) -> rusqlite::Result<PendingPage> {
    Ok(PendingPage {
        id: row.get(0)?,
        lease: row.get(1)?,
        url: row.get(2)?,
        is_own: row.get(19)?,
        fetch: row.get(3)?,
        attempts: u32::try_from(row.get::<_, i64>(4)?).unwrap_or(u32::MAX),
        rechecks: row.get(15)?,
        validators: Validators {
            etag: row.get(16)?,
            last_modified: row.get(17)?,
        },
        validators_url: row.get::<_, Option<_>>(18)?.unwrap_or_default(),
        feed: row.get(5)?,
        feed_url: row.get(14)?,
        words: FeedWords {
            feed_title: row.get(6)?,
            title: row.get(7)?,
            summary: row.get(8)?,
            content: row.get(9)?,
            authors: rows::read_strings(row.get::<_, Option<String>>(10)?.as_deref()),
            published: row.get(11)?,
            lang: row.get(12)?,
            image_url: row.get(13)?,
        },
    })
}

/// Holds for a page that is due at `?1` and unclaimed.
const DUE: &str =
    "state = 'pending' AND next_at <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)";

/// Pages that are due at `now` and unclaimed, the oldest wish first, at most `per_host` of one
/// host; those that ask no host are not limited. None of the hosts `without`.
///
/// # Errors
/// Of SQLite.
pub fn due(
    conn: &Connection,
    now: Timestamp,
    per_host: u32,
    limit: u32,
    without: &[String],
) -> Result<Vec<Due<PageId>>, StoreError> {
    // Most of the time few are due, and no host can have too many. The question by hosts is the dearer one.
    let mut select = conn.prepare_cached(&format!(
        "SELECT id, host, next_at FROM _page WHERE {DUE} ORDER BY next_at"
    ))?;
    let few = few(select.query([now])?, per_host.min(limit), without, |row| {
        let order: (Timestamp, PageId) = (row.get(2)?, row.get(0)?);
        Ok(Some(order))
    })?;
    if let Some(few) = few {
        return Ok(few);
    }
    let mut select = conn.prepare_cached(&format!(
        "SELECT id, host FROM (
             SELECT id, host, next_at, row_number() OVER (PARTITION BY host ORDER BY next_at, id) AS rank
             FROM _page WHERE {DUE} AND host NOT IN (SELECT value FROM json_each(?4)))
         WHERE rank <= ?2 OR host = '' ORDER BY next_at, id LIMIT ?3"
    ))?;
    let rows = select.query_map(
        params![now, per_host, limit, json!(without).to_string()],
        due_row,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next unclaimed page is due, of those that are not due at `now`.
///
/// # Errors
/// Of SQLite.
pub fn next_due(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT min(next_at) FROM _page WHERE state = 'pending' AND leased_until IS NULL AND next_at > ?1",
    )?;
    Ok(select.query_row([now], |row| row.get(0))?)
}

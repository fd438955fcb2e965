//! Taking away what retention lets go, in steps that keep nobody waiting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::articles::{log_change, next_seq};
use super::request::Change;
use super::retention::{ARTICLE_GOES, Horizon, TEXT_GOES, Target, set_horizons};
use super::writer::Work;
use crate::model::{ArticleId, EntryId, PageId, Timestamp};

/// How long one step may work: what waits meanwhile waits for this, its commit, and the copying back
/// of what it wrote, which together stay below a quarter of a second.
pub(super) const STEP: Duration = Duration::from_millis(20);

/// Takes away some of what goes, as far as one step reaches. What is no longer to go, because a
/// feed has shown it again or a copy has come since it was looked for, stays.
#[derive(Debug)]
pub struct Purge {
    pub what: Vec<Target>,
    pub horizons: Arc<Vec<Horizon>>,
    pub at: Timestamp,
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Of `what`, from the front, looked at.
    pub seen: usize,
    pub articles: u64,
    pub texts: u64,
    pub entries: u64,
}

impl Change for Purge {
    type Reply = Purged;

    fn apply(&self, work: &mut Work<'_>) -> Result<Purged, StoreError> {
        let began = Instant::now();
        set_horizons(work.conn, &self.horizons)?;
        let mut done = Purged::default();
        for target in &self.what {
            match *target {
                Target::Article(id) => {
                    done.articles += u64::from(self.take_article(work, id)?);
                }
                Target::Text(id) => done.texts += u64::from(self.take_text(work, id)?),
                Target::Entry(id) => done.entries += u64::from(take_entry(work.conn, id)?),
            }
            done.seen += 1;
            if began.elapsed() > STEP {
                break;
            }
        }
        count_garbage(work.conn, done.articles + done.texts)?;
        // At once, and not when there is much of it: copying back 16 MB takes longer than a step.
        *work.checkpoint = true;
        Ok(done)
    }
}

impl Purge {
    fn take_article(&self, work: &mut Work<'_>, id: ArticleId) -> Result<bool, StoreError> {
        let conn = work.conn;
        let goes = format!("SELECT 1 FROM _article a WHERE a.id = ?1 AND {ARTICLE_GOES}");
        if !conn.prepare_cached(&goes)?.exists([id])? {
            return Ok(false);
        }
        log_change(conn, next_seq(conn)?, self.at, "delete", id)?;
        conn.prepare_cached(
            "INSERT OR IGNORE INTO _purged SELECT feed_id, uid FROM _entry WHERE article_id = ?1",
        )?
        .execute([id])?;
        conn.prepare_cached("DELETE FROM _entry WHERE article_id = ?1")?
            .execute([id])?;
        // Text with its index, revisions, sketch, queued pages: by their foreign keys.
        conn.prepare_cached("DELETE FROM _article WHERE id = ?1")?
            .execute([id])?;
        work.memory.leave(id);
        Ok(true)
    }

    fn take_text(&self, work: &mut Work<'_>, id: ArticleId) -> Result<bool, StoreError> {
        let conn = work.conn;
        let goes = format!(
            "SELECT 1 FROM _article a JOIN article_text t ON t.id = a.id WHERE a.id = ?1 AND {TEXT_GOES}"
        );
        if !conn.prepare_cached(&goes)?.exists([id])? {
            return Ok(false);
        }
        for table in [
            "DELETE FROM article_text WHERE id = ?1",
            "DELETE FROM _revision WHERE article_id = ?1",
            "DELETE FROM _sketch WHERE article_id = ?1",
            "DELETE FROM _page WHERE article_id = ?1",
            "DELETE FROM _entry_content WHERE entry_id IN (SELECT id FROM _entry WHERE article_id = ?1)",
        ] {
            conn.prepare_cached(table)?.execute([id])?;
        }
        let seq = next_seq(conn)?;
        conn.prepare_cached("UPDATE _article SET seq = ?2, updated_at = ?3 WHERE id = ?1")?
            .execute(params![id, seq, self.at])?;
        log_change(conn, seq, self.at, "update", id)?;
        work.memory.leave(id);
        Ok(true)
    }
}

/// An entry that has no article, with its page if that is nobody else's.
fn take_entry(conn: &Connection, id: EntryId) -> Result<bool, StoreError> {
    let page: Option<Option<PageId>> = conn
        .prepare_cached(
            "SELECT e.page_id FROM _entry e JOIN temp.horizon h ON h.feed_id = e.feed_id
             WHERE e.id = ?1 AND e.article_id IS NULL AND e.first_seen_at < h.articles",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(page) = page else { return Ok(false) };
    conn.prepare_cached(
        "INSERT OR IGNORE INTO _purged SELECT feed_id, uid FROM _entry WHERE id = ?1",
    )?
    .execute([id])?;
    conn.prepare_cached("DELETE FROM _entry WHERE id = ?1")?
        .execute([id])?;
    conn.prepare_cached(
        "DELETE FROM _page WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM _entry WHERE page_id = ?1)",
    )?
    .execute([page])?;
    Ok(true)
}

/// Texts whose words are still in the full-text index, struck out: [`super::Reclaim`] clears them away.
fn count_garbage(conn: &Connection, texts: u64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO _meta VALUES ('fts_garbage', ?1)
         ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + excluded.value",
    )?
    .execute([super::rows::count(texts).to_string()])?;
    Ok(())
}

//! Judging duplicates inside the writer's transaction, so that two copies that arrive together
//! cannot both be first. The rules are `dedupe`'s; here are only its candidates and its words.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::articles::NewArticle;
use super::writer::Work;
use crate::model::{ArticleId, Timestamp};

/// What the judge remembers between transactions.
#[derive(Debug, Default)]
pub struct Memory {}

impl Memory {
    pub(super) fn fill(&mut self, _conn: &Connection) -> Result<(), StoreError> {
        Ok(())
    }
    pub(super) fn keep(&mut self) {}
    pub(super) fn roll_back(&mut self) {}
    pub(super) fn forget(&mut self) {}
}

/// Texts shorter than this many words are never duplicates of one another: "Video" is not an article.
const WORDS_MIN: u32 = 20;

/// Puts an article into its cluster: that of the text it duplicates, or its own.
pub(super) fn place(
    work: &mut Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    at: Timestamp,
) -> Result<(), StoreError> {
    let twin: Option<(ArticleId, ArticleId)> = if article.made.word_count < WORDS_MIN {
        None
    } else {
        work.conn
            .prepare_cached(
                "SELECT id, cluster_id FROM _article
                 WHERE text_hash = ?1 AND id <> ?2 AND deleted_at IS NULL ORDER BY id LIMIT 1",
            )?
            .query_row(params![article.fingerprint.exact, id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?
    };
    let cluster = twin.map_or(id, |(_, cluster)| cluster);
    work.conn
        .prepare_cached("UPDATE _article SET cluster_id = ?2 WHERE id = ?1")?
        .execute(params![id, cluster])?;
    if let Some((of, _)) = twin {
        work.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO _duplicate VALUES (?1, ?2, 'exact', 1.0, NULL, ?3)",
            )?
            .execute(params![id, of, at])?;
    }
    Ok(())
}

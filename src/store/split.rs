//! Undoing a wrong join: an article leaves its cluster, and is not joined to one again.

use rusqlite::params;

use super::StoreError;
use super::articles::{log_change, next_seq};
use super::request::Change;
use super::writer::Work;
use crate::model::{ArticleId, Timestamp};

/// Takes articles out of their clusters.
#[derive(Debug)]
pub struct Split {
    pub articles: Vec<ArticleId>,
    pub at: Timestamp,
}

impl Change for Split {
    /// How many were duplicates and are none now.
    type Reply = usize;

    fn apply(&self, work: &mut Work<'_>) -> Result<usize, StoreError> {
        let mut done = 0;
        for id in &self.articles {
            let remembered = work.conn.execute(
                "INSERT OR IGNORE INTO _split SELECT id, cluster_id, ?2 FROM _article WHERE id = ?1 AND cluster_id <> id",
                params![id, self.at],
            )?;
            if remembered == 0 {
                continue;
            }
            let seq = next_seq(work.conn)?;
            work.conn.execute(
                "UPDATE _article SET cluster_id = id, seq = ?2, updated_at = ?3 WHERE id = ?1",
                params![id, seq, self.at],
            )?;
            work.conn
                .execute("DELETE FROM _duplicate WHERE article_id = ?1", [id])?;
            log_change(work.conn, seq, self.at, "update", *id)?;
            work.memory.leave(*id);
            done += 1;
        }
        Ok(done)
    }
}

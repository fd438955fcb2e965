//! Judging duplicates inside the writer's transaction, so that two copies that arrive together
//! cannot both be first.
//!
//! The rules are `dedupe`'s. Here are its memory (the window of recent sketches, and the texts
//! looked at lately) and the order of its questions: the same text, then nearly the same.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::articles::NewArticle;
use super::writer::Work;
use super::{ArticleStatus, StoreError};
use crate::dedupe::{
    ALGORITHM_VERSION, Candidate, Evidence, Judgement, Limits, Prepared, Rules, SKETCH_HASHES,
    Shelf, Twin, Window, judge, judge_exact,
};
use crate::model::{ArticleId, Timestamp, Verdict};

/// Prepared texts kept for the next comparison: a candidate is often looked at many times in a row.
const TEXTS_BYTES: usize = 64 << 20;

/// Articles that may lie out of the order of their ids: pages that were had long after their entry was seen.
const OUT_OF_ORDER: u32 = 10_000;

/// What the judge remembers between transactions.
#[derive(Debug)]
pub struct Memory {
    rules: Rules,
    limits: Limits,
    window: Window,
    filled: bool,
    texts: Shelf,
    /// Remembered since the last savepoint, and since the last commit.
    since_savepoint: Vec<ArticleId>,
    since_commit: Vec<ArticleId>,
}

impl Default for Memory {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            rules: Rules::default(),
            limits,
            window: Window::new(limits),
            filled: false,
            texts: Shelf::new(TEXTS_BYTES),
            since_savepoint: Vec::new(),
            since_commit: Vec::new(),
        }
    }
}

impl Memory {
    /// Reads the sketches of the window, once.
    pub(super) fn fill(&mut self, conn: &Connection) -> Result<(), StoreError> {
        if self.filled {
            return Ok(());
        }
        let Some(first) = self.first_of_window(conn)? else {
            self.filled = true;
            return Ok(());
        };
        let mut select = conn.prepare(
            "SELECT a.id, a.cluster_id, a.first_seen_at, s.sketch FROM _sketch s JOIN _article a ON a.id = s.article_id
             WHERE s.article_id >= ?2 AND s.algorithm = ?1 AND a.deleted_at IS NULL ORDER BY s.article_id",
        )?;
        let mut rows = select.query(params![ALGORITHM_VERSION, first])?;
        while let Some(row) = rows.next()? {
            let mut sketch = [0; SKETCH_HASHES];
            let sketch = unpack(
                row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?,
                &mut sketch,
            );
            self.window
                .insert(row.get(0)?, row.get(1)?, row.get(2)?, sketch);
        }
        self.filled = true;
        Ok(())
    }

    /// The oldest article within reach of the newest: articles come in the order of their ids, so the
    /// walk back ends soon after the window does.
    fn first_of_window(&self, conn: &Connection) -> Result<Option<ArticleId>, StoreError> {
        let mut select = conn.prepare("SELECT id, first_seen_at FROM _article ORDER BY id DESC")?;
        let mut rows = select.query([])?;
        let (mut first, mut oldest, mut beyond) = (None, Timestamp::EPOCH, 0);
        while beyond < OUT_OF_ORDER
            && let Some(row) = rows.next()?
        {
            let seen: Timestamp = row.get(1)?;
            if first.is_none() {
                oldest = seen.minus(self.limits.span);
            }
            if seen >= oldest {
                first = Some(row.get(0)?);
            } else {
                beyond += 1;
            }
        }
        Ok(first)
    }

    /// Deletes those of the `most` oldest sketches that are out of the window; returns how many.
    pub(super) fn drop_sketches(&self, conn: &Connection, most: u32) -> Result<usize, StoreError> {
        let newest: Option<Timestamp> = conn
            .prepare_cached("SELECT first_seen_at FROM _article ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        // The sketches first (CROSS JOIN): the articles of a large store would all be sorted otherwise.
        let oldest: Option<Timestamp> = conn
            .prepare_cached(
                "SELECT a.first_seen_at FROM _sketch s CROSS JOIN _article a ON a.id = s.article_id ORDER BY s.article_id LIMIT 1",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        let before = newest.map(|newest| newest.minus(self.limits.span));
        let Some(before) = before.filter(|before| oldest.is_some_and(|oldest| oldest < *before))
        else {
            return Ok(0);
        };
        Ok(conn
            .prepare_cached(
                "DELETE FROM _sketch WHERE article_id IN (
                   SELECT id FROM (SELECT a.id, a.first_seen_at FROM _sketch s CROSS JOIN _article a ON a.id = s.article_id
                                   ORDER BY s.article_id LIMIT ?2)
                   WHERE first_seen_at < ?1)",
            )?
            .execute(params![before, most])?)
    }

    /// What was remembered in this savepoint stands.
    pub(super) fn keep(&mut self) {
        self.since_commit.append(&mut self.since_savepoint);
    }

    /// What was remembered in this savepoint did not happen.
    pub(super) fn roll_back(&mut self) {
        for id in std::mem::take(&mut self.since_savepoint) {
            self.window.remove(id);
            self.texts.remove(id);
        }
    }

    /// What was remembered in this transaction is committed.
    pub(super) fn committed(&mut self) {
        self.since_commit.clear();
    }

    /// What was remembered in this transaction did not happen.
    pub(super) fn forget(&mut self) {
        self.keep();
        self.since_savepoint = std::mem::take(&mut self.since_commit);
        self.roll_back();
    }

    /// An article is no longer of the cluster it was remembered with.
    pub(super) fn leave(&mut self, id: ArticleId) {
        self.window.remove(id);
    }

    fn remember(&mut self, id: ArticleId, cluster: ArticleId, at: Timestamp, article: &NewArticle) {
        self.window.expire(at);
        self.window
            .insert(id, cluster, at, &article.fingerprint.sketch);
        self.texts.put(id, Arc::clone(&article.prepared));
        self.since_savepoint.push(id);
    }
}

/// Puts an article into its cluster: that of the text it repeats, or its own. `at` is when it was
/// first seen. What a feed says of a page that could not be had yet is not judged: the page may
/// say something else. True when it repeats the text of another.
pub(super) fn place(
    work: &mut Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let mut split = work
        .conn
        .prepare_cached("SELECT 1 FROM _split WHERE article_id = ?1")?;
    if article.status == ArticleStatus::FeedOnly || split.exists([id])? {
        set_cluster(work.conn, id, id)?;
        return Ok(false);
    }
    let judgement = look(work, id, article, at)?;
    let cluster = judgement.cluster.unwrap_or(id);
    set_cluster(work.conn, id, cluster)?;
    if let Verdict::Duplicate {
        of,
        relation,
        score,
    } = judgement.verdict
    {
        work.conn
            .prepare_cached("INSERT OR REPLACE INTO _duplicate VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                id,
                of,
                relation.token(),
                f64::from(score),
                judgement.evidence.map(|seen| explained(&seen)),
                at
            ])?;
    }
    remember(work, id, cluster, at, article)?;
    Ok(cluster != id)
}

/// Stores the sketch of an article's present text.
pub(super) fn remember(
    work: &mut Work<'_>,
    id: ArticleId,
    cluster: ArticleId,
    at: Timestamp,
    article: &NewArticle,
) -> Result<(), StoreError> {
    work.conn
        .prepare_cached("INSERT OR REPLACE INTO _sketch VALUES (?1, ?2, ?3)")?
        .execute(params![
            id,
            ALGORITHM_VERSION,
            pack(&article.fingerprint.sketch)
        ])?;
    work.memory.remember(id, cluster, at, article);
    Ok(())
}

/// Whether an article's text is that of another, as far as it can be told: a text too short to be
/// judged says nothing against it.
pub(super) fn is_same(
    work: &mut Work<'_>,
    other: ArticleId,
    article: &NewArticle,
) -> Result<bool, StoreError> {
    let (hash, text): (Vec<u8>, String) = work
        .conn
        .prepare_cached("SELECT a.text_hash, coalesce(t.text, '') FROM _article a LEFT JOIN article_text t ON t.id = a.id WHERE a.id = ?1")?
        .query_row([other], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let prepared = Prepared::new(&text);
    let too_short =
        article.fingerprint.sketch.is_empty() || prepared.fingerprint().sketch.is_empty();
    if hash == article.fingerprint.exact || too_short {
        return Ok(true);
    }
    let candidate = Candidate {
        id: other,
        cluster: other,
        age: Duration::ZERO,
        text: &prepared,
    };
    let judgement = judge(&article.prepared, &[candidate], &work.memory.rules);
    Ok(matches!(judgement.verdict, Verdict::Duplicate { .. }))
}

fn look(
    work: &mut Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    at: Timestamp,
) -> Result<Judgement, StoreError> {
    let twin: Option<Twin> = work
        .conn
        .prepare_cached(
            "SELECT id, cluster_id, first_seen_at FROM _article
             WHERE text_hash = ?1 AND id <> ?2 AND deleted_at IS NULL AND status <> 'feed_only' ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![article.fingerprint.exact, id], |row| {
            Ok(Twin { id: row.get(0)?, cluster: row.get(1)?, age: distance(at, row.get(2)?) })
        })
        .optional()?;
    let rules = work.memory.rules;
    if let Some(judgement) = twin.and_then(|twin| judge_exact(&article.prepared, twin, &rules)) {
        return Ok(judgement);
    }
    let near = work
        .memory
        .window
        .neighbours(&article.fingerprint.sketch, at);
    near.judge(&article.prepared, at, &rules, |other| {
        if other == id {
            return Ok(None);
        }
        text_of(work.conn, &mut work.memory.texts, other)
    })
}

/// The prepared text of an article: from the shelf, or else from the file; none if it has none.
fn text_of(
    conn: &Connection,
    texts: &mut Shelf,
    id: ArticleId,
) -> Result<Option<Arc<Prepared>>, StoreError> {
    if let Some(text) = texts.get(id) {
        return Ok(Some(text));
    }
    let mut select = conn.prepare_cached("SELECT text FROM article_text WHERE id = ?1")?;
    let mut rows = select.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    let text = Arc::new(Prepared::new(text));
    texts.put(id, Arc::clone(&text));
    Ok(Some(text))
}

fn set_cluster(conn: &Connection, id: ArticleId, cluster: ArticleId) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE _article SET cluster_id = ?2 WHERE id = ?1")?
        .execute(params![id, cluster])?;
    Ok(())
}

fn explained(seen: &Evidence) -> String {
    json!({
        "candidate": seen.candidate.0, "ground": seen.ground.token(), "contained": seen.contained,
        "alike": seen.alike, "shingles": seen.shingles, "boilerplate": seen.boilerplate, "numbers": seen.numbers,
    })
    .to_string()
}

fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

fn pack(sketch: &[u32]) -> Vec<u8> {
    sketch.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}

/// The hashes of a stored sketch, in the place given.
fn unpack<'a>(bytes: &[u8], hashes: &'a mut [u32; SKETCH_HASHES]) -> &'a [u32] {
    let stored = bytes.as_chunks::<4>().0;
    for (to, hash) in hashes.iter_mut().zip(stored) {
        *to = u32::from_le_bytes(*hash);
    }
    hashes.get(..stored.len()).unwrap_or(hashes)
}

//! What the store knows of one feed or one article: everything that an explanation needs.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, rows};
use crate::model::{ArticleId, FeedId, Timestamp};

/// A feed, as far as its polls are concerned.
#[derive(Debug, Clone)]
pub struct FeedFacts {
    pub id: FeedId,
    pub url: String,
    pub effective_url: Option<String>,
    pub name: Option<String>,
    pub title: Option<String>,
    pub kind: Option<String>,
    pub state: String,
    /// The address of the feed whose document this one's address leads to.
    pub merged_into: Option<String>,
    pub last_poll_at: Option<Timestamp>,
    pub last_status: Option<u16>,
    pub last_outcome: Option<String>,
    pub last_detail: Option<String>,
    pub last_ok_at: Option<Timestamp>,
    pub last_new_at: Option<Timestamp>,
    pub failures: u32,
    pub failing_since: Option<Timestamp>,
    pub polls: u64,
    pub polls_304: u64,
    pub has_validators: bool,
    pub interval_ms: Option<i64>,
    pub entries: u64,
    pub next_poll_at: Timestamp,
    pub next_poll_reason: String,
}

/// The feed of an address or a name.
///
/// # Errors
/// Of SQLite.
pub fn feed(conn: &Connection, wanted: &str) -> Result<Option<FeedFacts>, StoreError> {
    let mut select = conn.prepare(
        "SELECT url, effective_url, name, title, kind, state, last_poll_at, last_status, last_outcome, last_detail,
                last_ok_at, last_new_at, failures, failing_since, polls, polls_304,
                etag IS NOT NULL OR last_modified IS NOT NULL, interval_ms,
                (SELECT count(*) FROM _entry e WHERE e.feed_id = f.id), next_poll_at, next_poll_reason, id,
                (SELECT m.url FROM _feed m WHERE m.id = f.merged_into)
         FROM _feed f WHERE url = ?1 OR effective_url = ?1 OR name = ?1 ORDER BY url = ?1 DESC LIMIT 1",
    )?;
    Ok(select.query_row([wanted], feed_facts).optional()?)
}

fn feed_facts(row: &Row<'_>) -> rusqlite::Result<FeedFacts> {
    Ok(FeedFacts {
        url: row.get(0)?,
        effective_url: row.get(1)?,
        name: row.get(2)?,
        title: row.get(3)?,
        kind: row.get(4)?,
        state: row.get(5)?,
        last_poll_at: row.get(6)?,
        last_status: row.get(7)?,
        last_outcome: row.get(8)?,
        last_detail: row.get(9)?,
        last_ok_at: row.get(10)?,
        last_new_at: row.get(11)?,
        failures: row.get(12)?,
        failing_since: row.get(13)?,
        polls: u64::try_from(row.get::<_, i64>(14)?).unwrap_or(0),
        polls_304: u64::try_from(row.get::<_, i64>(15)?).unwrap_or(0),
        has_validators: row.get(16)?,
        interval_ms: row.get(17)?,
        entries: u64::try_from(row.get::<_, i64>(18)?).unwrap_or(0),
        next_poll_at: row.get(19)?,
        next_poll_reason: row.get(20)?,
        id: row.get(21)?,
        merged_into: row.get(22)?,
    })
}

/// An article, as far as its identity is concerned.
#[derive(Debug, Clone)]
pub struct ArticleFacts {
    pub id: ArticleId,
    pub url: Option<String>,
    pub site: String,
    pub title: Option<String>,
    pub text: String,
    pub status: String,
    pub method: String,
    pub confidence: f64,
    pub rev: u32,
    pub first_seen_at: Timestamp,
    pub cluster: ArticleId,
    /// Taken out of a cluster by a person.
    pub split_from: Option<ArticleId>,
}

/// The article of an id, or of an address given with its comparison key.
///
/// # Errors
/// Of SQLite.
pub fn article(
    conn: &Connection,
    id: Option<ArticleId>,
    url_key: Option<&str>,
) -> Result<Option<ArticleFacts>, StoreError> {
    let mut select = conn.prepare(
        "SELECT a.id, a.url, a.site, a.title, coalesce(t.text, ''), a.status, a.method, a.confidence, a.rev, a.first_seen_at, a.cluster_id,
                (SELECT cluster_id FROM _split s WHERE s.article_id = a.id)
         FROM _article a LEFT JOIN article_text t ON t.id = a.id
         WHERE a.id = coalesce(?1, (SELECT article_id FROM _alias WHERE key = ?2)) AND a.deleted_at IS NULL",
    )?;
    let found = select.query_row(params![id, url_key.map(rows::key)], |row| {
        Ok(ArticleFacts {
            id: row.get(0)?,
            url: row.get(1)?,
            site: row.get(2)?,
            title: row.get(3)?,
            text: row.get(4)?,
            status: row.get(5)?,
            method: row.get(6)?,
            confidence: row.get(7)?,
            rev: row.get(8)?,
            first_seen_at: row.get(9)?,
            cluster: row.get(10)?,
            split_from: row.get(11)?,
        })
    });
    Ok(found.optional()?)
}

/// One article of a cluster, and how it came into it.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: ArticleId,
    pub url: Option<String>,
    pub first_seen_at: Timestamp,
    pub of: Option<ArticleId>,
    pub relation: Option<String>,
    pub score: Option<f64>,
    pub evidence: Option<String>,
}

/// The articles of a cluster, the primary first.
///
/// # Errors
/// Of SQLite.
pub fn members(conn: &Connection, cluster: ArticleId) -> Result<Vec<Member>, StoreError> {
    let mut select = conn.prepare(
        "SELECT a.id, a.url, a.first_seen_at, d.of_id, d.relation, d.score, d.evidence
         FROM _article a LEFT JOIN _duplicate d ON d.article_id = a.id
         WHERE a.cluster_id = ?1 AND a.deleted_at IS NULL ORDER BY a.id <> ?1, a.id LIMIT 1000",
    )?;
    let members = select.query_map([cluster], |row| {
        Ok(Member {
            id: row.get(0)?,
            url: row.get(1)?,
            first_seen_at: row.get(2)?,
            of: row.get(3)?,
            relation: row.get(4)?,
            score: row.get(5)?,
            evidence: row.get(6)?,
        })
    })?;
    Ok(members.collect::<Result<_, _>>()?)
}

/// An earlier text of an article.
#[derive(Debug, Clone)]
pub struct Revision {
    pub rev: u32,
    pub seen_at: Timestamp,
    pub text: String,
}

/// The earlier texts of an article, oldest first.
///
/// # Errors
/// Of SQLite.
pub fn revisions(conn: &Connection, id: ArticleId) -> Result<Vec<Revision>, StoreError> {
    let mut select = conn
        .prepare("SELECT rev, seen_at, text FROM _revision WHERE article_id = ?1 ORDER BY rev")?;
    let revisions = select.query_map([id], |row| {
        Ok(Revision {
            rev: row.get(0)?,
            seen_at: row.get(1)?,
            text: row.get(2)?,
        })
    })?;
    Ok(revisions.collect::<Result<_, _>>()?)
}

/// Where an article appeared: feed and link.
///
/// # Errors
/// Of SQLite.
pub fn appearances(
    conn: &Connection,
    id: ArticleId,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let mut select = conn.prepare(
        "SELECT f.url, e.url FROM _entry e JOIN _feed f ON f.id = e.feed_id WHERE e.article_id = ?1 ORDER BY e.id LIMIT 100",
    )?;
    let rows = select.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

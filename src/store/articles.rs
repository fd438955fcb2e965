//! Articles: stored once, brought up to date, numbered.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::writer::Work;
use super::{StoreError, judge, rows};
use crate::dedupe::{self, Prepared};
use crate::model::{ArticleId, Extracted, FeedId, Fingerprint, PageId, Timestamp};

/// An article as it is to be stored.
#[derive(Debug)]
pub struct NewArticle {
    pub made: Extracted,
    /// The text as the judge compares it, and its keys.
    pub prepared: Arc<Prepared>,
    pub fingerprint: Fingerprint,
    pub status: ArticleStatus,
    pub url: Option<String>,
    pub source_url: Option<String>,
    pub final_url: Option<String>,
    pub syndicated_from: Option<String>,
    pub site: String,
    /// Comparison keys of every address it is known under.
    pub keys: Vec<String>,
    /// Comparison key of the canonical address that the page claims, when it is another.
    pub claimed: Option<String>,
    /// Comparison key of the address of its AMP edition, when it is another.
    pub amp: Option<String>,
    pub http_status: Option<u16>,
    /// True when the text is the page's, false when it is the feed's.
    pub fetched: bool,
}

/// How much of the article is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArticleStatus {
    Ok,
    Partial,
    FeedOnly,
}

impl NewArticle {
    /// The address to show: the canonical one if its claim is borne out, else where the link led.
    pub(super) fn address(&self, claim_holds: bool) -> Option<&str> {
        let reached = self.final_url.as_deref().or(self.source_url.as_deref());
        if claim_holds {
            self.url.as_deref()
        } else {
            reached.or(self.url.as_deref())
        }
    }
}

impl ArticleStatus {
    pub(super) const fn token(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::FeedOnly => "feed_only",
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArticleCommitted {
    New(ArticleId),
    Updated(ArticleId),
    /// The article is as it was, or was known already under another address.
    Known(ArticleId),
    Nothing,
}

impl ArticleCommitted {
    pub(super) const fn article(self) -> Option<ArticleId> {
        match self {
            Self::New(id) | Self::Updated(id) | Self::Known(id) => Some(id),
            Self::Nothing => None,
        }
    }
}

/// Stores a new article, judged.
pub(super) fn insert(
    work: &mut Work<'_>,
    page: PageId,
    feed: FeedId,
    article: &NewArticle,
    url: Option<&str>,
    at: Timestamp,
) -> Result<ArticleId, StoreError> {
    let made = &article.made;
    let seen: Option<Timestamp> = work
        .conn
        .prepare_cached("SELECT min(first_seen_at) FROM _entry WHERE page_id = ?1")?
        .query_row([page], |row| row.get(0))?;
    let seen = seen.unwrap_or(at);
    let published = made.published.map(|date| date.at);
    let seq = next_seq(work.conn)?;
    let former = former_id(work.conn, article)?;
    let id: ArticleId = work
        .conn
        .prepare_cached(
            "INSERT INTO _article (id, seq, url, source_url, final_url, syndicated_from, site, feed_id, title, byline, excerpt,
                                   lang, image_url, section, keywords, published_at, published_src, modified_at, sort_at,
                                   first_seen_at, fetched_at, updated_at, status, method, confidence, extractor,
                                   http_status, word_count, text_hash, robots, cluster_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                     ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, 0) RETURNING id",
        )?
        .query_row(
            params![
                former,
                seq,
                url,
                article.source_url,
                article.final_url,
                article.syndicated_from,
                article.site,
                feed,
                made.title,
                made.byline,
                made.excerpt,
                made.lang,
                made.image,
                made.section,
                rows::strings(&made.keywords),
                published,
                made.published.map(|date| date.source.token()),
                made.modified,
                published.map_or(seen, |at| at.min(seen)),
                seen,
                article.fetched.then_some(at),
                at,
                article.status.token(),
                made.method.token(),
                f64::from(made.confidence),
                made.version,
                article.http_status,
                made.word_count,
                article.fingerprint.exact,
                rows::strings(&made.robots),
            ],
            |row| row.get(0),
        )?;
    work.conn
        .prepare_cached("INSERT INTO article_text VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, made.title, made.text, markdown(made)])?;
    let op = if judge::place(work, id, article, seen)? {
        "dup"
    } else {
        "new"
    };
    log_change(work.conn, seq, at, op, id)?;
    Ok(id)
}

/// The id of an article that retention took away and that now comes back under one of its addresses:
/// whoever kept a copy of it recognises it.
fn former_id(conn: &Connection, article: &NewArticle) -> Result<Option<ArticleId>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT k.article_id FROM _alias k
         WHERE k.key = ?1 AND k.claim = 0 AND NOT EXISTS (SELECT 1 FROM _article a WHERE a.id = k.article_id)",
    )?;
    for key in &article.keys {
        let id = select.query_row([rows::key(key)], |row| row.get(0));
        if let Some(id) = id.optional()? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Shows an article where its link led: the canonical address that its page claims is another's.
pub(super) fn show_where_reached(
    conn: &Connection,
    id: ArticleId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let seq = next_seq(conn)?;
    let changed = conn
        .prepare_cached(
            "UPDATE _article SET url = coalesce(final_url, source_url), seq = ?2, updated_at = ?3
             WHERE id = ?1 AND url <> coalesce(final_url, source_url)",
        )?
        .execute(params![id, seq, at])?;
    if changed > 0 {
        log_change(conn, seq, at, "update", id)?;
    }
    Ok(())
}

/// What is stored of an article, as far as an update looks at it.
pub(super) struct Stored {
    status: String,
    pub text_hash: Vec<u8>,
    title: Option<String>,
    pub first_seen_at: Timestamp,
    pub cluster: ArticleId,
    /// `None` when retention has taken it away.
    pub text: Option<String>,
}

impl Stored {
    pub fn read(conn: &Connection, id: ArticleId) -> Result<Self, StoreError> {
        let mut select = conn.prepare_cached(
            "SELECT a.status, a.text_hash, a.title, a.first_seen_at, a.cluster_id, t.text
             FROM _article a LEFT JOIN article_text t ON t.id = a.id WHERE a.id = ?1",
        )?;
        Ok(select.query_row([id], |row| {
            Ok(Self {
                status: row.get(0)?,
                text_hash: row.get(1)?,
                title: row.get(2)?,
                first_seen_at: row.get(3)?,
                cluster: row.get(4)?,
                text: row.get(5)?,
            })
        })?)
    }
}

/// The stored article in the light of what its page, or its feed, says now.
pub(super) fn update(
    work: &mut Work<'_>,
    id: ArticleId,
    own: bool,
    article: &NewArticle,
    url: Option<&str>,
    at: Timestamp,
) -> Result<ArticleCommitted, StoreError> {
    let stored = Stored::read(work.conn, id)?;
    let Some(text) = &stored.text else {
        return Ok(ArticleCommitted::Known(id));
    };
    let was_words_only = stored.status == "feed_only";
    let is_words_only = article.status == ArticleStatus::FeedOnly;
    let same_text = stored.text_hash == article.fingerprint.exact
        || (stored.title == article.made.title && dedupe::is_noise(text, &article.made.text));
    let upgrade = was_words_only && !is_words_only;
    let edit = own
        && was_words_only == is_words_only
        && !(same_text && stored.title == article.made.title);
    if !upgrade && !edit {
        return Ok(ArticleCommitted::Known(id));
    }
    if edit && !same_text {
        keep_revision(work.conn, id)?;
    }
    let seq = overwrite(work, id, article, url, edit && !same_text, at)?;
    let mut op = "update";
    if upgrade {
        if judge::place(work, id, article, stored.first_seen_at)? {
            op = "dup";
        }
    } else if !same_text && !is_words_only {
        judge::remember(work, id, stored.cluster, stored.first_seen_at, article)?;
    }
    log_change(work.conn, seq, at, op, id)?;
    Ok(ArticleCommitted::Updated(id))
}

/// Revisions kept of one article: a page that changes more often is a ticker, and its newest states
/// are what anybody asks for.
const REVISIONS_MAX: u32 = 100;

pub(super) fn keep_revision(conn: &Connection, id: ArticleId) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO _revision
         SELECT a.id, a.rev, a.updated_at, a.title, t.text, a.text_hash
         FROM _article a JOIN article_text t ON t.id = a.id WHERE a.id = ?1",
    )?
    .execute([id])?;
    conn.prepare_cached("DELETE FROM _revision WHERE article_id = ?1 AND rev <= (SELECT rev FROM _article WHERE id = ?1) - ?2")?
        .execute(params![id, REVISIONS_MAX])?;
    Ok(())
}

/// Returns the number of the change, which is still to be logged.
pub(super) fn overwrite(
    work: &Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    url: Option<&str>,
    revised: bool,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let made = &article.made;
    let seq = next_seq(work.conn)?;
    work.conn
        .prepare_cached(
            "UPDATE _article
             SET seq = ?2, final_url = coalesce(?3, final_url), syndicated_from = coalesce(?4, syndicated_from), title = ?5,
                 byline = coalesce(?6, byline), excerpt = ?7, lang = coalesce(?8, lang), image_url = coalesce(?9, image_url),
                 section = coalesce(?10, section), keywords = coalesce(?11, keywords),
                 published_at = coalesce(?12, published_at), published_src = coalesce(?13, published_src),
                 modified_at = coalesce(?14, modified_at), sort_at = min(sort_at, coalesce(?12, sort_at)),
                 fetched_at = coalesce(?15, fetched_at), updated_at = ?16, status = ?17, method = ?18, confidence = ?19,
                 extractor = ?20, http_status = coalesce(?21, http_status), word_count = ?22, text_hash = ?23,
                 rev = rev + ?24, url = coalesce(?25, url), site = ?26,
                 robots = CASE WHEN ?15 IS NULL THEN robots ELSE ?27 END
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            seq,
            article.final_url,
            article.syndicated_from,
            made.title,
            made.byline,
            made.excerpt,
            made.lang,
            made.image,
            made.section,
            rows::strings(&made.keywords),
            made.published.map(|date| date.at),
            made.published.map(|date| date.source.token()),
            made.modified,
            article.fetched.then_some(at),
            at,
            article.status.token(),
            made.method.token(),
            f64::from(made.confidence),
            made.version,
            article.http_status,
            made.word_count,
            article.fingerprint.exact,
            i64::from(revised),
            url,
            article.site,
            rows::strings(&made.robots),
        ])?;
    work.conn
        .prepare_cached(
            "UPDATE article_text SET title = ?2, text = ?3, markdown = ?4 WHERE id = ?1",
        )?
        .execute(params![id, made.title, made.text, markdown(made)])?;
    Ok(seq)
}

pub(super) fn markdown(made: &Extracted) -> Option<&str> {
    (made.markdown != made.text).then_some(made.markdown.as_str())
}

/// The number that the next change will have. Only one write transaction exists at a time, so
/// numbers are handed out in the order of commits.
pub(super) fn next_seq(conn: &Connection) -> Result<i64, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '_change'), 0) + 1",
    )?;
    Ok(select.query_row([], |row| row.get(0))?)
}

pub(super) fn log_change(
    conn: &Connection,
    seq: i64,
    at: Timestamp,
    op: &'static str,
    article: ArticleId,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO _change SELECT ?1, ?2, ?3, id, rev FROM _article WHERE id = ?4",
    )?
    .execute(params![seq, at, op, article])?;
    Ok(())
}

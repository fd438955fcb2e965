//! The end of a page: the article it became, or the failure it ended in, in one transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::fetches::{self, FetchRecord, Purpose};
use super::request::Change;
use super::writer::Work;
use super::{StoreError, entries, judge, rows};
use crate::dedupe::Prepared;
use crate::model::{
    ArticleId, Extracted, FailureKind, FeedId, Fingerprint, Lease, PageId, Timestamp,
};

/// Everything that one page leaves behind.
#[derive(Debug)]
pub struct CommitPage {
    pub page: PageId,
    pub lease: Lease,
    pub feed: FeedId,
    pub at: Timestamp,
    pub result: PageResult,
    /// Whether the page said more than the feed's own words, when the two were compared.
    pub page_added: Option<bool>,
    /// The request, when one was made.
    pub record: Option<FetchRecord>,
}

/// What became of a page.
#[derive(Debug)]
pub enum PageResult {
    /// It is an article, and the page is done with.
    Article(Box<NewArticle>),
    /// It could not be had. The feed's own words are stored instead, and it is due again or dead.
    Failed {
        kind: FailureKind,
        detail: String,
        retry_at: Option<Timestamp>,
        words: Option<Box<NewArticle>>,
    },
    /// There is nothing to make an article of, and never will be.
    Nothing,
    /// It was not tried: it is due again, and nothing counts against it.
    Postponed { until: Timestamp },
}

/// An article as it is to be stored.
#[derive(Debug)]
pub struct NewArticle {
    pub made: Extracted,
    /// The text as the judge compares it, and its keys.
    pub prepared: Prepared,
    pub fingerprint: Fingerprint,
    pub status: ArticleStatus,
    pub url: Option<String>,
    pub source_url: Option<String>,
    pub final_url: Option<String>,
    pub syndicated_from: Option<String>,
    pub site: String,
    /// Comparison keys of every address it is known under.
    pub keys: Vec<String>,
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

impl ArticleStatus {
    const fn token(self) -> &'static str {
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
    const fn article(self) -> Option<ArticleId> {
        match self {
            Self::New(id) | Self::Updated(id) | Self::Known(id) => Some(id),
            Self::Nothing => None,
        }
    }
}

impl Change for CommitPage {
    type Reply = ArticleCommitted;

    fn apply(&self, work: &mut Work<'_>) -> Result<ArticleCommitted, StoreError> {
        let own: Option<Option<ArticleId>> = work
            .conn
            .prepare_cached("SELECT article_id FROM _page WHERE id = ?1 AND lease = ?2")?
            .query_row(params![self.page, self.lease], |row| row.get(0))
            .optional()?;
        let own = own.ok_or(StoreError::Stale)?;
        let done = match &self.result {
            PageResult::Article(article) => {
                let done = self.store(work, own, article)?;
                self.finish(work.conn, done)?;
                done
            }
            PageResult::Failed {
                kind,
                detail,
                retry_at,
                words,
            } => {
                let done = match words {
                    Some(words) => self.store(work, own, words)?,
                    None => ArticleCommitted::Nothing,
                };
                self.fail(work.conn, done, *kind, detail, *retry_at)?;
                done
            }
            PageResult::Nothing => {
                self.finish(work.conn, ArticleCommitted::Nothing)?;
                ArticleCommitted::Nothing
            }
            PageResult::Postponed { until } => {
                work.conn
                    .prepare_cached("UPDATE _page SET lease = NULL, leased_until = NULL, next_at = ?2 WHERE id = ?1")?
                    .execute(params![self.page, until])?;
                ArticleCommitted::Nothing
            }
        };
        if let Some(added) = self.page_added {
            work.conn
                .prepare_cached(
                    "UPDATE _feed SET pages_compared = pages_compared + 1, pages_added = pages_added + ?2 WHERE id = ?1",
                )?
                .execute(params![self.feed, i64::from(added)])?;
        }
        if let Some(record) = &self.record {
            fetches::insert(
                work.conn,
                self.feed,
                Purpose::Page(done.article().or(own)),
                record,
            )?;
        }
        Ok(done)
    }
}

impl CommitPage {
    /// Stores the article: as a new one, or as the latest state of the one it already is.
    fn store(
        &self,
        work: &mut Work<'_>,
        own: Option<ArticleId>,
        article: &NewArticle,
    ) -> Result<ArticleCommitted, StoreError> {
        let mut known = own;
        for key in &article.keys {
            if known.is_none() {
                known = entries::article_of(work.conn, rows::key(key))?;
            }
        }
        let done = match known {
            None => ArticleCommitted::New(insert(work, self, article)?),
            Some(id) => update(work, id, own == Some(id), article, self.at)?,
        };
        if let Some(id) = done.article() {
            let mut alias = work
                .conn
                .prepare_cached("INSERT OR IGNORE INTO _alias VALUES (?1, ?2)")?;
            for key in &article.keys {
                alias.execute(params![rows::key(key), id])?;
            }
        }
        Ok(done)
    }

    fn finish(&self, conn: &Connection, done: ArticleCommitted) -> Result<(), StoreError> {
        conn.prepare_cached("DELETE FROM _entry_content WHERE entry_id IN (SELECT id FROM _entry WHERE page_id = ?1)")?
            .execute([self.page])?;
        conn.prepare_cached("DELETE FROM _entry_content WHERE entry_id = (SELECT entry_id FROM _page WHERE id = ?1)")?
            .execute([self.page])?;
        conn.prepare_cached(
            "UPDATE _entry SET article_id = coalesce(?2, article_id), page_id = NULL WHERE page_id = ?1",
        )?
        .execute(params![self.page, done.article()])?;
        conn.prepare_cached("DELETE FROM _page WHERE id = ?1")?
            .execute([self.page])?;
        Ok(())
    }

    fn fail(
        &self,
        conn: &Connection,
        done: ArticleCommitted,
        kind: FailureKind,
        detail: &str,
        retry_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        conn.prepare_cached(
            "UPDATE _entry SET article_id = coalesce(?2, article_id) WHERE page_id = ?1",
        )?
        .execute(params![self.page, done.article()])?;
        conn.prepare_cached(
            "UPDATE _page
             SET state = CASE WHEN ?2 IS NULL THEN 'dead' ELSE 'pending' END, next_at = coalesce(?2, next_at),
                 attempts = attempts + 1, lease = NULL, leased_until = NULL, outcome = ?3, detail = ?4, http_status = ?5,
                 article_id = coalesce(?6, article_id), updated_at = ?7
             WHERE id = ?1",
        )?
        .execute(params![
            self.page,
            retry_at,
            kind.token(),
            detail,
            self.record.as_ref().and_then(|record| record.status),
            done.article(),
            self.at,
        ])?;
        Ok(())
    }
}

fn insert(
    work: &mut Work<'_>,
    commit: &CommitPage,
    article: &NewArticle,
) -> Result<ArticleId, StoreError> {
    let made = &article.made;
    let seen: Option<Timestamp> = work
        .conn
        .prepare_cached("SELECT min(first_seen_at) FROM _entry WHERE page_id = ?1")?
        .query_row([commit.page], |row| row.get(0))?;
    let seen = seen.unwrap_or(commit.at);
    let published = made.published.map(|date| date.at);
    let seq = next_seq(work.conn)?;
    let id: ArticleId = work
        .conn
        .prepare_cached(
            "INSERT INTO _article (seq, url, source_url, final_url, syndicated_from, site, feed_id, title, byline, excerpt,
                                   lang, image_url, section, keywords, published_at, published_src, modified_at, sort_at,
                                   first_seen_at, fetched_at, updated_at, status, method, confidence, extractor,
                                   http_status, word_count, text_hash, cluster_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                     ?22, ?23, ?24, ?25, ?26, ?27, ?28, 0) RETURNING id",
        )?
        .query_row(
            params![
                seq,
                article.url,
                article.source_url,
                article.final_url,
                article.syndicated_from,
                article.site,
                commit.feed,
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
                article.fetched.then_some(commit.at),
                commit.at,
                article.status.token(),
                made.method.token(),
                f64::from(made.confidence),
                made.version,
                article.http_status,
                made.word_count,
                article.fingerprint.exact,
            ],
            |row| row.get(0),
        )?;
    work.conn
        .prepare_cached("INSERT INTO article_text VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, made.title, made.text, markdown(made)])?;
    judge::place(work, id, article, seen)?;
    log_change(work.conn, seq, commit.at, "new", id)?;
    Ok(id)
}

/// What is stored of an article, as far as an update looks at it.
struct Stored {
    status: String,
    text_hash: Vec<u8>,
    title: Option<String>,
    first_seen_at: Timestamp,
    cluster: ArticleId,
}

/// The stored article in the light of what its page, or its feed, says now.
fn update(
    work: &mut Work<'_>,
    id: ArticleId,
    own: bool,
    article: &NewArticle,
    at: Timestamp,
) -> Result<ArticleCommitted, StoreError> {
    let stored: Stored = work
        .conn
        .prepare_cached("SELECT status, text_hash, title, first_seen_at, cluster_id FROM _article WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(Stored {
                status: row.get(0)?,
                text_hash: row.get(1)?,
                title: row.get(2)?,
                first_seen_at: row.get(3)?,
                cluster: row.get(4)?,
            })
        })?;
    let was_words_only = stored.status == "feed_only";
    let is_words_only = article.status == ArticleStatus::FeedOnly;
    let same_text = stored.text_hash == article.fingerprint.exact;
    let upgrade = was_words_only && !is_words_only;
    let edit =
        own && was_words_only == is_words_only && !(same_text && stored.title == article.made.title);
    if !upgrade && !edit {
        return Ok(ArticleCommitted::Known(id));
    }
    if edit && !same_text {
        work.conn
            .prepare_cached(
                "INSERT INTO _revision
                 SELECT a.id, a.rev, a.updated_at, a.title, t.text, a.text_hash
                 FROM _article a JOIN article_text t ON t.id = a.id WHERE a.id = ?1",
            )?
            .execute([id])?;
    }
    overwrite(work, id, article, edit && !same_text, at)?;
    if upgrade {
        judge::place(work, id, article, stored.first_seen_at)?;
    } else if !same_text && !is_words_only {
        judge::remember(work, id, stored.cluster, stored.first_seen_at, article)?;
    }
    Ok(ArticleCommitted::Updated(id))
}

fn overwrite(
    work: &Work<'_>,
    id: ArticleId,
    article: &NewArticle,
    revised: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
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
                 rev = rev + ?24, url = coalesce(?25, url), site = ?26
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
            article.url,
            article.site,
        ])?;
    work.conn
        .prepare_cached(
            "UPDATE article_text SET title = ?2, text = ?3, markdown = ?4 WHERE id = ?1",
        )?
        .execute(params![id, made.title, made.text, markdown(made)])?;
    log_change(work.conn, seq, at, "update", id)
}

fn markdown(made: &Extracted) -> Option<&str> {
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

//! The end of a page: the article it became, or the failure it ended in, in one transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::articles::{self, ArticleCommitted, NewArticle};
use super::entries::{self, Claim};
use super::fetches::{self, FetchRecord, Purpose};
use super::request::Change;
use super::writer::Work;
use super::{Lesson, StoreError, judge, rows, sites};
use crate::model::{ArticleId, FailureKind, FeedId, Lease, PageId, Timestamp, Validators};

/// Everything that one page leaves behind.
#[derive(Debug)]
pub struct CommitPage {
    pub page: PageId,
    pub lease: Lease,
    pub feed: FeedId,
    pub at: Timestamp,
    pub result: PageResult,
    /// When the page is fetched again for revisions, and what it is asked with.
    pub again: Option<Again>,
    /// Whether the page said more than the feed's own words, when the two were compared.
    pub page_added: Option<bool>,
    /// What the page teaches of its site.
    pub lesson: Option<Box<dyn Lesson>>,
    /// The requests that were made: the page's first, then those for its further parts.
    pub records: Vec<FetchRecord>,
}

/// A later look at a page that we have.
#[derive(Debug, Clone)]
pub struct Again {
    pub at: Timestamp,
    pub validators: Validators,
    /// The address that gave them.
    pub url: String,
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
    /// It was fetched again, and there is nothing new to be had of it.
    Unchanged,
    /// There is nothing to make an article of, and never will be.
    Nothing,
    /// It was not tried: it is due again, and nothing counts against it.
    Postponed {
        until: Timestamp,
        words: Option<Box<NewArticle>>,
    },
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
            PageResult::Nothing | PageResult::Unchanged => {
                self.finish(work.conn, ArticleCommitted::Nothing)?;
                ArticleCommitted::Nothing
            }
            PageResult::Postponed { until, words } => {
                let done = match words {
                    Some(words) => self.store(work, own, words)?,
                    None => ArticleCommitted::Nothing,
                };
                self.postpone(work.conn, done, *until)?;
                done
            }
        };
        if let Some(added) = self.page_added {
            work.conn
                .prepare_cached(
                    "UPDATE _feed SET pages_compared = pages_compared + 1, pages_added = pages_added + ?2 WHERE id = ?1",
                )?
                .execute(params![self.feed, i64::from(added)])?;
        }
        if let Some(lesson) = self.lesson.as_deref() {
            sites::learn(work.conn, lesson, self.at)?;
        }
        for record in &self.records {
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
        let mut disproved = Vec::new();
        for key in &article.keys {
            let holder = entries::article_of(work.conn, rows::key(key))?;
            let Some(holder) = holder.filter(|_| known.is_none()) else {
                continue;
            };
            // Whoever only claimed the address gives way to another text that is found there.
            if holder.claim == Claim::Reached || judge::is_same(work, holder.article, article)? {
                known = Some(holder.article);
            } else if holder.claim == Claim::Canonical {
                disproved.push(holder.article);
            }
        }
        let mut claims = Vec::new();
        let mut claim_holds = true;
        for (key, claim) in [
            (&article.claimed, Claim::Canonical),
            (&article.amp, Claim::Amp),
        ] {
            let Some(key) = key else { continue };
            let holder = entries::article_of(work.conn, rows::key(key))?;
            // An address is a claim. That of a page whose text is another than the one we have
            // under it is not believed: pages of a section, of a gallery, of a broken template.
            let holds = match holder {
                Some(holder) => {
                    own == Some(holder.article) || judge::is_same(work, holder.article, article)?
                }
                None => true,
            };
            if holds {
                known = known.or(holder.map(|holder| holder.article));
                claims.push((key, claim));
            }
            claim_holds &= holds || claim == Claim::Amp;
        }
        let url = article.address(claim_holds);
        let done = match known {
            None => ArticleCommitted::New(articles::insert(
                work, self.page, self.feed, article, url, self.at,
            )?),
            Some(id) => articles::update(work, id, own == Some(id), article, url, self.at)?,
        };
        if let Some(id) = done.article() {
            // The address of an article that retention took away is free, and so is one that was only claimed.
            let mut alias = work.conn.prepare_cached(
                "INSERT INTO _alias VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO UPDATE SET article_id = excluded.article_id, claim = excluded.claim
                 WHERE (claim > 0 AND excluded.claim = 0) OR NOT EXISTS (SELECT 1 FROM _article a WHERE a.id = _alias.article_id)",
            )?;
            let reached = article.keys.iter().map(|key| (key, Claim::Reached));
            for (key, claim) in reached.chain(claims) {
                alias.execute(params![rows::key(key), id, claim as i64])?;
            }
        }
        for id in disproved {
            articles::show_where_reached(work.conn, id, self.at)?;
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
        let Some(again) = &self.again else {
            conn.prepare_cached("DELETE FROM _page WHERE id = ?1")?
                .execute([self.page])?;
            return Ok(());
        };
        conn.prepare_cached(
            "UPDATE _page
             SET state = 'pending', next_at = ?2, rechecks = rechecks + 1, attempts = 0, lease = NULL, leased_until = NULL,
                 outcome = NULL, detail = NULL, article_id = coalesce(?3, article_id), etag = ?4, last_modified = ?5,
                 validators_url = ?6, updated_at = ?7
             WHERE id = ?1",
        )?
        .execute(params![
            self.page,
            again.at,
            done.article(),
            again.validators.etag,
            again.validators.last_modified,
            again.url,
            self.at,
        ])?;
        Ok(())
    }

    fn postpone(
        &self,
        conn: &Connection,
        done: ArticleCommitted,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        conn.prepare_cached(
            "UPDATE _entry SET article_id = coalesce(?2, article_id) WHERE page_id = ?1",
        )?
        .execute(params![self.page, done.article()])?;
        conn.prepare_cached(
            "UPDATE _page SET lease = NULL, leased_until = NULL, next_at = ?2, article_id = coalesce(article_id, ?3)
             WHERE id = ?1",
        )?
        .execute(params![self.page, until, done.article()])?;
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
            self.records.first().and_then(|record| record.status),
            done.article(),
            self.at,
        ])?;
        if retry_at.is_none() {
            give_up(conn, self.page)?;
        }
        Ok(())
    }
}

/// The content of a page that is not tried again has become its article, and stands there: should its
/// entry be edited, it brings it anew. Another entry of the page brings only its own.
fn give_up(conn: &Connection, page: PageId) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM _entry_content WHERE entry_id = (SELECT entry_id FROM _page WHERE id = ?1)
         AND NOT EXISTS (SELECT 1 FROM _entry e WHERE e.page_id = ?1 AND e.id <> _entry_content.entry_id)",
    )?
    .execute([page])?;
    Ok(())
}

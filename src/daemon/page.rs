//! One page: visit, identify, commit. The steps are other rooms'; here is their order.

use std::time::Duration;

use super::lesson::PageLesson;
use super::mill::{Mill, Orders};
use super::paged::{assemble, keep_metadata};
use super::visit::{NotHad, Visit};
use crate::article::Harvest;
use crate::fetch::redact;
use crate::model::{FailureKind, Fetched, PendingPage, Timestamp, Validators};
use crate::schedule::{page_recheck, page_retry};
use crate::store::{
    Again, ArticleCommitted, ArticleStatus, CommitPage, FetchRecord, Lesson, NewArticle,
    PageResult, RawPage, StoreError,
};
use crate::{article, dedupe};

/// While a page waits longer than this, readers have the feed's words of it.
const WORTH_WORDS: Duration = Duration::from_secs(600);
/// When a page is due again that met our own outage.
const AFTER_OUTAGE: Duration = Duration::from_secs(60);
/// A page whose host is held is looked at again no sooner than this.
const POSTPONED_AT_LEAST: Duration = Duration::from_secs(1);

/// One page, from the request to the commit.
pub(super) async fn page(mill: &Mill, page: PendingPage) {
    let made = tokio::select! {
        biased;
        made = make(mill, &page) => made,
        () = mill.stop.cancelled() => return,
    };
    let (made, raw) = made;
    let failed = matches!(made.result, PageResult::Failed { .. });
    let postponed = matches!(made.result, PageResult::Postponed { .. });
    match mill.store.write(made).await {
        Ok(_) if postponed => {}
        Ok(done) => {
            mill.tally.pages.up();
            mill.tally.pages_failed.add(usize::from(failed));
            mill.tally
                .articles_new
                .add(usize::from(matches!(done, ArticleCommitted::New(_))));
            mill.tally
                .articles_updated
                .add(usize::from(matches!(done, ArticleCommitted::Updated(_))));
            keep(mill, done, raw).await;
        }
        Err(StoreError::Stale) => {
            tracing::debug!(page = %page.id, "another claim of the page has overtaken this one");
        }
        Err(error) => {
            tracing::error!(page = %page.id, %error, "a page could not be stored and will be done again");
        }
    }
}

/// Keeps the pages that a text was made of. Those of a text that was known already stay.
async fn keep(mill: &Mill, done: ArticleCommitted, pages: Vec<RawPage>) {
    if let Some(raw) = mill.raw.as_ref().filter(|_| !pages.is_empty())
        && let ArticleCommitted::New(article) | ArticleCommitted::Updated(article) = done
    {
        raw.keep(article, pages).await;
    }
}

/// What a page came to, and the requests that were made for it.
struct Made {
    result: PageResult,
    again: Option<Again>,
    page_added: Option<bool>,
    lesson: Option<Box<dyn Lesson>>,
    records: Vec<FetchRecord>,
    /// The pages it was made of, where they are kept.
    raw: Vec<RawPage>,
}

impl Made {
    fn silently(result: PageResult) -> Self {
        Self {
            result,
            again: None,
            page_added: None,
            lesson: None,
            records: Vec::new(),
            raw: Vec::new(),
        }
    }
}

async fn make(mill: &Mill, page: &PendingPage) -> (CommitPage, Vec<RawPage>) {
    let made = match page.url.as_deref().filter(|_| page.fetch) {
        None => Made::silently(words_alone(mill, page).await),
        Some(url) => fetched(mill, page, url).await,
    };
    let commit = CommitPage {
        page: page.id,
        lease: page.lease,
        feed: page.feed,
        at: mill.clock.now(),
        result: made.result,
        again: made.again,
        page_added: made.page_added,
        lesson: made.lesson,
        records: made.records,
    };
    (commit, made.raw)
}

/// The article that the feed's own words make, when they are all that is wanted.
async fn words_alone(mill: &Mill, page: &PendingPage) -> PageResult {
    let article = from_words(mill, page, ArticleStatus::Ok).await;
    article.map_or(PageResult::Nothing, |article| {
        PageResult::Article(Box::new(article))
    })
}

async fn from_words(mill: &Mill, page: &PendingPage, status: ArticleStatus) -> Option<NewArticle> {
    let (words, url, is_own) = (page.words.clone(), page.url.clone(), page.is_own);
    mill.think(move || {
        let made = article::from_words(&words, url.as_deref())?;
        let link = url.as_deref();
        let mut identity = dedupe::identify(link, link, dedupe::Claims::default());
        if !is_own {
            identity.keys.clear();
        }
        Some(assemble(made, identity, status, None, false))
    })
    .await
    .flatten()
}

async fn fetched(mill: &Mill, page: &PendingPage, url: &str) -> Made {
    let visit = Visit::begin(mill, page).await;
    let asked = visit.ask(url, page.validators.clone(), &page.validators_url);
    match asked.await {
        Ok((answer, record)) if answer.status == 304 => {
            unchanged(mill, page, &visit.orders, vec![record])
        }
        Ok((answer, record)) => read(mill, page, &visit, answer, record).await,
        Err(not_had) => match not_had.not_before {
            Some(until) => postponed(mill, page, until).await,
            None if mill.fetcher.is_outage() && not_had.kind.is_unreachable() => {
                postponed(mill, page, mill.clock.now().plus(AFTER_OUTAGE)).await
            }
            None => failed(mill, page, &visit.orders, *not_had, None).await,
        },
    }
}

async fn read(
    mill: &Mill,
    page: &PendingPage,
    visit: &Visit<'_>,
    answer: Fetched,
    mut record: FetchRecord,
) -> Made {
    let (url, status, validators) = (answer.url.clone(), answer.status, answer.validators.clone());
    let mut read = match visit.read(answer, &page.words).await {
        Ok(read) => read,
        Err(article::PageFailure { kind, detail }) => {
            record.outcome = kind.token();
            let lesson = (kind == FailureKind::NoArticle)
                .then(|| PageLesson::of(&url, None, Some(Harvest::NOTHING)));
            let not_had = NotHad {
                kind,
                detail,
                not_before: None,
                retry_after: None,
                record: Some(record),
            };
            return failed(mill, page, &visit.orders, not_had, lesson.flatten()).await;
        }
    };
    let again = match read.missing {
        None => again(mill, page, &visit.orders, &validators, &url),
        Some(kind) => complete_at(mill, page, &visit.orders, kind, &url),
    };
    if let Some(first) = read.raw.first_mut() {
        first.link.clone_from(&page.url);
    }
    let (words, link, made) = (page.words.clone(), page.url.clone(), read.made);
    let is_whole = read.missing.is_none() && !made.paywalled;
    let compared = mill.think(move || {
        let own = article::from_words(&words, link.as_deref());
        let adds = own.as_ref().map(|own| !article::feed_suffices(own, &made));
        let better = own.filter(|own| adds == Some(false) && own.word_count > made.word_count);
        let identity = dedupe::identify(link.as_deref(), Some(&url), dedupe::Claims::of(&made));
        let state = if is_whole {
            ArticleStatus::Ok
        } else {
            ArticleStatus::Partial
        };
        let made = better.map_or(made.clone(), |own| keep_metadata(own, made));
        (assemble(made, identity, state, Some(status), true), adds)
    });
    let Some((article, adds)) = compared.await else {
        let not_had = NotHad::panicked(Some(record));
        return failed(mill, page, &visit.orders, not_had, None).await;
    };
    Made {
        result: PageResult::Article(Box::new(article)),
        again,
        page_added: adds,
        lesson: read.lesson,
        records: std::iter::once(record).chain(read.records).collect(),
        raw: read.raw,
    }
}

/// A page that nobody was asked for. Where the wait is long, the feed's own words are stored meanwhile.
async fn postponed(mill: &Mill, page: &PendingPage, until: Timestamp) -> Made {
    let now = mill.clock.now();
    let until = until.max(now.plus(POSTPONED_AT_LEAST));
    let long = until.since(now) > WORTH_WORDS && page.rechecks == 0;
    let words = if long {
        from_words(mill, page, ArticleStatus::FeedOnly)
            .await
            .map(Box::new)
    } else {
        None
    };
    Made::silently(PageResult::Postponed { until, words })
}

/// When the page is fetched again for revisions, if it is.
fn again(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    validators: &Validators,
    url: &str,
) -> Option<Again> {
    let ladder = &orders.config.articles.recheck;
    let at = page_recheck(ladder, page.rechecks, mill.clock.now(), mill.clock.chance())?;
    Some(Again {
        at,
        validators: validators.clone(),
        url: url.to_owned(),
    })
}

/// When the parts that are missing are tried again, with the whole article.
fn complete_at(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    missing: FailureKind,
    url: &str,
) -> Option<Again> {
    let ladder = &orders.config.articles.retry;
    let (now, chance) = (mill.clock.now(), mill.clock.chance());
    let at = page_retry(ladder, page.rechecks, missing, None, now, chance)?;
    Some(Again {
        at,
        validators: Validators::default(),
        url: url.to_owned(),
    })
}

/// A page that we have, and of which there is nothing new to be had this time.
fn unchanged(mill: &Mill, page: &PendingPage, orders: &Orders, records: Vec<FetchRecord>) -> Made {
    let again = again(mill, page, orders, &page.validators, &page.validators_url);
    Made {
        again,
        records,
        ..Made::silently(PageResult::Unchanged)
    }
}

async fn failed(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    not_had: NotHad,
    lesson: Option<Box<dyn Lesson>>,
) -> Made {
    let NotHad { kind, detail, .. } = not_had;
    tracing::debug!(
        page = page.url.as_deref().map(redact),
        kind = kind.token(),
        detail,
        "the page could not be had"
    );
    let records = not_had.record.into_iter().collect();
    if page.rechecks > 0 {
        return Made {
            lesson,
            ..unchanged(mill, page, orders, records)
        };
    }
    let words = from_words(mill, page, ArticleStatus::FeedOnly)
        .await
        .map(Box::new);
    let ladder = &orders.config.articles.retry;
    let retry_at = page_retry(
        ladder,
        page.attempts,
        kind,
        not_had.retry_after,
        mill.clock.now(),
        mill.clock.chance(),
    );
    Made {
        lesson,
        records,
        ..Made::silently(PageResult::Failed {
            kind,
            detail,
            retry_at,
            words,
        })
    }
}

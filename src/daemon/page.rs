//! One page: robots, fetch, extract, identify, commit. The steps are other rooms'; here is their order.

use std::time::Duration;

use tokio::time::Instant;

use super::mill::{Mill, Orders};
use super::paged::{assemble, keep_metadata, record, record_failure};
use super::permission::{honours_robots, networks};
use crate::config::Feed;
use crate::fetch::{self, HeaderMap, Purpose, Refusal, Request, redact};
use crate::model::{FailureKind, FetchFailure, Fetched, PendingPage, Timestamp, Validators};
use crate::schedule::{page_recheck, page_retry};
use crate::store::{
    Again, ArticleCommitted, ArticleStatus, CommitPage, FetchRecord, NewArticle, PageResult,
    StoreError,
};
use crate::{article, dedupe};

/// How long a page may take to be parsed: a thousand times what an honest one takes.
const PARSE_DEADLINE: Duration = Duration::from_millis(500);
/// While a page waits longer than this, readers have the feed's words of it.
const WORTH_WORDS: Duration = Duration::from_secs(600);
/// When a page is due again that met our own outage.
const AFTER_OUTAGE: Duration = Duration::from_secs(60);
/// A page whose host is held is looked at again no sooner than this.
const POSTPONED_AT_LEAST: Duration = Duration::from_secs(1);

/// One page, from the request to the commit.
pub(super) async fn page(mill: &Mill, page: PendingPage) {
    let made = tokio::select! {
        made = make(mill, &page) => made,
        () = mill.stop.cancelled() => return,
    };
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
        }
        Err(StoreError::Stale) => {
            tracing::debug!(page = %page.id, "another claim of the page has overtaken this one");
        }
        Err(error) => {
            tracing::error!(page = %page.id, %error, "a page could not be stored and will be done again");
        }
    }
}

/// What a page came to, and the request that was made for it.
struct Made {
    result: PageResult,
    again: Option<Again>,
    page_added: Option<bool>,
    record: Option<FetchRecord>,
}

impl Made {
    fn silently(result: PageResult) -> Self {
        Self {
            result,
            again: None,
            page_added: None,
            record: None,
        }
    }
}

async fn make(mill: &Mill, page: &PendingPage) -> CommitPage {
    let made = match page.url.as_deref().filter(|_| page.fetch) {
        None => Made::silently(words_alone(mill, page).await),
        Some(url) => fetched(mill, page, url).await,
    };
    CommitPage {
        page: page.id,
        lease: page.lease,
        feed: page.feed,
        at: mill.clock.now(),
        result: made.result,
        again: made.again,
        page_added: made.page_added,
        record: made.record,
    }
}

/// The article that the feed's own words make, when they are all that is wanted.
async fn words_alone(mill: &Mill, page: &PendingPage) -> PageResult {
    let article = from_words(mill, page, ArticleStatus::Ok).await;
    article.map_or(PageResult::Nothing, |article| {
        PageResult::Article(Box::new(article))
    })
}

async fn from_words(mill: &Mill, page: &PendingPage, status: ArticleStatus) -> Option<NewArticle> {
    let (words, url) = (page.words.clone(), page.url.clone());
    mill.think(move || {
        let made = article::from_words(&words, url.as_deref())?;
        let link = url.as_deref();
        let identity = dedupe::identify(link, link, None);
        Some(assemble(made, identity, status, None, false))
    })
    .await
    .flatten()
}

async fn fetched(mill: &Mill, page: &PendingPage, url: &str) -> Made {
    let orders = mill.orders();
    let feed = orders.feed(&page.feed_url);
    let networks = networks(mill, feed.as_deref()).await;
    let now = mill.clock.now();
    if honours_robots(&orders, feed.as_deref(), url) {
        match mill.fetcher.may_fetch(url, &networks, now).await {
            Ok(()) => {}
            Err(Refusal {
                not_before: Some(until),
                ..
            }) => return postponed(mill, page, until).await,
            Err(Refusal { kind, detail, .. }) => {
                return failed(mill, page, &orders, kind, detail, None, None).await;
            }
        }
    }
    let request = Request {
        url: url.to_owned(),
        purpose: Purpose::Page,
        validators: page.validators.clone(),
        validators_url: page.validators_url.clone(),
        headers: HeaderMap::new(),
        home: String::new(),
        networks,
        now,
    };
    match mill.fetcher.fetch(&request).await {
        Err(FetchFailure {
            not_before: Some(until),
            ..
        }) => postponed(mill, page, until).await,
        Err(failure) if mill.fetcher.is_outage() && failure.kind.is_unreachable() => {
            postponed(mill, page, now.plus(AFTER_OUTAGE)).await
        }
        Err(failure) => {
            let record = record_failure(&failure, mill.clock.now());
            failed(
                mill,
                page,
                &orders,
                failure.kind,
                failure.detail,
                None,
                Some(record),
            )
            .await
        }
        Ok(answer) => extracted(mill, page, &orders, feed.as_deref(), answer).await,
    }
}

async fn extracted(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    feed: Option<&Feed>,
    mut answer: Fetched,
) -> Made {
    let mut record = record(&answer, mill.clock.now());
    if answer.status == 304 && answer.conditional {
        record.outcome = "not_modified";
        return unchanged(mill, page, orders, Some(record));
    }
    let unusable = fetch::failure(&answer)
        .map(|kind| (kind, format!("HTTP {}", answer.status)))
        .or_else(|| {
            let html = article::is_html(answer.content_type.as_deref(), &answer.body);
            (!html).then(|| {
                (
                    FailureKind::NotHtml,
                    answer.content_type.clone().unwrap_or_default(),
                )
            })
        });
    if let Some((kind, detail)) = unusable {
        record.outcome = kind.token();
        return failed(
            mill,
            page,
            orders,
            kind,
            detail,
            answer.retry_after,
            Some(record),
        )
        .await;
    }
    let body = std::mem::take(&mut answer.body);
    let settings = article::Settings {
        keep: feed
            .map(|feed| feed.extract_keep.clone())
            .unwrap_or_default(),
        drop: feed
            .map(|feed| feed.extract_drop.clone())
            .unwrap_or_default(),
        ..article::Settings::default()
    };
    let (words, link, url) = (page.words.clone(), page.url.clone(), answer.url.clone());
    let charset = answer.content_type.as_deref().and_then(fetch::charset);
    let status = answer.status;
    let made = mill
        .think(move || {
            let input = article::Input {
                url: &url,
                body: &body,
                http_charset: charset.as_deref(),
                words: &words,
            };
            let deadline = Instant::now() + PARSE_DEADLINE;
            let made = article::extract(&input, &settings, &|| Instant::now() > deadline)?;
            let own = article::from_words(&words, link.as_deref());
            let adds = own.as_ref().map(|own| !article::feed_suffices(own, &made));
            let better = own.filter(|own| adds == Some(false) && own.word_count > made.word_count);
            let identity =
                dedupe::identify(link.as_deref(), Some(&url), made.canonical_url.as_deref());
            let state = if made.paywalled {
                ArticleStatus::Partial
            } else {
                ArticleStatus::Ok
            };
            let made = better.map_or(made.clone(), |own| keep_metadata(own, made));
            Ok((assemble(made, identity, state, Some(status), true), adds))
        })
        .await;
    match made {
        Some(Ok((article, adds))) => Made {
            result: PageResult::Article(Box::new(article)),
            again: again(mill, page, orders, &answer.validators, &answer.url),
            page_added: adds,
            record: Some(record),
        },
        Some(Err(article::PageFailure { kind, detail })) => {
            record.outcome = kind.token();
            failed(mill, page, orders, kind, detail, None, Some(record)).await
        }
        None => {
            record.outcome = FailureKind::Panicked.token();
            failed(
                mill,
                page,
                orders,
                FailureKind::Panicked,
                String::new(),
                None,
                Some(record),
            )
            .await
        }
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

/// A page that we have, and of which there is nothing new to be had this time.
fn unchanged(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    record: Option<FetchRecord>,
) -> Made {
    let again = again(mill, page, orders, &page.validators, &page.validators_url);
    Made {
        result: PageResult::Unchanged,
        again,
        page_added: None,
        record,
    }
}

async fn failed(
    mill: &Mill,
    page: &PendingPage,
    orders: &Orders,
    kind: FailureKind,
    detail: String,
    retry_after: Option<Duration>,
    record: Option<FetchRecord>,
) -> Made {
    tracing::debug!(
        page = page.url.as_deref().map(redact),
        kind = kind.token(),
        detail,
        "the page could not be had"
    );
    if page.rechecks > 0 {
        return unchanged(mill, page, orders, record);
    }
    let words = from_words(mill, page, ArticleStatus::FeedOnly)
        .await
        .map(Box::new);
    let ladder = &orders.config.articles.retry;
    let retry_at = page_retry(
        ladder,
        page.attempts,
        kind,
        retry_after,
        mill.clock.now(),
        mill.clock.chance(),
    );
    Made {
        result: PageResult::Failed {
            kind,
            detail,
            retry_at,
            words,
        },
        again: None,
        page_added: None,
        record,
    }
}

//! A visit to a page: robots.txt, the request, the extraction, and the same for its further parts.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::lesson::{PageLesson, host_of};
use super::mill::{Mill, Orders};
use super::paged::{record, record_failure};
use super::permission::{honours_robots, may_fetch, networks};
use crate::article::{self, EXTRACTOR_VERSION, Harvest, PageFailure, Parts, Reading, SiteMemory};
use crate::config::Feed;
use crate::fetch::{self, HeaderMap, Networks, Purpose, Refusal, Request, ResolveError};
use crate::model::{
    Extracted, FailureKind, FeedId, FeedWords, Fetched, PendingPage, Timestamp, Validators,
};
use crate::store::{FetchRecord, Lesson, RawPage, sites};

/// How long a page may take to be parsed: a thousand times what an honest one takes.
pub(super) const PARSE_DEADLINE: Duration = Duration::from_millis(500);

/// Who asks for a page, and with what.
pub(super) struct Visit<'m> {
    mill: &'m Mill,
    pub orders: Arc<Orders>,
    feed: Option<Arc<Feed>>,
    feed_id: FeedId,
    /// What is not known is asked for again later, with the page.
    networks: Result<Networks, ResolveError>,
    settings: Arc<article::Settings>,
}

/// Why a page could not be had.
pub(super) struct NotHad {
    pub kind: FailureKind,
    pub detail: String,
    /// Nobody was asked: its host is to be left alone until then.
    pub not_before: Option<Timestamp>,
    pub retry_after: Option<Duration>,
    /// The request, where one was made.
    pub record: Option<FetchRecord>,
}

/// An article that was read, over all its parts.
pub(super) struct Read {
    pub made: Extracted,
    pub lesson: Option<Box<dyn Lesson>>,
    /// The requests for further parts.
    pub records: Vec<FetchRecord>,
    /// Why a part that the page names is not in it.
    pub missing: Option<FailureKind>,
    /// The pages it was made of, where they are kept.
    pub raw: Vec<RawPage>,
}

impl<'m> Visit<'m> {
    pub(super) async fn begin(mill: &'m Mill, page: &PendingPage) -> Self {
        let orders = mill.orders();
        let feed = orders.feed(&page.feed_url);
        Self {
            mill,
            networks: networks(mill, feed.as_deref()).await,
            settings: Arc::new(extraction(feed.as_deref())),
            orders,
            feed,
            feed_id: page.feed,
        }
    }

    /// Asks for an address; robots.txt is asked first.
    ///
    /// # Errors
    /// [`NotHad`] when nobody may or could be asked, or the answer is no page.
    pub(super) async fn ask(
        &self,
        url: &str,
        validators: Validators,
        validators_url: &str,
    ) -> Result<(Fetched, FetchRecord), Box<NotHad>> {
        let now = self.mill.clock.now();
        let networks = self.networks.as_ref().map_err(NotHad::unresolved)?;
        if honours_robots(&self.orders, self.feed.as_deref(), url) {
            let allowed = may_fetch(self.mill, url, self.feed_id, networks, now).await;
            allowed.map_err(|refusal| Box::new(NotHad::from(refusal)))?;
        }
        let request = Request {
            url: url.to_owned(),
            purpose: Purpose::Page,
            validators,
            validators_url: validators_url.to_owned(),
            headers: HeaderMap::new(),
            home: String::new(),
            form: None,
            networks: networks.clone(),
            now,
        };
        match self.mill.fetcher.fetch(&request).await {
            Ok(answer) => usable(answer, self.mill.clock.now()),
            Err(failure) => Err(Box::new(NotHad {
                record: failure
                    .not_before
                    .is_none()
                    .then(|| record_failure(&failure, self.mill.clock.now())),
                kind: failure.kind,
                detail: failure.detail,
                not_before: failure.not_before,
                retry_after: None,
            })),
        }
    }

    /// Makes the article of an answer, and asks for its further parts. What was asked for and could
    /// not be had is a part that is missing; what was had stays.
    ///
    /// # Errors
    /// As [`article::read`], of the first page; [`FailureKind::Panicked`].
    pub(super) async fn read(
        &self,
        answer: Fetched,
        words: &FeedWords,
    ) -> Result<Read, PageFailure> {
        let url = answer.url.clone();
        let site = self.site(&url).await;
        let bytes = answer.body.len();
        let headers = answer.robots_tags.clone();
        let (first, page) = self.extract(answer, words, &site).await?;
        let mut raw = Vec::new();
        raw.extend(page);
        let impression = first.impression.clone();
        let mut parts = Parts::begin(first, bytes);
        let (mut records, mut missing) = (Vec::new(), None);
        while let Some(next) = parts.next().map(str::to_owned) {
            match self.ask(&next, Validators::default(), "").await {
                Ok((answer, record)) => {
                    records.push(record);
                    let bytes = answer.body.len();
                    match self.extract(answer, words, &site).await {
                        Ok((part, page)) => {
                            let is_part = parts.take(part, bytes);
                            raw.extend(page.filter(|_| is_part));
                        }
                        Err(failure) => missing = Some(failure.kind),
                    }
                }
                Err(not_had) => {
                    records.extend(not_had.record);
                    missing = Some(not_had.kind);
                }
            }
            if missing.is_some() {
                break;
            }
        }
        let mut made = parts.finish();
        let asked = headers.iter().chain(&made.robots).map(String::as_str);
        made.robots = article::wishes(asked);
        Ok(Read {
            lesson: PageLesson::of(&url, Some(impression), Some(Harvest::of(&made))),
            made,
            records,
            missing,
            raw,
        })
    }

    /// What is known of the site; nothing when the store cannot say.
    async fn site(&self, url: &str) -> Arc<SiteMemory> {
        let Some(host) = host_of(url) else {
            return Arc::default();
        };
        let known = self
            .mill
            .store
            .read(move |conn| sites::known(conn, &host, EXTRACTOR_VERSION))
            .await;
        let known = known.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is known of a site could not be read; the page is read without it");
            sites::Site::default()
        });
        Arc::new(SiteMemory::decode(&known.memory))
    }

    async fn extract(
        &self,
        answer: Fetched,
        words: &FeedWords,
        site: &Arc<SiteMemory>,
    ) -> Result<(Reading, Option<RawPage>), PageFailure> {
        let (settings, site, words) = (Arc::clone(&self.settings), Arc::clone(site), words.clone());
        let (is_kept, now) = (self.mill.raw.is_some(), self.mill.clock.now());
        let made = self.mill.think(move || {
            let charset = answer.content_type.as_deref().and_then(fetch::charset);
            let input = article::Input {
                url: &answer.url,
                body: &answer.body,
                http_charset: charset.as_deref(),
                words: &words,
            };
            let deadline = Instant::now() + PARSE_DEADLINE;
            let reading = article::read(&input, &settings, Some(&site), &|| {
                Instant::now() > deadline
            })?;
            Ok((reading, is_kept.then(|| raw_page(answer, now))))
        });
        made.await.unwrap_or_else(|| {
            Err(PageFailure {
                kind: FailureKind::Panicked,
                detail: String::new(),
            })
        })
    }
}

/// How the pages of a feed are read.
pub(super) fn extraction(feed: Option<&Feed>) -> article::Settings {
    feed.map_or_else(article::Settings::default, |feed| article::Settings {
        keep: feed.settings.extract_keep.clone(),
        drop: feed.settings.extract_drop.clone(),
        ..article::Settings::default()
    })
}

/// A page as it is kept.
fn raw_page(answer: Fetched, fetched_at: Timestamp) -> RawPage {
    RawPage {
        link: None,
        url: answer.url,
        fetched_at,
        status: answer.status,
        content_type: answer.content_type,
        body: answer.body,
    }
}

/// The answer, if it is a page or says that nothing has changed.
fn usable(answer: Fetched, now: Timestamp) -> Result<(Fetched, FetchRecord), Box<NotHad>> {
    let mut record = record(&answer, now);
    if answer.status == 304 && answer.conditional {
        record.outcome = "not_modified";
        return Ok((answer, record));
    }
    let unusable = fetch::failure(&answer)
        .map(|kind| (kind, format!("HTTP {}", answer.status)))
        .or_else(|| {
            let html = article::is_html(answer.content_type.as_deref(), &answer.body);
            (!html).then(|| {
                let detail = answer.content_type.clone().unwrap_or_default();
                (FailureKind::NotHtml, detail)
            })
        });
    match unusable {
        None => Ok((answer, record)),
        Some((kind, detail)) => {
            record.outcome = kind.token();
            Err(Box::new(NotHad {
                kind,
                detail,
                not_before: None,
                retry_after: answer.retry_after,
                record: Some(record),
            }))
        }
    }
}

impl NotHad {
    fn unresolved(error: &ResolveError) -> Box<Self> {
        Box::new(Self {
            kind: FailureKind::Dns,
            detail: error.to_string(),
            not_before: None,
            retry_after: None,
            record: None,
        })
    }

    pub(super) fn panicked(record: Option<FetchRecord>) -> Self {
        let kind = FailureKind::Panicked;
        Self {
            kind,
            detail: String::new(),
            not_before: None,
            retry_after: None,
            record: record.map(|record| FetchRecord {
                outcome: kind.token(),
                ..record
            }),
        }
    }
}

impl From<Refusal> for NotHad {
    fn from(refusal: Refusal) -> Self {
        Self {
            kind: refusal.kind,
            detail: refusal.detail,
            not_before: refusal.not_before,
            retry_after: None,
            record: None,
        }
    }
}

//! Articles as the daemon writes them: a poll with its entries, their pages, what they became.

use std::sync::Arc;
use std::time::Duration;

use feedmill::dedupe::{Claims, Prepared, identify};
use feedmill::model::{
    DateSource, Dated, Extracted, FeedChanges, FeedId, Lease, Method, ParsedEntry, PendingPage,
    PollOutcome, Timestamp,
};
use feedmill::store::{
    ArticleStatus, ClaimFeeds, ClaimPages, CommitPage, CommitPoll, FeedSpec, FetchRecord,
    NewArticle, PageResult, Store, SyncFeeds, pages, polls,
};
use futures_util::future::join_all;

use crate::words::Sequence;

/// Sites, each with a feed.
pub const SITES: u64 = 1_000;
/// Entries of a poll: pages are claimed and committed as many at a time.
const OF_A_POLL: u64 = 20;
const TEXT_BYTES: usize = 5_000;
const SUMMARY_BYTES: usize = 250;
/// Between two articles: a thousand a day.
const PACE: Duration = Duration::from_secs(86);
/// The first article.
const FIRST: Timestamp = Timestamp::from_secs(1_735_689_600);

#[derive(Debug)]
pub struct Mill {
    store: Store,
    written: u64,
    known: bool,
    dice: Sequence,
}

impl Mill {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            written: 0,
            known: false,
            dice: Sequence(7),
        }
    }

    /// With a store that has so many already.
    pub fn resumed(store: Store, written: u64) -> Self {
        Self {
            store,
            written,
            known: true,
            dice: Sequence(written),
        }
    }

    /// Articles that the store has.
    pub const fn written(&self) -> u64 {
        self.written
    }

    fn now(&self) -> Timestamp {
        FIRST.plus(PACE.saturating_mul(u32::try_from(self.written).unwrap()))
    }

    pub async fn fill(&mut self, count: u64) {
        if !self.known {
            self.subscribe().await;
        }
        let goal = self.written + count;
        while self.written < goal {
            let batch = OF_A_POLL.min(goal - self.written);
            self.poll(batch).await;
            self.make_pages().await;
            self.written += batch;
        }
    }

    async fn subscribe(&mut self) {
        let at = self.now();
        let feeds = (0..SITES).map(|site| FeedSpec {
            url: format!("https://{}/feed.xml", host(site)),
            host: host(site),
            name: None,
            tags: Vec::new(),
            first_poll_at: at,
        });
        self.store
            .write(SyncFeeds {
                feeds: feeds.collect(),
                at,
            })
            .await
            .unwrap();
        self.known = true;
    }

    async fn poll(&mut self, count: u64) {
        let at = self.now();
        let site = self.dice.below(SITES);
        let feed = FeedId((site + 1).cast_signed());
        let lease = Lease((self.written + 1).cast_signed());
        let claim = ClaimFeeds {
            feeds: vec![feed],
            lease,
            at,
            until: at,
        };
        self.store.write(claim).await.unwrap();
        let new = (0..count)
            .map(|n| Self::entry(site, self.written + n, at))
            .collect();
        let commit = CommitPoll {
            feed,
            lease,
            at,
            outcome: Ok(PollOutcome::Changed),
            next: polls::Due {
                // At once: which site is next is up to the dice.
                at,
                reason: "adaptive".to_owned(),
                interval: None,
            },
            answer: None,
            document: None,
            changes: FeedChanges {
                new,
                ..FeedChanges::default()
            },
            address: polls::Address::Stays(None),
            found_at: None,
            gone: false,
            fetch_pages: true,
            gap: None,
            notes: Vec::new(),
            profile: None,
            patience: None,
            refused_with: None,
            record: record(at, format!("https://{}/feed.xml", host(site))),
        };
        self.store.write(commit).await.unwrap();
    }

    fn entry(site: u64, number: u64, at: Timestamp) -> ParsedEntry {
        let mut dice = Sequence(number ^ 0x00ff_00ff_0000);
        let url = format!(
            "https://{}/2026/11/23/{}-{number}",
            host(site),
            dice.text(40).replace([' ', '.', '\n'], "-")
        );
        ParsedEntry {
            uid: url.clone(),
            url_key: Some(url.clone()),
            shares_page: false,
            guid: Some(url.clone()),
            url: Some(url),
            title: Some(dice.text(60)),
            published: Some(at),
            updated: None,
            summary: Some(dice.text(SUMMARY_BYTES)),
            content: None,
            authors: vec![dice.text(12)],
            categories: vec![dice.text(8), dice.text(8)],
            enclosures: Vec::new(),
            lang: None,
            image_url: None,
            comments_url: None,
            fingerprint: *Prepared::new(&number.to_string())
                .fingerprint()
                .exact
                .as_array()
                .unwrap(),
        }
    }

    async fn make_pages(&mut self) {
        let at = self.now();
        let due = self
            .store
            .read(move |conn| pages::due(conn, at, 64, 64, &[]))
            .await
            .unwrap();
        let lease = Lease((self.written + 1).cast_signed());
        let claim = ClaimPages {
            pages: due.into_iter().map(|page| page.id).collect(),
            lease,
            at,
            until: at,
        };
        let claimed = self.store.write(claim).await.unwrap();
        let commits = claimed.into_iter().map(|page| {
            let commit = commit(&mut self.dice, &page, at);
            self.store.write(commit)
        });
        for done in join_all(commits).await {
            done.unwrap();
        }
    }
}

fn host(site: u64) -> String {
    format!("site-{site}.example")
}

fn record(at: Timestamp, url: String) -> FetchRecord {
    FetchRecord {
        unconditional: None,
        due: None,
        retry_after: None,
        at,
        url,
        status: Some(200),
        outcome: "ok",
        detail: None,
        conditional: false,
        bytes: 60_000,
        elapsed: Duration::from_millis(120),
    }
}

fn commit(dice: &mut Sequence, page: &PendingPage, at: Timestamp) -> CommitPage {
    let text = dice.text(TEXT_BYTES);
    let prepared = Arc::new(Prepared::new(&text));
    let identity = identify(
        page.url.as_deref(),
        page.url.as_deref(),
        Claims {
            canonical: page.url.as_deref(),
            amp: None,
        },
    );
    let made = Extracted {
        title: page.words.title.clone(),
        byline: page.words.authors.first().cloned(),
        published: page.words.published.map(|at| Dated {
            at,
            offset_minutes: None,
            source: DateSource::JsonLd,
        }),
        modified: None,
        lang: Some("en".to_owned()),
        site_name: None,
        image: page.url.as_ref().map(|url| format!("{url}/lead.jpg")),
        canonical_url: page.url.clone(),
        amp_url: None,
        excerpt: text.get(..200).map(str::to_owned),
        section: Some("World".to_owned()),
        keywords: vec![dice.text(8), dice.text(8), dice.text(8)],
        paywalled: false,
        robots: Vec::new(),
        markdown: text.clone(),
        text,
        method: Method::Agreement,
        confidence: 0.97,
        word_count: 830,
        version: 1,
    };
    let url = page.url.clone().unwrap();
    let article = NewArticle {
        made,
        fingerprint: prepared.fingerprint(),
        prepared,
        status: ArticleStatus::Ok,
        url: identity.url,
        source_url: identity.source_url,
        final_url: identity.final_url,
        syndicated_from: identity.syndicated_from,
        site: identity.site,
        keys: identity.keys,
        claimed: identity.claimed,
        amp: identity.amp,
        http_status: Some(200),
        fetched: true,
    };
    CommitPage {
        page: page.id,
        lease: page.lease,
        feed: page.feed,
        at,
        result: PageResult::Article(Box::new(article)),
        again: None,
        page_added: None,
        lesson: None,
        records: vec![record(at, url)],
    }
}

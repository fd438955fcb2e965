//! The two tables as queues: which rows are due, how they are claimed, and who works on them.

use std::sync::Arc;

use tokio::sync::Notify;

use super::mill::Mill;
use super::queue::{Queue, Wanted};
use super::tally::Count;
use super::{page, poll};
use crate::fetch::Purpose;
use crate::model::{DueFeed, FailureKind, FeedId, Lease, PageId, PendingPage, Timestamp};
use crate::schedule::Reason;
use crate::store::{ClaimFeeds, ClaimPages, Held, StoreError, feeds, pages};

/// The feeds.
#[derive(Debug, Default)]
pub struct Polls {
    /// Only those of this round, when given.
    pub only: Option<Round>,
}

/// Feeds that are polled once each: what comes due after the round began is the next one's.
#[derive(Debug, Clone)]
pub struct Round {
    pub feeds: Vec<FeedId>,
    pub began: Timestamp,
}

impl Queue for Polls {
    const PURPOSE: Purpose = Purpose::Feed;

    type Id = FeedId;
    type Claimed = DueFeed;

    async fn due(
        &self,
        mill: &Mill,
        wanted: Wanted,
    ) -> Result<Vec<feeds::Due<FeedId>>, StoreError> {
        let round = self.only.clone();
        mill.store
            .read(move |conn| {
                feeds::due(
                    conn,
                    round.as_ref().map_or(wanted.now, |round| round.began),
                    wanted.per_host,
                    wanted.limit,
                    &wanted.without,
                    round.as_ref().map(|round| round.feeds.as_slice()),
                )
            })
            .await
    }

    fn held(kind: FailureKind) -> Held {
        let reason = Reason::of_hold(kind).token();
        Held::Feeds { reason }
    }

    async fn next_due(&self, mill: &Mill, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        mill.store
            .read(move |conn| feeds::next_due(conn, now))
            .await
    }

    async fn claim(
        &self,
        mill: &Mill,
        feeds: Vec<FeedId>,
        lease: Lease,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<DueFeed>, StoreError> {
        mill.store
            .write(ClaimFeeds {
                feeds,
                lease,
                at,
                until,
            })
            .await
    }

    fn id(claimed: &DueFeed) -> FeedId {
        claimed.id
    }

    async fn work(&self, mill: Arc<Mill>, due: DueFeed) {
        poll::poll(&mill, due).await;
    }

    fn rounds<'a>(&self, mill: &'a Mill) -> &'a Count {
        &mill.tally.poll_rounds
    }

    fn postponed(&self, mill: &Mill, count: usize) {
        mill.tally.polls_postponed.add(count);
    }

    fn wake<'a>(&self, mill: &'a Mill) -> &'a Notify {
        &mill.wake_polls
    }
}

/// The pages.
#[derive(Debug, Default)]
pub struct Pages;

impl Queue for Pages {
    const PURPOSE: Purpose = Purpose::Page;

    type Id = PageId;
    type Claimed = PendingPage;

    async fn due(
        &self,
        mill: &Mill,
        wanted: Wanted,
    ) -> Result<Vec<feeds::Due<PageId>>, StoreError> {
        mill.store
            .read(move |conn| {
                pages::due(
                    conn,
                    wanted.now,
                    wanted.per_host,
                    wanted.limit,
                    &wanted.without,
                )
            })
            .await
    }

    fn held(_: FailureKind) -> Held {
        Held::Pages
    }

    async fn next_due(&self, mill: &Mill, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        mill.store
            .read(move |conn| pages::next_due(conn, now))
            .await
    }

    async fn claim(
        &self,
        mill: &Mill,
        pages: Vec<PageId>,
        lease: Lease,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<PendingPage>, StoreError> {
        mill.store
            .write(ClaimPages {
                pages,
                lease,
                at,
                until,
            })
            .await
    }

    fn id(claimed: &PendingPage) -> PageId {
        claimed.id
    }

    async fn work(&self, mill: Arc<Mill>, page: PendingPage) {
        page::page(&mill, page).await;
    }

    fn rounds<'a>(&self, mill: &'a Mill) -> &'a Count {
        &mill.tally.page_rounds
    }

    fn postponed(&self, _mill: &Mill, _count: usize) {}

    fn wake<'a>(&self, mill: &'a Mill) -> &'a Notify {
        &mill.wake_pages
    }
}

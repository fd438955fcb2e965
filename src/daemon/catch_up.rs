//! What is to be made good at a start, after a jump of the clock, an outage or a reload: due times
//! that nobody attended to, that a wrong clock set, or that a refusal set which no longer holds.

use std::time::Duration;

use super::asking::asked_with;
use super::mill::Mill;
use crate::model::{FeedId, Timestamp};
use crate::schedule::{Load, Reason, horizon, spread};
use crate::store::feeds::{self, ListedFeed};
use crate::store::{PullPages, Reschedule, StoreError};

/// So much later than its turn a feed may be caught up with where that second is calmer.
const ROOM: Duration = Duration::from_secs(4);

/// Spreads what became due while nobody was there: one catch-up for each feed, the longest due
/// first. A due time further away than its rule puts one is a clock's mistake, and pulled back.
///
/// # Errors
/// Of the database.
pub async fn catch_up(mill: &Mill, reason: Reason) -> Result<(), StoreError> {
    let now = mill.clock.now();
    let orders = mill.orders();
    let schedule = &orders.config.schedule;
    let listed = mill.store.read(feeds::listed).await?;
    let strayed = |feed: &&ListedFeed| {
        let told = orders.feed(&feed.url);
        let pace = told.as_ref().and_then(|told| told.settings.pace.as_ref());
        let splay = told.as_ref().and_then(|told| told.settings.splay);
        let furthest = horizon(
            schedule,
            pace.unwrap_or(&orders.config.pace),
            splay.unwrap_or(schedule.splay),
            Reason::from_token(&feed.reason),
            now,
        );
        feed.next_poll_at > furthest
    };
    let (overdue, later): (Vec<_>, Vec<_>) =
        listed.iter().partition(|feed| feed.next_poll_at <= now);
    let strayed: Vec<_> = later.into_iter().filter(strayed).collect();
    let in_time = listed.iter().map(|feed| feed.next_poll_at);
    *mill.load() = Load::of(in_time.filter(|at| *at > now));
    for (feeds, reason) in [(strayed, Reason::Clock), (overdue, reason)] {
        let feeds = places(&feeds, &mut mill.load(), schedule.startup_spread, now);
        let reason = reason.token();
        mill.store.write(Reschedule { feeds, reason }).await?;
    }
    let articles = &orders.config.articles;
    let ladders = articles.retry.iter().chain(&articles.recheck);
    let slowest = ladders.max().copied().unwrap_or_default();
    // Up to a tenth is added to each step.
    let slowest = slowest.max(schedule.retry_after_max).mul_f64(1.1);
    let beyond = now.plus(slowest);
    mill.store.write(PullPages { beyond, to: now }).await
}

/// One after the other from now on, within a span and out of the way of those that are due then anyway.
fn places(
    feeds: &[&ListedFeed],
    load: &mut Load,
    span: Duration,
    now: Timestamp,
) -> Vec<(FeedId, Timestamp)> {
    let count = feeds.len();
    let placed = feeds.iter().enumerate();
    let placed = placed.map(|(rank, feed)| (feed.id, place(load, (rank, count), span, now)));
    placed.collect()
}

/// The place of one of so many.
pub(super) fn place(
    load: &mut Load,
    (rank, count): (usize, usize),
    span: Duration,
    now: Timestamp,
) -> Timestamp {
    let at = load.calm_instant(now.plus(spread(rank, count, span)), ROOM, 0.0);
    load.add(at);
    at
}

/// Feeds that were refused for want of credentials are due again once they would be asked with others.
///
/// # Errors
/// Of the database.
pub async fn retry_refused(mill: &Mill) -> Result<(), StoreError> {
    let now = mill.clock.now();
    let orders = mill.orders();
    let floor = orders.config.schedule.configured_floor;
    let listed = mill.store.read(feeds::listed).await?;
    let mut feeds = Vec::new();
    for feed in listed.iter().filter(|feed| feed.refused_with.is_some()) {
        let Some(told) = orders.feed(&feed.url) else {
            continue;
        };
        if feed.refused_with != Some(asked_with(&orders, &told).await) {
            let rested = feed.last_poll_at.map_or(now, |last| last.plus(floor));
            feeds.push((feed.id, rested.max(now).min(feed.next_poll_at)));
        }
    }
    let reason = Reason::Credentials.token();
    mill.store.write(Reschedule { feeds, reason }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_due_at_once_takes_a_second_that_nobody_else_is_due_in() {
        let now = Timestamp::from_secs(1_800_000_000);
        let after = |seconds| now.plus(Duration::from_secs(seconds));
        let mut load = Load::of([after(0), after(2)]);
        let span = Duration::ZERO;
        let places: Vec<_> = (0..3)
            .map(|rank| place(&mut load, (rank, 3), span, now))
            .collect();
        assert_eq!(places, [after(1), after(3), after(0)]);
    }
}

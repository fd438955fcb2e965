//! What a changed configuration means for feeds that wait already.

use super::catch_up::place;
use super::mill::{Mill, Orders};
use crate::model::{FeedId, Timestamp};
use crate::schedule::{NextPoll, Reason, Waiting, repaced};
use crate::store::feeds::{self, ListedFeed};
use crate::store::{Reschedule, StoreError};

/// Feeds that wait longer than their pace of today would have them are due by it; those for which that
/// is at once are spread.
///
/// # Errors
/// Of the database.
pub(super) async fn repace(mill: &Mill) -> Result<(), StoreError> {
    let now = mill.clock.now();
    let orders = mill.orders();
    let schedule = &orders.config.schedule;
    let listed = mill.store.read(feeds::listed).await?;
    let sooner: Vec<_> = listed
        .iter()
        .filter_map(|feed| Some((feed.id, sooner(&orders, feed, now)?)))
        .collect();
    let at_once = sooner.iter().filter(|(_, next)| next.at <= now).count();
    let mut rank = 0;
    for reason in [Reason::Interval, Reason::Cron, Reason::Adaptive] {
        let of = sooner.iter().filter(|(_, next)| next.reason == reason);
        let feeds: Vec<(FeedId, Timestamp)> = of
            .map(|(feed, next)| {
                if next.at > now {
                    return (*feed, next.at);
                }
                let place = place(
                    &mut mill.load(),
                    (rank, at_once),
                    schedule.startup_spread,
                    now,
                );
                rank += 1;
                (*feed, place)
            })
            .collect();
        if !feeds.is_empty() {
            let reason = reason.token();
            mill.store.write(Reschedule { feeds, reason }).await?;
        }
    }
    Ok(())
}

fn sooner(orders: &Orders, feed: &ListedFeed, now: Timestamp) -> Option<NextPoll> {
    let told = orders.feed(&feed.url)?;
    let schedule = &orders.config.schedule;
    let pace = told.settings.pace.as_ref().unwrap_or(&orders.config.pace);
    let splay = told.settings.splay.unwrap_or(schedule.splay);
    let mut hints = feed.hints.clone();
    hints.ttl = hints.ttl.filter(|_| told.settings.respect_cache_control);
    let waiting = Waiting {
        id: feed.id,
        due: feed.next_poll_at,
        reason: Reason::from_token(&feed.reason)?,
        polled_at: feed.last_poll_at?,
        patience: feed.patience,
        learned: feed.interval,
        validators: feed.validators,
        hints,
    };
    repaced(schedule, pace, splay, &waiting, now)
}

//! The same work once: poll what is due, fetch and extract the pages, and end.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::mill::Mill;
use super::queue::{self, Until, Upstream};
use super::queues::{Pages, Polls, Round};
use super::start::{DaemonError, Started, start};
use super::tally::Tally;
use super::watch::Watch;
use super::world::World;
use crate::config::Config;
use crate::store::{Reschedule, StoreError, feeds};

/// What is to be polled.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names or addresses of feeds; all when empty.
    pub feeds: Vec<String>,
    /// Poll also what is not due.
    pub force: bool,
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    pub tally: Arc<Tally>,
    /// Feeds that were to be polled.
    pub selected: usize,
}

/// Does the work once. `watch` is given the counts and the number of feeds when they are known.
///
/// # Errors
/// When it cannot start, or the store fails.
pub async fn once(
    config: Config,
    world: impl Into<World>,
    stop: CancellationToken,
    selection: &Selection,
    watch: impl FnOnce(&Arc<Tally>, usize),
) -> Result<Done, DaemonError> {
    let Started {
        mill,
        writers,
        lock,
    } = start(config, world.into(), stop).await?;
    let round = choose(&mill, selection).await?;
    let (tally, selected) = (Arc::clone(&mill.tally), round.feeds.len());
    watch(&tally, selected);
    work(&mill, round).await?;
    Watch::default().look(&mill).await?;
    // The writers end when the last sender is gone.
    drop(mill);
    tokio::task::spawn_blocking(move || writers.join())
        .await
        .map_err(|_| StoreError::Closed)??;
    drop(lock);
    Ok(Done { tally, selected })
}

/// The feeds to poll, made due. Names that are no feed's choose nothing.
async fn choose(mill: &Mill, selection: &Selection) -> Result<Round, StoreError> {
    let now = mill.clock.now();
    let orders = mill.orders();
    let listed = mill.store.read(feeds::listed).await?;
    let is_chosen = |url: &str| {
        let told = orders.feed(url);
        selection.feeds.is_empty()
            || told.is_some_and(|feed| selection.feeds.iter().any(|name| feed.is_called(name)))
    };
    let due: Vec<&feeds::ListedFeed> = listed
        .iter()
        .filter(|feed| is_chosen(&feed.url))
        // A first pass has no reason to wait for its place in the spread: a person does.
        .filter(|feed| selection.force || feed.last_poll_at.is_none() || feed.next_poll_at <= now)
        .collect();
    let early = due
        .iter()
        .filter(|feed| feed.next_poll_at > now)
        .map(|feed| (feed.id, now))
        .collect();
    mill.store
        .write(Reschedule {
            feeds: early,
            reason: "forced",
        })
        .await?;
    Ok(Round {
        feeds: due.iter().map(|feed| feed.id).collect(),
        began: now,
    })
}

async fn work(mill: &Arc<Mill>, round: Round) -> Result<(), StoreError> {
    let permits = mill.orders().config.concurrency;
    let nothing_before = Arc::new(Upstream::default());
    nothing_before.finish();
    let polled = Arc::new(Upstream::default());
    let polls = async {
        let result = queue::run(
            Arc::new(Polls { only: Some(round) }),
            Arc::clone(mill),
            permits,
            Until::Idle(nothing_before),
        )
        .await;
        polled.finish();
        mill.wake_pages.notify_one();
        result
    };
    let pages = queue::run(
        Arc::new(Pages),
        Arc::clone(mill),
        permits,
        Until::Idle(Arc::clone(&polled)),
    );
    tokio::try_join!(polls, pages)?;
    Ok(())
}

//! What has to be done now and then, away from the work: trimming the log of requests and the pages
//! that are kept, taking a backup, taking away what retention lets go.

use std::time::Duration;

use super::mill::Mill;
use super::ticker::Ticks;
use super::{backups, retention};
use crate::model::Timestamp;
use crate::store::{StoreError, Upkeep};

/// How long it is remembered that something ended: two summers can be compared.
const EVENTS_FOR: Duration = Duration::from_secs(400 * 24 * 3600);

/// How often the statistics of the database are refreshed.
const STATISTICS_EVERY: Duration = Duration::from_secs(3600);

/// Does the chores at the start and at every tick, until the mill stops.
///
/// # Errors
/// When the store has closed.
pub async fn run(mill: &Mill, ticks: &Ticks) -> Result<(), StoreError> {
    let (mut swept_at, mut counted_at) = (None, None);
    loop {
        passing(trim(mill, &mut counted_at).await)?;
        // A copy comes before retention: what goes is in the last one.
        let config = &mill.orders().config;
        passing(backups::take_if_due(config, &*mill.clock, &mill.stop).await)?;
        passing(sweep(mill, &mut swept_at).await)?;
        tracing::debug!("upkeep done");
        tokio::select! {
            () = mill.stop.cancelled() => return Ok(()),
            () = ticks.upkeep.notified() => {}
        }
        let tally = &mill.tally;
        tracing::info!(
            polls = tally.polls.get(),
            failed = tally.polls_failed.get(),
            entries = tally.entries_new.get(),
            articles = tally.articles_new.get(),
            "since the start"
        );
    }
}

/// A chore that failed is done again at the next tick, as long as there is a store.
fn passing(chore: Result<(), StoreError>) -> Result<(), StoreError> {
    match chore {
        Err(StoreError::Closed) => Err(StoreError::Closed),
        Err(error) => {
            tracing::warn!(%error, "upkeep failed; it will be done at the next tick");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn trim(mill: &Mill, counted_at: &mut Option<Timestamp>) -> Result<(), StoreError> {
    let orders = mill.orders();
    let now = mill.clock.now();
    let articles = &orders.config.articles;
    if let (Some(raw), Some(keep)) = (&mill.raw, articles.keep_pages) {
        let most = u64::try_from(articles.keep_pages_max).unwrap_or(u64::MAX);
        raw.trim(now.minus(keep), most).await;
    }
    let log = &orders.config.log;
    let fetches_before = now.minus(log.fetches_for);
    let fetches_max = log.fetches_max;
    let mut statistics = counted_at.is_none_or(|at| now.since(at) >= STATISTICS_EVERY);
    if statistics {
        *counted_at = Some(now);
    }
    // In pieces, so that nobody waits long for the writer.
    let mut has_more = true;
    while has_more && !mill.stop.is_cancelled() {
        let trim = Upkeep {
            now,
            events_before: now.minus(EVENTS_FOR),
            fetches_before,
            fetches_max,
            statistics: std::mem::take(&mut statistics),
        };
        has_more = mill.store.write(trim).await?;
    }
    Ok(())
}

/// Once a day what has been kept long enough goes, and at every tick what the file has no room for.
async fn sweep(mill: &Mill, swept_at: &mut Option<Timestamp>) -> Result<(), StoreError> {
    let now = mill.clock.now();
    let orders = mill.orders();
    let is_due = swept_at.is_none_or(|at| now.since(at) >= retention::EVERY);
    if !is_due && !retention::is_too_large(&mill.store, &orders.config).await? {
        return Ok(());
    }
    let (store, config) = (&mill.store, &orders.config);
    let swept = retention::sweep(store, config, &*mill.clock, &mill.stop, false, |_| ()).await?;
    *swept_at = Some(now);
    if swept.articles + swept.texts + swept.entries > 0 {
        tracing::info!(
            articles = swept.articles,
            texts = swept.texts,
            entries = swept.entries,
            bytes_before = swept.used_before,
            bytes = swept.used,
            "retention has taken away what was kept long enough"
        );
    }
    if config
        .store
        .max_db_bytes
        .is_some_and(|max| swept.used > max)
    {
        tracing::warn!(
            bytes = swept.used,
            "the database is larger than store.max_db_size, and there is nothing left to take away"
        );
    }
    Ok(())
}

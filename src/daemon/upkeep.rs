//! What has to be done now and then, away from the work: trimming the log of requests.

use super::mill::Mill;
use super::ticker::Ticks;
use crate::store::{StoreError, TRIM_ROWS, Upkeep};

/// Does the chores at every tick, until the mill stops.
///
/// # Errors
/// When the store has closed.
pub async fn run(mill: &Mill, ticks: &Ticks) -> Result<(), StoreError> {
    loop {
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
        let log = mill.orders().config.log.clone();
        let fetches_before = mill.clock.now().minus(log.fetches_for);
        // In pieces, so that nobody waits long for the writer.
        loop {
            let trimmed = mill
                .store
                .write(Upkeep {
                    fetches_before,
                    fetches_max: log.fetches_max,
                })
                .await;
            match trimmed {
                Ok(TRIM_ROWS..) if !mill.stop.is_cancelled() => {}
                Ok(_) => break,
                Err(StoreError::Closed) => return Err(StoreError::Closed),
                Err(error) => {
                    tracing::warn!(%error, "upkeep failed; it will be done at the next tick");
                    break;
                }
            }
        }
    }
}

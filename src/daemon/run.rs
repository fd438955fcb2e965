//! The service: start in order, turn until told to stop, drain, and stop in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::catch_up::{catch_up, retry_refused};
use super::mill::Mill;
use super::queue::{self, Until};
use super::queues::{Pages, Polls};
use super::repace::repace;
use super::start::{DaemonError, Started, start, sync};
use super::ticker::{Ticker, Ticks};
use super::watch::Watch;
use super::websub::WebSub;
use super::world::World;
use super::{notify, upkeep};
use crate::config::{Config, Problems};
use crate::model::Timestamp;
use crate::schedule::Reason;
use crate::store::StoreError;

/// What the outside world tells a running service.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Stop.
    pub stop: CancellationToken,
    /// Read the configuration again.
    pub reload: Arc<Notify>,
}

/// How long the writer may take to finish and checkpoint.
const WRITER_GRACE: Duration = Duration::from_secs(30);

/// Runs until `signals.stop`. `read` gives the configuration again when a reload is asked for.
///
/// # Errors
/// When it cannot start, and when a part of it ends early: half a daemon is worse than a restarted one.
pub async fn run(
    config: Config,
    world: impl Into<World>,
    signals: Signals,
    read: impl Fn() -> Result<Config, Problems> + Send + Sync + 'static,
) -> Result<(), DaemonError> {
    let world = world.into();
    let simulation = world.simulation.clone();
    let Started {
        mill,
        writers,
        lock,
    } = start(config, world, signals.stop.clone()).await?;
    catch_up(&mill, Reason::CatchUp).await?;
    let websub = WebSub::open(&mill).await?;
    let ticker = match simulation {
        Some(simulation) => Ok(Ticker::beaten(simulation.ticks)),
        None => Ticker::start().await,
    };
    let ticker = ticker.map_err(|error| DaemonError::Ticker(error.to_string()))?;
    let mut parts: JoinSet<(&'static str, Result<(), StoreError>)> = JoinSet::new();
    let permits = mill.orders().config.concurrency;
    let (polls, pages) = (Arc::clone(&mill), Arc::clone(&mill));
    parts.spawn(async move {
        (
            "polling",
            queue::run(Arc::new(Polls::default()), polls, permits, Until::Stopped).await,
        )
    });
    parts.spawn(async move {
        (
            "fetching pages",
            queue::run(Arc::new(Pages), pages, permits, Until::Stopped).await,
        )
    });
    let (beating, ticks) = (Arc::clone(&mill), Arc::clone(&ticker.ticks));
    parts.spawn(async move { ("the heartbeat", heartbeat(&beating, &ticks).await) });
    let (keeping, ticks) = (Arc::clone(&mill), Arc::clone(&ticker.ticks));
    parts.spawn(async move { ("upkeep", upkeep::run(&keeping, &ticks).await) });
    let reloading = Arc::clone(&mill);
    let reload = Arc::clone(&signals.reload);
    parts.spawn(async move { ("reloading", reload_on(&reloading, &reload, read).await) });
    if let Some(websub) = websub {
        let subscribing = Arc::clone(&mill);
        parts.spawn(async move { ("listening to hubs", websub.run(subscribing).await) });
    }
    notify::ready();
    tracing::info!(database = %mill.orders().config.database.display(), feeds = mill.orders().config.feeds.len(), "ready");

    let early = first_end(&mut parts, &signals.stop).await;
    notify::stopping();
    signals.stop.cancel();
    while parts.join_next().await.is_some() {}
    ticker.stop().await;
    drop(mill);
    let closed = tokio::task::spawn_blocking(move || writers.join());
    let closed = match tokio::time::timeout(WRITER_GRACE, closed).await {
        Ok(Ok(Ok(()))) => None,
        Ok(_) => Some("the database writer"),
        Err(_) => {
            tracing::error!("the database writer did not finish in time");
            None
        }
    };
    drop(lock);
    tracing::info!("stopped");
    early
        .or(closed)
        .map_or(Ok(()), |part| Err(DaemonError::EndedEarly(part)))
}

/// The part that ended although nobody told it to; `None` when the stop came first.
async fn first_end(
    parts: &mut JoinSet<(&'static str, Result<(), StoreError>)>,
    stop: &CancellationToken,
) -> Option<&'static str> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        // Told to stop, the parts end in any order, and any of them may be seen first.
        ended = parts.join_next() => match ended? {
            Ok(_) if stop.is_cancelled() => None,
            Ok((part, Ok(()))) => Some(part),
            Ok((part, Err(error))) => {
                tracing::error!(part, %error, "a part of the service has failed");
                Some(part)
            }
            Err(error) => {
                tracing::error!(%error, "a part of the service has panicked");
                Some("a part of the service")
            }
        },
    }
}

/// Feeds the watchdog while both loops turn, and keeps the status line fresh.
async fn heartbeat(mill: &Mill, ticks: &Ticks) -> Result<(), StoreError> {
    let watched = notify::watchdog().is_some();
    let mut before = (0, 0);
    let mut clocks = (Instant::now(), mill.clock.now());
    let mut watch = Watch::default();
    loop {
        watch.look(mill).await?;
        tokio::select! {
            () = mill.stop.cancelled() => return watch.look(mill).await,
            () = ticks.heartbeat.notified() => {}
        }
        clocks = after_a_jump(mill, clocks).await?;
        let rounds = (mill.tally.poll_rounds.get(), mill.tally.page_rounds.get());
        let stalled = mill.store.is_stalled();
        if watched && (stalled || (rounds.0 > before.0 && rounds.1 > before.1)) {
            notify::alive();
        }
        before = rounds;
        let tally = &mill.tally;
        notify::status(&format!(
            "{}{} polls ({} failed), {} new entries, {} new articles",
            if stalled {
                "WAITING: the database cannot be written. "
            } else {
                ""
            },
            tally.polls.get(),
            tally.polls_failed.get(),
            tally.entries_new.get(),
            tally.articles_new.get()
        ));
    }
}

/// A wall clock that has moved otherwise than time did was set, or the machine was asleep. What
/// became due in between is spread like any catch-up, and due times of a wrong clock are pulled back.
async fn after_a_jump(
    mill: &Mill,
    (then, told): (Instant, Timestamp),
) -> Result<(Instant, Timestamp), StoreError> {
    let (now, tells) = (Instant::now(), mill.clock.now());
    let passed = now.duration_since(then);
    let off = tells
        .since(told.plus(passed))
        .max(told.plus(passed).since(tells));
    if off > CLOCK_JUMP {
        tracing::warn!(
            seconds = off.as_secs(),
            "the clock has jumped; what is due now is spread"
        );
        catch_up(mill, Reason::CatchUp).await?;
        mill.wake_polls.notify_one();
    }
    Ok((now, tells))
}

/// Less is a clock being corrected.
const CLOCK_JUMP: Duration = Duration::from_secs(300);

/// Reads the configuration again when asked to; a broken one changes nothing.
async fn reload_on(
    mill: &Mill,
    reload: &Notify,
    read: impl Fn() -> Result<Config, Problems>,
) -> Result<(), StoreError> {
    loop {
        tokio::select! {
            () = mill.stop.cancelled() => return Ok(()),
            () = reload.notified() => {}
        }
        notify::reloading();
        match read() {
            Ok(config) => {
                let before = mill.orders();
                if config.database != before.config.database
                    || config.concurrency != before.config.concurrency
                    || config.websub != before.config.websub
                {
                    tracing::warn!(
                        "store.path, fetch.concurrency and [websub] are read at the start only; restart to change them"
                    );
                }
                if let Err(error) = mill.fetcher.tell(config.fetch.clone()) {
                    tracing::error!(%error, "the settings of [fetch] and [[host]] stay as they were");
                }
                mill.reorder(Config {
                    database: before.config.database.clone(),
                    concurrency: before.config.concurrency,
                    websub: before.config.websub.clone(),
                    ..config
                });
                sync(mill).await?;
                retry_refused(mill).await?;
                repace(mill).await?;
                mill.wake_polls.notify_one();
                tracing::info!(
                    feeds = mill.orders().config.feeds.len(),
                    "configuration reloaded"
                );
            }
            Err(problems) => {
                for problem in &problems.0 {
                    tracing::error!("configuration: {problem}");
                }
                tracing::error!(
                    problems = problems.0.len(),
                    "the configuration is not usable; the old one stays"
                );
            }
        }
        notify::ready();
    }
}

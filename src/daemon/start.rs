//! From a checked configuration to a mill that is ready to turn, in order: lock, database,
//! network, feeds.

use std::sync::Arc;

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::catch_up::retry_refused;
use super::mill::Mill;
use super::repace::repace;
use super::watch;
use super::world::World;
use crate::config::{Checkpoint, Config};
use crate::fetch::{ClientError, Fetcher};
use crate::schedule::spread;
use crate::store::raw::RawThread;
use crate::store::{
    Checkpointing, FeedSpec, InstanceLock, RawStore, Settings, Store, StoreError, SyncFeeds,
    Synced, WriterThread, feeds,
};

/// Why a mill cannot start, or has stopped turning.
#[derive(Debug, Error)]
pub enum DaemonError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("nothing can listen at {0} (websub.listen): {1}")]
    Listen(std::net::SocketAddr, String),
    #[error("the ticker cannot start: {0}")]
    Ticker(String),
    #[error(
        "{0} ended before it was told to; stopping, so that the service manager starts feedmill afresh"
    )]
    EndedEarly(&'static str),
}

/// A mill with what has to outlive it.
#[derive(Debug)]
pub struct Started {
    pub mill: Arc<Mill>,
    pub writers: Writers,
    pub lock: InstanceLock,
}

/// The threads that write, to be waited for after the mill is dropped.
#[derive(Debug)]
pub struct Writers {
    /// None in a simulation.
    database: Option<WriterThread>,
    raw: Option<RawThread>,
}

impl Writers {
    /// Waits until everything is written.
    ///
    /// # Errors
    /// As [`WriterThread::join`].
    pub fn join(self) -> Result<(), StoreError> {
        if let Some(raw) = self.raw {
            raw.join();
        }
        self.database.map_or(Ok(()), WriterThread::join)
    }
}

/// Makes everything ready.
///
/// # Errors
/// Of the database, of the HTTP client, of the lock.
pub async fn start(
    config: Config,
    world: World,
    stop: CancellationToken,
) -> Result<Started, DaemonError> {
    let lock = InstanceLock::take(&config.database)?;
    let (fetching, flights) = (config.fetch.clone(), config.concurrency);
    let (store, database, fetcher) = match &world.simulation {
        None => {
            let (store, writer) = Store::open(&config.database, settings(&config))?;
            (store, Some(writer), Fetcher::internet(fetching, flights)?)
        }
        Some(simulation) => {
            let store = Store::open_serial(&config.database, settings(&config))?;
            let wire = Arc::clone(&simulation.wire);
            let look_up = Arc::clone(&simulation.look_up);
            (store, None, Fetcher::new(fetching, flights, wire, look_up))
        }
    };
    let (raw, raw_thread) = if config.articles.keep_pages.is_some() {
        let (raw, thread) = RawStore::open(&config.database)?;
        (Some(raw), Some(thread))
    } else {
        (None, None)
    };
    let writers = Writers {
        database,
        raw: raw_thread,
    };
    let mill = Arc::new(Mill::new(store, raw, fetcher, world, config, stop));
    sync(&mill).await?;
    retry_refused(&mill).await?;
    repace(&mill).await?;
    watch::recall(&mill).await?;
    Ok(Started {
        mill,
        writers,
        lock,
    })
}

/// Makes the feeds of the database those of the configuration; the first polls of new ones are spread.
///
/// # Errors
/// Of the database.
pub async fn sync(mill: &Mill) -> Result<Synced, StoreError> {
    let orders = mill.orders();
    let now = mill.clock.now();
    let config = &orders.config;
    let known = mill.store.read(feeds::urls).await?;
    let count = config
        .feeds
        .iter()
        .filter(|feed| !known.contains(&feed.url))
        .count();
    let mut rank = 0;
    let feeds: Vec<FeedSpec> = config
        .feeds
        .iter()
        .map(|feed| {
            let first_poll_at = now.plus(spread(rank, count, config.schedule.startup_spread));
            rank += usize::from(!known.contains(&feed.url));
            let host = Url::parse(&feed.url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned));
            FeedSpec {
                url: feed.url.clone(),
                host: host.unwrap_or_default(),
                name: feed.name.clone(),
                tags: feed.tags.clone(),
                first_poll_at,
            }
        })
        .collect();
    let synced = mill.store.write(SyncFeeds { feeds, at: now }).await?;
    if synced != Synced::default() {
        tracing::info!(
            feeds = config.feeds.len(),
            added = synced.added,
            returned = synced.returned,
            removed = synced.removed,
            "the feeds are those of the configuration"
        );
    }
    Ok(synced)
}

/// The configuration's words about the file in the store's terms.
#[must_use]
pub fn settings(config: &Config) -> Settings {
    Settings {
        checkpoints: match config.store.checkpoint {
            Checkpoint::Internal => Checkpointing::Internal,
            Checkpoint::External => Checkpointing::External,
        },
        lock_warning: config.store.lock_warning,
    }
}

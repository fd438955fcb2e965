//! What the loops share: the store, the network, the clock, and what they were told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::tally::Tally;
use super::world::World;
use crate::config::{Config, Feed};
use crate::fetch::Fetcher;
use crate::schedule::Load;
use crate::store::{RawStore, Store};

/// The shared parts of a running mill.
#[derive(Debug)]
pub struct Mill {
    pub store: Store,
    /// Where pages are kept as they were received, if they are.
    pub raw: Option<RawStore>,
    pub fetcher: Fetcher,
    pub clock: Arc<dyn Clock>,
    pub tally: Arc<Tally>,
    /// Feeds have become due in a way that the loop cannot see coming.
    pub wake_polls: Notify,
    /// Pages have been queued.
    pub wake_pages: Notify,
    /// Set when the mill is to stop: nothing is claimed any more, and nothing waits for the network.
    pub stop: CancellationToken,
    /// In a simulation, where nothing is done beside anything else.
    is_serial: bool,
    /// Parsing and extraction under way at a time: as many as there are cores.
    pub cores: Semaphore,
    orders: RwLock<Arc<Orders>>,
    load: Mutex<Load>,
}

/// The configuration, with its feeds by address.
#[derive(Debug)]
pub struct Orders {
    pub config: Config,
    /// In the order of their addresses: of a hundred thousand feeds no address is kept twice.
    by_url: Vec<Arc<Feed>>,
}

impl Orders {
    /// From a configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut by_url = config.feeds.clone();
        by_url.sort_unstable_by(|one, two| one.url.cmp(&two.url));
        Self { config, by_url }
    }

    /// What is configured for a feed; nothing when it is no longer listed.
    #[must_use]
    pub fn feed(&self, url: &str) -> Option<Arc<Feed>> {
        let place = self
            .by_url
            .binary_search_by(|feed| feed.url.as_str().cmp(url))
            .ok()?;
        self.by_url.get(place).map(Arc::clone)
    }
}

impl Mill {
    /// A mill that has not begun to turn.
    #[must_use]
    pub fn new(
        store: Store,
        raw: Option<RawStore>,
        fetcher: Fetcher,
        world: World,
        config: Config,
        stop: CancellationToken,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            raw,
            fetcher,
            clock: world.clock,
            is_serial: world.simulation.is_some(),
            tally: Arc::default(),
            wake_polls: Notify::new(),
            wake_pages: Notify::new(),
            stop,
            cores: Semaphore::new(cores),
            orders: RwLock::new(Arc::new(Orders::new(config))),
            load: Mutex::default(),
        }
    }

    /// What the mill was told, as of now.
    #[must_use]
    pub fn orders(&self) -> Arc<Orders> {
        Arc::clone(&self.orders.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// In which seconds polls are due.
    pub fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the mill something else.
    pub fn reorder(&self, config: Config) {
        *self.orders.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Orders::new(config));
    }

    /// Runs pure work on the blocking pool, no more at a time than there are cores.
    /// `None` when it panicked.
    pub async fn think<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if self.is_serial {
            return catch_unwind(AssertUnwindSafe(work)).ok();
        }
        // The semaphore is never closed; a closed one would only lift the bound.
        let _permit = self.cores.acquire().await;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

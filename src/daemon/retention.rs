//! Retention as a whole: look for what goes, take it away step by step, give the room back.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use crate::config::{Config, Keep};
use crate::store::retention::{self, Horizon, Spans, Target};
use crate::store::{Purge, Reclaim, Store, StoreError};

/// Handed to the writer at a time; how many of them one step reaches is the store's to say.
const HANDFUL: usize = 500;
/// Looks for what goes: the primary of a cluster goes after the others, and a bound of size is
/// measured again. More would mean that something is never gone.
const ROUNDS: usize = 20;

/// What has been taken away so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub articles: u64,
    pub texts: u64,
    pub entries: u64,
    /// Bytes of the file that held something, before and now.
    pub used_before: u64,
    pub used: u64,
    /// Found to go in this round and still there.
    pub left: u64,
    /// Free pages that are still to be given back.
    pub free_pages: u64,
}

/// Takes away everything that goes, until there is nothing more or `stop`. `watch` is told after
/// every step; `thorough` gives the last free page back.
///
/// # Errors
/// Of the store.
pub async fn sweep(
    store: &Store,
    config: &Config,
    clock: &dyn Clock,
    stop: &CancellationToken,
    thorough: bool,
    watch: impl Fn(&Swept),
) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for round in 0..ROUNDS {
        let (horizons, targets, used) = look(store, config, clock).await?;
        if round == 0 {
            swept.used_before = used;
        }
        swept.used = used;
        if targets.is_empty() || stop.is_cancelled() {
            break;
        }
        take(store, horizons, &targets, clock, stop, &mut swept, &watch).await?;
        reclaim(store, stop, thorough, &mut swept, &watch).await?;
    }
    swept.used = store.read(retention::used_bytes).await?;
    Ok(swept)
}

/// What would go now, and the bytes in use.
///
/// # Errors
/// Of the store.
async fn look(
    store: &Store,
    config: &Config,
    clock: &dyn Clock,
) -> Result<(Vec<Horizon>, Vec<Target>, u64), StoreError> {
    let (keep, max_bytes, now) = (keep(config), config.store.max_db_bytes, clock.now());
    store
        .read(move |conn| {
            let (horizons, doomed, used) = retention::look(conn, &keep, max_bytes, now)?;
            let targets = doomed.iter().map(|doomed| doomed.target).collect();
            Ok((horizons, targets, used))
        })
        .await
}

async fn take(
    store: &Store,
    horizons: Vec<Horizon>,
    targets: &[Target],
    clock: &dyn Clock,
    stop: &CancellationToken,
    swept: &mut Swept,
    watch: &impl Fn(&Swept),
) -> Result<(), StoreError> {
    let horizons = Arc::new(horizons);
    let mut rest = targets;
    while !rest.is_empty() && !stop.is_cancelled() {
        let handful = rest.get(..HANDFUL).unwrap_or(rest);
        let purge = Purge {
            what: handful.to_vec(),
            horizons: Arc::clone(&horizons),
            at: clock.now(),
        };
        let purged = store.write(purge).await?;
        swept.articles += purged.articles;
        swept.texts += purged.texts;
        swept.entries += purged.entries;
        rest = rest.get(purged.seen..).unwrap_or_default();
        swept.left = rest.len() as u64;
        watch(swept);
    }
    Ok(())
}

async fn reclaim(
    store: &Store,
    stop: &CancellationToken,
    thorough: bool,
    swept: &mut Swept,
    watch: &impl Fn(&Swept),
) -> Result<(), StoreError> {
    while !stop.is_cancelled() {
        let reclaimed = store.write(Reclaim { thorough }).await?;
        swept.free_pages = reclaimed.free_pages;
        watch(swept);
        if reclaimed.done {
            break;
        }
    }
    Ok(())
}

/// The configuration's words in the store's terms.
#[must_use]
pub fn keep(config: &Config) -> retention::Keep {
    let span = |keep: Keep| match keep {
        Keep::Forever => None,
        Keep::For(span) => Some(span),
    };
    let usual = Spans {
        articles: span(config.store.keep),
        texts: span(config.store.keep_text),
    };
    let of_feed = |feed: &crate::config::Feed| Spans {
        articles: feed.settings.keep.map_or(usual.articles, span),
        texts: feed.settings.keep_text.map_or(usual.texts, span),
    };
    let feeds = config.feeds.iter();
    retention::Keep {
        usual,
        feeds: feeds
            .map(|feed| (feed.url.clone(), of_feed(feed)))
            .collect(),
    }
}

/// Whether more of the file is in use than it may be.
pub(super) async fn is_too_large(store: &Store, config: &Config) -> Result<bool, StoreError> {
    match config.store.max_db_bytes {
        Some(max) => Ok(store.read(retention::used_bytes).await? > max),
        None => Ok(false),
    }
}

/// How often the service looks for what goes.
pub(super) const EVERY: Duration = Duration::from_hours(24);

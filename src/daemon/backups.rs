//! Copies of the database at their time, and no more of them than are wanted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use crate::config::Config;
use crate::store::StoreError;
use crate::store::backup::{Backups, Interrupt, backup};

/// Takes a copy if one is due, and lets the oldest go. A stop ends it, and nothing of it is left.
///
/// # Errors
/// When the directory cannot be used, or the copy not be written.
pub async fn take_if_due(
    config: &Config,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let Some(dir) = &config.store.backup_dir else {
        return Ok(());
    };
    let backups = Backups::new(&config.database, dir);
    let now = clock.now();
    let last = backups.list()?.pop().map(|(taken_at, _)| taken_at);
    let next = last.and_then(|last| config.store.backup_every.after(last));
    if next.is_some_and(|next| next > now) {
        return Ok(());
    }
    let (from, to) = (config.database.clone(), backups.name(now));
    let latest = Arc::new(Mutex::new(None));
    let copying = tokio::task::spawn_blocking({
        let (to, latest) = (to.clone(), Arc::clone(&latest));
        move || backup(&from, &to, |interrupt| *lock(&latest) = Some(interrupt))
    });
    tokio::pin!(copying);
    let done = tokio::select! {
        done = &mut copying => done,
        () = stop.cancelled() => {
            end(&latest, copying).await;
            tracing::info!("the backup was ended by the stop; the next start takes it");
            return Ok(());
        }
    };
    let bytes = done.map_err(|_| StoreError::Failed("the backup panicked".to_owned()))??;
    let keep = usize::try_from(config.store.backup_keep).unwrap_or(usize::MAX);
    let gone = backups.rotate(keep)?;
    tracing::info!(file = %to.display(), bytes, gone, "backup taken");
    Ok(())
}

/// Ends the copying, which then clears away what it has written. An interrupt that comes between
/// two statements ends none, so it is repeated.
async fn end<T>(latest: &Mutex<Option<Interrupt>>, mut copying: impl Future<Output = T> + Unpin) {
    loop {
        if let Some(interrupt) = &*lock(latest) {
            interrupt.interrupt();
        }
        if tokio::time::timeout(INTERRUPT_EVERY, &mut copying)
            .await
            .is_ok()
        {
            return;
        }
    }
}

const INTERRUPT_EVERY: Duration = Duration::from_millis(20);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

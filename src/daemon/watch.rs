//! The events that are about no single feed: hosts that ask for patience, and our own outages.
//!
//! The network remembers what it saw; here it is told to the store, away from the polls.

use super::mill::Mill;
use crate::model::{EventKind, Note, Subject};
use crate::schedule;
use crate::store::{NoteEvents, StoreError, events};

/// What was told last.
#[derive(Debug, Default)]
pub struct Watch {
    outage: Option<bool>,
}

impl Watch {
    /// Tells the store what has changed.
    ///
    /// # Errors
    /// When the store has closed; any other fault of it is logged, and what was to be told is lost.
    pub async fn look(&mut self, mill: &Mill) -> Result<(), StoreError> {
        let at = mill.clock.now();
        let mut notes: Vec<Note> = mill
            .fetcher
            .patience()
            .take_news()
            .into_iter()
            .map(|(host, wait)| match wait {
                Some(wait) => schedule::throttled(&host, wait, at),
                None => Note::Closes(EventKind::Throttled, Subject::Host(host)),
            })
            .collect();
        let outage = mill.fetcher.is_outage();
        if self.outage.replace(outage) != Some(outage) {
            notes.push(if outage {
                schedule::outage()
            } else {
                Note::Closes(EventKind::Outage, Subject::Here)
            });
        }
        if notes.is_empty() {
            return Ok(());
        }
        match mill.store.write(NoteEvents { notes, at }).await {
            Err(StoreError::Closed) => Err(StoreError::Closed),
            Err(error) => {
                tracing::warn!(%error, "what happened to hosts could not be noted");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Tells the network which hosts were asking for patience when the last process ended, so that
/// their events end when they do.
///
/// # Errors
/// Of the store.
pub async fn recall(mill: &Mill) -> Result<(), StoreError> {
    let hosts = mill
        .store
        .read(|conn| events::hosts(conn, EventKind::Throttled))
        .await?;
    mill.fetcher.patience().recall(hosts);
    Ok(())
}

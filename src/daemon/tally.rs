//! Counts of what was done, for progress and for the summary at the end.

use std::sync::atomic::{AtomicU64, Ordering};

/// One count.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn up(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, by: usize) {
        self.0.fetch_add(by as u64, Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What this process has done so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub polls: Count,
    pub polls_failed: Count,
    pub polls_not_modified: Count,
    /// Left for later because their host asked for patience or cannot be reached.
    pub polls_postponed: Count,
    pub entries_new: Count,
    pub entries_edited: Count,
    pub pages: Count,
    pub pages_failed: Count,
    pub articles_new: Count,
    pub articles_updated: Count,
    /// Rounds of the two loops: the watchdog is fed while both grow.
    pub poll_rounds: Count,
    pub page_rounds: Count,
}

//! What the store is told.

use std::time::Duration;

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub checkpoints: Checkpointing,
    /// A lock held longer than this by another program is worth a line in the log.
    pub lock_warning: Duration,
}

/// Who copies the write-ahead log back into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checkpointing {
    /// The writer.
    #[default]
    Internal,
    /// A replicator, which needs to see every page of the log before it goes.
    External,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            checkpoints: Checkpointing::Internal,
            lock_warning: Duration::from_secs(30),
        }
    }
}

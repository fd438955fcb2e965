//! What can go wrong with a store, told apart by what its owner must do about it.

use std::path::PathBuf;

use thiserror::Error;

/// A fault of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has this database open for writing.
    #[error("another feedmill (process {holder}) is using {path}; stop it first, or give this one another --db", path = path.display())]
    InUse { path: PathBuf, holder: String },
    /// The file is a database, but not one of ours.
    #[error("{path} is a database of another application ({found}); feedmill will not write to it: choose another path", path = path.display())]
    Foreign { path: PathBuf, found: String },
    /// The file was written by a later version.
    #[error("{path} was written by a newer feedmill (schema {found}, this one knows {known}); upgrade feedmill, the file is unchanged", path = path.display())]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    /// The file is not readable as a database.
    #[error("{path} is damaged: {detail}; it is left as it is: restore a backup, or recover what is readable with \"sqlite3 FILE .recover\"", path = path.display())]
    Damaged { path: PathBuf, detail: String },
    /// There is no database yet.
    #[error("there is no database at {path}; \"feedmill once\" or \"feedmill run\" makes it, or name one with --db", path = path.display())]
    Missing { path: PathBuf },
    /// The directory or the file cannot be used as it stands.
    #[error("{path}: {detail}", path = path.display())]
    Access { path: PathBuf, detail: String },
    /// The row was claimed again by another while this work was under way; nothing was written.
    #[error("the claim has expired; the work was not written and will be done again")]
    Stale,
    /// The transaction that carried the work failed as a whole; nothing was written.
    #[error("database: {0}")]
    Failed(String),
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// A start that found a history of migrations that is not ours.
    #[error("migration {number} of {path} is not the one this feedmill knows; the file is unchanged", path = path.display())]
    History { path: PathBuf, number: i64 },
    /// A cursor that belongs to another database, or to the life of this one before a restore.
    #[error(
        "the cursor is one of the database {was}, and this is {is}: another one, or the same after a restore; what changed cannot be told, begin again from the start (--since 0, or --consumer NAME --restart)"
    )]
    OtherLife { was: String, is: String },
    /// Anything else that SQLite reports.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Anything else that the file system reports.
    #[error("{path}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl StoreError {
    /// True for faults of the disk or the file that no further try will mend: the process has to end.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseCorrupt, NotADatabase, ReadOnly, SystemIoFailure,
        };
        let Self::Sqlite(error) = self else {
            return false;
        };
        !lacks_room_for_index(error)
            && matches!(
                error.sqlite_error_code(),
                Some(CannotOpen | DatabaseCorrupt | NotADatabase | ReadOnly | SystemIoFailure)
            )
    }

    /// True for faults that pass by themselves: the disk is full, someone holds the write lock.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull};
        let Self::Sqlite(error) = self else {
            return false;
        };
        matches!(
            error.sqlite_error_code(),
            Some(DatabaseBusy | DatabaseLocked | DiskFull)
        ) || lacks_room_for_index(error)
    }
}

/// A full disk, where it is the index of the write-ahead log that finds no room: SQLite reports it as
/// a failure of the file system.
fn lacks_room_for_index(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

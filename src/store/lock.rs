//! The one right to write a database, and the word of whoever has it.
//!
//! A file of its own beside the database, since locks on the database itself belong to SQLite. It is
//! also where the writer says that it waits: in the database it cannot, that is why it waits. The
//! record has a fixed length and is written over in place, which a full disk allows.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::StoreError;
use super::open::beside;

/// Bytes of the record: less than a block, so that it never needs another one.
const RECORD_BYTES: usize = 512;

/// The one right to write a database, held for as long as this value lives.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

impl InstanceLock {
    /// Takes the lock of the database at `path`.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it; [`StoreError::Access`] when the lock
    /// file cannot be made.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let lock = beside(path, ".lock");
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&lock)
            .map_err(|error| StoreError::Access {
                path: lock.clone(),
                detail: format!("the lock file cannot be opened: {error}; the directory must exist and be writable"),
            })?;
        match file.try_lock() {
            Ok(()) => {
                write(&mut file, "");
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                path: path.to_owned(),
                holder: read(&mut file).0,
            }),
            Err(TryLockError::Error(source)) => Err(StoreError::Io { path: lock, source }),
        }
    }
}

/// What is known of the process that has the right to write a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, as text.
    pub process: String,
    /// Why it cannot write at present, in words.
    pub waits: Option<String>,
}

/// Who has the right to write the database at `path`, if anybody has.
#[must_use]
pub fn holder(path: &Path) -> Option<Holder> {
    let mut lock = File::open(beside(path, ".lock")).ok()?;
    if !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let (process, waits) = read(&mut lock);
    Some(Holder {
        process,
        waits: (!waits.is_empty()).then_some(waits),
    })
}

/// Where the writer says why it waits.
#[derive(Debug)]
pub(super) struct Notice(Option<File>);

impl Notice {
    /// Beside the database at `path`, whose lock this process holds. Nothing is said where there is no
    /// lock file.
    pub(super) fn new(path: &Path) -> Self {
        let file = OpenOptions::new().write(true).open(beside(path, ".lock"));
        Self(file.ok())
    }

    /// Says why the writer waits; nothing when it no longer does.
    pub(super) fn post(&mut self, waits: Option<&str>) {
        if let Some(file) = &mut self.0 {
            write(file, waits.unwrap_or(""));
        }
    }
}

/// The record is a courtesy to whoever looks; the lock is what counts.
fn write(file: &mut File, waits: &str) {
    let mut record = format!("{}\n{}\n", std::process::id(), waits.replace('\n', " ")).into_bytes();
    record.resize(RECORD_BYTES, b' ');
    let _ = file.seek(SeekFrom::Start(0));
    let _ = file.write_all(&record);
}

/// The process id, and what it waits for; empty when nothing.
fn read(file: &mut File) -> (String, String) {
    let mut record = Vec::new();
    let _ = file.seek(SeekFrom::Start(0));
    let _ = file.take(RECORD_BYTES as u64).read_to_end(&mut record);
    let text = String::from_utf8_lossy(&record);
    let mut lines = text.lines().map(|line| line.trim().to_owned());
    (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    )
}

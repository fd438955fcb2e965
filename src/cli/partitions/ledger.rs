//! What a folder of partitions holds.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::Failure;

/// Tools that read such folders pass over names that begin with an underscore.
const NAME: &str = "_feedmill.json";
const LOCK: &str = "_feedmill.lock";

/// The record of a folder.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// The database and its life: after a restore everything is written anew.
    pub life: String,
    pub format: String,
    pub fields: Vec<String>,
    /// Each day that is written, with its mark.
    pub days: BTreeMap<String, String>,
}

impl Ledger {
    /// That of a folder; nothing when it has none yet.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(NAME);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                Failure::runtime(format!(
                    "{}: {error}; remove it to write everything anew",
                    path.display()
                ))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::runtime(format!("{}: {error}", path.display()))),
        }
    }

    /// Puts it in the place of the old one, on the disk: a power cut leaves the one or the other.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let part = folder.join(format!("{NAME}.part"));
        let text = serde_json::to_vec_pretty(self).map_err(Failure::runtime)?;
        let mut file = File::create(&part)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&part, folder.join(NAME))?;
        Ok(())
    }
}

/// Keeps others from writing to a folder for as long as it is held: a run that takes longer than the
/// time to the next one meets it, and both would write the same files. Where the file system knows no
/// locks there is none.
pub(super) fn lock(folder: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(Failure::in_use(format!(
            "another export is writing to {}; try again when it has ended",
            folder.display()
        )));
    }
    Ok(file)
}

//! Files that are there after a power cut: their bytes, and their names.

use std::fs::{self, File};
use std::path::Path;

use super::{StoreError, directory};

/// Waits until the bytes of a file are on the disk.
pub(super) fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| failed(path, source))
}

/// Gives a file another name in the same directory, over what bears that name, and waits until the
/// name is on the disk.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|source| failed(to, source))?;
    sync(directory::of(to))
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io {
        path: path.to_owned(),
        source,
    }
}

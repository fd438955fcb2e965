//! A copy of the database, taken while it is in use.
//!
//! `VACUUM INTO` from a read-only connection: copying the file gives a corrupt copy,
//! and the stepped backup API starts again with every write and never finishes.

use std::path::Path;

use super::{StoreError, open};

/// Writes a complete copy of `from` to `to`: under another name first, checked, then renamed.
/// Returns its size in bytes.
///
/// # Errors
/// [`StoreError::Access`] when `to` exists or cannot be written; [`StoreError::Damaged`] when the
/// copy does not pass its check.
pub fn backup(from: &Path, to: &Path) -> Result<u64, StoreError> {
    if to.exists() {
        return Err(access(to, "it exists already; name a file that does not"));
    }
    let conn = open::reader(from)?;
    let unfinished = open::beside(to, ".part");
    let _ = std::fs::remove_file(&unfinished);
    let written = conn
        .execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])
        .map_err(|error| access(to, &format!("the copy cannot be written: {error}")))
        .and_then(|_| check(&unfinished));
    if let Err(error) = written {
        let _ = std::fs::remove_file(&unfinished);
        return Err(error);
    }
    let io = |source| StoreError::Io {
        path: to.to_owned(),
        source,
    };
    std::fs::rename(&unfinished, to).map_err(io)?;
    Ok(std::fs::metadata(to).map_err(io)?.len())
}

fn check(copy: &Path) -> Result<(), StoreError> {
    let conn = open::reader(copy)?;
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged {
            path: copy.to_owned(),
            detail: verdict,
        })
    }
}

fn access(path: &Path, detail: &str) -> StoreError {
    StoreError::Access {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

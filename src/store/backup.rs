//! A copy of the database, taken while it is in use; and a directory of such copies.
//!
//! `VACUUM INTO` from a read-only connection: copying the file gives a corrupt copy,
//! and the stepped backup API starts again with every write and never finishes.

use std::fmt::Display;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDateTime;
use rusqlite::{Connection, InterruptHandle};

use super::{StoreError, durable, open};
use crate::model::Timestamp;

/// Ends a backup that is under way.
pub struct Interrupt(InterruptHandle);

impl Interrupt {
    /// The backup fails soon after, and leaves nothing behind.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Interrupt").finish()
    }
}

/// Writes a complete copy of `from` to `to`: under another name first, checked, made durable, then
/// renamed. `begun` is given the means to end it early, for each of the two long parts. Returns its
/// size in bytes.
///
/// # Errors
/// [`StoreError::Access`] when `to` exists or cannot be written; [`StoreError::Damaged`] when the
/// copy does not pass its check.
pub fn backup(from: &Path, to: &Path, begun: impl Fn(Interrupt)) -> Result<u64, StoreError> {
    if to.exists() {
        return Err(access(to, "it exists already; name a file that does not"));
    }
    let conn = open::reader(from)?;
    begun(Interrupt(conn.get_interrupt_handle()));
    let unfinished = open::beside(to, UNFINISHED);
    let _ = fs::remove_file(&unfinished);
    let written = write(&conn, &unfinished)
        .and_then(|()| check(&unfinished, &begun))
        .and_then(|()| durable::sync(&unfinished));
    if let Err(error) = written {
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    durable::rename(&unfinished, to)?;
    Ok(fs::metadata(to).map_or(0, |data| data.len()))
}

/// What a copy is called until it is complete.
const UNFINISHED: &str = ".part";

/// Writes a copy to a file that is not there yet. It is made beforehand, for owner and group alone: the
/// copy has the secrets that the database has, and SQLite would go by the umask.
pub(super) fn write(conn: &Connection, to: &Path) -> Result<(), StoreError> {
    let failed = |error: &dyn Display| access(to, &format!("the copy cannot be written: {error}"));
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(to)
        .map_err(|error| failed(&error))?;
    // As bytes: a path need not be UTF-8.
    conn.execute(
        "VACUUM INTO CAST(?1 AS TEXT)",
        [to.as_os_str().as_encoded_bytes()],
    )
    .map_err(|error| failed(&error))?;
    Ok(())
}

fn check(copy: &Path, begun: impl Fn(Interrupt)) -> Result<(), StoreError> {
    let conn = open::reader(copy)?;
    begun(Interrupt(conn.get_interrupt_handle()));
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

/// A directory of copies, each named for the database and the instant it was taken.
#[derive(Debug, Clone)]
pub struct Backups {
    dir: PathBuf,
    /// "feedmill" for feedmill.db.
    stem: String,
}

/// The instant in a name, in UTC: sorts as text.
const INSTANT: &str = "%Y%m%dT%H%M%SZ";

impl Backups {
    /// Of the database at `from`, in `dir`.
    #[must_use]
    pub fn new(from: &Path, dir: &Path) -> Self {
        let stem = from.file_stem().unwrap_or_default();
        Self {
            dir: dir.to_owned(),
            stem: stem.to_string_lossy().into_owned(),
        }
    }

    /// What the copy taken at `at` is called.
    #[must_use]
    pub fn name(&self, at: Timestamp) -> PathBuf {
        let name = format!("{}-{}.db", self.stem, at.utc().format(INSTANT));
        self.dir.join(name)
    }

    /// The copies there are, the oldest first.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list(&self) -> Result<Vec<(Timestamp, PathBuf)>, StoreError> {
        let entries = fs::read_dir(&self.dir).map_err(|error| {
            let remedy = "make it, writable by the user feedmill runs as";
            access(&self.dir, &format!("it cannot be read: {error}; {remedy}"))
        })?;
        let mut found: Vec<_> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some((self.taken_at(name.strip_suffix(".db")?)?, entry.path()))
            })
            .collect();
        found.sort();
        Ok(found)
    }

    fn taken_at(&self, name: &str) -> Option<Timestamp> {
        let instant = name.strip_prefix(&self.stem)?.strip_prefix('-')?;
        let at = NaiveDateTime::parse_from_str(instant, INSTANT).ok()?;
        Some(at.and_utc().into())
    }

    /// Removes the oldest copies beyond `keep`, and what was never completed: what has not grown for
    /// an hour when the newest copy was, and so is not another program's that is still at it. Other
    /// files are nobody's business here. Returns how many copies went.
    ///
    /// # Errors
    /// When the directory cannot be read or a file not removed.
    pub fn rotate(&self, keep: usize) -> Result<usize, StoreError> {
        let all = self.list()?;
        let beyond = all.len().saturating_sub(keep);
        for (_, path) in all.iter().take(beyond) {
            remove(path)?;
        }
        let written = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let newest = all.last().and_then(|(_, path)| written(path));
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let unfinished = name.strip_suffix(&format!(".db{UNFINISHED}"));
            let age = newest
                .zip(written(&entry.path()))
                .and_then(|(newest, part)| newest.duration_since(part).ok());
            if unfinished.is_some_and(|name| self.taken_at(name).is_some())
                && age.is_some_and(|age| age > GIVEN_UP)
            {
                remove(&entry.path())?;
            }
        }
        Ok(beyond)
    }
}

/// A copy that nobody has written to for so long will not be completed.
const GIVEN_UP: Duration = Duration::from_secs(3_600);

fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|error| access(path, &format!("it cannot be removed: {error}")))
}

fn access(path: &Path, detail: &str) -> StoreError {
    StoreError::Access {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn the_oldest_go_and_what_is_not_ours_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let backups = Backups::new(Path::new("/data/feedmill.db"), dir.path());
        let day = |n: i64| backups.name(Timestamp::from_secs(1_700_000_000 + n * 86_400));
        for n in [3, 1, 2] {
            File::create(day(n)).expect("made");
        }
        for other in [
            "feedmill.db",
            "feedmill-old.db",
            "other-20231114T221320Z.db",
        ] {
            File::create(dir.path().join(other)).expect("made");
        }
        let part = |n| open::beside(&day(n), UNFINISHED);
        File::create(part(5)).expect("made");
        let given_up = File::create(part(4)).expect("made");
        let copied = fs::metadata(day(3)).and_then(|data| data.modified());
        let before = copied.expect("a time") - GIVEN_UP * 2;
        given_up.set_modified(before).expect("dated");
        assert_eq!(backups.rotate(2).expect("rotated"), 1);
        let left: Vec<_> = backups
            .list()
            .expect("read")
            .into_iter()
            .map(|(_, path)| path)
            .collect();
        assert_eq!(left, [day(2), day(3)]);
        assert!(part(5).exists() && !part(4).exists());
        assert_eq!(fs::read_dir(dir.path()).expect("read").count(), 6);
    }
}

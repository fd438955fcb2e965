//! Opening a database: who may write it, in which modes, and what is refused.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Checkpointing, StoreError, bigrams, contract, directory, migrate};

/// How long a statement waits for another program's write lock before it gives up and is tried again.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Pages that the writer keeps, in KiB: the rest is the system's cache, which costs a copy and no memory
/// of ours. Twice as much wins no time.
const CACHE_KIB: i64 = 16 << 10;

/// SQLite 3.7.0 to 3.51.2 can lose a WAL that is reset while it is read.
const SAFE_SQLITE: i32 = 3_051_003;

/// Marker bytes of the SQLite header, by which a file that is something else is told apart.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Opens the database for its one writer: makes it if need be, migrates it, refreshes the contract.
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Newer`], [`StoreError::Damaged`], [`StoreError::Access`].
pub fn writer(path: &Path, checkpoints: Checkpointing) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < SAFE_SQLITE {
        let detail = format!(
            "SQLite {} can lose data; 3.51.3 or later is needed",
            rusqlite::version()
        );
        return Err(StoreError::Access {
            path: path.to_owned(),
            detail,
        });
    }
    directory::refuse_shared(path)?;
    refuse_what_is_no_database(path)?;
    let named = |error| name_fault(path, error);
    let mut conn = connect(path, OpenFlags::default()).map_err(named)?;
    bigrams::teach(&conn)?;
    migrate::check(&conn, path).map_err(|error| rename(path, error))?;
    let fresh = migrate::check(&conn, path)? == 0;
    if fresh {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(named)?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")
        .map_err(named)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    if checkpoints == Checkpointing::External {
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.set_prepared_statement_cache_capacity(128);
    if !fresh && !stopped_cleanly(&conn) {
        let verdict: String = conn
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(named)?;
        if verdict != "ok" {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                detail: verdict,
            });
        }
    }
    migrate::migrate(&mut conn, path).map_err(|error| rename(path, error))?;
    contract::refresh(&mut conn).map_err(|error| rename(path, error))?;
    conn.execute("DELETE FROM _meta WHERE key = 'clean_stop'", [])?;
    keep_wal(&conn);
    restrict(path);
    Ok(conn)
}

/// What is the same for every connection. Each belongs to one thread at a time, so that SQLite need
/// not lock it; and a plan does not depend on what is bound: looking at it, SQLite (built with
/// STAT4) would prepare most statements anew whenever they are used.
fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// Whether the last writer closed the database in order. Reading a large file to its end takes
/// minutes; after a crash they are well spent.
fn stopped_cleanly(conn: &Connection) -> bool {
    conn.query_row("SELECT 1 FROM _meta WHERE key = 'clean_stop'", [], |_| {
        Ok(())
    })
    .is_ok()
}

/// Opens the database for reading only. Any number of these may be open, in any process.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Foreign`], [`StoreError::Newer`], [`StoreError::Damaged`].
pub fn reader(path: &Path) -> Result<Connection, StoreError> {
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        Err(error) => {
            let detail = format!(
                "it cannot be looked at: {error}; readers need to be in the group of its directory"
            );
            return Err(access(path, &detail));
        }
    }
    // The file is opened by SQLite alone: closing any other descriptor of it would drop the locks of
    // this process, and another program that closed the database would then delete the log in use.
    let opened = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let conn = opened.map_err(|error| name_fault(path, error))?;
    match migrate::check(&conn, path) {
        // It is just being made.
        Ok(0) => {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        Ok(_) => {}
        Err(error) => {
            drop(conn);
            refuse_what_is_no_database(path)?;
            return Err(rename(path, error));
        }
    }
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Opens the database for a short transaction of another process than its one writer: a wish of a
/// person, the cursor of a consumer. It never checkpoints, and leaves the log where it is.
///
/// # Errors
/// As [`reader`]; [`StoreError::Access`] when the file may not be written.
pub(super) fn guest(path: &Path) -> Result<Connection, StoreError> {
    // The file is looked at by a reader's rules first: it exists, and it is ours.
    drop(reader(path)?);
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|error| name_fault(path, error))?;
    if conn.is_readonly("main")? {
        return Err(access(
            path,
            "it cannot be written by this user; run this as the user feedmill runs as",
        ));
    }
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    keep_wal(&conn);
    Ok(conn)
}

/// The path of a companion file.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn refuse_what_is_no_database(path: &Path) -> Result<(), StoreError> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => {
            file.take(MAGIC.len() as u64)
                .read_to_end(&mut head)
                .map_err(|error| access(path, &format!("it cannot be read: {error}")))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(access(path, &format!("it cannot be opened: {error}"))),
    }
    if head.is_empty() || head == MAGIC {
        return Ok(());
    }
    Err(StoreError::Foreign {
        path: path.to_owned(),
        found: "not an SQLite file".to_owned(),
    })
}

fn rename(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Sqlite(error) => name_fault(path, error),
        other => other,
    }
}

/// SQLite's error in terms of what the owner of the file can do.
fn name_fault(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        Some(ErrorCode::CannotOpen) => access(
            path,
            "it cannot be opened; the directory must exist and be writable by the user feedmill runs as",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => access(
            path,
            "it cannot be written; check the owner and mode of the file and of its directory",
        ),
        _ => StoreError::Sqlite(error),
    }
}

fn access(path: &Path, detail: &str) -> StoreError {
    StoreError::Access {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

/// Keeps the `-wal` and `-shm` files when the last connection closes: without them a reader that
/// may not write the directory could not open the database at all.
#[expect(
    unsafe_code,
    reason = "rusqlite has no safe call for SQLITE_FCNTL_PERSIST_WAL"
)]
pub(super) fn keep_wal(conn: &Connection) {
    let mut on: std::ffi::c_int = 1;
    // SAFETY: the handle is that of an open connection which outlives the call; "main" is a
    // NUL-terminated constant; SQLite reads and writes one int through the pointer and keeps none.
    unsafe {
        rusqlite::ffi::sqlite3_file_control(
            conn.handle(),
            c"main".as_ptr(),
            rusqlite::ffi::SQLITE_FCNTL_PERSIST_WAL,
            (&raw mut on).cast(),
        );
    }
}

/// Gives a new file the owner of the database it is to replace, else of its directory: whoever
/// restores may be root, and whoever runs feedmill must be able to write.
pub(super) fn own_like(new: &Path, database: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
        let dir = directory::of(database);
        if let Ok(owner) = fs::metadata(database).or_else(|_| fs::metadata(dir)) {
            for file in [new.to_owned(), beside(database, ".lock")] {
                // Only root can give a file away, and only root has to.
                let _ = chown(file, Some(owner.uid()), Some(owner.gid()));
            }
        }
        let _ = fs::set_permissions(new, fs::Permissions::from_mode(0o640));
    }
}

/// Files readable by the group and by nobody else, whatever the umask of the moment was.
pub(super) fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in [
            path.to_owned(),
            beside(path, "-wal"),
            beside(path, "-shm"),
            beside(path, ".lock"),
        ] {
            // A file of another owner keeps its mode; `check` is where that is reported.
            let _ = fs::set_permissions(file, fs::Permissions::from_mode(0o640));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_depends_on_nothing_that_is_bound_in_writers_and_readers_alike() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("store.db");
        let writer = writer(&path, Checkpointing::External).expect("a writer");
        for conn in [writer, reader(&path).expect("a reader")] {
            let stable = conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG);
            assert_eq!(stable, Ok(true));
        }
    }
}

//! A thorough look at a database, from outside: reading only, also while it is written.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::Connection;

use super::open::beside;
use super::{StoreError, blame, directory, open, retention};

/// What was looked at, and what was found: words for when all is well, or what is wrong with its remedy.
#[derive(Debug)]
pub struct Finding {
    pub about: &'static str,
    pub verdict: Result<String, StoreError>,
}

/// The log is shortened above 64 MB; this much means that something has stood in the way for long.
const WAL_BYTES_MAX: u64 = 100 << 20;
/// Room that the service needs to go on at all: the log and one day's growth.
const ROOM_BYTES_MIN: u64 = 256 << 20;

/// Looks at everything: the file from end to end, the full-text index, references, permissions, the
/// write-ahead log, room on the disk.
///
/// # Errors
/// When the database cannot be opened; what is found wrong with it is a finding.
pub fn look(path: &Path) -> Result<Vec<Finding>, StoreError> {
    let conn = open::reader(path)?;
    let finding = |about, verdict| Finding { about, verdict };
    Ok(vec![
        finding("sqlite", Ok(format!("SQLite {}", rusqlite::version()))),
        finding("integrity", integrity(&conn, path)),
        finding("full text", full_text(&conn, path)),
        finding("references", references(&conn, path)),
        finding("permissions", permissions(path)),
        finding("log", log(path)),
        finding("room", room(&conn, path)),
    ])
}

/// Every page, index and constraint; also the inner structure of the full-text index.
fn integrity(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    let verdict: String = conn
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| damaged(path, &error.to_string()))?;
    if verdict == "ok" {
        Ok("the file is whole".to_owned())
    } else {
        Err(damaged(path, &verdict))
    }
}

/// That every text is in the index, and nothing else.
fn full_text(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    let (texts, missing, stray): (i64, i64, i64) = conn.query_row(
        "SELECT (SELECT count(*) FROM article_text),
                (SELECT count(*) FROM article_text WHERE id NOT IN (SELECT id FROM articles_fts_docsize)),
                (SELECT count(*) FROM articles_fts_docsize WHERE id NOT IN (SELECT id FROM article_text))",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if missing + stray == 0 {
        return Ok(format!("{texts} texts, all in the index"));
    }
    Err(access(
        path,
        format!(
            "of {texts} texts {missing} are not in the full-text index, and it has {stray} others: stop the service and rebuild it with sqlite3 '{}' \"INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')\"",
            path.display()
        ),
    ))
}

fn references(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    let broken: Option<String> = conn.query_row(
        "SELECT group_concat(\"table\" || ' to ' || parent, ', ') FROM (SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check)",
        [],
        |row| row.get(0),
    )?;
    match broken {
        None => Ok("every row finds what it refers to".to_owned()),
        Some(broken) => Err(damaged(
            path,
            &format!("rows refer to what is not there: {broken}"),
        )),
    }
}

/// The three files and the lock belong to one user, whom nobody else can keep from writing.
fn permissions(path: &Path) -> Result<String, StoreError> {
    directory::refuse_shared(path)?;
    let owner = std::fs::metadata(path).map_err(|error| access(path, error.to_string()))?;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let file = beside(path, suffix);
        let Ok(data) = std::fs::metadata(&file) else {
            continue;
        };
        if data.uid() != owner.uid() {
            return Err(access(
                &file,
                format!(
                    "it belongs to user {}, the database to user {1}: the service cannot write it; chown {1} it",
                    data.uid(),
                    owner.uid()
                ),
            ));
        }
        if data.mode() & 0o022 != 0 {
            let remedy = "somebody else may write it; chmod 640 it";
            return Err(access(
                &file,
                format!("its mode is {:o}: {remedy}", data.mode() & 0o777),
            ));
        }
    }
    let group = std::fs::metadata(directory::of(path)).is_ok_and(|dir| dir.mode() & 0o050 == 0o050);
    Ok(if group && owner.mode() & 0o040 != 0 {
        format!(
            "written by user {}, read by group {}",
            owner.uid(),
            owner.gid()
        )
    } else {
        format!("written and read by user {} alone", owner.uid())
    })
}

fn log(path: &Path) -> Result<String, StoreError> {
    let bytes = std::fs::metadata(beside(path, "-wal")).map_or(0, |data| data.len());
    let megabytes = bytes >> 20;
    if bytes <= WAL_BYTES_MAX {
        return Ok(format!("the write-ahead log has {megabytes} MiB"));
    }
    let by = blame::readers(path);
    let who = if by.is_empty() {
        "a program that reads for long, or a replicator that does not run".to_owned()
    } else {
        by.join(", ")
    };
    Err(access(
        &beside(path, "-wal"),
        format!("it has {megabytes} MiB and cannot be shortened; what may keep it: {who}"),
    ))
}

/// Enough for the service to go on, and for the copy that an upgrade or a backup makes.
fn room(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    let used = retention::used_bytes(conn)?;
    let disk = rustix::fs::statvfs(directory::of(path)).map_err(|error| StoreError::Io {
        path: path.to_owned(),
        source: error.into(),
    })?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let (used, free) = (used >> 20, free >> 20);
    if free << 20 < ROOM_BYTES_MIN {
        return Err(access(
            path,
            format!("{free} MiB are left on its disk; make room, or set store.max_db_size"),
        ));
    }
    let copy = if free < used {
        "; too little for the copy that an upgrade or a restore makes beside it"
    } else {
        ""
    };
    Ok(format!(
        "{used} MiB in use, {free} MiB left on the disk{copy}"
    ))
}

fn damaged(path: &Path, detail: &str) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

fn access(path: &Path, detail: String) -> StoreError {
    StoreError::Access {
        path: path.to_owned(),
        detail,
    }
}

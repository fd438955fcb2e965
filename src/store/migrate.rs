//! Numbered, append-only migrations, each applied once, in one transaction.
//!
//! The migration crates lag behind rusqlite's versions; what is needed is small:
//! apply what is missing in order, remember the hash of what was applied, refuse
//! a history that is not ours, and keep a copy of an existing database first.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::{StoreError, contract};

/// Marks a file as ours in the SQLite header: "FDML".
pub const APPLICATION_ID: i64 = 0x4644_4d4c;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "init",
    sql: include_str!("../../migrations/0001_init.sql"),
}];

/// The schema that this program writes.
#[must_use]
pub fn latest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Brings the database to [`latest`].
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Newer`] and [`StoreError::History`] leave the file
/// unchanged; a failing migration is rolled back whole.
pub fn migrate(conn: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = check(conn, path)?;
    if found == latest() {
        return check_history(conn, path);
    }
    if found > 0 {
        check_history(conn, path)?;
        let copy = path.with_extension(format!("schema{found}.bak"));
        if !copy.exists() {
            conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        }
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.execute_batch(
            "CREATE TABLE _migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
        )?;
    }
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.number > found)
    {
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO _migration VALUES (?1, ?2, ?3)",
            params![migration.number, migration.name, hash(migration.sql)],
        )?;
    }
    // With the views, in one: no reader sees the one without the other.
    contract::apply(&tx)?;
    tx.pragma_update(None, "user_version", latest())?;
    tx.commit()?;
    Ok(())
}

/// The schema version of a database that is ours; 0 for an empty file.
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Newer`].
pub fn check(conn: &Connection, path: &Path) -> Result<i64, StoreError> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && objects == 0;
    if !empty && application != APPLICATION_ID {
        let found = format!("application id {application}, {objects} objects");
        return Err(StoreError::Foreign {
            path: path.to_owned(),
            found,
        });
    }
    if version > latest() {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known: latest(),
        });
    }
    Ok(version)
}

fn check_history(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mut applied = conn.prepare("SELECT number, hash FROM _migration ORDER BY number")?;
    let rows = applied.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for row in rows {
        let (number, found) = row?;
        let ours = MIGRATIONS
            .iter()
            .find(|migration| migration.number == number);
        if ours.is_none_or(|migration| hash(migration.sql) != found) {
            return Err(StoreError::History {
                path: path.to_owned(),
                number,
            });
        }
    }
    Ok(())
}

fn hash(sql: &str) -> String {
    blake3::hash(sql.as_bytes()).to_hex().to_string()
}

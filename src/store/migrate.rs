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
    last(MIGRATIONS)
}

fn last(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.number)
}

/// Brings the database to [`latest`].
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Newer`] and [`StoreError::History`] leave the file
/// unchanged; a failing migration is rolled back whole.
pub fn migrate(conn: &mut Connection, path: &Path) -> Result<(), StoreError> {
    bring_forward(conn, path, MIGRATIONS)
}

fn bring_forward(
    conn: &mut Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let found = examine(conn, path, last(migrations))?;
    if found > 0 {
        check_history(conn, path, migrations)?;
    }
    if found == last(migrations) {
        return Ok(());
    }
    if found > 0 {
        let copy = path.with_extension(format!("schema{found}.bak"));
        if !copy.exists() {
            conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        }
    }
    // A view of the user's own need not understand a table that is being made anew under its name.
    conn.pragma_update(None, "legacy_alter_table", true)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.execute_batch(
            "CREATE TABLE _migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
        )?;
    }
    for migration in migrations
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
    tx.pragma_update(None, "user_version", last(migrations))?;
    tx.commit()?;
    conn.pragma_update(None, "legacy_alter_table", false)?;
    Ok(())
}

/// The schema version of a database that is ours; 0 for an empty file.
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Newer`].
pub fn check(conn: &Connection, path: &Path) -> Result<i64, StoreError> {
    examine(conn, path, latest())
}

fn examine(conn: &Connection, path: &Path, latest: i64) -> Result<i64, StoreError> {
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
    if version > latest {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known: latest,
        });
    }
    Ok(version)
}

fn check_history(
    conn: &Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let mut applied = conn.prepare("SELECT number, hash FROM _migration ORDER BY number")?;
    let rows = applied.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for row in rows {
        let (number, found) = row?;
        let ours = migrations
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody has put into the file for themselves.
    const MINE: &str = "
        CREATE TABLE mine (title TEXT);
        CREATE VIEW my_titles AS SELECT title FROM articles;
        CREATE VIEW my_feeds AS SELECT url FROM _feed;
        CREATE TRIGGER my_trigger AFTER INSERT ON _purged BEGIN INSERT INTO mine VALUES ('gone'); END;";

    fn with_second(sql: &'static str) -> Vec<Migration> {
        let mut all: Vec<Migration> = MIGRATIONS
            .iter()
            .map(|migration| Migration { ..*migration })
            .collect();
        all.push(Migration {
            number: latest() + 1,
            name: "test",
            sql,
        });
        all
    }

    fn made(path: &Path) -> Connection {
        let mut conn = Connection::open(path).expect("opened");
        migrate(&mut conn, path).expect("made");
        conn.execute_batch(MINE).expect("mine");
        conn
    }

    fn number(conn: &Connection, sql: &str) -> i64 {
        conn.query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    #[test]
    fn what_is_the_user_s_own_survives_a_table_that_changes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("feedmill.db");
        let mut conn = made(&path);
        let next = with_second(
            "ALTER TABLE _feed ADD COLUMN more TEXT;
             ALTER TABLE _feed RENAME COLUMN moving_seen TO moves_seen;
             INSERT INTO _purged VALUES (1, x'00');",
        );
        bring_forward(&mut conn, &path, &next).expect("brought forward");
        assert_eq!(number(&conn, "PRAGMA user_version"), latest() + 1);
        assert_eq!(number(&conn, "SELECT count(*) FROM mine"), 1);
        assert_eq!(number(&conn, "SELECT count(*) FROM my_titles"), 0);
        assert_eq!(number(&conn, "SELECT count(*) FROM my_feeds"), 0);
        assert!(
            dir.path()
                .join(format!("feedmill.schema{}.bak", latest()))
                .exists()
        );
        // The older program refuses it now.
        let refused = migrate(&mut conn, &path);
        assert!(
            matches!(refused, Err(StoreError::Newer { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_migration_that_fails_leaves_the_database_as_it_was() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("feedmill.db");
        let mut conn = made(&path);
        let next = with_second("CREATE TABLE _half (x); SELECT nonsense;");
        bring_forward(&mut conn, &path, &next).expect_err("nonsense");
        assert_eq!(number(&conn, "PRAGMA user_version"), latest());
        assert_eq!(
            number(
                &conn,
                "SELECT count(*) FROM sqlite_schema WHERE name = '_half'"
            ),
            0
        );
        migrate(&mut conn, &path).expect("as it was");
    }

    #[test]
    fn a_migration_that_was_changed_after_it_was_applied_is_another_history() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("feedmill.db");
        let mut conn = made(&path);
        conn.execute("UPDATE _migration SET hash = 'other'", [])
            .expect("changed");
        let refused = migrate(&mut conn, &path);
        assert!(
            matches!(refused, Err(StoreError::History { .. })),
            "{refused:?}"
        );
    }
}

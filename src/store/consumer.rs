//! Cursors that the file keeps for those who follow it: `feedmill tail --consumer NAME`.
//!
//! Like a [wish](super::wish), a cursor is moved by another process than the service, in a short
//! transaction of its own.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::tail::{Cursor, Life};
use super::{StoreError, open};
use crate::model::Timestamp;

/// Pause before another try when the writer's lock was not to be had.
const AGAIN: Duration = Duration::from_millis(500);

/// A consumer whose cursor is in the file.
#[derive(Debug)]
pub struct Consumer {
    conn: Connection,
    name: String,
}

impl Consumer {
    /// Opens the database for moving one cursor.
    ///
    /// # Errors
    /// As [`open::guest`].
    pub fn open(path: &Path, name: &str) -> Result<Self, StoreError> {
        Ok(Self {
            conn: open::guest(path)?,
            name: name.to_owned(),
        })
    }

    /// Where it stands; nothing when it is new.
    ///
    /// # Errors
    /// Of SQLite.
    pub fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        let mut select = self
            .conn
            .prepare_cached("SELECT db_id, epoch, seq FROM _consumer WHERE name = ?1")?;
        let cursor = select.query_row([&self.name], |row| {
            Ok(Cursor {
                life: Some(Life {
                    db_id: row.get(0)?,
                    epoch: row.get(1)?,
                }),
                seq: row.get(2)?,
            })
        });
        Ok(cursor.optional()?)
    }

    /// Remembers that everything up to `seq` has been handed over, however long the writer's lock
    /// is held by others.
    ///
    /// # Errors
    /// Of SQLite, a lock excepted.
    pub fn acknowledge(&self, life: &Life, seq: i64, at: Timestamp) -> Result<(), StoreError> {
        let mut upsert = self.conn.prepare_cached(
            "INSERT INTO _consumer VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET db_id = excluded.db_id, epoch = excluded.epoch, seq = excluded.seq, at = excluded.at",
        )?;
        loop {
            let moved = upsert.execute(params![self.name, life.db_id, life.epoch, seq, at]);
            match moved.map_err(StoreError::from) {
                Ok(_) => return Ok(()),
                Err(error) if error.is_passing() => std::thread::sleep(AGAIN),
                Err(error) => return Err(error),
            }
        }
    }
}

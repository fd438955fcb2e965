//! Reading a database for as long as it exists, whichever file bears its name.
//!
//! A restore puts another file in the place of the database. Who has the old one open goes on
//! reading it, and would wait for ever for changes in a file that nobody writes.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{StoreError, open};

/// A reading connection that can be renewed.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    conn: Connection,
    file: Option<Identity>,
}

/// Device and number of a file.
type Identity = (u64, u64);

impl Follow {
    /// Opens the database for reading.
    ///
    /// # Errors
    /// As [`open::reader`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // Looked at first: a file that is put there in between is then noticed.
        let file = identity(path);
        Ok(Self {
            path: path.to_owned(),
            conn: open::reader(path)?,
            file,
        })
    }

    /// The connection of now.
    #[must_use]
    pub fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Opens the database again if its path leads to another file. One that is gone is waited for.
    ///
    /// # Errors
    /// As [`open::reader`].
    pub fn renew(&mut self) -> Result<(), StoreError> {
        let file = identity(&self.path);
        if file.is_some() && file != self.file {
            *self = Self::open(&self.path)?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<Identity> {
    None
}

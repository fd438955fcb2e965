//! What is known of sites: one row for each host, in the form that the extractor gave it.
//!
//! The store does not know what is in there. A page that is committed brings its [`Lesson`], which
//! is applied to the row in the same transaction, so that no lesson of two pages of a host is lost.

use std::fmt::Debug;

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, events};
use crate::model::{EventKind, Note, Subject, Timestamp};

/// The most hosts that are remembered; the one that was longest without a page goes first. At
/// 12 KB for a host that has been learned well, 120 MB.
const HOSTS_MAX: u32 = 10_000;

/// What is known of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Which blocks stood on how many of its pages.
    pub memory: Vec<u8>,
    /// How its latest articles came out.
    pub history: Vec<u8>,
}

/// What a page teaches of its site.
pub trait Lesson: Debug + Send {
    fn host(&self) -> &str;

    /// The version of the extractor: what another one has learned is forgotten.
    fn version(&self) -> u32;

    /// The site with this lesson learned, and what an operator should hear of it. May be asked
    /// again, when the transaction is tried again.
    fn learn(&self, known: &Site) -> (Site, Option<Note>);
}

/// What an extractor of this version knows of a host; nothing of one it has not seen.
///
/// # Errors
/// Of SQLite.
pub fn known(conn: &Connection, host: &str, version: u32) -> Result<Site, StoreError> {
    let mut select = conn
        .prepare_cached("SELECT memory, history FROM _site WHERE host = ?1 AND extractor = ?2")?;
    let site = select
        .query_row(params![host, version], |row| {
            Ok(Site {
                memory: row.get(0)?,
                history: row.get(1)?,
            })
        })
        .optional()?;
    Ok(site.unwrap_or_default())
}

/// Applies a lesson.
pub(super) fn learn(
    conn: &Connection,
    lesson: &dyn Lesson,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (host, version) = (lesson.host(), lesson.version());
    let (site, note) = lesson.learn(&known(conn, host, version)?);
    let changed = conn
        .prepare_cached(
            "UPDATE _site SET extractor = ?2, memory = ?3, history = ?4, updated_at = ?5 WHERE host = ?1",
        )?
        .execute(params![host, version, site.memory, site.history, at])?;
    if changed == 0 {
        conn.prepare_cached("INSERT INTO _site (host, extractor, memory, history, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![host, version, site.memory, site.history, at])?;
        forget(conn, HOSTS_MAX, at)?;
    }
    match note {
        Some(note) => events::note(conn, &note, at),
        None => Ok(()),
    }
}

/// Forgets all but the latest `most` hosts. What nothing is known of is no longer seen to drift.
fn forget(conn: &Connection, most: u32, at: Timestamp) -> Result<(), StoreError> {
    let mut forget = conn.prepare_cached(
        "DELETE FROM _site WHERE host IN (
             SELECT host FROM _site ORDER BY updated_at DESC LIMIT -1 OFFSET ?1)
         RETURNING host",
    )?;
    let mut hosts = forget.query([most])?;
    while let Some(row) = hosts.next()? {
        let end = Note::Closes(EventKind::Drift, Subject::Host(row.get(0)?));
        events::note(conn, &end, at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_forgotten_drifts_no_longer_and_the_others_still_do() {
        let mut conn = Connection::open_in_memory().expect("memory");
        crate::store::migrate::migrate(&mut conn, std::path::Path::new("memory"))
            .expect("migrations");
        for (n, host) in (0..).zip(["old.example", "new.example"]) {
            conn.execute(
                "INSERT INTO _site VALUES (?1, 1, x'', x'', ?2)",
                params![host, Timestamp::from_secs(n)],
            )
            .expect("a site");
            let drift = Note::Opens {
                kind: EventKind::Drift,
                subject: Subject::Host(host.to_owned()),
                what: String::new(),
                evidence: Vec::new(),
            };
            events::note(&conn, &drift, Timestamp::from_secs(n)).expect("an event");
        }
        forget(&conn, 1, Timestamp::from_secs(2)).expect("forgotten");
        let open = events::hosts(&conn, EventKind::Drift).expect("events");
        assert_eq!(open, ["new.example"]);
    }
}

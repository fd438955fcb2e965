//! Events: what began and ended that an operator should know of.
//!
//! A kind is open at most once for a subject, which a unique index holds. So whoever sees a thing
//! says what is the case, as often as it likes, and the row opens once and closes once.
//! Anybody may: `NoteEvents` is the request, [`note`] the same inside another one.

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::StoreError;
use super::request::Change;
use super::writer::Work;
use crate::model::{EventKind, Evidence, Fact, FeedId, Note, Subject, Timestamp};

/// Opens and closes events.
#[derive(Debug)]
pub struct NoteEvents {
    pub notes: Vec<Note>,
    pub at: Timestamp,
}

impl Change for NoteEvents {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        for step in &self.notes {
            note(work.conn, step, self.at)?;
        }
        Ok(())
    }
}

/// Takes one step in the life of an event.
pub(super) fn note(conn: &Connection, step: &Note, at: Timestamp) -> Result<(), StoreError> {
    match step {
        Note::Opens {
            kind,
            subject,
            what,
            evidence,
        } => {
            let (feed, host) = columns(subject);
            conn.prepare_cached(
                "INSERT INTO _event (kind, feed_id, host, opened_at, what, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (kind, coalesce(feed_id, 0), coalesce(host, '')) WHERE closed_at IS NULL
                 DO UPDATE SET what = excluded.what, evidence = excluded.evidence",
            )?
            .execute(params![kind.token(), feed, host, at, what, as_json(evidence)])?;
        }
        Note::Closes(kind, subject) => {
            let (feed, host) = columns(subject);
            conn.prepare_cached(
                "UPDATE _event SET closed_at = ?4
                 WHERE kind = ?1 AND coalesce(feed_id, 0) = coalesce(?2, 0) AND coalesce(host, '') = coalesce(?3, '')
                   AND closed_at IS NULL",
            )?
            .execute(params![kind.token(), feed, host, at])?;
        }
    }
    Ok(())
}

/// Ends whatever is open for a feed: from now on it is another one's business.
pub(super) fn close_all(conn: &Connection, feed: FeedId, at: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE _event SET closed_at = ?2 WHERE feed_id = ?1 AND closed_at IS NULL",
    )?
    .execute(params![feed, at])?;
    Ok(())
}

fn columns(subject: &Subject) -> (Option<FeedId>, Option<&str>) {
    match subject {
        Subject::Feed(feed) => (Some(*feed), None),
        Subject::Host(host) => (None, Some(host)),
        Subject::Here => (None, None),
    }
}

fn as_json(evidence: &Evidence) -> String {
    let facts: Map<String, Value> = evidence
        .iter()
        .map(|(name, fact)| {
            let value = match fact {
                Fact::Text(text) => json!(text),
                Fact::Count(count) => json!(count),
                Fact::Number(number) => json!(number),
                Fact::At(at) => json!(at.to_string()),
            };
            ((*name).to_owned(), value)
        })
        .collect();
    Value::Object(facts).to_string()
}

/// The kinds that are open for a feed, from the list that a claim reads.
pub(super) fn kinds(list: Option<&str>) -> Vec<EventKind> {
    list.unwrap_or_default()
        .split(',')
        .filter_map(EventKind::from_token)
        .collect()
}

/// An event, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub kind: String,
    /// The feed's name or address, or the host; empty for what concerns this machine.
    pub subject: String,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub what: String,
    /// JSON.
    pub evidence: String,
}

/// Open events, the newest first.
///
/// # Errors
/// Of SQLite.
pub fn open(conn: &Connection, limit: u32) -> Result<Vec<Told>, StoreError> {
    let mut select = conn.prepare(
        "SELECT v.kind, coalesce(f.name, f.url, v.host, ''), v.opened_at, v.closed_at, v.what, v.evidence
         FROM _event v LEFT JOIN _feed f ON f.id = v.feed_id
         WHERE v.closed_at IS NULL ORDER BY v.opened_at DESC, v.id DESC LIMIT ?1",
    )?;
    let rows = select.query_map([limit], told)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Events of a feed and of its hosts: the open ones, and of the closed ones the latest `closed`; the
/// newest first.
///
/// # Errors
/// Of SQLite.
pub fn of_feed(conn: &Connection, feed: FeedId, closed: u32) -> Result<Vec<Told>, StoreError> {
    let mut select = conn.prepare(
        "WITH mine AS (
             SELECT v.* FROM _event v JOIN _feed f ON f.id = ?1
             WHERE v.feed_id = f.id OR v.host = f.host OR (v.feed_id IS NULL AND v.host IS NULL AND v.closed_at IS NULL))
         SELECT kind, coalesce(host, ''), opened_at, closed_at, what, evidence FROM mine
         WHERE closed_at IS NULL OR id IN (SELECT id FROM mine WHERE closed_at IS NOT NULL ORDER BY id DESC LIMIT ?2)
         ORDER BY closed_at IS NOT NULL, opened_at DESC, id DESC",
    )?;
    let rows = select.query_map(params![feed, closed], told)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told {
        kind: row.get(0)?,
        subject: row.get(1)?,
        opened_at: row.get(2)?,
        closed_at: row.get(3)?,
        what: row.get(4)?,
        evidence: row.get(5)?,
    })
}

/// Hosts with an open event of a kind.
///
/// # Errors
/// Of SQLite.
pub fn hosts(conn: &Connection, kind: EventKind) -> Result<Vec<String>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT host FROM _event WHERE kind = ?1 AND host IS NOT NULL AND closed_at IS NULL",
    )?;
    let hosts = select.query_map([kind.token()], |row| row.get(0))?;
    Ok(hosts.collect::<Result<_, _>>()?)
}

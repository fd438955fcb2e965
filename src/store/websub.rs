//! Subscriptions at hubs (W3C WebSub), and what hubs deliver.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fetches::{self, FetchRecord, Purpose};
use super::request::Change;
use super::writer::Work;
use super::{StoreError, entries, rows};
use crate::model::{FeedChanges, FeedId, Hub, Subscription, SubscriptionState, Timestamp};

/// Notes which hub a feed announces now; none any more when `hub` is `None`.
pub(super) fn note(
    conn: &Connection,
    feed: FeedId,
    hub: Option<&Hub>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(Hub { hub, topic }) = hub else {
        conn.prepare_cached(
            "UPDATE _websub SET state = 'leaving', next_at = ?2, failures = 0 WHERE feed_id = ?1 AND state <> 'leaving'",
        )?
        .execute(params![feed, at])?;
        return Ok(());
    };
    // Another hub or topic is another subscription: that at the old one runs out.
    conn.prepare_cached(
        "INSERT INTO _websub (feed_id, hub, topic, state, next_at) VALUES (?1, ?2, ?3, 'wanted', ?4)
         ON CONFLICT (feed_id) DO UPDATE
         SET hub = excluded.hub, topic = excluded.topic, state = 'wanted', next_at = excluded.next_at, failures = 0,
             token = NULL, secret = NULL, lease_until = NULL
         WHERE hub <> excluded.hub OR topic <> excluded.topic OR state = 'leaving'",
    )?
    .execute(params![feed, hub, topic, at])?;
    Ok(())
}

const COLUMNS: &str = "w.feed_id, f.url, w.hub, w.topic, w.state, w.token, w.secret, w.failures, f.state IN ('removed', 'gone'),
                       coalesce(f.merged_into, f.id), f.pages_compared, f.pages_added, f.polls, w.networks";

fn subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        feed: row.get(0)?,
        feed_url: row.get(1)?,
        hub: row.get(2)?,
        topic: row.get(3)?,
        state: SubscriptionState::from_token(&row.get::<_, String>(4)?)
            .unwrap_or(SubscriptionState::Wanted),
        token: row.get(5)?,
        secret: row.get(6)?,
        failures: row.get(7)?,
        removed: row.get(8)?,
        listed_under: row.get(9)?,
        pages_compared: row.get(10)?,
        pages_added: row.get(11)?,
        polls: u64::try_from(row.get::<_, i64>(12)?).unwrap_or(0),
        networks: rows::read_strings(row.get::<_, Option<String>>(13)?.as_deref()),
    })
}

/// Subscriptions whose hub is to be asked now, at most `limit`.
///
/// # Errors
/// Of SQLite.
pub fn due(conn: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Subscription>, StoreError> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM _websub w JOIN _feed f ON f.id = w.feed_id
         WHERE w.next_at <= ?1 OR (f.state IN ('removed', 'gone') AND w.state <> 'leaving') ORDER BY w.next_at LIMIT ?2"
    ))?;
    let rows = select.query_map(params![now, limit], subscription)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next hub is to be asked.
///
/// # Errors
/// Of SQLite.
pub fn next_due(conn: &Connection) -> Result<Option<Timestamp>, StoreError> {
    Ok(conn.query_row("SELECT min(next_at) FROM _websub", [], |row| row.get(0))?)
}

/// The subscription whose callback address ends in a token.
///
/// # Errors
/// Of SQLite.
pub fn of_token(conn: &Connection, token: &str) -> Result<Option<Subscription>, StoreError> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM _websub w JOIN _feed f ON f.id = w.feed_id WHERE w.token = ?1"
    ))?;
    Ok(select.query_row([token], subscription).optional()?)
}

/// A step in the life of a subscription.
#[derive(Debug)]
pub struct SetSubscription {
    pub feed: FeedId,
    pub step: SubscriptionStep,
}

/// See [`SetSubscription`].
#[derive(Debug, Clone)]
pub enum SubscriptionStep {
    /// The hub is being asked; if it does not call back, again at `next_at`.
    Asked {
        /// What our callback addresses begin with.
        callback: String,
        token: String,
        secret: Vec<u8>,
        /// A JSON array.
        networks: String,
        next_at: Timestamp,
    },
    /// The hub was asked in vain.
    Failed { detail: String },
    /// The hub has called back.
    Active {
        lease_until: Timestamp,
        next_at: Timestamp,
    },
    /// The hub does not want us.
    Denied { reason: String, next_at: Timestamp },
    /// It is to be ended.
    Leaving { next_at: Timestamp },
    /// It has ended.
    Ended,
    /// A delivery was not signed as agreed.
    Rejected,
}

impl Change for SetSubscription {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let (conn, feed) = (work.conn, self.feed);
        match &self.step {
            // A renewal leaves an active subscription as it is.
            SubscriptionStep::Asked { callback, token, secret, networks, next_at } => conn
                .prepare_cached(
                    "UPDATE _websub SET state = CASE WHEN state IN ('active', 'leaving') THEN state ELSE 'asked' END,
                            callback = ?2, token = ?3, secret = ?4, networks = ?5, next_at = ?6, failures = failures + 1
                     WHERE feed_id = ?1",
                )?
                .execute(params![feed, callback, token, secret, networks, next_at])?,
            SubscriptionStep::Failed { detail } => conn
                .prepare_cached("UPDATE _websub SET detail = ?2 WHERE feed_id = ?1")?
                .execute(params![feed, detail])?,
            SubscriptionStep::Active { lease_until, next_at } => conn
                .prepare_cached(
                    "UPDATE _websub SET state = 'active', lease_until = ?2, next_at = ?3, failures = 0, detail = NULL
                     WHERE feed_id = ?1",
                )?
                .execute(params![feed, lease_until, next_at])?,
            SubscriptionStep::Denied { reason, next_at } => conn
                .prepare_cached(
                    "UPDATE _websub SET state = 'denied', lease_until = NULL, next_at = ?2, detail = ?3 WHERE feed_id = ?1",
                )?
                .execute(params![feed, next_at, reason])?,
            SubscriptionStep::Leaving { next_at } => conn
                .prepare_cached("UPDATE _websub SET state = 'leaving', next_at = ?2, failures = 0 WHERE feed_id = ?1")?
                .execute(params![feed, next_at])?,
            SubscriptionStep::Ended => conn
                .prepare_cached("DELETE FROM _websub WHERE feed_id = ?1")?
                .execute([feed])?,
            SubscriptionStep::Rejected => conn
                .prepare_cached("UPDATE _websub SET rejected = rejected + 1 WHERE feed_id = ?1")?
                .execute([feed])?,
        };
        Ok(())
    }
}

/// What a hub has delivered. The poll's state (validators, due times) stays as it is: nothing was asked.
#[derive(Debug)]
pub struct CommitDelivery {
    /// Whose subscription it is.
    pub subscribed: FeedId,
    /// Under which the entries are listed.
    pub feed: FeedId,
    pub at: Timestamp,
    pub changes: FeedChanges,
    pub fetch_pages: bool,
    pub record: FetchRecord,
}

impl Change for CommitDelivery {
    /// Entries that were new, and edited.
    type Reply = (usize, usize);

    fn apply(&self, work: &mut Work<'_>) -> Result<(usize, usize), StoreError> {
        let conn = work.conn;
        let mut new = 0;
        for entry in &self.changes.new {
            new += usize::from(entries::insert(
                conn,
                self.feed,
                entry,
                self.fetch_pages,
                self.at,
            )?);
        }
        for edit in &self.changes.edited {
            entries::edit(conn, self.feed, edit, self.fetch_pages, self.at)?;
        }
        if new > 0 {
            conn.prepare_cached("UPDATE _feed SET last_new_at = ?2 WHERE id = ?1")?
                .execute(params![self.feed, self.at])?;
        }
        conn.prepare_cached(
            "UPDATE _websub SET deliveries = deliveries + 1, last_delivery_at = ?2 WHERE feed_id = ?1",
        )?
        .execute(params![self.subscribed, self.at])?;
        fetches::insert(conn, self.feed, Purpose::Delivery, &self.record)?;
        Ok((new, self.changes.edited.len()))
    }
}

/// Has every subscription made anew whose callback address began otherwise.
#[derive(Debug)]
pub struct MoveCallbacks {
    pub callback: String,
    pub at: Timestamp,
}

impl Change for MoveCallbacks {
    type Reply = ();

    fn apply(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        work.conn.execute(
            "UPDATE _websub SET state = CASE state WHEN 'leaving' THEN state ELSE 'wanted' END,
                    token = NULL, secret = NULL, lease_until = NULL, next_at = ?2, failures = 0
             WHERE callback IS NOT ?1 AND token IS NOT NULL",
            params![self.callback, self.at],
        )?;
        Ok(())
    }
}

//! Feeds taken for polling: what the database remembers of them goes along.

use rusqlite::{OptionalExtension, Row, params};

use super::StoreError;
use super::events;
use super::request::Change;
use super::rows;
use super::writer::Work;
use crate::model::{
    DueFeed, FeedId, Lease, Moving, PublisherHints, SkipDays, Timestamp, Validators,
};

/// Takes feeds for polling, each that nobody else has. While an adopted address fails, every
/// fourth try goes to the one in the configuration: the move may have been a mistake.
#[derive(Debug)]
pub struct ClaimFeeds {
    pub feeds: Vec<FeedId>,
    pub lease: Lease,
    pub at: Timestamp,
    /// When the claim ends by itself.
    pub until: Timestamp,
}

impl Change for ClaimFeeds {
    type Reply = Vec<DueFeed>;

    fn apply(&self, work: &mut Work<'_>) -> Result<Vec<DueFeed>, StoreError> {
        let mut claim = work.conn.prepare_cached(
            "UPDATE _feed SET lease = ?2, leased_until = ?4
             WHERE id = ?1 AND state IN ('active', 'gone') AND next_poll_at <= ?3 AND (leased_until IS NULL OR leased_until <= ?3)
             RETURNING id, lease, CASE WHEN failures % 4 = 3 THEN url ELSE coalesce(effective_url, url) END, url, etag, last_modified, variant, body_hash,
                       last_poll_at, last_new_at, last_full_at, interval_ms, ttl_ms, skip_hours, skip_days,
                       failures, failing_since,
                       polls,
                       pages_compared, pages_added, validators_url,
                       gone_seen, moving_to, moving_since, moving_seen, distrusted_at IS NOT NULL, last_ok_at,
                       EXISTS (SELECT 1 FROM _websub w WHERE w.feed_id = _feed.id AND w.state = 'active' AND w.lease_until > ?3),
                       (SELECT group_concat(kind) FROM _event WHERE feed_id = _feed.id AND closed_at IS NULL),
                       (SELECT profile FROM _profile WHERE feed_id = _feed.id), next_poll_reason, created_at",
        )?;
        let mut claimed = Vec::with_capacity(self.feeds.len());
        for feed in &self.feeds {
            claimed.extend(
                claim
                    .query_row(params![feed, self.lease, self.at, self.until], due_feed)
                    .optional()?,
            );
        }
        Ok(claimed)
    }
}

fn due_feed(row: &Row<'_>) -> rusqlite::Result<DueFeed> {
    Ok(DueFeed {
        id: row.get(0)?,
        lease: row.get(1)?,
        url: row.get(2)?,
        configured_url: row.get(3)?,
        validators: Validators {
            etag: row.get(4)?,
            last_modified: row.get(5)?,
        },
        variant: row.get::<_, Option<_>>(6)?.unwrap_or_default(),
        body_hash: row.get(7)?,
        last_poll_at: row.get(8)?,
        last_new_at: row.get(9)?,
        last_full_at: row.get(10)?,
        interval: rows::duration(row.get(11)?),
        hints: hints(row, 12)?,
        failures: u32::try_from(row.get::<_, i64>(15)?).unwrap_or(u32::MAX),
        failing_since: row.get(16)?,
        polls: u64::try_from(row.get::<_, i64>(17)?).unwrap_or(0),
        pages_compared: row.get(18)?,
        pages_added: row.get(19)?,
        validators_url: row.get(20)?,
        gone_seen: row.get(21)?,
        moving: moving(row)?,
        distrusted: row.get(25)?,
        last_ok_at: row.get(26)?,
        subscribed: row.get(27)?,
        open_events: events::kinds(row.get::<_, Option<String>>(28)?.as_deref()),
        profile: row.get::<_, Option<_>>(29)?.unwrap_or_default(),
        due_by: row.get(30)?,
        created_at: row.get(31)?,
    })
}

fn moving(row: &Row<'_>) -> rusqlite::Result<Option<Moving>> {
    let (to, since): (Option<String>, Option<Timestamp>) = (row.get(22)?, row.get(23)?);
    let seen = row.get(24)?;
    Ok(to.zip(since).map(|(to, since)| Moving { to, since, seen }))
}

/// What the document asks for: the columns `ttl_ms`, `skip_hours` and `skip_days`, from one on.
pub(super) fn hints(row: &Row<'_>, from: usize) -> rusqlite::Result<PublisherHints> {
    let days: i64 = row.get(from + 2)?;
    Ok(PublisherHints {
        ttl: rows::duration(row.get(from)?),
        skip_hours: hours(row.get(from + 1)?),
        skip_days: SkipDays::from_bits(u8::try_from(days & 0x7f).unwrap_or(0)),
    })
}

fn hours(bits: i64) -> std::collections::BTreeSet<u8> {
    (0..24).filter(|hour| bits & (1 << hour) != 0).collect()
}

/// One bit per hour.
pub(super) fn hour_bits(hints: &PublisherHints) -> i64 {
    hints
        .skip_hours
        .iter()
        .filter(|hour| **hour < 24)
        .fold(0, |bits, hour| bits | 1 << hour)
}

//! The end of a poll: feed state, entries and log, in one transaction.

use std::time::Duration;

use rusqlite::params;

use super::fetches::{self, FetchRecord, Purpose};
use super::gaps::{self, Gap};
use super::request::Change;
use super::writer::Work;
use super::{StoreError, claim, entries, events, rows, twins, websub};
use crate::model::{
    FailureKind, FeedChanges, FeedId, FeedKind, Hub, Lease, Moving, Note, OpenGap, PollOutcome,
    PublisherHints, Timestamp, Validators,
};

/// Everything that one poll leaves behind.
#[derive(Debug)]
pub struct CommitPoll {
    pub feed: FeedId,
    pub lease: Lease,
    pub at: Timestamp,
    pub outcome: Result<PollOutcome, FailureKind>,
    pub next: Due,
    /// What was received, when something was.
    pub answer: Option<Answer>,
    /// What the document said, when it was read.
    pub document: Option<Document>,
    pub changes: FeedChanges,
    /// Present when entries may have been missed.
    pub gap: Option<Gap>,
    /// What the redirects say of the feed's address.
    pub address: Address,
    /// Where the document was found, when it may be the document of another feed as well.
    pub found_at: Option<Found>,
    /// True when 410 is believed.
    pub gone: bool,
    /// Whether the pages of new and edited entries are fetched.
    pub fetch_pages: bool,
    /// Until when the server asked for patience, said or unsaid.
    pub patience: Option<Timestamp>,
    /// What it was asked with, when that was refused.
    pub refused_with: Option<Vec<u8>>,
    /// When the feed publishes, where this poll has taught something.
    pub profile: Option<Vec<u8>>,
    /// What has begun or ended with this poll.
    pub notes: Vec<Note>,
    pub record: FetchRecord,
}

/// Where the feed is asked for from now on.
#[derive(Debug, Clone)]
pub enum Address {
    /// Where it was; with the move that is being watched.
    Stays(Option<Moving>),
    /// Here.
    Moves(String),
    /// Where the configuration says.
    Returns,
}

/// Where a document was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub url: String,
    /// It is the address of the configuration, and no redirect led there.
    pub at_home: bool,
    /// When it is looked there again if it is another feed's.
    pub look_again: Due,
}

/// When the feed is polled next.
#[derive(Debug, Clone)]
pub struct Due {
    pub at: Timestamp,
    /// The rule that decided.
    pub reason: String,
    /// The adaptive interval as learned now.
    pub interval: Option<Duration>,
}

/// What the next request is made with.
#[derive(Debug, Clone)]
pub struct Answer {
    pub validators: Validators,
    /// The address that gave them.
    pub url: String,
    /// The request variant they belong to.
    pub variant: Vec<u8>,
    /// True for a 200: validators it did not send are forgotten. A 304 only replaces what it sent.
    pub full: bool,
    /// The server has been caught at calling a changed document not modified.
    pub distrusted: bool,
}

/// What the document says of the feed.
#[derive(Debug, Clone)]
pub struct Document {
    pub body_hash: Vec<u8>,
    pub kind: FeedKind,
    pub title: Option<String>,
    pub description: Option<String>,
    pub site_url: Option<String>,
    pub lang: Option<String>,
    pub hints: PublisherHints,
    /// The hub that it announces.
    pub hub: Option<Hub>,
    pub repaired: Vec<&'static str>,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PollCommitted {
    pub new: usize,
    pub edited: usize,
    /// The document is another feed's: nothing of it was written.
    pub merged: bool,
    /// A gap that older documents may close.
    pub open_gap: Option<OpenGap>,
}

impl Change for CommitPoll {
    type Reply = PollCommitted;

    fn apply(&self, work: &mut Work<'_>) -> Result<PollCommitted, StoreError> {
        self.write_visit(work)?;
        self.write_address(work)?;
        self.write_answer(work)?;
        if twins::settle(work.conn, self)? {
            events::close_all(work.conn, self.feed, self.at)?;
            fetches::insert(work.conn, self.feed, Purpose::Feed, &self.record)?;
            return Ok(PollCommitted {
                merged: true,
                ..PollCommitted::default()
            });
        }
        self.write_gap(work)?;
        self.write_document(work)?;
        let mut done = PollCommitted::default();
        for entry in &self.changes.new {
            done.new += usize::from(entries::insert(
                work.conn,
                self.feed,
                entry,
                self.fetch_pages,
                self.at,
            )?);
        }
        for edit in &self.changes.edited {
            entries::edit(work.conn, self.feed, edit, self.fetch_pages, self.at)?;
            done.edited += 1;
        }
        if done.new > 0 {
            work.conn
                .prepare_cached("UPDATE _feed SET last_new_at = ?2 WHERE id = ?1")?
                .execute(params![self.feed, self.at])?;
        }
        if let Some(profile) = &self.profile {
            work.conn
                .prepare_cached("INSERT OR REPLACE INTO _profile VALUES (?1, ?2)")?
                .execute(params![self.feed, profile])?;
        }
        for note in &self.notes {
            events::note(work.conn, note, self.at)?;
        }
        fetches::insert(work.conn, self.feed, Purpose::Feed, &self.record)?;
        if self.outcome.is_ok() {
            done.open_gap = gaps::open(work.conn, self.feed)?;
        }
        Ok(done)
    }
}

impl CommitPoll {
    fn write_gap(&self, work: &Work<'_>) -> Result<(), StoreError> {
        let Some(gap) = &self.gap else {
            return Ok(());
        };
        let dates = self.changes.new.iter().filter_map(|entry| entry.published);
        gaps::insert(work.conn, self.feed, gap, dates.min(), self.at)
    }

    fn write_visit(&self, work: &Work<'_>) -> Result<(), StoreError> {
        let outcome = self
            .outcome
            .map_or_else(FailureKind::token, PollOutcome::token);
        let written = work
            .conn
            .prepare_cached(
                "UPDATE _feed
                 SET lease = NULL, leased_until = NULL, next_poll_at = ?3, next_poll_reason = ?4,
                     interval_ms = coalesce(?5, interval_ms), last_poll_at = ?6, last_status = ?7, last_outcome = ?8,
                     last_detail = ?9, polls = polls + 1, polls_304 = polls_304 + ?10, bytes_in = bytes_in + ?11,
                     last_ok_at = CASE WHEN ?12 THEN ?6 ELSE last_ok_at END,
                     patience_until = ?13, refused_with = ?14,
                     failures = CASE WHEN ?12 THEN 0 ELSE failures + 1 END,
                     failing_since = CASE WHEN ?12 THEN NULL ELSE coalesce(failing_since, ?6) END
                 WHERE id = ?1 AND lease = ?2",
            )?
            .execute(params![
                self.feed,
                self.lease,
                self.next.at,
                self.next.reason,
                self.next.interval.map(rows::millis),
                self.at,
                self.record.status,
                outcome,
                self.record.detail,
                self.record.status == Some(304),
                rows::count(self.record.bytes),
                self.outcome.is_ok(),
                self.patience,
                self.refused_with,
            ])?;
        if written == 1 {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }

    fn write_address(&self, work: &Work<'_>) -> Result<(), StoreError> {
        let gone_seen = self.outcome == Err(FailureKind::Gone);
        work.conn
            .prepare_cached(
                "UPDATE _feed SET gone_seen = CASE WHEN ?2 THEN gone_seen + 1 ELSE 0 END,
                        state = CASE WHEN ?3 THEN 'gone' WHEN ?4 AND state = 'gone' THEN 'active' ELSE state END
                 WHERE id = ?1 AND (?2 OR ?3 OR gone_seen > 0 OR state = 'gone')",
            )?
            .execute(params![self.feed, gone_seen, self.gone, self.outcome.is_ok()])?;
        let (effective, moving) = match &self.address {
            Address::Stays(moving) => (None, moving.as_ref()),
            Address::Moves(to) => (Some(to), None),
            Address::Returns => {
                let mut back = work.conn.prepare_cached(
                    "UPDATE _feed SET effective_url = NULL, moving_to = NULL, moving_since = NULL, moving_seen = 0
                     WHERE id = ?1 AND (effective_url IS NOT NULL OR moving_to IS NOT NULL)",
                )?;
                back.execute([self.feed])?;
                return Ok(());
            }
        };
        // A failure says nothing about a move.
        if self.outcome.is_ok() {
            work.conn
                .prepare_cached(
                    "UPDATE _feed SET effective_url = coalesce(?2, effective_url), moving_to = ?3, moving_since = ?4, moving_seen = ?5
                     WHERE id = ?1 AND (?2 IS NOT NULL OR ?3 IS NOT NULL OR moving_to IS NOT NULL)",
                )?
                .execute(params![
                    self.feed,
                    effective,
                    moving.map(|moving| &moving.to),
                    moving.map(|moving| moving.since),
                    moving.map_or(0, |moving| moving.seen),
                ])?;
        }
        Ok(())
    }

    fn write_answer(&self, work: &Work<'_>) -> Result<(), StoreError> {
        let Some(answer) = &self.answer else {
            return Ok(());
        };
        let Validators {
            etag,
            last_modified,
        } = &answer.validators;
        work.conn
            .prepare_cached(
                "UPDATE _feed SET etag = CASE WHEN ?5 THEN ?2 ELSE coalesce(?2, etag) END,
                        last_modified = CASE WHEN ?5 THEN ?3 ELSE coalesce(?3, last_modified) END,
                        variant = ?4, validators_url = ?7,
                        last_full_at = CASE WHEN ?5 THEN ?6 ELSE last_full_at END,
                        distrusted_at = CASE WHEN ?8 THEN coalesce(distrusted_at, ?6) END
                 WHERE id = ?1",
            )?
            .execute(params![
                self.feed,
                etag,
                last_modified,
                answer.variant,
                answer.full,
                self.at,
                answer.url,
                answer.distrusted
            ])?;
        Ok(())
    }

    fn write_document(&self, work: &Work<'_>) -> Result<(), StoreError> {
        let Some(document) = &self.document else {
            return Ok(());
        };
        websub::note(work.conn, self.feed, document.hub.as_ref(), self.at)?;
        let repaired: Vec<String> = document
            .repaired
            .iter()
            .map(|token| (*token).to_owned())
            .collect();
        work.conn
            .prepare_cached(
                "UPDATE _feed SET body_hash = ?2, kind = ?3, title = ?4, description = ?5, site_url = ?6, lang = ?7,
                        ttl_ms = ?8, skip_hours = ?9, skip_days = ?10, repaired = ?11, updated_at = ?12
                 WHERE id = ?1",
            )?
            .execute(params![
                self.feed,
                document.body_hash,
                document.kind.token(),
                document.title,
                document.description,
                document.site_url,
                document.lang,
                document.hints.ttl.map(rows::millis),
                claim::hour_bits(&document.hints),
                document.hints.skip_days.bits(),
                rows::strings(&repaired),
                self.at,
            ])?;
        Ok(())
    }
}

//! What a poll leaves behind: from what was received and read to what is committed.

use std::time::Duration;

use super::mill::{Mill, Orders};
use crate::config::{Feed, FullText};
use crate::feed;
use crate::fetch::redact;
use crate::model::{
    DueFeed, FailureKind, FeedChanges, FetchFailure, Fetched, Freshness, ParsedEntry, ParsedFeed,
    PollOutcome, Timestamp,
};
use crate::schedule::{self, Answer, NextPoll, Profile, Question, Reason, Visit, next_poll};
use crate::store::{CommitPoll, FetchRecord, Gap, polls};

/// What was received and read, on its way to the commit.
pub(super) struct Visited {
    pub outcome: Result<PollOutcome, FailureKind>,
    pub detail: Option<String>,
    pub fetched: Option<Fetched>,
    pub parsed: Option<(ParsedFeed, Vec<u8>)>,
    pub changes: FeedChanges,
}

impl Visited {
    pub fn failed(
        kind: FailureKind,
        detail: impl Into<Option<String>>,
        fetched: Option<Fetched>,
    ) -> Self {
        Self {
            outcome: Err(kind),
            detail: detail.into(),
            fetched,
            parsed: None,
            changes: FeedChanges::default(),
        }
    }

    pub fn quiet(outcome: PollOutcome, fetched: Fetched) -> Self {
        Self {
            outcome: Ok(outcome),
            detail: None,
            fetched: Some(fetched),
            parsed: None,
            changes: FeedChanges::default(),
        }
    }
}

/// How a feed was asked.
pub(super) struct Asked {
    pub variant: Vec<u8>,
    /// What a server that wants credentials looks at.
    pub with: Vec<u8>,
    pub at: Timestamp,
    /// Why no validators were sent, where none were.
    pub unconditional: Option<&'static str>,
}

/// Everything that a poll knows, as it is committed.
pub(super) fn commit(
    mill: &Mill,
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
    visited: Visited,
    failure: Option<&FetchFailure>,
    asked: Asked,
) -> CommitPoll {
    let now = mill.clock.now();
    let schedule = &orders.config.schedule;
    let older = visited
        .parsed
        .as_ref()
        .and_then(|(parsed, _)| parsed.older.clone());
    let distrusted = is_distrusted(schedule, due, &visited, &asked);
    let answer = answer(due, &visited, failure, distrusted, now);
    let before = Profile::read(&due.profile);
    let learned = learned(before.as_ref(), due, &visited.changes, now);
    let profile = learned.as_ref().or(before.as_ref());
    let mut load = mill.load();
    load.forget_before(now);
    let next = next_poll(&Question {
        settings: schedule,
        pace: told.settings.pace.as_ref().unwrap_or(&orders.config.pace),
        splay: told.settings.splay.unwrap_or(schedule.splay),
        backstop: backstop(orders, due),
        respect_cache_control: told.settings.respect_cache_control,
        feed: due,
        profile,
        answer: &answer,
        asked_at: asked.at,
        now,
        chance: mill.clock.chance(),
        load: &load,
    });
    load.add(next.at);
    drop(load);
    let Visited {
        outcome,
        detail,
        fetched,
        parsed,
        changes,
    } = visited;
    // Only the cap of new entries was taken: more waits than the usual time should pass.
    let deferred = changes.deferred > 0;
    let keep = fetched
        .as_ref()
        .filter(|_| outcome.is_ok() && !deferred && is_whole(parsed.as_ref()));
    let gap = changes
        .gap
        .then(|| gap(due, &changes.new, fetched.as_ref(), older));
    let look_again = schedule::next_look(schedule, now, mill.clock.chance());
    let found_at = keep.and_then(|fetched| found(told, due, fetched, look_again));
    let refused = outcome.is_err_and(FailureKind::is_about_credentials);
    let gone = outcome.is_err_and(|kind| schedule::is_gone(schedule, due, kind, now));
    let address = address(schedule, due, fetched.as_ref(), outcome.is_ok(), now);
    let notes = schedule::standing(&schedule::Seen {
        feed: due,
        profile,
        visit: answer.visit,
        status: fetched.as_ref().map(|fetched| fetched.status),
        address: &address,
        gone,
        now,
    });
    CommitPoll {
        feed: due.id,
        lease: due.lease,
        at: now,
        outcome,
        next: due_at(&next),
        patience: patience(schedule, &answer, &next, now),
        refused_with: refused.then_some(asked.with),
        found_at,
        gone,
        address: stored(address),
        answer: keep.map(|fetched| polls::Answer {
            validators: fetched.validators.clone(),
            url: fetched.url.clone(),
            variant: asked.variant,
            full: fetched.status != 304,
            distrusted,
        }),
        document: parsed.map(|(parsed, hash)| {
            let hash = if deferred { Vec::new() } else { hash };
            document(parsed, fetched.as_ref(), hash)
        }),
        fetch_pages: wants_pages(
            told.settings
                .full_text
                .unwrap_or(orders.config.articles.full_text),
            due.pages_compared,
            due.pages_added,
            due.polls,
        ),
        gap,
        profile: learned.map(|learned| learned.to_bytes()),
        notes,
        changes,
        record: record(
            due,
            fetched.as_ref(),
            failure,
            (outcome, detail),
            asked.unconditional,
            now,
        ),
    }
}

/// Validators of a body that was not read, or not read to its end, are not kept: they would make the
/// server say "not modified" about something we never had. A document that breaks off is believed
/// when the same comes again: then it is not read at all.
fn is_whole(parsed: Option<&(ParsedFeed, Vec<u8>)>) -> bool {
    parsed.is_none_or(|(parsed, _)| feed::is_whole(parsed))
}

/// Where the document was found, for the feeds that lead to the same one.
fn found(told: &Feed, due: &DueFeed, fetched: &Fetched, again: Timestamp) -> Option<polls::Found> {
    // A document that is asked for with headers of a feed's own may be another one for everybody else.
    let shared = told.settings.headers.is_empty() && told.settings.credentials.is_none();
    shared.then(|| polls::Found {
        url: fetched.url.clone(),
        at_home: due.url == due.configured_url && fetched.redirects.is_empty(),
        look_again: polls::Due {
            at: again,
            reason: Reason::Merged.token().to_owned(),
            interval: None,
        },
    })
}

/// A gap that ends with `window`, and the older document, which may close it.
fn gap(
    due: &DueFeed,
    window: &[ParsedEntry],
    fetched: Option<&Fetched>,
    older: Option<String>,
) -> Gap {
    let from = due.last_ok_at.unwrap_or(due.created_at);
    // Of a feed that was never read, no older document says that it is old enough.
    let older = older.filter(|_| due.last_ok_at.is_some());
    Gap {
        from,
        older: older.filter(|older| fetched.is_none_or(|fetched| *older != fetched.url)),
        missed: feed::missed(window, from),
    }
}

/// What the new entries teach of when the feed publishes.
fn learned(
    before: Option<&Profile>,
    due: &DueFeed,
    changes: &FeedChanges,
    now: Timestamp,
) -> Option<Profile> {
    let published: Vec<_> = changes.new.iter().map(|entry| entry.published).collect();
    Profile::learned(before, &published, due.last_poll_at, now)
}

/// Until when the server has asked to be left alone, in a header or by its status.
fn patience(
    settings: &schedule::Settings,
    answer: &Answer,
    next: &NextPoll,
    now: Timestamp,
) -> Option<Timestamp> {
    let said = answer
        .retry_after
        .map(|wait| now.plus(wait.min(settings.retry_after_max)));
    let is_throttled = answer.visit == Visit::Failed(FailureKind::Throttled);
    said.or(is_throttled.then_some(next.at))
}

/// How seldom a feed need be polled whose hub delivers what is new.
fn backstop(orders: &Orders, due: &DueFeed) -> Option<Duration> {
    let websub = orders.config.websub.as_ref().filter(|_| due.subscribed);
    websub.map(|websub| websub.backstop)
}

fn stored(address: schedule::Address) -> polls::Address {
    match address {
        schedule::Address::Stays(moving) => polls::Address::Stays(moving),
        schedule::Address::Moves(to) => polls::Address::Moves(to),
        schedule::Address::Returns => polls::Address::Returns,
    }
}

/// Whether the server's 304 are not to be believed: what was known of it, or has just come out.
fn is_distrusted(
    settings: &schedule::Settings,
    due: &DueFeed,
    visited: &Visited,
    asked: &Asked,
) -> bool {
    let caught = |fetched: &Fetched| {
        schedule::revalidates(settings, due, asked.at)
            && schedule::is_caught(due, &fetched.validators, &visited.changes)
    };
    due.variant == asked.variant && (due.distrusted || visited.fetched.as_ref().is_some_and(caught))
}

/// The answer, as far as timing is concerned.
fn answer(
    due: &DueFeed,
    visited: &Visited,
    failure: Option<&FetchFailure>,
    distrusted: bool,
    now: Timestamp,
) -> Answer {
    let fetched = visited.fetched.as_ref();
    let held = || failure?.not_before.map(|until| until.since(now));
    let hints = visited.parsed.as_ref().map(|(parsed, _)| &parsed.hints);
    let can_ask = |fetched: &Fetched| fetched.status == 304 || !fetched.validators.is_empty();
    Answer {
        visit: match visited.outcome {
            Ok(PollOutcome::NotModified) => Visit::NotModified,
            Ok(PollOutcome::Unchanged) => Visit::Unchanged,
            Ok(PollOutcome::Changed) => Visit::Changed {
                new: visited.changes.new.len(),
                gap: visited.changes.gap,
            },
            Err(kind) => Visit::Failed(kind),
        },
        freshness: fetched.map_or(Freshness::default(), |fetched| fetched.freshness),
        retry_after: fetched
            .and_then(|fetched| fetched.retry_after)
            .or_else(held),
        hints: hints.unwrap_or(&due.hints).clone(),
        validators: !distrusted && fetched.is_some_and(can_ask),
    }
}

/// What the redirects of a poll say of the feed's address; a failure says nothing.
fn address(
    settings: &schedule::Settings,
    due: &DueFeed,
    fetched: Option<&Fetched>,
    ok: bool,
    now: Timestamp,
) -> schedule::Address {
    match fetched.filter(|_| ok) {
        Some(fetched) => schedule::judge_address(settings, due, &fetched.redirects, now),
        None => schedule::Address::Stays(due.moving.clone()),
    }
}

fn due_at(next: &NextPoll) -> polls::Due {
    polls::Due {
        at: next.at,
        reason: next.reason.token().to_owned(),
        interval: next.interval,
    }
}

fn document(parsed: ParsedFeed, fetched: Option<&Fetched>, body_hash: Vec<u8>) -> polls::Document {
    let hub = fetched.and_then(|from| feed::hub(&from.links, Some(&parsed), &from.url));
    polls::Document {
        hub,
        body_hash,
        kind: parsed.kind,
        title: parsed.title,
        description: parsed.description,
        site_url: parsed.site_url,
        lang: parsed.lang,
        hints: parsed.hints,
        repaired: parsed.repaired,
    }
}

/// Whether the pages of a feed's entries are fetched.
pub(super) fn wants_pages(full_text: FullText, compared: u32, added: u32, polls: u64) -> bool {
    match full_text {
        FullText::Always => true,
        FullText::Never => false,
        FullText::Auto => schedule::wants_pages(compared, added, polls),
    }
}

fn record(
    due: &DueFeed,
    fetched: Option<&Fetched>,
    failure: Option<&FetchFailure>,
    (outcome, detail): (Result<PollOutcome, FailureKind>, Option<String>),
    unconditional: Option<&'static str>,
    at: Timestamp,
) -> FetchRecord {
    let url = fetched
        .map(|fetched| &fetched.url)
        .or(failure.map(|failure| &failure.url))
        .unwrap_or(&due.url);
    FetchRecord {
        at,
        url: redact(url),
        status: fetched.map(|fetched| fetched.status),
        outcome: outcome.map_or_else(FailureKind::token, PollOutcome::token),
        detail: detail.map(|detail| {
            outcome.err().map_or_else(
                || detail.clone(),
                |kind| format!("{}: {detail}", kind.words()),
            )
        }),
        conditional: fetched.is_some_and(|fetched| fetched.conditional),
        unconditional,
        due: Some(due.due_by.clone()),
        retry_after: fetched.and_then(|fetched| fetched.retry_after),
        bytes: fetched.map_or(0, |fetched| fetched.wire_bytes),
        elapsed: fetched
            .map(|fetched| fetched.elapsed)
            .or(failure.map(|failure| failure.elapsed))
            .unwrap_or_default(),
    }
}

//! What a poll leaves behind: from what was received and read to what is committed.

use super::mill::{Mill, Orders};
use crate::config::{Feed, FullText};
use crate::fetch::redact;
use crate::model::{
    DueFeed, FailureKind, FeedChanges, FetchFailure, Fetched, Freshness, ParsedFeed, PollOutcome,
    Timestamp,
};
use crate::schedule::{self, Answer, NextPoll, Question, Visit, next_poll};
use crate::store::{CommitPoll, FetchRecord, polls};

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

#[expect(
    clippy::too_many_arguments,
    reason = "everything a poll knows comes together here, once"
)]
pub(super) fn commit(
    mill: &Mill,
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
    visited: Visited,
    failure: Option<&FetchFailure>,
    variant: Vec<u8>,
    asked_at: Timestamp,
) -> CommitPoll {
    let Visited {
        outcome,
        detail,
        fetched,
        parsed,
        changes,
    } = visited;
    let now = mill.clock.now();
    let hints = parsed
        .as_ref()
        .map_or(&due.hints, |(parsed, _)| &parsed.hints)
        .clone();
    // The whole window was new, or only its cap: in both cases more waits than the usual time should pass.
    let deferred = changes.deferred > 0;
    let answer = Answer {
        visit: match outcome {
            Ok(PollOutcome::NotModified) => Visit::NotModified,
            Ok(PollOutcome::Unchanged) => Visit::Unchanged,
            Ok(PollOutcome::Changed) => Visit::Changed {
                new: changes.new.len(),
                gap: changes.gap,
            },
            Err(kind) => Visit::Failed(kind),
        },
        freshness: fetched
            .as_ref()
            .map_or(Freshness::default(), |fetched| fetched.freshness),
        retry_after: fetched
            .as_ref()
            .and_then(|fetched| fetched.retry_after)
            .or_else(|| {
                failure
                    .and_then(|failure| failure.not_before)
                    .map(|until| until.since(now))
            }),
        hints,
        validators: fetched
            .as_ref()
            .is_some_and(|fetched| fetched.status == 304 || !fetched.validators.is_empty()),
    };
    let next = next_poll(&Question {
        settings: &orders.config.schedule,
        pace: told.pace.as_ref().unwrap_or(&orders.config.pace),
        respect_cache_control: told.respect_cache_control,
        feed: due,
        answer: &answer,
        asked_at,
        now,
        chance: mill.clock.chance(),
    });
    let read = outcome.is_ok();
    // Validators of a body that was not read, or not read to its end, are not kept: they would
    // make the server say "not modified" about something we never had.
    let keep = fetched.as_ref().filter(|_| read && !deferred);
    let address = match &fetched {
        Some(fetched) if outcome.is_ok() => {
            schedule::judge_address(&orders.config.schedule, due, &fetched.redirects, now)
        }
        _ => schedule::Address::Stays(due.moving.clone()),
    };
    let gone =
        outcome.is_err_and(|kind| schedule::is_gone(&orders.config.schedule, due, kind, now));
    CommitPoll {
        feed: due.id,
        gone,
        address: match address {
            schedule::Address::Stays(moving) => polls::Address::Stays(moving),
            schedule::Address::Moves(to) => polls::Address::Moves(to),
            schedule::Address::Returns => polls::Address::Returns,
        },
        lease: due.lease,
        at: now,
        outcome,
        next: due_at(&next),
        answer: keep.map(|fetched| polls::Answer {
            validators: fetched.validators.clone(),
            url: fetched.url.clone(),
            variant,
            full: fetched.status != 304,
        }),
        document: parsed
            .map(|(parsed, hash)| document(parsed, if deferred { Vec::new() } else { hash })),
        fetch_pages: wants_pages(
            told.full_text.unwrap_or(orders.config.articles.full_text),
            due,
        ),
        changes,
        record: record(due, fetched.as_ref(), failure, outcome, detail, now),
    }
}

fn due_at(next: &NextPoll) -> polls::Due {
    polls::Due {
        at: next.at,
        reason: next.reason.token().to_owned(),
        interval: next.interval,
    }
}

fn document(parsed: ParsedFeed, body_hash: Vec<u8>) -> polls::Document {
    polls::Document {
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

fn wants_pages(full_text: FullText, due: &DueFeed) -> bool {
    match full_text {
        FullText::Always => true,
        FullText::Never => false,
        FullText::Auto => schedule::wants_pages(due.pages_compared, due.pages_added, due.entries),
    }
}

fn record(
    due: &DueFeed,
    fetched: Option<&Fetched>,
    failure: Option<&FetchFailure>,
    outcome: Result<PollOutcome, FailureKind>,
    detail: Option<String>,
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
        bytes: fetched.map_or(0, |fetched| fetched.wire_bytes),
        elapsed: fetched
            .map(|fetched| fetched.elapsed)
            .or(failure.map(|failure| failure.elapsed))
            .unwrap_or_default(),
    }
}

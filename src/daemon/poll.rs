//! One poll: fetch, read, plan, decide when next, commit. The steps are other rooms'; here is their order.

use std::sync::Arc;
use std::time::Duration;

use super::asking::{asked_with, request, unconditional, variant};
use super::backfill::backfill;
use super::catch_up::catch_up;
use super::mill::{Mill, Orders};
use super::polled::{Asked, Visited, commit};
use crate::config::Feed;
use crate::feed::ParseFailure;
use crate::fetch::{self, redact};
use crate::model::{
    DueFeed, EventKind, FailureKind, FetchFailure, Fetched, Note, ParsedFeed, PollOutcome,
};
use crate::schedule::Reason;
use crate::store::{self, CommitPoll, Forgive, PostponePoll, StoreError};
use crate::{dedupe, feed};

/// New entries taken from one poll; the rest are taken by the next.
pub(super) const NEW_PER_POLL: usize = 1000;

/// One poll, from the request to the commit.
pub(super) async fn poll(mill: &Mill, due: DueFeed) {
    let orders = mill.orders();
    // A feed that has just left the configuration is marked so by the reload that took it away.
    let Some(told) = orders.feed(&due.configured_url) else {
        return;
    };
    let (url, was_failing) = (redact(&due.url), due.failures > 0);
    let open = due.open_events.clone();
    let visit = tokio::select! {
        biased;
        visit = visit(mill, &orders, &told, &due) => visit,
        () = mill.stop.cancelled() => return,
    };
    if mill.fetcher.outage_has_ended() {
        tracing::info!("the network here is back; what became due meanwhile is spread");
        if let Err(error) = catch_up(mill, Reason::Outage).await {
            tracing::error!(%error, "what became due in the outage could not be spread");
        }
    }
    let commit = match visit {
        None => return,
        Some(Err(postponed)) => return postpone(mill, postponed).await,
        Some(Ok(commit)) => commit,
    };
    let (outcome, detail) = (commit.outcome, commit.record.detail.clone());
    let notes = commit.notes.clone();
    match mill.store.write(commit).await {
        Ok(done) => {
            mill.tally.entries_new.add(done.new);
            mill.tally.entries_edited.add(done.edited);
            if done.new + done.edited > 0 {
                mill.wake_pages.notify_one();
            }
            report(mill, &url, was_failing, outcome, detail.as_deref(), &done);
            tell(&url, &open, &notes);
            // It may have become one while this was on its way into the store.
            if is_ours(mill, outcome) {
                forgive(mill, &orders).await;
            }
            if let Some(gap) = done.open_gap {
                backfill(mill, &orders, &told, &due, gap).await;
            }
        }
        Err(StoreError::Stale) => tracing::debug!(
            feed = url,
            "another poll of the feed has overtaken this one"
        ),
        Err(error) => {
            tracing::error!(feed = url, %error, "a poll could not be stored and will be done again");
        }
    }
}

/// When a feed is due again that met our own outage.
const AFTER_OUTAGE: Duration = Duration::from_secs(60);

/// Whether a poll failed because our own network is down.
fn is_ours(mill: &Mill, outcome: Result<PollOutcome, FailureKind>) -> bool {
    outcome.is_err_and(FailureKind::is_unreachable) && mill.fetcher.is_outage()
}

/// The hosts that failed before an outage was recognised as one were not to blame either. Who has
/// been forgiven already stays so.
async fn forgive(mill: &Mill, orders: &Orders) {
    let now = mill.clock.now();
    let forgive = Forgive {
        since: now.minus(orders.config.schedule.outage_window.saturating_mul(2)),
        kinds: FailureKind::ALL
            .iter()
            .filter(|kind| kind.is_unreachable())
            .map(|kind| kind.token())
            .collect(),
        next_poll_at: now.plus(AFTER_OUTAGE),
        reason: Reason::Outage.token(),
    };
    if let Err(error) = mill.store.write(forgive).await {
        tracing::error!(%error, "the feeds that failed in an outage could not be forgiven");
    }
}

/// A feed whose host wants to be left alone was not asked, and nothing counts against it.
async fn postpone(mill: &Mill, postponed: PostponePoll) {
    mill.tally.polls_postponed.up();
    if let Err(error) = mill.store.write(postponed).await {
        tracing::debug!(%error, "a feed could not be put off; it comes back when its claim ends");
    }
}

/// One line for each change of state, none for each poll: ten thousand failing feeds must not fill a log.
fn report(
    mill: &Mill,
    url: &str,
    was_failing: bool,
    outcome: Result<PollOutcome, FailureKind>,
    detail: Option<&str>,
    done: &store::PollCommitted,
) {
    mill.tally.polls.up();
    match outcome {
        Ok(_) if was_failing => tracing::info!(feed = url, "the feed has recovered"),
        Ok(outcome) => {
            tracing::debug!(
                feed = url,
                outcome = outcome.token(),
                new = done.new,
                edited = done.edited,
                "polled"
            );
        }
        Err(kind) if was_failing => tracing::debug!(
            feed = url,
            kind = kind.token(),
            detail,
            "the feed still fails"
        ),
        Err(kind) => tracing::info!(feed = url, kind = kind.token(), detail, "the feed fails"),
    }
    match outcome {
        Ok(PollOutcome::NotModified) => mill.tally.polls_not_modified.up(),
        Ok(_) => {}
        Err(_) => mill.tally.polls_failed.up(),
    }
}

/// A line for each event that opens or closes.
fn tell(url: &str, open: &[EventKind], notes: &[Note]) {
    for note in notes {
        match note {
            Note::Opens { kind, what, .. } if !open.contains(kind) => {
                tracing::info!(feed = url, event = kind.token(), "{what}");
            }
            Note::Opens { .. } => {}
            Note::Closes(kind, _) => tracing::info!(feed = url, event = kind.token(), "ended"),
        }
    }
}

/// The poll up to what is to be committed, or put off; `None` when the store cannot be read.
async fn visit(
    mill: &Mill,
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
) -> Option<Result<CommitPoll, PostponePoll>> {
    let asked_at = mill.clock.now();
    let variant = variant(orders, told);
    let with = asked_with(orders, told).await;
    let (visited, failure) = match request(orders, told, due, &variant, asked_at).await {
        Err(detail) => (
            Visited::failed(FailureKind::Credentials, detail, None),
            None,
        ),
        Ok(request) => match mill.fetcher.fetch(&request).await {
            Err(FetchFailure {
                kind,
                not_before: Some(until),
                ..
            }) => {
                return Some(Err(PostponePoll {
                    feed: due.id,
                    lease: due.lease,
                    until,
                    reason: Reason::of_hold(kind).token(),
                }));
            }
            Err(failure) if mill.fetcher.is_outage() && failure.kind.is_unreachable() => {
                if mill.fetcher.outage_has_begun() {
                    tracing::warn!(
                        "no host can be reached: the network here seems to be down; no feed is blamed"
                    );
                    forgive(mill, orders).await;
                }
                let until = mill.clock.now().plus(AFTER_OUTAGE);
                let reason = Reason::Outage.token();
                return Some(Err(PostponePoll {
                    feed: due.id,
                    lease: due.lease,
                    until,
                    reason,
                }));
            }
            Err(failure) => (
                Visited::failed(failure.kind, failure.detail.clone(), None),
                Some(failure),
            ),
            Ok(fetched) => (read(mill, due, fetched).await?, None),
        },
    };
    Some(Ok(commit(
        mill,
        orders,
        told,
        due,
        visited,
        failure.as_ref(),
        Asked {
            unconditional: unconditional(orders, due, &variant, asked_at),
            variant,
            with,
            at: asked_at,
        },
    )))
}

/// From the answer to what it changes; `None` when the store cannot be read.
async fn read(mill: &Mill, due: &DueFeed, mut fetched: Fetched) -> Option<Visited> {
    if let Some(kind) = fetch::failure(&fetched) {
        let detail = format!("HTTP {}", fetched.status);
        return Some(Visited::failed(kind, detail, Some(fetched)));
    }
    if fetched.status == 304 {
        return Some(Visited::quiet(PollOutcome::NotModified, fetched));
    }
    let hash: Vec<u8> = blake3::hash(&fetched.body)
        .as_bytes()
        .iter()
        .take(16)
        .copied()
        .collect();
    if due.body_hash.as_ref() == Some(&hash) {
        return Some(Visited::quiet(PollOutcome::Unchanged, fetched));
    }
    let body = std::mem::take(&mut fetched.body);
    let (found_at, content_type) = (fetched.url.clone(), fetched.content_type.clone());
    let mut parsed = match parse(mill, found_at, content_type, body).await {
        Err(failure) => {
            let detail = (!failure.detail.is_empty()).then_some(failure.detail);
            return Some(Visited::failed(failure.kind, detail, Some(fetched)));
        }
        Ok(parsed) => parsed,
    };
    let entries = Arc::new(std::mem::take(&mut parsed.entries));
    let (id, looked_up) = (due.id, Arc::clone(&entries));
    let known = mill
        .store
        .read(move |conn| store::entries::known(conn, id, &looked_up))
        .await;
    let known = known
        .inspect_err(|error| tracing::error!(%error, "the store cannot be read"))
        .ok()?;
    let context = feed::Context {
        before: match (due.last_new_at, due.last_ok_at) {
            (Some(_), _) => feed::Before::Entries,
            (None, Some(_)) => feed::Before::Nothing,
            (None, None) => feed::Before::Unread(due.created_at),
        },
        now: mill.clock.now(),
        max_new: NEW_PER_POLL,
    };
    let changes = feed::plan(Arc::unwrap_or_clone(entries), &known, &context);
    let outcome = if changes.is_empty() {
        PollOutcome::Unchanged
    } else {
        PollOutcome::Changed
    };
    let lost = Some(parsed.lost).filter(|lost| *lost > 0);
    Some(Visited {
        outcome: Ok(outcome),
        detail: lost.map(|lost| format!("{lost} entries could not be read")),
        fetched: Some(fetched),
        parsed: Some((parsed, hash)),
        changes,
    })
}

/// Reads a document on the blocking pool.
pub(super) async fn parse(
    mill: &Mill,
    url: String,
    content_type: Option<String>,
    body: Vec<u8>,
) -> Result<ParsedFeed, ParseFailure> {
    let parsed = mill.think(move || {
        let settings = feed::Settings {
            limits: feed::Limits::default(),
            url_key: dedupe::url_key,
        };
        let input = feed::Input {
            url: Some(&url),
            content_type: content_type.as_deref(),
            body: &body,
        };
        feed::parse(&input, &settings)
    });
    parsed.await.unwrap_or_else(|| {
        Err(ParseFailure {
            kind: FailureKind::Panicked,
            detail: String::new(),
        })
    })
}

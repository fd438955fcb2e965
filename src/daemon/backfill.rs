//! A gap is followed into the feed's older documents (RFC 5005), a few after each poll.

use super::asking::own_headers;
use super::mill::{Mill, Orders};
use super::poll::parse;
use super::polled::wants_pages;
use crate::config::Feed;
use crate::feed::{self, Step};
use crate::fetch::{self, Purpose, Request, redact};
use crate::model::{DueFeed, FailureKind, Fetched, OpenGap, ParsedEntry, Validators};
use crate::store::{Backfilled, CommitBackfill, FetchRecord, entries};

/// Documents read after one poll: the rest come after the next.
const DOCUMENTS: usize = 10;

/// Reads older documents of a feed until its gap is closed, or it is enough for now.
pub(super) async fn backfill(
    mill: &Mill,
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
    gap: OpenGap,
) {
    let mut open = Some(gap);
    let mut addresses = vec![due.url.clone()];
    for _ in 0..DOCUMENTS {
        let Some(gap) = open.take() else { return };
        let commit = tokio::select! {
            commit = read(mill, orders, told, due, gap, &mut addresses) => commit,
            () = mill.stop.cancelled() => return,
        };
        let Some(commit) = commit else { return };
        mill.tally.entries_new.add(commit.new.len());
        match mill.store.write(commit).await {
            Ok(left) => open = left,
            Err(error) => {
                tracing::error!(feed = redact(&due.url), %error, "an older document could not be stored; it will be read again");
                return;
            }
        }
        mill.wake_pages.notify_one();
    }
}

/// Reads one document, and adds its address to those read; `None` when it cannot be asked for now, or the store cannot be read.
async fn read(
    mill: &Mill,
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
    gap: OpenGap,
    addresses: &mut Vec<String>,
) -> Option<CommitBackfill> {
    addresses.push(gap.older.clone());
    let request = Request {
        url: gap.older.clone(),
        purpose: Purpose::Feed,
        validators: Validators::default(),
        validators_url: String::new(),
        headers: own_headers(told).await.ok()?,
        home: due.configured_url.clone(),
        form: None,
        networks: told.settings.networks.clone(),
        now: mill.clock.now(),
    };
    let (fetched, failure) = match mill.fetcher.fetch(&request).await {
        Err(failure) if failure.not_before.is_some() => return None,
        Err(failure) => (None, Some(failure)),
        Ok(fetched) => (Some(fetched), None),
    };
    let mut record = FetchRecord {
        unconditional: None,
        due: None,
        retry_after: None,
        at: mill.clock.now(),
        url: redact(&gap.older),
        status: fetched.as_ref().map(|fetched| fetched.status),
        outcome: "ok",
        detail: failure.as_ref().map(|failure| failure.detail.clone()),
        conditional: false,
        bytes: fetched.as_ref().map_or(0, |fetched| fetched.wire_bytes),
        elapsed: fetched.as_ref().map_or_else(
            || {
                failure
                    .as_ref()
                    .map(|failure| failure.elapsed)
                    .unwrap_or_default()
            },
            |fetched| fetched.elapsed,
        ),
    };
    let document = match (fetched, failure) {
        (Some(fetched), _) => document(mill, due, &gap, addresses, fetched).await?,
        (None, failure) => Err(failure.map_or(FailureKind::Protocol, |failure| failure.kind)),
    };
    let (step, new) = match document {
        Ok(found) => found,
        Err(kind) => {
            record.outcome = kind.token();
            (feed::after_failure(&gap, kind), Vec::new())
        }
    };
    Some(CommitBackfill {
        at: mill.clock.now(),
        found: match step {
            Step::Covered => Backfilled::Covered,
            Step::Older(older) => Backfilled::Older(older),
            Step::Again => Backfilled::Failed,
            Step::GivenUp => Backfilled::GivenUp,
        },
        new,
        fetch_pages: wants_pages(
            told.settings
                .full_text
                .unwrap_or(orders.config.articles.full_text),
            due.pages_compared,
            due.pages_added,
            due.polls,
        ),
        record,
        gap,
    })
}

/// What a document adds, and how it goes on; `None` when the store cannot be read. What it says
/// of entries that are known is older than what we have, and is left.
async fn document(
    mill: &Mill,
    due: &DueFeed,
    gap: &OpenGap,
    addresses: &mut Vec<String>,
    mut fetched: Fetched,
) -> Option<Result<(Step, Vec<ParsedEntry>), FailureKind>> {
    if let Some(kind) = fetch::failure(&fetched) {
        return Some(Err(kind));
    }
    let body = std::mem::take(&mut fetched.body);
    let parsed = match parse(
        mill,
        fetched.url.clone(),
        fetched.content_type.clone(),
        body,
    )
    .await
    {
        Err(failure) => return Some(Err(failure.kind)),
        Ok(parsed) => parsed,
    };
    let (id, shown) = (due.id, parsed.entries);
    let found = mill.store.read(move |conn| {
        let known = entries::known(conn, id, &shown)?;
        Ok((shown, known))
    });
    let (shown, known) = found
        .await
        .inspect_err(|error| tracing::error!(%error, "the store cannot be read"))
        .ok()?;
    let context = feed::Context {
        before: feed::Before::Entries,
        now: mill.clock.now(),
        max_new: usize::MAX,
    };
    let new = feed::plan(shown, &known, &context).new;
    let older = parsed.older.as_deref();
    addresses.push(fetched.url);
    let step = feed::after_document(gap, addresses, older, &known, new.len());
    Some(Ok((step, new)))
}

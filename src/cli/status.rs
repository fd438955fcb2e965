//! `feedmill status`: health at a glance.

use std::process::ExitCode;

use serde_json::json;

use super::screen::say;
use super::{Context, Failure, screen};
use crate::daemon::{Clock as _, SystemClock};
use crate::model::Timestamp;
use crate::store::lock::{self, Holder};
use crate::store::{events, open, report};

/// Health at a glance.
///
/// Exit code 0 healthy; 1 degraded: feeds are failing (five polls in a row) or refused to us, or
/// more than a tenth of all failed last time; 2 stale or stopped: feeds have been due for more than an hour;
/// also 2 when nothing can be stored at present: the disk is full, or another program has locked the database.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Every feed whose last poll failed, and why
    #[arg(long)]
    failing: bool,
}

/// Feeds shown when not all are asked for.
const SHOWN: u32 = 10;
/// Feeds that have been due for longer say that nobody polls.
const STALE_AFTER: std::time::Duration = std::time::Duration::from_secs(3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Healthy,
    Degraded,
    /// Nothing can be stored at present.
    Waiting,
    Stale,
}

impl Health {
    fn of(report: &report::Report, holder: Option<&Holder>, now: Timestamp) -> Self {
        let stale = report
            .next_poll_at
            .is_some_and(|at| now.since(at) > STALE_AFTER);
        let failed = report.feeds_flaky + report.feeds_failing + report.feeds_refused;
        if holder.is_some_and(|holder| holder.waits.is_some()) {
            Self::Waiting
        } else if stale {
            Self::Stale
        } else if report.feeds_failing + report.feeds_refused > 0 || failed * 10 > report.feeds {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Waiting => "waiting",
            Self::Stale => "stale",
        }
    }
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let path = context.database()?;
        let conn = open::reader(&path)?;
        let report = report::report(&conn)?;
        let failing = report::failing(&conn, if self.failing { u32::MAX } else { SHOWN })?;
        let events = events::open(&conn, if self.failing { 0 } else { SHOWN })?;
        let holder = lock::holder(&path);
        let health = Health::of(&report, holder.as_ref(), SystemClock.now());
        if self.json {
            print_json(
                &path.display().to_string(),
                holder.as_ref(),
                health,
                &report,
                &failing,
                &events,
            );
        } else {
            if !self.failing {
                print_summary(
                    &path.display().to_string(),
                    holder.as_ref(),
                    health,
                    &report,
                );
                print_events(&events, report.events_open);
            }
            print_failing(
                &failing,
                report.feeds_flaky + report.feeds_failing + report.feeds_refused,
                self.failing,
            );
        }
        Ok(ExitCode::from(match health {
            Health::Healthy => 0,
            Health::Degraded => 1,
            Health::Waiting | Health::Stale => 2,
        }))
    }
}

fn print_summary(path: &str, holder: Option<&Holder>, health: Health, report: &report::Report) {
    let report::Report {
        feeds,
        feeds_ok,
        feeds_new,
        feeds_quiet,
        feeds_flaky,
        feeds_failing,
        feeds_refused,
        feeds_gone,
        ..
    } = report;
    say!(
        "{path}: {}, {}",
        health.word(),
        if holder.is_some() {
            "a feedmill is running"
        } else {
            "no feedmill is running"
        }
    );
    if let Some(waits) = holder.and_then(|holder| holder.waits.as_deref()) {
        say!(
            "WAITING   the database cannot be written: {}",
            screen::safe(waits)
        );
    }
    say!(
        "feeds     {feeds}: {feeds_ok} ok, {feeds_quiet} quiet, {feeds_flaky} flaky, {feeds_failing} failing, {feeds_refused} refused, {feeds_new} not polled yet, {feeds_gone} gone"
    );
    say!("entries   {}", report.entries);
    say!(
        "articles  {}: {} duplicates, {} with the feed's words only",
        report.articles,
        report.duplicates,
        report.feed_only
    );
    say!(
        "pages     {} waiting, {} to be tried again, {} given up",
        report.pages_pending,
        report.pages_retrying,
        report.pages_dead
    );
    if report.gaps > 0 {
        say!(
            "gaps      {}: feeds that may have shown entries unseen; see the view gaps",
            report.gaps
        );
    }
    say!("last poll {}", screen::when(report.last_poll_at));
    say!("next poll {}", screen::when(report.next_poll_at));
}

fn print_events(events: &[events::Told], count: u64) {
    if events.is_empty() {
        return;
    }
    let mut table = screen::table(&["event", "of", "since", "what"]);
    for event in events {
        table.add_row([
            event.kind.clone(),
            screen::safe(&event.subject),
            screen::when(Some(event.opened_at)),
            screen::safe(&event.what),
        ]);
    }
    say!("\n{table}");
    if count > events.len() as u64 {
        say!(
            "… and {} more: see the view events",
            count - events.len() as u64
        );
    }
}

fn print_failing(failing: &[report::FailingFeed], count: u64, all: bool) {
    if failing.is_empty() {
        if all {
            say!("no feed's last poll failed");
        }
        return;
    }
    let mut table = screen::table(&["feed", "failed", "since", "kind", "why", "next"]);
    for feed in failing {
        table.add_row([
            screen::safe(
                feed.name
                    .as_deref()
                    .map_or_else(|| feed.url.clone(), |name| format!("{name} {}", feed.url))
                    .as_str(),
            ),
            feed.failures.to_string(),
            screen::when(feed.failing_since),
            feed.outcome.clone(),
            screen::safe(feed.detail.as_deref().unwrap_or("")),
            screen::when(Some(feed.next_poll_at)),
        ]);
    }
    say!("\n{table}");
    if count > failing.len() as u64 {
        say!(
            "… and {} more: feedmill status --failing",
            count - failing.len() as u64
        );
    }
}

fn print_json(
    path: &str,
    holder: Option<&Holder>,
    health: Health,
    report: &report::Report,
    failing: &[report::FailingFeed],
    events: &[events::Told],
) {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let feeds: Vec<_> = failing
        .iter()
        .map(|feed| {
            json!({
                "url": feed.url, "name": feed.name, "outcome": feed.outcome, "status": feed.status, "detail": feed.detail,
                "failures": feed.failures, "failing_since": time(feed.failing_since),
                "next_poll_at": feed.next_poll_at.to_string(),
            })
        })
        .collect();
    let events: Vec<_> = events
        .iter()
        .map(|event| {
            json!({"kind": event.kind, "of": event.subject, "opened_at": event.opened_at.to_string(), "what": event.what})
        })
        .collect();
    let all = json!({
        "database": path, "running": holder.is_some(), "waits": holder.and_then(|holder| holder.waits.as_deref()), "health": health.word(),
        "feeds": {"active": report.feeds, "ok": report.feeds_ok, "new": report.feeds_new, "quiet": report.feeds_quiet,
                  "flaky": report.feeds_flaky, "failing": report.feeds_failing, "refused": report.feeds_refused, "gone": report.feeds_gone},
        "entries": report.entries,
        "articles": {"all": report.articles, "duplicates": report.duplicates, "feed_only": report.feed_only},
        "pages": {"pending": report.pages_pending, "retrying": report.pages_retrying, "dead": report.pages_dead},
        "gaps": report.gaps, "max_seq": report.max_seq,
        "last_poll_at": time(report.last_poll_at), "next_poll_at": time(report.next_poll_at),
        "last_article_at": time(report.last_article_at),
        "events_open": report.events_open, "events": events,
        "failing": feeds,
    });
    say!("{all:#}");
}

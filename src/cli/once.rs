//! `feedmill once`: the same work as the service, once.

use std::process::ExitCode;
use std::sync::Arc;

use super::progress::Progress;
use super::run::{listen, log, runtime};
use super::screen::say;
use super::{Context, Failure};
use crate::daemon::{self, Done, Selection, Signals, SystemClock};

/// Poll what is due, fetch and extract the pages, and end.
///
/// Exit code 0 when every poll went well, 1 when some did not: "feedmill status --failing" says
/// which and why.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill once\n  feedmill once --force\n  feedmill once https://example.org/feed.xml \"Example\""
)]
pub struct Once {
    /// Names or addresses of feeds; all of the configuration when none is given
    #[arg(value_name = "FEED")]
    feeds: Vec<String>,
    /// Poll also feeds that are not due
    #[arg(long)]
    force: bool,
    /// Log as JSON lines
    #[arg(long)]
    log_json: bool,
}

impl Once {
    /// For one feed.
    pub(super) fn of(feed: String, force: bool) -> Self {
        Self {
            feeds: vec![feed],
            force,
            log_json: false,
        }
    }

    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        log("warn", self.log_json);
        if config.feeds.is_empty() {
            return Err(Failure::usage(
                "there is no feed in the configuration; \"feedmill add URL --write\" adds some",
            ));
        }
        let is_feed = |wanted: &String| config.feeds.iter().any(|feed| feed.is_called(wanted));
        if let Some(unknown) = self.feeds.iter().find(|wanted| !is_feed(wanted)) {
            return Err(Failure::usage(format!(
                "no feed of the configuration has the name or address \"{unknown}\""
            )));
        }
        let total = config.feeds.len();
        let selection = Selection {
            feeds: self.feeds.clone(),
            force: self.force,
        };
        let runtime = runtime()?;
        let done = runtime.block_on(async {
            let signals = Signals::default();
            let listening = listen(signals.clone())?;
            let mut progress = None;
            let stop = signals.stop.clone();
            let done = daemon::once(
                config,
                Arc::new(SystemClock),
                stop,
                &selection,
                |tally, feeds| {
                    progress = Progress::start(tally, feeds);
                },
            );
            let done = done.await;
            drop(progress);
            listening.abort();
            let stopped = signals.stop.is_cancelled();
            Ok::<_, Failure>((done?, stopped))
        })?;
        Ok(report(&done.0, total, done.1))
    }
}

fn report(done: &Done, total: usize, stopped: bool) -> ExitCode {
    let tally = &done.tally;
    say!(
        "{} of {total} feeds polled: {} not modified, {} failed, {} postponed; {} new entries, {} edited; {} pages done, {} failed; {} new articles, {} updated{}",
        tally.polls.get(),
        tally.polls_not_modified.get(),
        tally.polls_failed.get(),
        tally.polls_postponed.get(),
        tally.entries_new.get(),
        tally.entries_edited.get(),
        tally.pages.get(),
        tally.pages_failed.get(),
        tally.articles_new.get(),
        tally.articles_updated.get(),
        if stopped {
            "; stopped before the end"
        } else {
            ""
        }
    );
    let selected = u64::try_from(done.selected).unwrap_or(u64::MAX);
    let all_well = tally.polls.get() >= selected
        && tally.polls_failed.get() == 0
        && tally.polls_postponed.get() == 0
        && !stopped;
    ExitCode::from(u8::from(!all_well))
}

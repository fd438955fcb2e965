//! `feedmill reextract`: today's extractor over the pages that were kept.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::run::{listen, log, runtime};
use super::screen::{is_progress_wanted, safe, say};
use super::{Context, Failure, moment};
use crate::daemon::{self, Changed, Chosen, Remaking, Signals, SystemClock};
use crate::model::Timestamp;
use crate::store::raw::Range;

/// Run today's extractor over stored pages.
///
/// Needs raw pages (`articles.keep_pages`). An article whose text is another now gets a revision; where
/// no article is found any more, what is stored stays. A run that was stopped or killed goes on where
/// it was when it is asked for the same again. The service has the only right to write while it runs:
/// stop it first, or look with --dry-run.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill reextract --dry-run\n  feedmill reextract --host example.org --since 30d"
)]
pub struct Reextract {
    /// Only pages of this host, as it stands in addresses
    #[arg(long)]
    host: Option<String>,
    /// Only articles of this feed: its name or address
    #[arg(long)]
    feed: Option<String>,
    /// Only pages fetched since: a day, an instant, or an age such as 7d
    #[arg(long, value_name = "WHEN", value_parser = moment::read)]
    since: Option<Timestamp>,
    /// Say which texts would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Reextract {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        log("warn", false);
        let chosen = Chosen {
            range: Range {
                host: self.host.clone(),
                since: self.since,
                until: None,
            },
            feed: self.feed.clone(),
            dry_run: self.dry_run,
        };
        let bar = is_progress_wanted().then(bar);
        let watch = |counts: &Remaking| {
            if let Some(bar) = &bar {
                bar.set_length(counts.total);
                bar.set_position(counts.seen);
                bar.set_message(format!("{} texts changed", counts.texts));
            }
        };
        let (done, stopped) = runtime()?.block_on(async {
            let signals = Signals::default();
            let listening = listen(signals.clone())?;
            let made = daemon::reextract(
                &config,
                &SystemClock,
                &signals.stop,
                &chosen,
                watch,
                |changed| {
                    if self.dry_run {
                        show(changed);
                    }
                },
            );
            let made = made.await;
            listening.abort();
            Ok::<_, Failure>((made?, signals.stop.is_cancelled()))
        })?;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.report(&done, stopped);
        Ok(ExitCode::from(u8::from(stopped)))
    }

    fn report(&self, done: &Remaking, stopped: bool) {
        say!(
            "{}{} of {} articles with pages: {} {}, {} with other details, {} as they were, {} without an article now, {} passed over{}",
            if done.resumed { "continued; " } else { "" },
            done.seen,
            done.total,
            done.texts,
            if self.dry_run {
                "would have another text"
            } else {
                "with another text"
            },
            done.details,
            done.same,
            done.failed,
            done.passed_over,
            if stopped {
                "; stopped before the end, the same command goes on"
            } else {
                ""
            }
        );
    }
}

fn show(changed: &Changed<'_>) {
    say!(
        "{}\t{} words, then {}\t{}\t{}",
        changed.id,
        changed.before.word_count,
        changed.words,
        safe(changed.before.title.as_deref().unwrap_or_default()),
        safe(changed.before.url.as_deref().unwrap_or_default())
    );
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:24} {percent:>3} % · {pos} of {len} · {msg} (ETA {eta})",
    );
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

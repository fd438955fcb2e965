//! `feedmill prune`: what retention takes away, now or only in words.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::run::{listen, log, runtime};
use super::screen::say;
use super::{Context, Failure, screen};
use crate::config::Config;
use crate::daemon::{self, Clock as _, Signals, SystemClock};
use crate::store::retention::{self, Doomed, Target};
use crate::store::{InstanceLock, Store, open, report};

/// Take away what has been kept long enough, and give the room back.
///
/// How long that is, the configuration says: `keep`, `keep_text` and `max_db_size` of `[store]`, or a
/// feed's own `keep` and `keep_text`.
/// The service does this by itself once a day, so it must not run meanwhile; with --dry-run it may.
/// A run that is stopped has taken away the oldest and can be started again.
#[derive(Debug, clap::Args)]
pub struct Prune {
    /// Say what would go, feed by feed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What would go, in all or of one feed's.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    articles: u64,
    texts: u64,
    entries: u64,
    bytes: u64,
}

impl Share {
    const fn add(&mut self, doomed: &Doomed) {
        match doomed.target {
            Target::Article(_) => self.articles += 1,
            Target::Text(_) => self.texts += 1,
            Target::Entry(_) => self.entries += 1,
        }
        self.bytes += doomed.bytes;
    }
}

/// How often the line of progress is drawn.
const EVERY: Duration = Duration::from_millis(150);

impl Prune {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        if self.dry_run {
            self.foretell(&config)?;
        } else {
            self.sweep(&config)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn foretell(&self, config: &Config) -> Result<(), Failure> {
        let conn = open::reader(&config.database)?;
        let (keep, now) = (daemon::keep(config), SystemClock.now());
        let (_, doomed, used) = retention::look(&conn, &keep, config.store.max_db_bytes, now)?;
        let names = report::names(&conn)?;
        let (mut all, mut feeds) = (Share::default(), HashMap::<&str, Share>::new());
        for doomed in &doomed {
            let name = names.get(&doomed.feed).map_or("", String::as_str);
            all.add(doomed);
            feeds.entry(name).or_default().add(doomed);
        }
        let mut feeds: Vec<(&str, Share)> = feeds.into_iter().collect();
        feeds.sort_by_key(|(name, share)| (Reverse(share.bytes), *name));
        if self.json {
            let feeds: Vec<_> = feeds
                .iter()
                .map(|(name, share)| {
                    json!({"feed": name, "articles": share.articles, "texts": share.texts,
                           "entries": share.entries, "bytes": share.bytes})
                })
                .collect();
            say!(
                "{:#}",
                json!({"dry_run": true, "articles": all.articles, "texts": all.texts, "entries": all.entries,
                       "bytes": all.bytes, "bytes_used": used, "feeds": feeds})
            );
            return Ok(());
        }
        if feeds.is_empty() {
            say!("nothing would go; {} are in use", screen::size(used));
            return Ok(());
        }
        let mut table = screen::table(&["feed", "articles", "texts", "entries", "about"]);
        for (name, share) in feeds {
            table.add_row([
                screen::safe(name),
                share.articles.to_string(),
                share.texts.to_string(),
                share.entries.to_string(),
                screen::size(share.bytes),
            ]);
        }
        say!("{table}");
        say!(
            "would go: {} articles, {} texts of others, {} entries without an article: about {} of {}",
            all.articles,
            all.texts,
            all.entries,
            screen::size(all.bytes),
            screen::size(used)
        );
        Ok(())
    }

    fn sweep(&self, config: &Config) -> Result<(), Failure> {
        log("warn", false);
        // There is nothing to take out of what is not there.
        drop(open::reader(&config.database)?);
        let _lock = InstanceLock::take(&config.database)?;
        let before = file_bytes(&config.database);
        let swept = runtime()?.block_on(async {
            let signals = Signals::default();
            let listening = listen(signals.clone())?;
            let bar = progress();
            let (store, writer) = Store::open(&config.database, daemon::settings(config))?;
            let swept = daemon::sweep(
                &store,
                config,
                &SystemClock,
                &signals.stop,
                true,
                |so_far| {
                    bar.set_message(format!(
                        "{} articles, {} texts taken away, {} to go; {} pages to give back",
                        so_far.articles, so_far.texts, so_far.left, so_far.free_pages
                    ));
                },
            )
            .await;
            bar.finish_and_clear();
            listening.abort();
            drop(store);
            let joined = tokio::task::spawn_blocking(move || writer.join()).await;
            joined.map_err(Failure::runtime)??;
            Ok::<_, Failure>(swept?)
        })?;
        let after = file_bytes(&config.database);
        if self.json {
            say!(
                "{:#}",
                json!({"dry_run": false, "articles": swept.articles, "texts": swept.texts, "entries": swept.entries,
                       "bytes_used_before": swept.used_before, "bytes_used": swept.used,
                       "file_before": before, "file": after})
            );
        } else {
            say!(
                "gone: {} articles, {} texts of others, {} entries without an article; the file has shrunk from {} to {}",
                swept.articles,
                swept.texts,
                swept.entries,
                screen::size(before),
                screen::size(after)
            );
        }
        Ok(())
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// A line on a terminal; nothing in a pipe.
fn progress() -> ProgressBar {
    if !screen::is_progress_wanted() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} · {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(EVERY);
    bar
}

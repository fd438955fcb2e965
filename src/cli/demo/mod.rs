//! `feedmill demo`: the whole way from a feed to a query, on a small site of feedmill's own.
//!
//! A site is opened on loopback, polled once, brought out in a second edition, and
//! polled again; what happened is shown, and what to ask the database. Nothing
//! outside this machine is contacted.

mod site;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::site::Site;
use super::progress::Progress;
use super::run::runtime;
use super::screen::say;
use super::{Failure, screen};
use crate::config::{self, Config, Sources};
use crate::daemon::{self, Done, Selection, SystemClock};
use crate::store::{StoreError, lock, open, report};

/// Ingest a small site of feedmill's own into a database, and show what to ask it.
///
/// The site runs on loopback for as long as the command does: RSS, Atom and JSON feeds, one of
/// them broken and one slow; a dozen pages with navigation, advertisements and comments; a
/// syndicated copy, a paywall, a dead link, and an article that is edited in between.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The database; an earlier demo's is replaced
    #[arg(value_name = "FILE", default_value = "feedmill-demo.db")]
    file: PathBuf,
}

/// The feeds of the site: path, name.
const FEEDS: [(&str, &str); 5] = [
    ("harbour/feed.xml", "The Harbour Post"),
    ("harbour/sport.xml", "The Harbour Post: sport (broken XML)"),
    ("kettle/atom.xml", "Kettle & Kiln"),
    ("orbit/feed.json", "Orbit Notes"),
    ("slow/feed.xml", "A slow server"),
];

/// What is worth asking first.
const QUERIES: [(&str, &str); 3] = [
    (
        "the newest articles, each text once",
        "SELECT sort_at, site, title, word_count FROM articles WHERE is_duplicate = 0 ORDER BY sort_at DESC LIMIT 5",
    ),
    (
        "what was edited, and how it read before",
        "SELECT r.title, substr(r.text, 1, 60) AS before FROM revisions r JOIN articles a ON a.id = r.article_id",
    ),
    (
        "a word in all texts",
        "SELECT a.title, snippet(articles_fts, 1, '[', ']', '…', 8) AS found FROM articles_fts JOIN articles a ON a.id = articles_fts.rowid WHERE articles_fts MATCH 'harbour' ORDER BY rank LIMIT 5",
    ),
];

impl Demo {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        make_room(&self.file)?;
        super::run::log("error", false);
        runtime()?.block_on(async {
            let site = Site::open().await?;
            say!(
                "A small web of three publishers is up on loopback; feedmill polls its {} feeds …",
                FEEDS.len()
            );
            let config = self.config(|path| site.url(path))?;
            let first = self.turn(&config, false).await?;
            say!("first edition:  {}", summary(&first));
            site.publish_second_edition();
            let second = self.turn(&config, true).await?;
            say!("second edition: {}", summary(&second));
            site.close().await;
            Ok::<_, Failure>(())
        })?;
        self.show()?;
        Ok(ExitCode::SUCCESS)
    }

    fn config(&self, url: impl Fn(&str) -> String) -> Result<Config, Failure> {
        let mut text = String::from(
            "[fetch]\nhost_gap = \"10ms\"\nhost_concurrency = 4\ncontact = \"https://example.org/bot\"\n",
        );
        for (path, name) in FEEDS {
            let url = url(path);
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "[[feed]]\nurl = \"{url}\"\nname = \"{name}\"\nallow_networks = [\"127.0.0.0/8\"]\nfull_text = \"always\"\n"
            );
        }
        let sources = Sources {
            text: Some(("demo".to_owned(), text)),
            database: Some(self.file.clone()),
            ..Sources::default()
        };
        Ok(config::load(&sources)?)
    }

    async fn turn(&self, config: &Config, force: bool) -> Result<Done, Failure> {
        let selection = Selection {
            feeds: Vec::new(),
            force,
        };
        let mut progress = None;
        let done = daemon::once(
            config.clone(),
            Arc::new(SystemClock),
            CancellationToken::new(),
            &selection,
            |tally, feeds| {
                progress = Progress::start(tally, feeds);
            },
        );
        Ok(done.await?)
    }

    fn show(&self) -> Result<(), Failure> {
        let conn = open::reader(&self.file)?;
        let mut table = screen::table(&["feed", "kind", "last poll", "entries", "repairs needed"]);
        for feed in report::overview(&conn)? {
            table.add_row([
                feed.name,
                feed.kind,
                feed.outcome,
                feed.entries.to_string(),
                feed.repaired,
            ]);
        }
        say!("\n{table}");
        let report = report::report(&conn)?;
        say!(
            "{} entries led to {} articles: {} carries the text of another, {} has the feed's words only because its page is missing.",
            report.entries,
            report.articles,
            report.duplicates,
            report.feed_only
        );
        let file = self.file.display();
        say!(
            "\nThe file is yours to query while feedmill writes it. Three questions to begin with:"
        );
        for (question, query) in QUERIES {
            say!("\n-- {question}\nsqlite3 -box 'file:{file}?mode=ro' \"{query}\"");
        }
        say!("\nEvery table and column is described in the file itself: SELECT * FROM docs");
        Ok(())
    }
}

fn summary(done: &Done) -> String {
    let tally = &done.tally;
    format!(
        "{} polls, {} not modified; {} new entries, {} edited; {} new articles, {} updated; {} pages failed",
        tally.polls.get(),
        tally.polls_not_modified.get(),
        tally.entries_new.get(),
        tally.entries_edited.get(),
        tally.articles_new.get(),
        tally.articles_updated.get(),
        tally.pages_failed.get()
    )
}

/// Removes the database of an earlier demo; anything else that bears the name is left alone.
fn make_room(file: &Path) -> Result<(), Failure> {
    if let Some(holder) = lock::holder(file) {
        return Err(StoreError::InUse {
            path: file.to_owned(),
            holder: holder.process,
        }
        .into());
    }
    if file.exists() {
        open::reader(file)?;
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let path = open::beside(file, suffix);
            if path.exists() {
                std::fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_of_the_demo_is_one() {
        let demo = Demo {
            file: PathBuf::from("demo.db"),
        };
        let config = demo
            .config(|path| format!("http://127.0.0.1:4711/{path}"))
            .expect("usable");
        assert_eq!(config.feeds.len(), FEEDS.len());
    }
}

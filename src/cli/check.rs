//! `feedmill check`: everything that would keep feedmill from running well, at once.

use std::path::Path;
use std::process::ExitCode;

use super::screen::{self, say};
use super::{Context, Failure};
use crate::config::{Config, FullText};
use crate::fetch::Fetcher;
use crate::store::backup::Backups;
use crate::store::{StoreError, deep, directory, lock, open};

/// Look at configuration, database and permissions; say every problem with its remedy.
///
/// Changes nothing, and may be run while the service runs. Exit code 0 when all is well, else that of
/// the gravest problem.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Read the whole database too: its integrity, its full-text index, permissions, log, room
    #[arg(long)]
    deep: bool,
}

impl Check {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        // Without a configuration that can be read there is nothing to hold the rest against.
        let config = context.config()?;
        let file = config.file.as_ref().map_or_else(
            || "none, defaults".to_owned(),
            |file| file.display().to_string(),
        );
        say!("configuration  {file}: {} feeds", config.feeds.len());
        let mut worst: Option<Failure> = None;
        let mut problem = |failure: Failure| {
            if let Some(before) = worst.replace(failure) {
                let _ = before.report();
            }
        };
        match database(&config.database) {
            Ok(words) => say!("database       {}: {words}", config.database.display()),
            Err(error) => problem(error.into()),
        }
        if self.deep && config.database.exists() {
            for deep::Finding { about, verdict } in deep::look(&config.database)? {
                match verdict {
                    Ok(words) => say!("{about:<14} {words}"),
                    Err(error) => problem(error.into()),
                }
            }
        }
        match backups(&config) {
            Ok(Some(words)) => say!("backups        {words}"),
            Ok(None) => {}
            Err(error) => problem(error.into()),
        }
        match Fetcher::internet(config.fetch.clone(), 1) {
            Ok(_) => say!("network        the HTTP client can be made"),
            Err(error) => problem(crate::daemon::DaemonError::from(error).into()),
        }
        for hint in hints(&config) {
            say!("hint           {hint}");
        }
        worst.map_or(Ok(ExitCode::SUCCESS), Err)
    }
}

fn database(path: &Path) -> Result<String, StoreError> {
    let access = |detail: String| StoreError::Access {
        path: path.to_owned(),
        detail,
    };
    let dir = directory::of(path);
    directory::refuse_shared(path)?;
    tempfile_in(dir).map_err(|error| {
        access(format!(
            "the directory {} cannot be written: {error}",
            dir.display()
        ))
    })?;
    let used = if lock::holder(path).is_some() {
        "; a feedmill is running"
    } else {
        ""
    };
    if !path.exists() {
        return Ok(format!("will be made{used}"));
    }
    let conn = open::reader(path)?;
    let articles: i64 =
        conn.query_row("SELECT count(*) FROM article_text", [], |row| row.get(0))?;
    Ok(format!("{articles} articles{used}"))
}

/// The copies that the service takes, if it does.
fn backups(config: &Config) -> Result<Option<String>, StoreError> {
    let Some(dir) = &config.store.backup_dir else {
        return Ok(None);
    };
    let all = Backups::new(&config.database, dir).list()?;
    tempfile_in(dir).map_err(|error| StoreError::Access {
        path: dir.clone(),
        detail: format!("copies of the database cannot be written there: {error}"),
    })?;
    let newest = all.last().map(|(taken_at, _)| *taken_at);
    Ok(Some(format!(
        "{}: {}, the newest {}",
        dir.display(),
        all.len(),
        screen::when(newest)
    )))
}

/// A file that is made and removed again, to see whether the directory lets us.
fn tempfile_in(dir: &Path) -> std::io::Result<()> {
    let path = dir.join(format!(".feedmill-check-{}", std::process::id()));
    std::fs::File::create_new(&path)?;
    std::fs::remove_file(path)
}

/// What is allowed but worth a thought.
fn hints(config: &Config) -> Vec<String> {
    let mut hints = Vec::new();
    if config.feeds.is_empty() {
        hints.push("there is no feed yet: \"feedmill add URL --write\" adds some".to_owned());
    }
    if !config
        .fetch
        .user_agent
        .to_str()
        .is_ok_and(|agent| agent.contains('+'))
    {
        hints.push(
            "fetch.contact is not set: an address in the User-Agent lets site operators reach you"
                .to_owned(),
        );
    }
    if config.articles.full_text == FullText::Never {
        hints.push(
            "articles.full_text is \"never\": articles will have the feeds' own words only"
                .to_owned(),
        );
    }
    for feed in &config.feeds {
        if let Some(path) = feed
            .settings
            .credentials
            .as_ref()
            .filter(|path| std::fs::File::open(path).is_err())
        {
            hints.push(format!(
                "feed {}: its credentials, {}, cannot be read now",
                feed.url,
                path.display()
            ));
        }
    }
    hints
}

//! `feedmill check`: everything that would keep feedmill from running well, at once.

use std::path::Path;
use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure};
use crate::config::{Config, FullText};
use crate::fetch::Fetcher;
use crate::store::{StoreError, open};

/// Look at configuration, database and permissions; say every problem with its remedy.
///
/// Changes nothing. Exit code 0 when all is well, else that of the gravest problem.
#[derive(Debug, clap::Args)]
pub struct Check {}

impl Check {
    #[expect(clippy::unused_self, reason = "as every command")]
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
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let data = std::fs::metadata(dir).map_err(|error| {
        access(format!(
            "its directory cannot be used: {error}; make it, owned by the user feedmill runs as"
        ))
    })?;
    if is_group_writable(&data) {
        return Err(access(format!(
            "the directory {} is writable by its group: a reader could create the write-ahead log as itself and lock feedmill out; chmod g-w it",
            dir.display()
        )));
    }
    tempfile_in(dir).map_err(|error| {
        access(format!(
            "the directory {} cannot be written: {error}",
            dir.display()
        ))
    })?;
    let used = if open::is_in_use(path) {
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

/// A file that is made and removed again, to see whether the directory lets us.
fn tempfile_in(dir: &Path) -> std::io::Result<()> {
    let path = dir.join(format!(".feedmill-check-{}", std::process::id()));
    std::fs::File::create_new(&path)?;
    std::fs::remove_file(path)
}

#[cfg(unix)]
fn is_group_writable(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // The sticky bit of a shared temporary directory keeps others from replacing our files.
    data.mode() & 0o020 != 0 && data.mode() & 0o1000 == 0
}

#[cfg(not(unix))]
fn is_group_writable(_: &std::fs::Metadata) -> bool {
    false
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

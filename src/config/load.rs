//! Files, includes, environment and flags, put together.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::{self, Kind, Wishes};
use super::listed;
use super::outline;
use super::problem::Problems;
use super::settings::{Articles, Checkpoint, Config, FullText, Keep, Log, Robots, Store};
use super::websub;
use crate::fetch::{self, HeaderValue, HostPace};
use crate::schedule::{self, Pace};

/// Where a configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A document given as a name and its text, instead of a file.
    pub text: Option<(String, String)>,
    /// `--config`, or `FEEDMILL_CONFIG`.
    pub file: Option<PathBuf>,
    /// `--db`, or `FEEDMILL_DB`.
    pub database: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
}

/// Looked for in this order when no file is named.
const USUAL_FILES: [&str; 2] = ["feedmill.toml", "/etc/feedmill/feedmill.toml"];
const DATABASE: &str = "feedmill.db";
/// Sections that an environment variable can set a key of.
const SECTIONS: [&str; 6] = ["store", "polling", "fetch", "articles", "log", "websub"];
/// Variables that are no keys of a section.
const OTHER_VARIABLES: [&str; 3] = ["FEEDMILL_CONFIG", "FEEDMILL_DB", "FEEDMILL_LOG"];
/// Files that one include pattern may name.
const INCLUDED_MAX: usize = 10_000;

impl Sources {
    /// Files and flags as given, and the environment of this process.
    #[must_use]
    pub fn here(file: Option<PathBuf>, database: Option<PathBuf>) -> Self {
        // Other programs may have set what is not UTF-8.
        let text = |text: &OsStr| text.to_string_lossy().into_owned();
        Self {
            text: None,
            file,
            database,
            variables: std::env::vars_os()
                .map(|(name, value)| (text(&name), text(&value)))
                .collect(),
        }
    }
}

/// Reads everything, and gives the settings or all that is wrong.
///
/// # Errors
/// Every problem, in the order of the documents.
pub fn load(sources: &Sources) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let mut config = defaults();
    let mut wishes = Wishes::default();
    let usual = || {
        USUAL_FILES
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    if let Some((name, text)) = &sources.text {
        document::apply(
            (name, text),
            Kind::Main,
            Path::new(""),
            &mut config,
            &mut wishes,
            &mut problems,
        );
    } else if let Some(file) = sources.file.clone().or_else(usual) {
        read_file(&file, Kind::Main, &mut config, &mut wishes, &mut problems);
        let dir = directory(&file);
        for pattern in std::mem::take(&mut wishes.include) {
            include(&dir, &pattern, &mut config, &mut wishes, &mut problems);
        }
        config.file = Some(file);
    }
    environment(&sources.variables, &mut config, &mut wishes, &mut problems);
    config.database = database(sources, wishes.database);
    config.fetch.user_agent =
        user_agent(wishes.user_agent, wishes.contact.as_deref(), &mut problems);
    for host in wishes.hosts {
        let all = config.fetch.host_pace;
        let pace = HostPace {
            gap: host.gap.unwrap_or(all.gap),
            concurrency: host.concurrency.unwrap_or(all.concurrency),
        };
        config
            .robots_by_host
            .extend(host.robots.map(|robots| (host.name.clone(), robots)));
        config.fetch.hosts.insert(host.name, pace);
    }
    config.fetch.connect_backoff = config.schedule.connect_backoff;
    config.fetch.throttle_backoff = config.schedule.throttle_backoff;
    config.fetch.max_interval = config.schedule.max_interval;
    config.fetch.retry_after_max = config.schedule.retry_after_max;
    config.fetch.outage_hosts = config.schedule.outage_hosts;
    config.fetch.outage_window = config.schedule.outage_window;
    config.websub = websub::settle(wishes.websub, &mut problems);
    listed::settle(&mut config, wishes.feeds, &mut problems);
    if problems.0.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

fn defaults() -> Config {
    let schedule = schedule::Settings::default();
    Config {
        file: None,
        database: PathBuf::from(DATABASE),
        store: Store {
            keep: Keep::Forever,
            keep_text: Keep::Forever,
            max_db_bytes: None,
            backup_dir: None,
            backup_every: Pace::Every(Duration::from_secs(24 * 3600)),
            backup_keep: 7,
            checkpoint: Checkpoint::Internal,
            lock_warning: Duration::from_secs(30),
        },
        pace: Pace::Adaptive,
        fetch: fetch::Settings {
            user_agent: HeaderValue::from_static(concat!("feedmill/", env!("CARGO_PKG_VERSION"))),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            feed_timeout: Duration::from_secs(60),
            page_timeout: Duration::from_secs(30),
            feed_bytes_max: 10 << 20,
            page_bytes_max: 5 << 20,
            host_pace: HostPace {
                gap: Duration::from_secs(2),
                concurrency: 1,
            },
            hosts: HashMap::new(),
            connect_backoff: schedule.connect_backoff,
            throttle_backoff: schedule.throttle_backoff,
            max_interval: schedule.max_interval,
            retry_after_max: schedule.retry_after_max,
            outage_hosts: schedule.outage_hosts,
            outage_window: schedule.outage_window,
        },
        schedule,
        concurrency: 64,
        robots: Robots::Honour,
        robots_by_host: HashMap::new(),
        articles: Articles {
            full_text: FullText::Auto,
            retry: [300, 1800, 3 * 3600, 12 * 3600, 48 * 3600]
                .map(Duration::from_secs)
                .to_vec(),
            recheck: Vec::new(),
            keep_pages: None,
            keep_pages_max: 4 << 30,
        },
        websub: None,
        log: Log {
            fetches_for: Duration::from_secs(30 * 24 * 3600),
            fetches_max: 1_000_000,
        },
        feeds: Vec::new(),
    }
}

fn directory(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn read_file(
    path: &Path,
    kind: Kind,
    config: &mut Config,
    wishes: &mut Wishes,
    problems: &mut Problems,
) {
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return problems.add(&name, None, format!("it cannot be read: {error}")),
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return problems.add(&name, None, "it is not UTF-8 text");
    };
    if path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("opml") || extension.eq_ignore_ascii_case("xml")
    }) {
        let place = name.as_str().into();
        for feed in outline::read(&name, &text, problems) {
            wishes.list(feed, &place, None);
        }
        return;
    }
    let dir = directory(path);
    document::apply((&name, &text), kind, &dir, config, wishes, problems);
}

/// A file, or all files of a folder that match `*.toml` or `*.opml` in its last part.
fn include(
    dir: &Path,
    pattern: &str,
    config: &mut Config,
    wishes: &mut Wishes,
    problems: &mut Problems,
) {
    let path = dir.join(pattern);
    let last = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let Some((before, after)) = last.split_once('*') else {
        return read_file(&path, Kind::Included, config, wishes, problems);
    };
    let entries = match std::fs::read_dir(directory(&path)) {
        Ok(entries) => entries,
        // A folder that is not there yet holds no files.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            return problems.add(
                &path.display().to_string(),
                None,
                format!("it cannot be read: {error}"),
            );
        }
    };
    let matches = |name: &str| {
        name.len() >= before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(matches))
        .map(|entry| entry.path())
        .take(INCLUDED_MAX)
        .collect();
    files.sort();
    for file in files {
        read_file(&file, Kind::Included, config, wishes, problems);
    }
}

fn environment(
    variables: &[(String, String)],
    config: &mut Config,
    wishes: &mut Wishes,
    problems: &mut Problems,
) {
    let mut variables: Vec<_> = variables
        .iter()
        .filter(|(name, _)| name.starts_with("FEEDMILL_"))
        .collect();
    variables.sort();
    for (name, value) in variables {
        if OTHER_VARIABLES.contains(&name.as_str()) {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let parts = lower
            .strip_prefix("feedmill_")
            .and_then(|rest| rest.split_once('_'));
        let Some((section, key)) = parts.filter(|(section, _)| SECTIONS.contains(section)) else {
            let message = format!(
                "there is no such setting; FEEDMILL_<SECTION>_<KEY> with a section of {}",
                SECTIONS.join(", ")
            );
            problems.add(name, None, message);
            continue;
        };
        let text = document::from_variable(section, key, value);
        let before = problems.0.len();
        document::apply(
            (name, &text),
            Kind::Main,
            Path::new(""),
            config,
            wishes,
            problems,
        );
        problems
            .0
            .iter_mut()
            .skip(before)
            .for_each(|problem| problem.line = None);
    }
}

fn database(sources: &Sources, configured: Option<PathBuf>) -> PathBuf {
    let state = sources
        .variables
        .iter()
        .find(|(name, _)| name == "STATE_DIRECTORY")
        .map(|(_, value)| value);
    // systemd separates several directories with colons; ours is the first.
    let state = state
        .and_then(|value| value.split(':').next())
        .filter(|dir| !dir.is_empty());
    sources
        .database
        .clone()
        .or(configured)
        .or_else(|| state.map(|dir| Path::new(dir).join(DATABASE)))
        .unwrap_or_else(|| PathBuf::from(DATABASE))
}

fn user_agent(
    configured: Option<HeaderValue>,
    contact: Option<&str>,
    problems: &mut Problems,
) -> HeaderValue {
    let contact = contact.filter(|contact| !contact.is_empty());
    let text = match contact {
        Some(contact) => format!(
            concat!("feedmill/", env!("CARGO_PKG_VERSION"), " (+{})"),
            contact
        ),
        None => concat!("feedmill/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    configured.unwrap_or_else(|| {
        HeaderValue::from_str(&text).unwrap_or_else(|_| {
            problems.add(
                "fetch.contact",
                None,
                "it cannot be part of a header; an address such as \"https://example.org/bot\"",
            );
            HeaderValue::from_static("feedmill")
        })
    })
}

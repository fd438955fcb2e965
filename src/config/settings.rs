//! A configuration that has been checked: what every room is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::listed::asked_at;
use crate::fetch::{self, HeaderMap, Networks};
use crate::schedule::{self, Pace};

/// Everything that a configuration says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from, when there was one.
    pub file: Option<PathBuf>,
    pub database: PathBuf,
    pub store: Store,
    pub schedule: schedule::Settings,
    /// For feeds without a pace of their own.
    pub pace: Pace,
    pub fetch: fetch::Settings,
    /// Requests in flight over all hosts.
    pub concurrency: usize,
    pub robots: Robots,
    pub robots_by_host: HashMap<String, Robots>,
    pub articles: Articles,
    /// Present when hubs may call.
    pub websub: Option<WebSub>,
    pub log: Log,
    pub feeds: Vec<Arc<Feed>>,
}

/// How long things are kept, and how the file is looked after.
#[derive(Debug, Clone)]
pub struct Store {
    /// How long articles are kept.
    pub keep: Keep,
    /// How long their texts are.
    pub keep_text: Keep,
    /// Beyond it the oldest articles go; `None` is no bound.
    pub max_db_bytes: Option<u64>,
    /// Where the service puts copies of the database; `None` is nowhere.
    pub backup_dir: Option<PathBuf>,
    pub backup_every: Pace,
    pub backup_keep: u32,
    pub checkpoint: Checkpoint,
    /// A lock that another program holds longer is a line in the log.
    pub lock_warning: Duration,
}

/// Who copies the write-ahead log back into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    Internal,
    External,
}

/// For how long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Forever,
    For(Duration),
}

/// How articles are made.
#[derive(Debug, Clone)]
pub struct Articles {
    pub full_text: FullText,
    /// Pauses before a page that failed is tried again.
    pub retry: Vec<Duration>,
    /// Pauses before a fresh article is fetched again, for revisions.
    pub recheck: Vec<Duration>,
    /// For how long pages are kept as they were received; not at all when absent.
    pub keep_pages: Option<Duration>,
    /// The most that is kept of them, in bytes.
    pub keep_pages_max: usize,
}

/// How hubs reach us, and what they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSub {
    /// What our callback addresses begin with, as the world sees it.
    pub callback_url: String,
    /// Where it arrives here.
    pub listen: SocketAddr,
    /// The lease that is asked for.
    pub lease: Duration,
    /// How often an adaptive feed is polled all the same.
    pub backstop: Duration,
}

/// How much is remembered of requests.
#[derive(Debug, Clone)]
pub struct Log {
    pub fetches_for: Duration,
    pub fetches_max: u32,
}

/// Whether pages are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FullText {
    /// As long as they say more than the feed.
    #[default]
    Auto,
    Always,
    Never,
}

/// Whether robots.txt is honoured for pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Robots {
    #[default]
    Honour,
    Ignore,
}

/// One feed.
#[derive(Debug, Clone)]
pub struct Feed {
    pub url: String,
    pub name: Option<String>,
    pub tags: Vec<String>,
    /// Shared by feeds that are set alike: of a hundred thousand most are.
    pub settings: Arc<FeedSettings>,
}

impl Feed {
    /// A feed with nothing said of it but its address.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self {
            url,
            name: None,
            tags: Vec::new(),
            settings: Arc::default(),
        }
    }

    /// Whether a person who says that means this feed: its name, or its address however written.
    #[must_use]
    pub fn is_called(&self, said: &str) -> bool {
        self.name.as_deref() == Some(said) || asked_at(&self.url) == asked_at(said)
    }
}

/// What is set for a feed; as for all feeds where it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedSettings {
    pub pace: Option<Pace>,
    /// Instead of that of all cron lines.
    pub splay: Option<Duration>,
    pub headers: HeaderMap,
    /// A file with `user:password`, or with a whole Authorization value such as `Bearer …`.
    pub credentials: Option<PathBuf>,
    pub networks: Networks,
    pub robots: Option<Robots>,
    pub full_text: Option<FullText>,
    pub respect_cache_control: bool,
    /// How long its articles are kept, and their texts.
    pub keep: Option<Keep>,
    pub keep_text: Option<Keep>,
    /// CSS selectors of what the article is in.
    pub extract_keep: Vec<String>,
    /// CSS selectors of what is not the article.
    pub extract_drop: Vec<String>,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            pace: None,
            splay: None,
            headers: HeaderMap::new(),
            credentials: None,
            networks: Networks::default(),
            robots: None,
            full_text: None,
            respect_cache_control: true,
            keep: None,
            keep_text: None,
            extract_keep: Vec::new(),
            extract_drop: Vec::new(),
        }
    }
}

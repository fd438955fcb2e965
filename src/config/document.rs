//! One document, a file or the environment, applied to a configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::feeds;
use super::pieces;
use super::problem::{Problem, Problems};
use super::section::{Section, Source, line_ends};
use super::settings::{Config, Feed, FullText, Robots};
use super::{store, units, websub};
use crate::fetch::HeaderValue;
use crate::schedule::Pace;

const MS: Duration = Duration::from_millis(1);
const NONE: Duration = Duration::ZERO;
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
const BYTES_MIN: usize = 1 << 10;
const BYTES_MAX: usize = 1 << 30;
/// A pebibyte: no bound but a number that can be reckoned with.
const RAW_BYTES_MAX: usize = 1 << 50;

/// What is allowed in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Main,
    /// An included file: feeds and hosts only.
    Included,
}

/// What a document asks for beyond the settings themselves.
#[derive(Debug, Default)]
pub struct Wishes {
    pub include: Vec<String>,
    pub database: Option<PathBuf>,
    pub contact: Option<String>,
    pub user_agent: Option<HeaderValue>,
    pub hosts: Vec<Host>,
    pub websub: websub::Wishes,
    pub feeds: Vec<Listed>,
}

impl Wishes {
    /// Adds a feed. In a long list most are set like their neighbour, and share it.
    pub fn list(&mut self, mut feed: Feed, place: &Arc<str>, line: Option<usize>) {
        if let Some(last) = self.feeds.last()
            && last.feed.settings == feed.settings
        {
            feed.settings = Arc::clone(&last.feed.settings);
        }
        self.feeds.push(Listed {
            feed,
            place: Arc::clone(place),
            line,
        });
    }
}

/// A feed with the place where it is listed.
#[derive(Debug)]
pub struct Listed {
    pub feed: Feed,
    /// A file.
    pub place: Arc<str>,
    pub line: Option<usize>,
}

/// `[[host]]`: what is said of a host; what is not is as for all hosts.
#[derive(Debug)]
pub struct Host {
    pub name: String,
    pub gap: Option<Duration>,
    pub concurrency: Option<u32>,
    pub robots: Option<Robots>,
}

/// Reads a document into `config`, noting every problem.
pub fn apply(
    (name, text): (&str, &str),
    kind: Kind,
    dir: &Path,
    config: &mut Config,
    wishes: &mut Wishes,
    problems: &mut Problems,
) {
    let line_ends = line_ends(text);
    let source = Source {
        name,
        start: 0,
        line_ends: &line_ends,
    };
    let before = problems.0.len();
    let place: Arc<str> = name.into();
    let pieces = pieces::split(text);
    let mut top = parse(source, &pieces.rest, problems);
    if kind == Kind::Main {
        if let Some(include) = top.strings("include") {
            wishes.include.extend(include);
        }
        store::apply(&mut top, dir, config, wishes);
        polling(&mut top, config);
        fetch(&mut top, config, wishes);
        articles(&mut top, config);
        log(&mut top, config);
        websub::read(&mut top, &mut wishes.websub);
    }
    hosts(&mut top, wishes);
    feeds(&mut top, &place, dir, wishes);
    top.finish();
    for piece in pieces.feeds {
        let source = Source {
            start: piece.start,
            ..source
        };
        let text = text.get(piece).unwrap_or_default();
        let mut list = parse(source, text, problems);
        feeds(&mut list, &place, dir, wishes);
        list.finish();
    }
    keep_syntax_only(source.name, problems, before);
}

/// The top table of a document or a piece of one.
fn parse<'a, 'p>(source: Source<'a>, text: &'a str, problems: &'p mut Problems) -> Section<'a, 'p> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map(|span| source.line(span.start));
        problems.add(source.name, line, format!("{NOT_TOML}{}", error.message()));
    }
    Section::new(source, "", 0, table.into_inner(), problems)
}

fn feeds(top: &mut Section<'_, '_>, place: &Arc<str>, dir: &Path, wishes: &mut Wishes) {
    for (start, table) in top.tables("feed") {
        let (source, problems) = top.parts();
        let section = Section::new(source, "feed", start, table, problems);
        if let Some((feed, line)) = feeds::read(section, dir) {
            wishes.list(feed, place, Some(line));
        }
    }
}

/// What a line that is no TOML seems to say besides is only a guess of the parser's.
fn keep_syntax_only(name: &str, problems: &mut Problems, before: usize) {
    let is_syntax = |problem: &Problem| problem.message.starts_with(NOT_TOML);
    let broken: Vec<_> = problems
        .0
        .iter()
        .skip(before)
        .filter(|problem| is_syntax(problem))
        .map(|problem| problem.line)
        .collect();
    problems.0.retain(|problem| {
        problem.place != name || is_syntax(problem) || !broken.contains(&problem.line)
    });
}

const NOT_TOML: &str = "not valid TOML: ";

fn polling(top: &mut Section<'_, '_>, config: &mut Config) {
    let Some(mut section) = top.table("polling") else {
        return;
    };
    let pace = section.read(
        "interval",
        "\"adaptive\" or a duration such as \"30m\"",
        |value| match value.as_str()? {
            "adaptive" => Some(Pace::Adaptive),
            text => units::duration(text)
                .filter(|span| !span.is_zero())
                .map(Pace::Every),
        },
    );
    if let Some(pace) = pace {
        config.pace = pace;
    }
    let polling = &mut config.schedule;
    section.duration("initial_interval", MS..=YEAR, &mut polling.initial_interval);
    section.duration("floor", MS..=YEAR, &mut polling.floor);
    section.duration("configured_floor", MS..=YEAR, &mut polling.configured_floor);
    section.duration(
        "unconditional_floor",
        MS..=YEAR,
        &mut polling.unconditional_floor,
    );
    section.duration("max_interval", MS..=YEAR, &mut polling.max_interval);
    section.share("jitter", &mut polling.jitter);
    section.duration("startup_spread", NONE..=YEAR, &mut polling.startup_spread);
    section.duration("splay", NONE..=YEAR, &mut polling.splay);
    section.duration("throttle_backoff", MS..=YEAR, &mut polling.throttle_backoff);
    section.duration("retry_after_max", MS..=YEAR, &mut polling.retry_after_max);
    section.duration("connect_backoff", MS..=YEAR, &mut polling.connect_backoff);
    section.duration("slow_lane", MS..=YEAR, &mut polling.slow_lane);
    section.duration("redirect_after", NONE..=YEAR, &mut polling.redirect_after);
    section.number(
        "redirect_observations",
        1..=1000,
        &mut polling.redirect_observations,
    );
    section.duration("gone_after", MS..=YEAR, &mut polling.gone_after);
    section.number(
        "gone_observations",
        1..=1000,
        &mut polling.gone_observations,
    );
    section.duration("revalidate_after", MS..=YEAR, &mut polling.revalidate_after);
    section.number("outage_hosts", 2..=1000, &mut polling.outage_hosts);
    section.duration("outage_window", MS..=YEAR, &mut polling.outage_window);
    if polling.floor > polling.max_interval {
        let (floor, max) = (
            units::show(polling.floor),
            units::show(polling.max_interval),
        );
        section.complain_here(
            "floor",
            format!("\"{floor}\" is longer than max_interval, \"{max}\""),
        );
    }
    section.finish();
}

fn fetch(top: &mut Section<'_, '_>, config: &mut Config, wishes: &mut Wishes) {
    let Some(mut section) = top.table("fetch") else {
        return;
    };
    if let Some(contact) = section.string("contact") {
        wishes.contact = Some(contact);
    }
    let agent = section.read(
        "user_agent",
        "a text that can be a header's value",
        |value| HeaderValue::from_str(value.as_str()?).ok(),
    );
    if let Some(agent) = agent {
        wishes.user_agent = Some(agent);
    }
    let fetch = &mut config.fetch;
    section.duration("host_gap", NONE..=YEAR, &mut fetch.host_pace.gap);
    section.number("host_concurrency", 1..=64, &mut fetch.host_pace.concurrency);
    let mut concurrency = u32::try_from(config.concurrency).unwrap_or(u32::MAX);
    section.number("concurrency", 1..=4096, &mut concurrency);
    config.concurrency = usize::try_from(concurrency).unwrap_or(1);
    section.duration("connect_timeout", MS..=YEAR, &mut fetch.connect_timeout);
    section.duration("read_timeout", MS..=YEAR, &mut fetch.read_timeout);
    section.duration("feed_timeout", MS..=YEAR, &mut fetch.feed_timeout);
    section.duration("page_timeout", MS..=YEAR, &mut fetch.page_timeout);
    section.size(
        "feed_bytes_max",
        BYTES_MIN..=BYTES_MAX,
        &mut fetch.feed_bytes_max,
    );
    section.size(
        "page_bytes_max",
        BYTES_MIN..=BYTES_MAX,
        &mut fetch.page_bytes_max,
    );
    if let Some(robots) = section.choice("robots", &ROBOTS) {
        config.robots = robots;
    }
    section.finish();
}

/// The words for [`Robots`].
pub(super) const ROBOTS: [(&str, Robots); 2] =
    [("honour", Robots::Honour), ("ignore", Robots::Ignore)];
/// The words for [`FullText`].
pub(super) const FULL_TEXT: [(&str, FullText); 3] = [
    ("auto", FullText::Auto),
    ("always", FullText::Always),
    ("never", FullText::Never),
];

fn articles(top: &mut Section<'_, '_>, config: &mut Config) {
    let Some(mut section) = top.table("articles") else {
        return;
    };
    if let Some(full_text) = section.choice("full_text", &FULL_TEXT) {
        config.articles.full_text = full_text;
    }
    section.durations("retry", &mut config.articles.retry);
    section.durations("recheck", &mut config.articles.recheck);
    let mut keep = NONE;
    section.duration("keep_pages", MS..=CENTURY, &mut keep);
    if !keep.is_zero() {
        config.articles.keep_pages = Some(keep);
    }
    section.size(
        "keep_pages_max",
        BYTES_MIN..=RAW_BYTES_MAX,
        &mut config.articles.keep_pages_max,
    );
    section.finish();
}

fn log(top: &mut Section<'_, '_>, config: &mut Config) {
    let Some(mut section) = top.table("log") else {
        return;
    };
    section.duration("fetches_for", MS..=YEAR, &mut config.log.fetches_for);
    section.number(
        "fetches_max",
        1000..=100_000_000,
        &mut config.log.fetches_max,
    );
    section.finish();
}

fn hosts(top: &mut Section<'_, '_>, wishes: &mut Wishes) {
    for (start, table) in top.tables("host") {
        let (source, problems) = top.parts();
        let mut section = Section::new(source, "host", start, table, problems);
        let (mut gap, mut concurrency) = (Duration::MAX, 0);
        section.duration("gap", NONE..=YEAR, &mut gap);
        section.number("concurrency", 1..=64, &mut concurrency);
        let mut host = Host {
            name: String::new(),
            gap: (gap != Duration::MAX).then_some(gap),
            concurrency: (concurrency != 0).then_some(concurrency),
            robots: section.choice("robots", &ROBOTS),
        };
        let name = section.string("name");
        match name.as_deref().map(url::Host::parse) {
            Some(Ok(name)) => {
                host.name = name.to_string();
                if wishes.hosts.iter().any(|other| other.name == host.name) {
                    section.complain_here("name", format!("\"{}\" is listed twice", host.name));
                }
                wishes.hosts.push(host);
            }
            Some(Err(_)) => section.complain_here(
                "name",
                format!(
                    "\"{}\" is not a host name, such as \"example.org\", without scheme, port and path",
                    name.unwrap_or_default()
                ),
            ),
            None => section.complain_here("name", "it is missing: the host that the rule is for"),
        }
        section.finish();
    }
}

/// The text of a document that sets `section.key` to what an environment variable says: as TOML
/// where it is TOML, else as a string.
#[must_use]
pub fn from_variable(section: &str, key: &str, value: &str) -> String {
    let as_toml = !matches!(
        DeValue::parse(value).map(toml::Spanned::into_inner),
        Err(_) | Ok(DeValue::Datetime(_))
    );
    let value = if as_toml {
        value.to_owned()
    } else {
        quoted(value)
    };
    format!("[{section}]\n{key} = {value}\n")
}

/// A text as it stands in TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

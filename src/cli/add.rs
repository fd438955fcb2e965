//! `feedmill add`: the feeds of a site, tried, shown, and put into the configuration.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::export::toml_of;
use super::run::runtime;
use super::screen::say;
use super::source::{feed_settings, fetch, typed};
use super::{Context, Failure, screen};
use crate::config::{asked_at, url_fault};
use crate::daemon::{Clock as _, SystemClock};
use crate::feed;
use crate::feed::discover::{self, Candidate, Why};
use crate::fetch::{Fetcher, Networks, Purpose};
use crate::model::{Fetched, ParsedFeed, Timestamp};

/// Find the feeds of a site and print what to put into the configuration.
///
/// Every candidate is fetched and parsed; what is shown works. Without --write nothing is changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill add https://example.org\n  feedmill add https://example.org --write"
)]
pub struct Add {
    /// Sites, pages or feeds
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Append the first feed of each to the configuration
    #[arg(long)]
    write: bool,
}

/// Candidates of one site that are fetched.
const TRIED: usize = 12;

/// A feed that works.
struct Found {
    url: String,
    feed: ParsedFeed,
    /// What polling it needs: not empty for a feed on a private address.
    networks: Networks,
}

impl Found {
    fn toml(&self) -> String {
        let feed = toml_of(&self.url, self.feed.title.as_deref(), &[]);
        if self.networks.is_empty() {
            feed
        } else {
            format!("{feed}allow_networks = {}\n", self.networks)
        }
    }
}

impl Add {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let runtime = runtime()?;
        let config = context.config()?;
        let listed = config.feeds.iter().map(|feed| asked_at(&feed.url));
        let mut listed: HashSet<String> = listed.map(Cow::into_owned).collect();
        // With the manners of the configuration: its contact, its pace.
        let fetcher = Fetcher::internet(config.fetch, 1).map_err(Failure::runtime)?;
        let mut toml = String::new();
        let mut missing = false;
        for url in &self.urls {
            let url = discover::web(url, "https");
            let url = if url.contains("://") {
                url.into_owned()
            } else {
                format!("https://{url}")
            };
            let found = match url_fault(&url) {
                None => runtime.block_on(async { find(&fetcher, &url).await }),
                Some(fault) => Err(Failure::usage(fault)),
            };
            match found {
                Ok(found) if found.is_empty() => {
                    eprintln!(
                        "feedmill: {url}: no feed was found; if you know its address, give that"
                    );
                    missing = true;
                }
                Ok(found) => {
                    show(&found);
                    if let Some(first) = found.first() {
                        if listed.insert(asked_at(&first.url).into_owned()) {
                            toml.push_str(&first.toml());
                        } else {
                            eprintln!("feedmill: {} is subscribed to already", first.url);
                        }
                    }
                }
                Err(failure) => {
                    let _ = failure.report();
                    missing = true;
                }
            }
        }
        if !toml.is_empty() {
            self.deliver(config.file, &toml)?;
        }
        Ok(ExitCode::from(u8::from(missing)))
    }

    fn deliver(&self, file: Option<PathBuf>, toml: &str) -> Result<(), Failure> {
        if !self.write {
            say!(
                "\nTo subscribe, put this into the configuration, or run the command again with --write:\n{toml}"
            );
            return Ok(());
        }
        let file = file.unwrap_or_else(|| PathBuf::from("feedmill.toml"));
        let name = file.display();
        let opened = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file);
        let mut opened = opened.map_err(|error| Failure::runtime(format!("{name}: {error}")))?;
        opened.write_all(toml.as_bytes())?;
        say!("\nappended to {name}:\n{toml}");
        Ok(())
    }
}

async fn find(fetcher: &Fetcher, url: &str) -> Result<Vec<Found>, Failure> {
    let networks = typed(fetcher, url).await;
    let page = fetch(fetcher, url, Purpose::Page, &networks).await?;
    if let Some(feed) = parsed(&page) {
        return Ok(vec![Found {
            url: asked_at(url).into_owned(),
            feed,
            networks,
        }]);
    }
    let mut found: Vec<Found> = Vec::new();
    let of = |page: &Fetched| discover::candidates(&page.url, &page.body, &page.links);
    let mut candidates = VecDeque::from(of(&page));
    let mut listed = false;
    for _ in 0..TRIED {
        let Some(candidate) = candidates.pop_front() else {
            break;
        };
        // Guesses are for sites that declare nothing.
        if !found.is_empty() && candidate.why >= Why::WellKnown {
            break;
        }
        let Ok(answer) = fetch(fetcher, &candidate.url, Purpose::Feed, &networks).await else {
            continue;
        };
        let again = found.iter().any(|known| known.url == asked_at(&answer.url));
        if let Some(feed) = parsed(&answer).filter(|_| !again) {
            found.push(Found {
                url: asked_at(&answer.url).into_owned(),
                feed,
                networks: networks.clone(),
            });
        } else if candidate.why == Why::Anchor && !listed && !again {
            // A page that lists the feeds, or to which this one leads.
            listed = true;
            let more = of(&answer).into_iter();
            for candidate in more.filter(|more| more.why < Why::WellKnown).rev() {
                candidates.push_front(candidate);
            }
        }
    }
    let announced = |candidate: &&Candidate| candidate.why < Why::WellKnown;
    let left = candidates.iter().filter(announced).count();
    if left > 0 {
        eprintln!("feedmill: {url}: {left} more that may be feeds were not tried");
    }
    Ok(found)
}

fn parsed(answer: &Fetched) -> Option<ParsedFeed> {
    let input = feed::Input {
        url: Some(&answer.url),
        content_type: answer.content_type.as_deref(),
        body: &answer.body,
    };
    feed::parse(&input, &feed_settings()).ok()
}

fn show(found: &[Found]) {
    let now = SystemClock.now();
    let mut table = screen::table(&["feed", "title", "kind", "entries", "newest", "content"]);
    for Found { url, feed, .. } in found {
        let newest = feed
            .entries
            .iter()
            .filter_map(|entry| entry.published.or(entry.updated))
            .max();
        table.add_row([
            screen::safe(url),
            screen::safe(feed.title.as_deref().unwrap_or("")),
            feed.kind.token().to_owned(),
            feed.entries.len().to_string(),
            newest.map_or_else(|| "undated".to_owned(), |at| age(at, now)),
            fullness(feed),
        ]);
    }
    say!("{table}");
}

fn age(at: Timestamp, now: Timestamp) -> String {
    let days = now.since(at).as_secs() / 86_400;
    match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

/// How much of an article its entries carry, by the median length.
fn fullness(feed: &ParsedFeed) -> String {
    if feed.entries.is_empty() {
        return "no entries".to_owned();
    }
    let longest = |entry: &crate::model::ParsedEntry| {
        let content = entry.content.as_deref().map_or(0, str::len);
        content.max(entry.summary.as_deref().map_or(0, str::len))
    };
    let mut lengths: Vec<usize> = feed.entries.iter().map(longest).collect();
    lengths.sort_unstable();
    match lengths.get(lengths.len() / 2) {
        None | Some(0) => "titles only",
        Some(1..=1500) => "summaries",
        Some(_) => "long texts",
    }
    .to_owned()
}

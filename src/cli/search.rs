//! `feedmill search`: full-text search of the store.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::{Context, Failure, moment, screen};
use crate::model::Timestamp;
use crate::store::{open, search};

/// Search the articles.
///
/// All words must occur, in any order; each text is shown once. Words in scripts without spaces
/// (Chinese, Japanese, Korean, Thai, Khmer …) are found wherever they stand.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill search harbour ferry\n  feedmill search 'climat*' --newest --since 7d --lang fr\n  feedmill search 北京大学 --site example.cn\n  feedmill search --raw 'title:ferry NOT storm'"
)]
pub struct Search {
    /// Words that must all occur; a word ending in * is a prefix
    #[arg(required = true)]
    words: Vec<String>,
    /// Only of this site, or of sites under it
    #[arg(long, value_name = "HOST")]
    site: Option<String>,
    /// Only articles that this feed carried, by its name or address
    #[arg(long)]
    feed: Option<String>,
    /// Only articles of feeds with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only in this language; en is en-GB too
    #[arg(long)]
    lang: Option<String>,
    /// Not from before a day, an instant or an age: 2026-11-01, 7d
    #[arg(long, value_name = "WHEN", value_parser = moment::read)]
    since: Option<Timestamp>,
    /// Only from before
    #[arg(long, value_name = "WHEN", value_parser = moment::read)]
    until: Option<Timestamp>,
    #[command(flatten)]
    order: Order,
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Take the words as an SQLite FTS5 expression, over words alone
    #[arg(long)]
    raw: bool,
    /// As JSON lines
    #[arg(long)]
    json: bool,
}

/// What comes first.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Order {
    /// Newest first
    #[arg(long)]
    newest: bool,
    /// Best match first: the default
    #[arg(long)]
    best: bool,
}

/// Stand around a match until what came from outside has been made safe to print.
const MARKS: (&str, &str) = ("\u{e000}", "\u{e001}");

impl Search {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let conn = open::reader(&context.database()?)?;
        let words = self.words.join(" ");
        let colour = !self.json && screen::is_colour_wanted();
        let query = search::Query {
            words: &words,
            raw: self.raw,
            newest: self.order.newest,
            limit: self.limit,
            marks: if colour { MARKS } else { ("[", "]") },
            filter: search::Filter {
                site: self
                    .site
                    .map(|site| site.to_lowercase().trim_start_matches("www.").to_owned()),
                lang: self.lang,
                tag: self.tag,
                feed: self.feed,
                since: self.since,
                until: self.until,
            },
        };
        let hits = search::search(&conn, &query).map_err(|error| {
            if self.raw {
                Failure::usage(format!("the expression cannot be used: {error}"))
            } else {
                error.into()
            }
        })?;
        let mut out = std::io::stdout().lock();
        for hit in &hits {
            if self.json {
                writeln!(out, "{}", json_of(hit))?;
            } else {
                print(hit, &mut out)?;
            }
        }
        if hits.is_empty() && !self.json {
            let is_word = words.contains(char::is_alphanumeric);
            let why = if is_word {
                ""
            } else {
                ": there is no word to look for"
            };
            eprintln!("nothing found{why}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn json_of(hit: &search::Hit) -> serde_json::Value {
    json!({
        "id": hit.id.0, "url": hit.url, "site": hit.site, "title": hit.title, "lang": hit.lang,
        "published_at": hit.published_at.map(|at| at.to_string()), "sort_at": hit.sort_at.to_string(),
        "snippet": hit.snippet,
    })
}

fn print(hit: &search::Hit, out: &mut impl Write) -> std::io::Result<()> {
    let title = screen::safe(hit.title.as_deref().unwrap_or("(no title)"));
    let day: String = hit.sort_at.to_string().chars().take(10).collect();
    let url = screen::safe(hit.url.as_deref().unwrap_or(""));
    let snippet = screen::safe(&hit.snippet)
        .replace(MARKS.0, "\x1b[1m")
        .replace(MARKS.1, "\x1b[0m");
    writeln!(out, "{title}\n  {day} {} · {url}\n  {snippet}\n", hit.site)
}

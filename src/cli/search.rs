//! `feedmill search`: full-text search of the store.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::{Context, Failure, screen};
use crate::store::{open, search};

/// Search the articles.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill search harbour ferry\n  feedmill search 'climat*' --newest --limit 5\n  feedmill search --raw 'title:ferry NOT storm'"
)]
pub struct Search {
    /// Words that must all occur; a word ending in * is a prefix
    #[arg(required = true)]
    words: Vec<String>,
    /// Newest first instead of best first
    #[arg(long)]
    newest: bool,
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Take the words as an SQLite FTS5 expression
    #[arg(long)]
    raw: bool,
    /// As JSON lines
    #[arg(long)]
    json: bool,
}

impl Search {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let conn = open::reader(&context.database()?)?;
        let words = self.words.join(" ");
        let marks = if !self.json && screen::is_colour_wanted() {
            ("\u{1}", "\u{2}")
        } else {
            ("[", "]")
        };
        let query = search::Query {
            words: &words,
            raw: self.raw,
            newest: self.newest,
            limit: self.limit,
            marks,
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
            let published = hit.published_at.map(|at| at.to_string());
            if self.json {
                writeln!(
                    out,
                    "{}",
                    json!({"id": hit.id.0, "url": hit.url, "site": hit.site, "title": hit.title, "published_at": published, "snippet": hit.snippet})
                )?;
                continue;
            }
            let day: String = published.unwrap_or_default().chars().take(10).collect();
            let title = screen::safe(hit.title.as_deref().unwrap_or("(no title)"));
            writeln!(
                out,
                "{title}\n  {day} {} · {}",
                hit.site,
                screen::safe(hit.url.as_deref().unwrap_or(""))
            )?;
            let snippet = hit
                .snippet
                .replace('\u{1}', "\u{e000}")
                .replace('\u{2}', "\u{e001}");
            let snippet = screen::safe(&snippet)
                .replace('\u{e000}', "\x1b[1m")
                .replace('\u{e001}', "\x1b[0m");
            writeln!(out, "  {snippet}\n")?;
        }
        if hits.is_empty() && !self.json {
            eprintln!("nothing found");
        }
        Ok(ExitCode::SUCCESS)
    }
}

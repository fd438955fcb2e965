//! `feedmill import` and `export`: OPML in and out, and articles out.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure, partitions, warc};
use crate::config::{self, Problems, outline};

/// Take feeds out of an OPML file and print them as TOML.
///
/// A configuration can also name the file itself: `include = ["list.opml"]`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  feedmill import subscriptions.opml >> feedmill.toml")]
pub struct Import {
    /// The OPML file
    file: PathBuf,
}

impl Import {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let name = self.file.display().to_string();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| Failure::runtime(format!("{name}: {error}")))?;
        let mut problems = Problems::default();
        let feeds = outline::read(&name, &text, &mut problems);
        let mut listed = HashSet::new();
        for feed in &feeds {
            if !listed.insert(config::asked_at(&feed.url)) {
                eprintln!("feedmill: {name}: {} is listed twice; left out", feed.url);
                continue;
            }
            say!(
                "{}",
                toml_of(&feed.url, feed.name.as_deref(), &feed.tags).trim_end()
            );
        }
        if feeds.is_empty() && !problems.0.is_empty() {
            return Err(Failure::runtime(problems));
        }
        for problem in &problems.0 {
            eprintln!("feedmill: {problem}; left out");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A feed as it stands in a configuration.
pub(super) fn toml_of(url: &str, name: Option<&str>, tags: &[String]) -> String {
    let text = config::quoted;
    let name = name
        .map(|name| format!("name = {}\n", text(name)))
        .unwrap_or_default();
    let tags: Vec<String> = tags.iter().map(|tag| text(tag)).collect();
    let tags = if tags.is_empty() {
        String::new()
    } else {
        format!("tags = [{}]\n", tags.join(", "))
    };
    format!("\n[[feed]]\nurl = {}\n{name}{tags}", text(url))
}

/// Write the configured feeds as OPML, the articles as files by the day, or kept pages as WARC.
///
/// As files: DIR/date=2026-01-31/articles.parquet (or .jsonl, .csv), one for each day (UTC). Run
/// again, it writes only the days whose articles have changed; DIR/_feedmill.json remembers.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill export > feeds.opml\n  feedmill export --format parquet articles/ --since 30d\n  feedmill export --format jsonl texts/ --fields id,url,published_at,title,text\n  feedmill export --format warc --since 7d --output week.warc.gz"
)]
pub struct Export {
    /// The folder to write articles to
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Columns of articles [default: all]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    fields: Vec<String>,
    #[command(flatten)]
    range: warc::Pages,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The feeds, to standard output
    #[default]
    Opml,
    /// Articles as Parquet
    #[cfg(feature = "parquet")]
    Parquet,
    /// Articles as JSON lines
    Jsonl,
    /// Articles as CSV
    Csv,
    /// The pages that were kept (`articles.keep_pages`), as they were received
    Warc,
}

impl Format {
    const fn of_articles(self) -> Option<partitions::Format> {
        Some(match self {
            Self::Opml | Self::Warc => return None,
            #[cfg(feature = "parquet")]
            Self::Parquet => partitions::Format::Parquet,
            Self::Jsonl => partitions::Format::JsonLines,
            Self::Csv => partitions::Format::Csv,
        })
    }
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match (self.format.of_articles(), self.folder) {
            (None, None) if self.format == Format::Warc && self.fields.is_empty() => {
                self.range.export(context)?;
            }
            (None, None) if self.fields.is_empty() && self.range.is_all() => feeds(context)?,
            (None, _) => {
                return Err(Failure::usage(
                    "feeds are written to standard output; articles need a --format: parquet, jsonl or csv",
                ));
            }
            (Some(_), None) => {
                return Err(Failure::usage("name the folder to write the articles to"));
            }
            (Some(_), Some(_)) if !self.range.is_of_articles() => {
                return Err(Failure::usage(
                    "--host, --until and --output are for --format warc",
                ));
            }
            (Some(format), Some(folder)) => {
                let order = partitions::Order {
                    database: context.database()?,
                    folder,
                    format,
                    fields: self.fields,
                    since: self.range.since,
                };
                let done = partitions::write(&order)?;
                say!(
                    "{} articles in {} days written to {}; {} days unchanged, {} removed",
                    done.articles,
                    done.written,
                    order.folder.display(),
                    done.unchanged,
                    done.removed
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn feeds(context: &Context) -> Result<(), Failure> {
    let feeds: Vec<(String, String)> = context
        .config()?
        .feeds
        .iter()
        .map(|feed| {
            let name = feed.name.as_ref().unwrap_or(&feed.url);
            (name.clone(), feed.url.clone())
        })
        .collect();
    say!(
        "{}",
        outline::write("feedmill", &feeds).map_err(Failure::runtime)?
    );
    Ok(())
}

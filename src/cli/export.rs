//! `feedmill import` and `export`: OPML in and out.

use std::path::PathBuf;
use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure, warc};
use crate::config::{self, Problems, outline};

/// Take feeds out of an OPML file and print them as TOML.
///
/// A configuration can also name the file itself: `include = ["list.opml"]`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  feedmill import subscriptions.opml >> feedmill.toml")]
pub struct Import {
    file: PathBuf,
}

impl Import {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let name = self.file.display().to_string();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| Failure::runtime(format!("{name}: {error}")))?;
        let mut problems = Problems::default();
        let listed = outline::read(&name, &text, &mut problems);
        for listed in &listed {
            say!(
                "{}",
                toml_of(
                    &listed.feed.url,
                    listed.feed.name.as_deref(),
                    &listed.feed.tags
                )
                .trim_end()
            );
        }
        for problem in &problems.0 {
            eprintln!("feedmill: {problem}; left out");
        }
        if listed.is_empty() && !problems.0.is_empty() {
            return Err(Failure::runtime("no feed could be taken from the file"));
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

/// Write the configured feeds as OPML, or the pages that were kept as WARC.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill export > feeds.opml\n  feedmill export --format warc --since 7d --output week.warc.gz"
)]
pub struct Export {
    /// What to write
    #[arg(long, value_enum, default_value_t = Form::Opml)]
    format: Form,
    #[command(flatten)]
    pages: warc::Pages,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// The configured feeds
    Opml,
    /// The pages that were kept (`articles.keep_pages`), as they were received
    Warc,
}

impl Export {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        match self.format {
            Form::Opml => opml(context),
            Form::Warc => {
                self.pages.export(context)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn opml(context: &Context) -> Result<ExitCode, Failure> {
    let config = context.config()?;
    let feeds: Vec<(String, String)> = config
        .feeds
        .into_iter()
        .map(|feed| (feed.name.unwrap_or_else(|| feed.url.clone()), feed.url))
        .collect();
    say!(
        "{}",
        outline::write("feedmill", &feeds).map_err(Failure::runtime)?
    );
    Ok(ExitCode::SUCCESS)
}

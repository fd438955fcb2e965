//! `feedmill poll`: one feed, now.

use std::process::ExitCode;

use super::once::Once;
use super::screen::{safe, say, when};
use super::{Context, Failure};
use crate::daemon::{Clock as _, SystemClock};
use crate::schedule::Reason;
use crate::store::{lock, wish};

/// Poll a feed now.
///
/// A running service is asked to do it; without one it is done here. Rules still hold: not more often
/// than the floor of the configuration allows, and not while the server asks for patience, unless --force is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill poll \"Example\"\n  feedmill poll https://example.org/feed.xml --force"
)]
pub struct Poll {
    /// A feed's name or address
    feed: String,
    /// Override the floor and the server's wish for patience
    #[arg(long)]
    force: bool,
}

impl Poll {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let wanted = config.feeds.iter().find(|feed| feed.is_called(&self.feed));
        let Some(feed) = wanted else {
            let name = safe(&self.feed);
            return Err(Failure::usage(format!(
                "no feed of the configuration has the name or address \"{name}\""
            )));
        };
        if !config.database.exists() {
            return Once::of(self.feed, true).run(context);
        }
        let now = SystemClock.now();
        let floor = config.schedule.configured_floor;
        match wish::poll_now(&config.database, &feed.url, now, floor, self.force)? {
            wish::Wish::Granted if lock::holder(&config.database).is_some() => {
                say!(
                    "the running service will poll it within seconds; \"feedmill explain\" shows what came of it"
                );
                Ok(ExitCode::SUCCESS)
            }
            // Not known yet means that no service has seen this configuration: polling here adds it.
            wish::Wish::Granted | wish::Wish::Unknown => {
                Once::of(self.feed, self.force).run(context)
            }
            wish::Wish::NotBefore(at, reason) => {
                let words = Reason::from_token(&reason).map_or("", Reason::words);
                say!(
                    "not before {}: {words}; --force overrides this",
                    when(Some(at))
                );
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

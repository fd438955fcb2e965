//! Progress of a run that ends, drawn while it goes on.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::screen;
use crate::daemon::Tally;

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(150);

/// A line on a terminal; nothing in a pipe.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    drawing: JoinHandle<()>,
}

impl Progress {
    /// Draws the counts until it is dropped; `None` where nobody would see it.
    #[must_use]
    pub fn start(tally: &Arc<Tally>, feeds: usize) -> Option<Self> {
        if !screen::is_progress_wanted() {
            return None;
        }
        let style =
            ProgressStyle::with_template("{bar:24} {percent:>3} % · {msg} · {elapsed} (ETA {eta})");
        let bar = ProgressBar::new(feeds as u64);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let (drawn, tally) = (bar.clone(), Arc::clone(tally));
        #[expect(
            clippy::disallowed_methods,
            reason = "owned by this value, ended by its drop"
        )]
        let drawing = tokio::spawn(async move {
            loop {
                // Every entry that is new or edited leads to a page.
                let pages = tally.entries_new.get() + tally.entries_edited.get();
                drawn.set_length(feeds as u64 + pages.max(tally.pages.get()));
                drawn.set_position(tally.polls.get() + tally.pages.get());
                drawn.set_message(format!(
                    "{}/{feeds} feeds · {} new entries · {} pages · {} articles · {} failed",
                    tally.polls.get(),
                    tally.entries_new.get(),
                    tally.pages.get(),
                    tally.articles_new.get(),
                    tally.polls_failed.get() + tally.pages_failed.get()
                ));
                tokio::time::sleep(EVERY).await;
            }
        });
        Some(Self { bar, drawing })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.drawing.abort();
        self.bar.finish_and_clear();
    }
}

//! `feedmill split`: undo a wrong join.

use std::process::ExitCode;

use super::run::runtime;
use super::screen::say;
use super::{Context, Failure};
use crate::daemon::{Clock as _, SystemClock};
use crate::model::ArticleId;
use crate::store::{InstanceLock, Settings, Split, Store, StoreError};

/// Take articles out of their cluster: they were judged to be another's text, and are not.
///
/// The decision is remembered. The service has the only right to write while it runs: stop it first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  feedmill explain 4711 1234      # why were they joined?\n  feedmill split 4711"
)]
pub struct SplitArticles {
    /// Ids of duplicates (articles.id)
    #[arg(required = true, value_name = "ARTICLE")]
    articles: Vec<i64>,
}

impl SplitArticles {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let path = context.database()?;
        if !path.exists() {
            return Err(StoreError::Missing { path }.into());
        }
        let _lock = InstanceLock::take(&path)?;
        let (store, writer) = Store::open(&path, Settings::default())?;
        let split = Split {
            articles: self.articles.iter().copied().map(ArticleId).collect(),
            at: SystemClock.now(),
        };
        let done = runtime()?.block_on(store.write(split))?;
        drop(store);
        writer.join()?;
        say!(
            "{done} of {} articles left their cluster",
            self.articles.len()
        );
        Ok(ExitCode::from(u8::from(done < self.articles.len())))
    }
}

//! `feedmill restore`: a backup in the place of the database.

use std::path::PathBuf;
use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure};
use crate::daemon::{Clock as _, SystemClock};
use crate::store::InstanceLock;
use crate::store::restore::restore;

/// Put a backup in the place of the database.
///
/// The service must be stopped. The backup is checked first and stays as it is; the present database
/// is kept beside it under another name. The epoch is raised: consumers see in it that numbers of
/// changes come again, and that their cursors start again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  systemctl stop feedmill
  feedmill restore /backups/feedmill-20260131T030000Z.db
  systemctl start feedmill")]
pub struct Restore {
    /// The backup
    file: PathBuf,
}

impl Restore {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if !self.file.exists() {
            let file = self.file.display();
            return Err(Failure::runtime(format!("there is no backup at {file}")));
        }
        let database = context.database()?;
        let lock = InstanceLock::take(&database)?;
        let restored = restore(&self.file, &database, &lock, SystemClock.now())?;
        say!(
            "{} is {} now: {} articles, changes up to {}, epoch {}",
            database.display(),
            self.file.display(),
            restored.articles,
            restored.max_seq,
            restored.epoch
        );
        if let Some(aside) = restored.aside {
            say!(
                "the database before is {}; remove it when you no longer want it",
                aside.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `feedmill backup`: a copy of the database while it is in use.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::screen::{say, size};
use super::{Context, Failure};
use crate::daemon::{Clock as _, SystemClock};
use crate::store::backup::{Backups, backup};

/// Copy the database while it is in use.
///
/// Copying the file itself would miss what is in the write-ahead log. The copy is checked before
/// it gets its name. The service takes copies by itself where `backup_dir` of `[store]` is set.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  feedmill backup /backups/before-the-move.db
  feedmill backup /backups --keep 7")]
pub struct Backup {
    /// The copy, a file that does not exist yet; or a directory, in which it is named for the instant
    #[arg(value_name = "FILE|DIRECTORY")]
    to: PathBuf,
    /// In the directory, let the oldest copies go beyond so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

impl Backup {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let database = context.database()?;
        if self.to.is_dir() {
            let backups = Backups::new(&database, &self.to);
            copy(&database, &backups.name(SystemClock.now()))?;
            if let Some(keep) = self.keep {
                let gone = backups.rotate(usize::try_from(keep).unwrap_or(usize::MAX))?;
                say!("{gone} older copies removed, {keep} at most are kept");
            }
            return Ok(ExitCode::SUCCESS);
        }
        if self.keep.is_some() {
            return Err(Failure::usage(format!(
                "--keep is for a directory of copies, and {} is none",
                self.to.display()
            )));
        }
        if self.to.exists() {
            return Err(Failure::usage(format!(
                "{} exists already; name a file that does not",
                self.to.display()
            )));
        }
        copy(&database, &self.to)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn copy(database: &Path, to: &Path) -> Result<(), Failure> {
    let bytes = backup(database, to, |_| ())?;
    say!("{}: {}, checked", to.display(), size(bytes));
    Ok(())
}

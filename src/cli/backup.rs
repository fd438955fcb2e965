//! `feedmill backup`: a copy of the database while it is in use.

use std::path::PathBuf;
use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure};
use crate::store::backup;

/// Copy the database while it is in use.
///
/// Copying the file itself would miss what is in the write-ahead log. The copy is checked before
/// it gets its name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  feedmill backup /backups/feedmill-$(date +%F).db")]
pub struct Backup {
    /// The copy; a file that does not exist yet
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if self.file.exists() {
            return Err(Failure::usage(format!(
                "{} exists already; name a file that does not",
                self.file.display()
            )));
        }
        let bytes = backup::backup(&context.database()?, &self.file)?;
        say!("{}: {bytes} bytes, checked", self.file.display());
        Ok(ExitCode::SUCCESS)
    }
}

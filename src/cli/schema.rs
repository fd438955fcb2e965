//! `feedmill schema`: the contract, described.

use std::process::ExitCode;

use super::screen::say;
use super::{Context, Failure};
use crate::store::contract;

/// Describe the tables and columns that readers may rely on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill schema > schema.md\n  feedmill schema --datasette > metadata.json && datasette feedmill.db -m metadata.json"
)]
pub struct Schema {
    /// As JSON
    #[arg(long, conflicts_with = "datasette")]
    json: bool,
    /// As metadata for Datasette
    #[arg(long)]
    datasette: bool,
}

impl Schema {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if self.datasette {
            let database = context.database()?;
            let name = database
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            say!("{:#}", contract::datasette(&name)?);
        } else if self.json {
            say!("{:#}", contract::json());
        } else {
            say!("{}", contract::markdown().trim_end());
        }
        Ok(ExitCode::SUCCESS)
    }
}

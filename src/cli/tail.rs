//! `feedmill tail`: the change feed as JSON lines.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use super::{Context, Failure};
use crate::store::{StoreError, open, tail};

/// Print changes as JSON lines, in commit order.
///
/// Each line has seq, at, op (new, update, dup, delete), the article's id, and the article in its latest
/// state. Keep the last seq and pass it as --since to go on where you stopped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill tail --since 0\n  feedmill tail --follow --no-text | jq .article.title"
)]
pub struct Tail {
    /// Changes after this one [default: with --follow only what is new, else everything]
    #[arg(long, value_name = "SEQ")]
    since: Option<i64>,
    /// Go on when there is nothing left, until interrupted
    #[arg(long)]
    follow: bool,
    /// Leave out text and markdown
    #[arg(long)]
    no_text: bool,
}

/// Changes read at a time.
const BATCH: u32 = 200;
/// How often the database is asked for more.
const EVERY: Duration = Duration::from_millis(250);

impl Tail {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let conn = open::reader(&context.database()?)?;
        let newest = || {
            conn.query_row("SELECT coalesce(max(seq), 0) FROM changes", [], |row| {
                row.get(0)
            })
        };
        let mut seq = match self.since {
            Some(seq) => seq,
            None if self.follow => newest().map_err(StoreError::from)?,
            None => 0,
        };
        let mut out = std::io::stdout().lock();
        loop {
            let (lines, last) = tail::changes(&conn, seq, BATCH, !self.no_text)?;
            seq = last;
            for line in &lines {
                writeln!(out, "{line}")?;
            }
            out.flush()?;
            if lines.is_empty() {
                if !self.follow {
                    return Ok(ExitCode::SUCCESS);
                }
                std::thread::sleep(EVERY);
            }
        }
    }
}

//! `feedmill tail`: the change feed as JSON lines.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{Context, Failure};
use crate::daemon::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::consumer::Consumer;
use crate::store::follow::Follow;
use crate::store::tail::{self, Cursor, Life};

/// Print changes as JSON lines, in commit order.
///
/// Each line has seq, cursor, at, op (new, update, dup, delete), the article's id, and the article in
/// its latest state. Keep the last cursor and pass it as --since to go on where you stopped, or let
/// the file keep it: --consumer NAME. What was printed but not yet acknowledged when either side was
/// killed is printed again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  feedmill tail --since 0 --fields url,title,text\n  feedmill tail --follow --no-text | jq .article.title\n  feedmill tail --consumer indexer --follow | my-indexer"
)]
pub struct Tail {
    /// Changes after this seq or cursor [default: with --follow only what is new, else everything]
    #[arg(long, value_name = "CURSOR")]
    since: Option<Cursor>,
    /// Go on where this consumer stopped; its cursor is kept in the file, from everything on
    #[arg(long, value_name = "NAME", conflicts_with = "since")]
    consumer: Option<String>,
    /// Begin again from everything, also after a restore
    #[arg(long, requires = "consumer")]
    restart: bool,
    /// Go on when there is nothing left, until interrupted
    #[arg(long)]
    follow: bool,
    /// Columns of articles that a line carries [default: all]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        conflicts_with = "no_text"
    )]
    fields: Vec<String>,
    /// Leave out text and markdown
    #[arg(long)]
    no_text: bool,
}

/// Changes read, written and acknowledged at a time.
const BATCH: u32 = 200;
/// How often the database is asked for more.
const EVERY: Duration = Duration::from_millis(250);

impl Tail {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let fields = self.fields()?;
        let path = context.database()?;
        let mut store = Follow::open(&path)?;
        let consumer = self.consumer(&path)?;
        let begin = self.begin(&store, consumer.as_ref())?;
        let life = match begin.life {
            Some(life) => life,
            None => Life::of(store.conn())?,
        };
        if tail::is_pruned_after(store.conn(), begin.seq)? {
            eprintln!(
                "feedmill: the log of changes no longer goes back to {}: deletions may be missing, compare ids",
                begin.seq
            );
        }
        let mut seq = begin.seq;
        let mut out = BufWriter::new(std::io::stdout().lock());
        loop {
            let batch = tail::changes(store.conn(), &life, seq, BATCH, &fields)?;
            for line in &batch.lines {
                writeln!(out, "{line}")?;
            }
            // What has not reached the reader is not acknowledged.
            out.flush()?;
            if let Some(consumer) = consumer.as_ref().filter(|_| batch.seq > seq) {
                consumer.acknowledge(&life, batch.seq, SystemClock.now())?;
            }
            seq = batch.seq;
            if batch.lines.is_empty() {
                if !self.follow {
                    return Ok(ExitCode::SUCCESS);
                }
                std::thread::sleep(EVERY);
                store.renew()?;
            }
        }
    }

    fn fields(&self) -> Result<Vec<String>, Failure> {
        let mut known = tail::fields();
        if let Some(unknown) = self.fields.iter().find(|field| !known.contains(field)) {
            let known = known.join(", ");
            return Err(Failure::usage(format!(
                "articles have no column \"{unknown}\"; there are: {known}"
            )));
        }
        if !self.fields.is_empty() {
            return Ok(self.fields.clone());
        }
        known.retain(|field| !(self.no_text && matches!(field.as_str(), "text" | "markdown")));
        Ok(known)
    }

    fn consumer(&self, path: &Path) -> Result<Option<Consumer>, StoreError> {
        let name = self.consumer.as_deref();
        name.map(|name| Consumer::open(path, name)).transpose()
    }

    fn begin(&self, store: &Follow, consumer: Option<&Consumer>) -> Result<Cursor, StoreError> {
        let everything = Cursor { life: None, seq: 0 };
        if let Some(cursor) = &self.since {
            return Ok(cursor.clone());
        }
        if let Some(consumer) = consumer {
            let kept = if self.restart {
                None
            } else {
                consumer.cursor()?
            };
            return Ok(kept.unwrap_or(everything));
        }
        let seq = if self.follow {
            tail::newest(store.conn())?
        } else {
            0
        };
        Ok(Cursor { life: None, seq })
    }
}

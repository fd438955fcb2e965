//! The command line: one file for each subcommand, each short.
//!
//! A command reads its flags, asks the rooms, and prints. For people on a terminal,
//! plain in a pipe, JSON with `--json`; text that came from feeds and pages is
//! stripped of what could steer a terminal. No rules live here.
//!
//! How it fails: with a [`Failure`], which carries the exit code and says what is
//! wrong, where, and what to do. Exit codes: 0 done, 1 a fault at run time, 2 usage,
//! 65 the database is foreign, newer or damaged, or not that of a cursor, 75 another instance has it, 78
//! configuration.

mod add;
mod backup;
mod check;
pub mod cluster;
mod demo;
mod etiquette;
mod explain;
mod export;
mod extract;
mod failure;
pub mod jsonl;
mod moment;
mod once;
mod parse;
mod partitions;
mod poll;
mod progress;
mod prune;
mod reextract;
mod restore;
mod run;
mod schema;
mod screen;
mod search;
mod source;
mod split;
mod status;
mod tail;
mod warc;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config, Sources};
pub use failure::Failure;

/// Keeps every article of a list of feeds, once and whole, in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "feedmill", version, about, long_about = None, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration [default: ./feedmill.toml, then /etc/feedmill/feedmill.toml]
    #[arg(long, global = true, env = "FEEDMILL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database [default: store.path of the configuration, else feedmill.db]
    #[arg(long, global = true, env = "FEEDMILL_DB", value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  feedmill demo                                  see it work, on a small site of its own
  feedmill add https://example.org --write       find the feeds of a site and subscribe
  feedmill once                                  poll what is due, fetch the articles, end
  feedmill run                                   the same, for ever
  sqlite3 'file:feedmill.db?mode=ro' 'SELECT title FROM articles ORDER BY sort_at DESC LIMIT 10'

Exit codes: 0 done, 1 fault, 2 usage, 65 database foreign, newer or damaged,
75 another instance has the database, 78 configuration";

/// Each says for itself what it does: words here would hide its own.
#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Once(once::Once),
    Check(check::Check),
    Demo(demo::Demo),
    Add(add::Add),
    Import(export::Import),
    Export(export::Export),
    Status(status::Status),
    Etiquette(etiquette::Etiquette),
    Explain(explain::Explain),
    Split(split::SplitArticles),
    Poll(poll::Poll),
    Search(search::Search),
    Tail(tail::Tail),
    Extract(extract::Extract),
    Parse(parse::Parse),
    Reextract(reextract::Reextract),
    Cluster(cluster::Cluster),
    Schema(schema::Schema),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Prune(prune::Prune),
}

/// What every command may need to know.
#[derive(Debug)]
pub struct Context {
    sources: Sources,
}

impl Context {
    /// The configuration, checked.
    ///
    /// # Errors
    /// Everything that is wrong with it; exit code 78.
    pub fn config(&self) -> Result<Config, Failure> {
        config::load(&self.sources).map_err(Failure::from)
    }

    /// The database that the configuration names, for commands that only read it.
    ///
    /// # Errors
    /// As [`Context::config`], unless `--db` names it.
    pub fn database(&self) -> Result<PathBuf, Failure> {
        match &self.sources.database {
            Some(path) => Ok(path.clone()),
            None => Ok(self.config()?.database),
        }
    }
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is not worth a word.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let context = Context {
        sources: Sources::here(cli.config, cli.db),
    };
    match cli.command {
        Command::Run(run) => run.run(&context),
        Command::Once(once) => once.run(&context),
        Command::Check(check) => check.run(&context),
        Command::Demo(demo) => demo.run(),
        Command::Add(add) => add.run(&context),
        Command::Import(import) => import.run(),
        Command::Export(export) => export.run(&context),
        Command::Status(status) => status.run(&context),
        Command::Etiquette(etiquette) => etiquette.run(&context),
        Command::Explain(explain) => explain.run(&context),
        Command::Split(split) => split.run(&context),
        Command::Poll(poll) => poll.run(&context),
        Command::Search(search) => search.run(&context),
        Command::Tail(tail) => tail.run(&context),
        Command::Extract(extract) => source::extract(&extract),
        Command::Parse(parse) => source::parse(&parse),
        Command::Reextract(reextract) => reextract.run(&context),
        Command::Cluster(cluster) => source::cluster(&cluster),
        Command::Schema(schema) => schema.run(&context),
        Command::Backup(backup) => backup.run(&context),
        Command::Restore(restore) => restore.run(&context),
        Command::Prune(prune) => prune.run(&context),
    }
}

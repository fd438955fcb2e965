//! `feedmill run`: the service.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Context, Failure};
use crate::config;
use crate::daemon::{self, Signals, SystemClock};

/// Poll for ever: the service.
///
/// Stops on SIGTERM and SIGINT once what has been fetched is stored; a second signal stops at
/// once. SIGHUP reads the configuration again. Logs go to standard error; FEEDMILL_LOG sets how
/// much (error, warn, info, debug, or a filter such as feedmill=debug).
#[derive(Debug, clap::Args)]
pub struct Run {
    /// Log as JSON lines
    #[arg(long)]
    log_json: bool,
}

impl Run {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        log("info", self.log_json);
        let sources = context.sources.clone();
        let runtime = runtime()?;
        runtime.block_on(async {
            let signals = Signals::default();
            let listening = listen(signals.clone())?;
            let result = daemon::run(config, Arc::new(SystemClock), signals, move || {
                config::load(&sources)
            })
            .await;
            listening.abort();
            result.map_err(Failure::from)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Turns the signals of the system into those of the daemon.
pub(super) fn listen(signals: Signals) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    #[expect(
        clippy::disallowed_methods,
        reason = "owned by the caller, who aborts it"
    )]
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {
                    signals.reload.notify_one();
                    continue;
                }
            }
            if signals.stop.is_cancelled() {
                eprintln!("feedmill: stopped at once; what was under way will be done again");
                #[expect(clippy::disallowed_methods, reason = "a second signal means now")]
                std::process::exit(1);
            }
            signals.stop.cancel();
        }
    });
    Ok(task)
}

/// Logs to standard error: at `level` unless FEEDMILL_LOG says otherwise.
pub(super) fn log(level: &str, json: bool) {
    let wanted = std::env::var("FEEDMILL_LOG").unwrap_or_else(|_| level.to_owned());
    // A bare level is about feedmill, not about the libraries under it.
    let bare = wanted.bytes().all(|byte| byte.is_ascii_alphabetic());
    let wanted = if bare {
        format!("warn,rustls_platform_verifier=off,feedmill={wanted}")
    } else {
        wanted
    };
    let filter = EnvFilter::try_new(&wanted).unwrap_or_else(|error| {
        eprintln!("feedmill: FEEDMILL_LOG is not usable ({error}); logging at {level}");
        EnvFilter::new(level)
    });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // journald adds the time itself.
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let set = if json {
        builder.json().try_init()
    } else if journal {
        builder.without_time().with_ansi(false).try_init()
    } else {
        builder
            .with_ansi(super::screen::is_progress_wanted() && super::screen::is_colour_wanted())
            .try_init()
    };
    if set.is_err() {
        eprintln!("feedmill: a logger is running already");
    }
}

/// Stack of the threads that parse: parsers bound their depth, this is what they may count on.
const STACK_BYTES: usize = 8 << 20;

/// Threads beside one for each core that may block: for three readings of the database, and a backup or
/// the end of another thread. Any number would be used in turn, and each keeps megabytes.
const BLOCKING: usize = 4;

/// The runtime that commands with a network use.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(cores + BLOCKING)
        .thread_stack_size(STACK_BYTES)
        .build();
    runtime.map_err(Failure::runtime)
}

//! The shell: what makes the rooms a running program.
//!
//! Two loops ([`queue`]) work off two tables, feeds and pages; each piece of work
//! claims a row, awaits the network, calls the pure rooms, and commits. [`run()`] is
//! the service, [`once()`] the same work without end or beginning. [`ticker`] beats
//! time for what is not work: the watchdog and the upkeep. [`websub`] listens to hubs.
//!
//! What is never here: a rule. When a feed is due is decided in `schedule`, what an
//! entry is in `feed`, what an article is in `article`, what is the same in `dedupe`.
//!
//! How it fails: a piece of work that fails is an outcome in the store; one that
//! panics is logged and done again when its lease ends; a part that ends early stops
//! the whole, since half a daemon is worse than a restarted one. A crash at any
//! point loses time, never data: what is due and what is pending are rows.

mod agenda;
mod asking;
mod backfill;
mod backups;
mod catch_up;
pub mod clock;
mod credentials;
mod lesson;
mod mill;
mod notify;
mod once;
mod page;
mod paged;
mod permission;
mod poll;
mod polled;
mod queue;
mod queues;
mod reextract;
mod repace;
mod retention;
mod run;
mod start;
mod tally;
mod ticker;
mod upkeep;
mod visit;
mod watch;
mod websub;
mod world;

pub use clock::{Clock, SystemClock};
pub use once::{Done, Selection, once};
pub use reextract::{Changed, Chosen, Remaking, reextract};
pub use retention::{Swept, keep, sweep};
pub use run::{Signals, run};
pub use start::{DaemonError, settings};
pub use tally::Tally;
pub use ticker::Ticks;
pub use world::{Simulation, World};

//! When: the whole timing policy, as functions of what is known.
//!
//! Given a feed's past, the answer it just got and the settings, [`next_poll`] says
//! when it is due and which rule decided; [`page_retry`] does the same for a page
//! that failed; [`standing()`] says what has begun or ended that an operator should
//! know of; [`spread()`] keeps a first pass or a catch-up from being a stampede.
//!
//! Nothing here reads a clock or rolls dice: instants and a chance between 0 and 1
//! are arguments, so that a month of policy can be tried in a millisecond. The
//! functions are total: whatever the numbers, the answer lies within its bounds.
//!
//! The policy itself, with its sources, is in docs/polling.md.

mod adaptive;
mod address;
mod backoff;
mod cron;
mod cron_fault;
mod etiquette;
mod horizon;
#[cfg(test)]
mod latency;
mod lease;
mod load;
mod next;
mod pages;
mod profile;
mod reason;
mod repace;
mod retry;
mod settings;
mod skip;
mod spread;
mod standing;
mod trust;

pub use address::{Address, is_gone, judge_address, next_look};
pub use cron::{Cron, CronError};
pub use etiquette::{Logged, Sheet, sheet};
pub use horizon::horizon;
pub use lease::{denial_pause, hub_pause, lease, renewal};
pub use load::Load;
pub use next::{Answer, NextPoll, Question, Visit, next_poll};
pub use pages::wants_pages;
pub use profile::{Profile, Shape};
pub use reason::Reason;
pub use repace::{Waiting, repaced};
pub use retry::{page_recheck, page_retry};
pub use settings::{Pace, Settings};
pub use spread::spread;
pub use standing::{Seen, outage, standing, throttled};
pub use trust::{is_caught, revalidates};

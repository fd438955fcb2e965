//! Our own outage: when every host is unreachable, none of them is to blame.
//!
//! That many distinct hosts unreachable within the window, and none reached in between,
//! open the breaker. While it is open one request a minute is let through to see; the
//! first answer closes it. A host that could not be reached while another one was is absent for
//! reasons of its own, and says nothing of our network until it has answered: among thousands of
//! feeds there are always enough dead ones to fill a quiet minute.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often it is tried whether the network is back.
pub const PROBE_EVERY: Duration = Duration::from_secs(60);

/// Absent hosts that are remembered; beyond it all are forgotten.
const ABSENT_MAX: usize = 10_000;

/// The breaker.
#[derive(Debug, Default)]
pub struct Outage {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Hosts that could not be reached since the last answer, and when.
    unreachable: HashMap<String, Instant>,
    /// Hosts that could not be reached while another one was, and have not answered since.
    absent: HashSet<String>,
    open: bool,
    /// The next request to be let through while it is open.
    probe_at: Option<Instant>,
    /// Set when it opens, until somebody takes note.
    news: bool,
    /// Set when it closes, until somebody takes note.
    over: bool,
}

impl Outage {
    /// A host could not be reached. `hosts` within `window` open the breaker.
    pub fn failed(&self, host: &str, hosts: u32, window: Duration) {
        let now = Instant::now();
        let mut state = self.lock();
        if state.absent.contains(host) {
            return;
        }
        state
            .unreachable
            .retain(|_, at| now.duration_since(*at) <= window);
        state.unreachable.insert(host.to_owned(), now);
        let distinct = u32::try_from(state.unreachable.len()).unwrap_or(u32::MAX);
        if !state.open && distinct >= hosts {
            *state = State {
                open: true,
                news: true,
                probe_at: Some(now + PROBE_EVERY),
                absent: std::mem::take(&mut state.absent),
                ..State::default()
            };
        }
    }

    /// A host has answered. True when that ends an outage.
    pub fn reached(&self, host: &str) -> bool {
        let mut state = self.lock();
        let before = std::mem::take(&mut *state);
        state.over = before.open || before.over;
        state.absent = before.absent;
        if !before.open {
            state.absent.extend(before.unreachable.into_keys());
        }
        state.absent.remove(host);
        if state.absent.len() > ABSENT_MAX {
            state.absent.clear();
        }
        before.open
    }

    /// How long to wait before asking anybody; nothing when requests may go out, or when this one is
    /// the probe.
    pub fn wait(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut state = self.lock();
        if !state.open {
            return None;
        }
        let probe_at = state.probe_at.unwrap_or(now);
        if probe_at <= now {
            state.probe_at = Some(now + PROBE_EVERY);
            return None;
        }
        Some(probe_at - now)
    }

    /// How long until the next probe, while the breaker is open.
    pub fn pause(&self) -> Option<Duration> {
        let state = self.lock();
        let probe_at = state.probe_at.filter(|_| state.open)?;
        Some(probe_at.saturating_duration_since(Instant::now()))
    }

    /// True once after the breaker has closed: what became due meanwhile is to be spread.
    pub fn take_end(&self) -> bool {
        std::mem::take(&mut self.lock().over)
    }

    /// Whether the breaker is open.
    pub fn is_open(&self) -> bool {
        self.lock().open
    }

    /// True once after the breaker has opened: those who were blamed just before it did are to be forgiven.
    pub fn take_news(&self) -> bool {
        std::mem::take(&mut self.lock().news)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn many_hosts_at_once_are_our_own_outage_and_one_probe_a_minute_ends_it() {
        let outage = Outage::default();
        for n in 0..3 {
            assert!(!outage.is_open());
            outage.failed(&format!("{n}.example"), 3, WINDOW);
        }
        assert!(outage.is_open() && outage.take_news() && !outage.take_news());
        assert_eq!(outage.wait(), Some(PROBE_EVERY));
        tokio::time::advance(PROBE_EVERY).await;
        assert_eq!(outage.wait(), None);
        assert_eq!(outage.wait(), Some(PROBE_EVERY));
        assert!(outage.reached("0.example"));
        assert!(!outage.is_open() && !outage.reached("0.example"));
        assert!(outage.take_end() && !outage.take_end());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_in_between_or_a_slow_drip_of_failures_is_no_outage() {
        let outage = Outage::default();
        outage.failed("a.example", 2, WINDOW);
        outage.failed("a.example", 2, WINDOW);
        outage.reached("d.example");
        outage.failed("b.example", 2, WINDOW);
        tokio::time::advance(WINDOW * 2).await;
        outage.failed("c.example", 2, WINDOW);
        assert!(!outage.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_were_absent_while_others_answered_are_no_outage_until_they_are_back() {
        let outage = Outage::default();
        let dead = ["a.example", "b.example"];
        outage.failed(dead[0], 2, WINDOW);
        outage.reached("alive.example");
        outage.failed(dead[1], 2, WINDOW);
        outage.reached("alive.example");
        for host in dead {
            outage.failed(host, 2, WINDOW);
        }
        assert!(!outage.is_open());
        outage.reached(dead[0]);
        outage.failed(dead[0], 2, WINDOW);
        outage.failed("alive.example", 2, WINDOW);
        assert!(outage.is_open());
    }
}

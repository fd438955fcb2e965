//! 403 in a row: what looks like the refusal of one address, and is one of the rate.
//!
//! Some servers answer a burst with 403 where 429 is meant. Several different addresses of a host
//! refused shortly after each other are taken for that. From then on, for a day, every 403 of the
//! host is. Pages and feeds are told apart: a wall before the pages of a host says nothing of its feed.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::request::Purpose;

/// So many different addresses in a row make a burst …
const BURST: usize = 3;
/// … if no more than this lies between one and the next.
const SHORTLY: Duration = Duration::from_secs(60);
/// How long a host is remembered for it.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// Hosts kept in mind; beyond it those are forgotten that have not refused lately.
const HOSTS: usize = 10_000;

/// What the hosts have refused.
#[derive(Debug, Default)]
pub(super) struct Forbidden {
    hosts: Mutex<HashMap<(String, Purpose), Host>>,
}

#[derive(Debug)]
struct Host {
    /// Addresses refused in a row, as hashes, at most [`BURST`].
    row: Vec<u64>,
    last: Instant,
    /// Until when every 403 is one of the rate.
    throttling_until: Instant,
    /// Holds in a row, and until when the last one lasts.
    holds: u32,
    held_until: Instant,
}

impl Forbidden {
    /// An address was refused with 403. True when that is about the rate; then nothing of the kind
    /// is worth asking of the host for `pause`, doubled each time in a row up to `longest`.
    pub(super) fn refused(
        &self,
        host: &str,
        purpose: Purpose,
        address: &str,
        (pause, longest): (Duration, Duration),
    ) -> bool {
        let now = Instant::now();
        let mut hosts = self.lock();
        if hosts.len() >= HOSTS {
            hosts.retain(|_, host| host.throttling_until > now || host.last + SHORTLY > now);
        }
        let host = hosts
            .entry((host.to_owned(), purpose))
            .or_insert_with(|| Host {
                row: Vec::new(),
                last: now,
                throttling_until: now,
                holds: 0,
                held_until: now,
            });
        if now.duration_since(host.last) > SHORTLY {
            host.row.clear();
        }
        host.last = now;
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        let address = hasher.finish();
        if host.row.len() < BURST && !host.row.contains(&address) {
            host.row.push(address);
        }
        let throttling = host.row.len() >= BURST || host.throttling_until > now;
        if throttling {
            host.throttling_until = now + REMEMBERED;
            if host.held_until <= now {
                let doubled =
                    pause.saturating_mul(1_u32.checked_shl(host.holds).unwrap_or(u32::MAX));
                host.held_until = now + doubled.min(longest);
                host.holds = (host.holds + 1).min(31);
            }
        }
        throttling
    }

    /// The host has answered a request of the kind.
    pub(super) fn served(&self, host: &str, purpose: Purpose) {
        let mut hosts = self.lock();
        if hosts.is_empty() {
            return;
        }
        if let Some(host) = hosts.get_mut(&(host.to_owned(), purpose)) {
            host.row.clear();
            host.holds = 0;
            host.held_until = Instant::now();
        }
    }

    /// For how long pages of the host are not worth asking for. Feeds are never held for each
    /// other's sake: each has a pause of its own.
    pub(super) fn held(&self, host: &str, purpose: Purpose) -> Option<Duration> {
        if purpose != Purpose::Page {
            return None;
        }
        let hosts = self.lock();
        let host = hosts.get(&(host.to_owned(), purpose))?;
        let left = host.held_until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, Purpose), Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSES: (Duration, Duration) = (Duration::from_secs(1800), Duration::from_secs(86_400));
    const HOST: &str = "a.example";

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_403_holds_the_pages_of_a_host_longer_each_time_and_an_answer_ends_it() {
        let forbidden = Forbidden::default();
        let refused = |address| forbidden.refused(HOST, Purpose::Page, address, PAUSES);
        assert!(!refused("/a") && !refused("/a") && !refused("/b"));
        assert_eq!(forbidden.held(HOST, Purpose::Page), None);
        assert!(refused("/c"));
        assert_eq!(forbidden.held(HOST, Purpose::Page), Some(PAUSES.0));
        assert_eq!(forbidden.held(HOST, Purpose::Feed), None);
        assert_eq!(forbidden.held("b.example", Purpose::Page), None);
        tokio::time::advance(PAUSES.0).await;
        assert_eq!(forbidden.held(HOST, Purpose::Page), None);
        assert!(refused("/a"));
        assert_eq!(forbidden.held(HOST, Purpose::Page), Some(PAUSES.0 * 2));
        tokio::time::advance(PAUSES.0 * 2).await;
        forbidden.served(HOST, Purpose::Page);
        assert!(refused("/a"));
        assert_eq!(forbidden.held(HOST, Purpose::Page), Some(PAUSES.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_refused_now_and_then_is_refused_for_itself() {
        let forbidden = Forbidden::default();
        for address in ["/a", "/b", "/c", "/d"] {
            assert!(!forbidden.refused(HOST, Purpose::Feed, address, PAUSES));
            tokio::time::advance(SHORTLY * 2).await;
        }
        for address in ["/a", "/b", "/c", "/d"] {
            assert!(!forbidden.refused(HOST, Purpose::Feed, address, PAUSES));
            forbidden.served(HOST, Purpose::Feed);
        }
    }
}

//! Pace per host: feeds, pages and robots.txt share one gate.
//!
//! A request passes when fewer than the host's concurrency are under way and the gap
//! since the previous one left has passed, which may have been later than its turn: a busy
//! machine, or too many requests in flight over all hosts. A host that asked for patience,
//! or could not be reached, is held: nothing passes, and whoever asks is told until when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::Purpose;
use super::gate::Gate;
use crate::model::FailureKind;

/// A hold shorter than this is waited out in line; a longer one is an answer.
const WORTH_WAITING: Duration = Duration::from_secs(10);
/// Hosts remembered; beyond it those without a hold or a request under way are forgotten.
const REMEMBERED: usize = 50_000;

/// A wait that is not over is at least this.
const AT_LEAST: Duration = Duration::from_millis(1);
/// How long a feed goes before pages after its turn has come: enough for it to be taken up, and no
/// more, as it may have been dropped.
const PRECEDENCE: Duration = Duration::from_millis(500);

/// So many feeds in a row go before a page that waits: on a host that allows fewer requests than its
/// feeds would make, pages come last and still come.
const FEEDS_BEFORE_A_PAGE: u32 = 3;

/// What one host may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPace {
    pub gap: Duration,
    pub concurrency: u32,
}

/// Why a host is not asked at present, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub kind: FailureKind,
    pub remaining: Duration,
}

/// The gates of all hosts.
#[derive(Debug)]
pub struct Hosts {
    paces: RwLock<Paces>,
    gates: Mutex<HashMap<String, Gate>>,
    /// Requests in flight over all of them.
    flights: Semaphore,
}

#[derive(Debug)]
struct Paces {
    default: HostPace,
    configured: HashMap<String, HostPace>,
}

/// What a host answers to one who waits.
enum Step<'a> {
    Held(Hold),
    Busy(Arc<Notify>),
    Turn(Place<'a>, Instant),
}

/// The right to ask a host once, now. Given back when dropped.
#[derive(Debug)]
pub struct Pass<'a> {
    _place: Place<'a>,
    _flight: Option<SemaphorePermit<'a>>,
}

/// One of the requests that a host may have under way.
#[derive(Debug)]
struct Place<'a> {
    hosts: &'a Hosts,
    host: String,
}

impl Hosts {
    /// Gates with a pace for all and exceptions by host, and so many requests in flight at most.
    #[must_use]
    pub fn new(
        default: HostPace,
        configured: HashMap<String, HostPace>,
        concurrency: usize,
    ) -> Self {
        Self {
            paces: RwLock::new(Paces {
                default,
                configured,
            }),
            gates: Mutex::default(),
            flights: Semaphore::new(concurrency),
        }
    }

    /// Tells the gates another pace, from the next request on.
    pub fn tell(&self, default: HostPace, configured: HashMap<String, HostPace>) {
        *self.paces.write().unwrap_or_else(PoisonError::into_inner) = Paces {
            default,
            configured,
        };
    }

    /// Waits for the host's turn, and for one of the requests in flight.
    ///
    /// # Errors
    /// The hold, when the host is held for longer than a short wait.
    pub async fn pass(&self, host: &str, purpose: Purpose) -> Result<Pass<'_>, Hold> {
        let (place, mut start) = loop {
            match self.step(host, purpose) {
                Step::Held(hold) => return Err(hold),
                Step::Busy(freed) => freed.notified().await,
                Step::Turn(place, start) => break (place, start),
            }
        };
        loop {
            sleep_until(start).await;
            // Never closed, so never refused.
            let flight = self.flights.acquire().await.ok();
            match self.leave(host)? {
                None => {
                    return Ok(Pass {
                        _place: place,
                        _flight: flight,
                    });
                }
                Some(later) => start = later,
            }
        }
    }

    /// Lets a request leave whose turn has come, or says until when it is to wait: another one may
    /// have left later than its turn meanwhile, or have been refused.
    fn leave(&self, host: &str) -> Result<Option<Instant>, Hold> {
        let pace = self.pace(host);
        let mut gates = self.lock();
        let now = Instant::now();
        let gate = gates
            .entry(host.to_owned())
            .or_insert_with(|| Gate::new(now));
        if let Some(hold) = gate.held(now) {
            let waits = hold.remaining <= WORTH_WAITING;
            return waits.then(|| Some(now + hold.remaining)).ok_or(hold);
        }
        let rested = gate.asked.map_or(now, |asked| asked + gate.gap(pace));
        if rested > now {
            return Ok(Some(rested));
        }
        gate.asked = Some(now);
        gate.next = gate.next.max(now + gate.gap(pace).max(gate.learned));
        Ok(None)
    }

    /// Takes the host's next turn, if it has one to give.
    fn step(&self, host: &str, purpose: Purpose) -> Step<'_> {
        let pace = self.pace(host);
        let mut gates = self.lock();
        let now = Instant::now();
        let gate = gates
            .entry(host.to_owned())
            .or_insert_with(|| Gate::new(now));
        if let Some(hold) = gate.held(now).filter(|hold| hold.remaining > WORTH_WAITING) {
            return Step::Held(hold);
        }
        if gate.under_way >= pace.concurrency {
            return Step::Busy(Arc::clone(&gate.freed));
        }
        let start = gate.start(now);
        gate.next = start + gate.gap(pace).max(gate.learned);
        gate.under_way += 1;
        if purpose == Purpose::Feed {
            gate.feed_waits_until = now;
            gate.feeds_in_a_row = gate.feeds_in_a_row.saturating_add(1);
        } else {
            gate.page_waits_until = now;
            gate.feeds_in_a_row = 0;
        }
        let taken = Place {
            hosts: self,
            host: host.to_owned(),
        };
        Step::Turn(taken, start)
    }

    /// How long until the host could be asked; zero when at once. While its concurrency is used up,
    /// the gap is the estimate. A feed that has to wait is next: pages let it go before them, but not
    /// for ever.
    #[must_use]
    pub fn ready_in(&self, host: &str, purpose: Purpose) -> Duration {
        let pace = self.pace(host);
        let now = Instant::now();
        let mut gates = self.lock();
        let Some(gate) = gates.get_mut(host) else {
            return Duration::ZERO;
        };
        let busy = gate.under_way >= pace.concurrency;
        let mut wait = gate.start(now).saturating_duration_since(now);
        if busy {
            wait = wait.max(pace.gap).max(AT_LEAST);
        }
        let is_feed = purpose == Purpose::Feed;
        let (own, others) = if is_feed {
            (&mut gate.feed_waits_until, gate.page_waits_until)
        } else {
            (&mut gate.page_waits_until, gate.feed_waits_until)
        };
        let is_pages_turn = gate.feeds_in_a_row >= FEEDS_BEFORE_A_PAGE;
        if others > now && is_feed == is_pages_turn {
            wait = wait.max(AT_LEAST);
        }
        if !wait.is_zero() {
            *own = now + wait + PRECEDENCE;
        }
        wait
    }

    /// Lets nothing pass to the host for a while. A longer hold stands.
    pub fn hold(&self, host: &str, kind: FailureKind, span: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(span) else {
            return;
        };
        let mut gates = self.lock();
        let gate = gates
            .entry(host.to_owned())
            .or_insert_with(|| Gate::new(now));
        if gate.hold.is_none_or(|(_, held)| held < until) {
            gate.hold = Some((kind, until));
        }
    }

    /// Whether the host is held.
    #[must_use]
    pub fn held(&self, host: &str) -> Option<Hold> {
        self.lock()
            .get(host)
            .and_then(|gate| gate.held(Instant::now()))
    }

    /// The host has refused a request as one too many (429). A Retry-After tells its rate: one request
    /// in the time from the last one that was answered until then. Without one the gap doubles.
    pub fn refused(&self, host: &str, retry_after: Option<Duration>) {
        let gap = self.pace(host).gap;
        let now = Instant::now();
        let mut gates = self.lock();
        let gate = gates
            .entry(host.to_owned())
            .or_insert_with(|| Gate::new(now));
        gate.refused(now, gap, retry_after);
    }

    /// The host has answered. After enough answers in a row what was learned is doubted a little.
    pub fn served(&self, host: &str) {
        if let Some(gate) = self.lock().get_mut(host) {
            gate.served();
        }
    }

    /// Whether the host has answered a request that left no longer ago than that.
    #[must_use]
    pub fn answered_within(&self, host: &str, span: Duration) -> bool {
        let gates = self.lock();
        let answered = gates.get(host).and_then(|gate| gate.answered);
        answered.is_some_and(|at| at.elapsed() <= span)
    }

    /// Ends the holds of some kinds: what they were for was not the hosts' fault.
    pub fn release(&self, of: impl Fn(FailureKind) -> bool) {
        for gate in self.lock().values_mut() {
            gate.hold = gate.hold.filter(|(kind, _)| !of(*kind));
        }
    }

    /// What robots.txt asks for between two requests.
    pub fn set_crawl_delay(&self, host: &str, delay: Duration) {
        let now = Instant::now();
        self.lock()
            .entry(host.to_owned())
            .or_insert_with(|| Gate::new(now))
            .crawl_delay = delay;
    }

    /// Requests that the host may have under way.
    #[must_use]
    pub fn concurrency(&self, host: &str) -> u32 {
        self.pace(host).concurrency
    }

    fn pace(&self, host: &str) -> HostPace {
        let paces = self.paces.read().unwrap_or_else(PoisonError::into_inner);
        paces.configured.get(host).copied().unwrap_or(paces.default)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Gate>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() > REMEMBERED {
            let now = Instant::now();
            gates.retain(|_, gate| {
                gate.under_way > 0 || gate.next > now || gate.held(now).is_some()
            });
        }
        gates
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(gate) = self.hosts.lock().get_mut(&self.host) {
            gate.under_way = gate.under_way.saturating_sub(1);
            gate.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::super::gate::DOUBTED_AFTER;
    use super::*;

    const FLIGHTS: u32 = 8;

    fn hosts(gap: u64, concurrency: u32) -> Hosts {
        Hosts::new(
            HostPace {
                gap: Duration::from_secs(gap),
                concurrency,
            },
            HashMap::new(),
            FLIGHTS as usize,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_one_host_start_a_gap_apart_and_other_hosts_do_not_wait() {
        let hosts = hosts(2, 1);
        let began = Instant::now();
        for _ in 0..3 {
            drop(
                hosts
                    .pass("a.example", Purpose::Page)
                    .await
                    .expect("not held"),
            );
        }
        assert_eq!(began.elapsed().as_secs(), 4);
        drop(
            hosts
                .pass("b.example", Purpose::Page)
                .await
                .expect("not held"),
        );
        assert_eq!(began.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_is_kept_from_when_a_late_request_left() {
        for concurrency in [1, 3] {
            let hosts = hosts(2, concurrency);
            drop(hosts.pass("a.example", Purpose::Page).await);
            let mut late = pin!(hosts.pass("a.example", Purpose::Page));
            // The turn is taken; then the processor has no time for it until 3.9 s after the first.
            assert!(futures_util::poll!(&mut late).is_pending());
            tokio::time::advance(Duration::from_millis(3900)).await;
            drop(late.await.expect("not held"));
            let left = Instant::now();
            drop(hosts.pass("a.example", Purpose::Page).await);
            assert_eq!(left.elapsed(), Duration::from_secs(2));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_is_kept_from_when_a_request_had_waited_for_those_in_flight() {
        let hosts = hosts(2, 2);
        let flights = hosts.flights.acquire_many(FLIGHTS).await.expect("open");
        let left = async || {
            drop(hosts.pass("a.example", Purpose::Page).await);
            Instant::now()
        };
        let land = async {
            tokio::time::sleep(Duration::from_secs(7)).await;
            drop(flights);
        };
        let (first, second, ()) = tokio::join!(left(), left(), land);
        assert_eq!(second - first, Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_for_its_turn_heeds_what_another_has_been_told_meanwhile() {
        let hosts = hosts(2, 4);
        let first = hosts.pass("a.example", Purpose::Feed).await;
        let second = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            hosts.hold("a.example", FailureKind::Throttled, Duration::from_secs(60));
        };
        let (third, ()) = tokio::join!(hosts.pass("a.example", Purpose::Feed), second);
        assert_eq!(third.expect_err("held").remaining.as_secs(), 59);
        drop(first);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(hosts.pass("a.example", Purpose::Feed).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_concurrency_are_under_way() {
        let hosts = hosts(0, 2);
        let first = hosts
            .pass("a.example", Purpose::Page)
            .await
            .expect("not held");
        let _second = hosts
            .pass("a.example", Purpose::Page)
            .await
            .expect("not held");
        assert!(
            tokio::time::timeout(
                Duration::from_secs(60),
                hosts.pass("a.example", Purpose::Page)
            )
            .await
            .is_err()
        );
        assert!(!hosts.ready_in("a.example", Purpose::Page).is_zero());
        drop(first);
        let third = tokio::time::timeout(
            Duration::from_secs(60),
            hosts.pass("a.example", Purpose::Page),
        )
        .await;
        assert!(third.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_host_says_until_when_and_comes_back() {
        let hosts = hosts(0, 1);
        hosts.hold(
            "a.example",
            FailureKind::Throttled,
            Duration::from_secs(600),
        );
        hosts.hold("a.example", FailureKind::Throttled, Duration::from_secs(60));
        let hold = hosts
            .pass("a.example", Purpose::Page)
            .await
            .expect_err("held");
        assert_eq!(
            (hold.kind, hold.remaining.as_secs()),
            (FailureKind::Throttled, 600)
        );
        tokio::time::advance(Duration::from_secs(601)).await;
        assert!(hosts.pass("a.example", Purpose::Page).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_allows_one_request_a_minute_is_asked_once_a_minute_after_one_refusal() {
        // Whether the second request comes early in the minute or late.
        for pause in [0, 30, 57] {
            let hosts = hosts(2, 1);
            let mut window_opens = Instant::now();
            let mut refusals = 0;
            for turn in 0..40 {
                if turn == 1 {
                    tokio::time::advance(Duration::from_secs(pause)).await;
                }
                loop {
                    drop(
                        hosts
                            .pass("a.example", Purpose::Page)
                            .await
                            .expect("not held"),
                    );
                    let now = Instant::now();
                    if now >= window_opens {
                        hosts.served("a.example");
                        window_opens = now + Duration::from_secs(60);
                        break;
                    }
                    refusals += 1;
                    hosts.refused("a.example", Some(window_opens - now));
                }
            }
            assert_eq!(refusals, 1, "after {pause} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_without_a_word_double_the_gap_and_answers_shrink_it_again() {
        let hosts = hosts(2, 1);
        hosts.refused("a.example", None);
        assert_eq!(hosts.ready_in("a.example", Purpose::Page).as_secs(), 4);
        hosts.refused("a.example", None);
        assert_eq!(hosts.ready_in("a.example", Purpose::Page).as_secs(), 8);
        for _ in 0..DOUBTED_AFTER {
            hosts.served("a.example");
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        drop(
            hosts
                .pass("a.example", Purpose::Page)
                .await
                .expect("not held"),
        );
        assert_eq!(hosts.ready_in("a.example", Purpose::Page).as_millis(), 6400);
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_that_waits_is_asked_for_before_the_next_page() {
        let hosts = hosts(2, 1);
        drop(
            hosts
                .pass("a.example", Purpose::Page)
                .await
                .expect("not held"),
        );
        assert_eq!(hosts.ready_in("a.example", Purpose::Feed).as_secs(), 2);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!hosts.ready_in("a.example", Purpose::Page).is_zero());
        assert!(hosts.ready_in("a.example", Purpose::Feed).is_zero());
        drop(
            hosts
                .pass("a.example", Purpose::Feed)
                .await
                .expect("not held"),
        );
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(hosts.ready_in("a.example", Purpose::Page).is_zero());
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_waits_has_its_turn_after_three_feeds() {
        let hosts = hosts(2, 1);
        let mut asked = Vec::new();
        for _ in 0..8 {
            // Both wait all the time, and look again when their turn may have come.
            let ready = loop {
                let of = |purpose| hosts.ready_in("a.example", purpose).is_zero();
                match (of(Purpose::Feed), of(Purpose::Page)) {
                    (true, _) => break Purpose::Feed,
                    (_, true) => break Purpose::Page,
                    _ => tokio::time::advance(Duration::from_millis(100)).await,
                }
            };
            drop(hosts.pass("a.example", ready).await.expect("not held"));
            asked.push(ready);
        }
        let pages = asked.iter().filter(|purpose| **purpose == Purpose::Page);
        assert_eq!(pages.count(), 2);
        assert_eq!(asked.get(3), Some(&Purpose::Page));
    }
}

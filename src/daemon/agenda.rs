//! Rows that are due, in memory, by host: which one can be worked on next.
//!
//! A copy of what the table says, never the truth: a row is worked on only after it
//! has been claimed in the database, and the copy may be thrown away at any time.
//! It exists because asking the table again for every row would cost more than the row.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// A host whose turn cannot be foreseen is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Due rows by host. The host "" is no host: its rows are always ready.
#[derive(Debug)]
pub struct Agenda<Id> {
    queues: HashMap<String, VecDeque<Id>>,
    /// Every host with rows, once, with the time at which it is worth looking at.
    turns: BinaryHeap<Reverse<(Instant, String)>>,
    known: HashSet<Id>,
    /// Rows that wait, in all queues.
    waiting: usize,
    /// Rows handed out and not finished, by host.
    under_way: HashMap<String, u32>,
}

impl<Id: Copy + Eq + Hash> Agenda<Id> {
    /// With nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queues: HashMap::new(),
            turns: BinaryHeap::new(),
            known: HashSet::new(),
            waiting: 0,
            under_way: HashMap::new(),
        }
    }

    /// Rows that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Rows that are handed out.
    #[must_use]
    pub fn is_working(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Adds a row, unless it is here already.
    pub fn add(&mut self, id: Id, host: &str, now: Instant) {
        if !self.known.insert(id) {
            return;
        }
        if !self.queues.contains_key(host) {
            self.turns.push(Reverse((now, host.to_owned())));
        }
        self.queues
            .entry(host.to_owned())
            .or_default()
            .push_back(id);
        self.waiting += 1;
    }

    /// Takes up to `most` rows whose hosts are ready. `pace` tells of a host how long until it may
    /// be asked, and how many requests it may have under way.
    pub fn take(
        &mut self,
        most: usize,
        now: Instant,
        pace: impl Fn(&str) -> (Duration, u32),
    ) -> Vec<(Id, String)> {
        let mut taken = Vec::new();
        while taken.len() < most {
            if self.next_turn().is_none_or(|at| at > now) {
                break;
            }
            let Some(Reverse((_, host))) = self.turns.pop() else {
                break;
            };
            let (wait, concurrency) = if host.is_empty() {
                (Duration::ZERO, u32::MAX)
            } else {
                pace(&host)
            };
            let busy = self.under_way.get(&host).copied().unwrap_or(0);
            let ready = wait.is_zero() && busy < concurrency;
            if let Some(id) = self
                .queues
                .get_mut(&host)
                .filter(|_| ready)
                .and_then(VecDeque::pop_front)
            {
                *self.under_way.entry(host.clone()).or_default() += 1;
                self.waiting -= 1;
                taken.push((id, host.clone()));
            }
            if self.queues.get(&host).is_some_and(VecDeque::is_empty) {
                self.queues.remove(&host);
            } else {
                let again = if ready {
                    Duration::ZERO
                } else {
                    wait.max(LOOK_AGAIN)
                };
                self.turns.push(Reverse((now + again, host)));
            }
        }
        taken
    }

    /// A row that was taken is finished, or was not to be had.
    pub fn finish(&mut self, id: Id, host: &str) {
        self.known.remove(&id);
        if let Some(count) = self.under_way.get_mut(host) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.under_way.remove(host);
            }
        }
    }

    /// Drops the rows of hosts that `held` says will not be ready for long; returns how many there
    /// were of each.
    pub fn drop_held(&mut self, held: impl Fn(&str) -> bool) -> Vec<(String, usize)> {
        let mut hosts: Vec<String> = self
            .queues
            .keys()
            .filter(|host| !host.is_empty() && held(host))
            .cloned()
            .collect();
        hosts.sort_unstable();
        let mut dropped = Vec::with_capacity(hosts.len());
        for host in hosts {
            let rows = self.queues.remove(&host).unwrap_or_default();
            self.waiting -= rows.len();
            for id in &rows {
                self.known.remove(id);
            }
            dropped.push((host, rows.len()));
        }
        let queues = &self.queues;
        self.turns
            .retain(|Reverse((_, host))| queues.contains_key(host));
        dropped
    }

    /// Hosts with rows that wait.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.queues.keys().map(String::as_str)
    }

    /// How many hosts with rows are worth looking at by then.
    #[must_use]
    pub fn ready_by(&self, then: Instant) -> usize {
        self.turns
            .iter()
            .filter(|Reverse((at, _))| *at <= then)
            .count()
    }

    /// When the next host is worth looking at.
    #[must_use]
    pub fn next_turn(&self) -> Option<Instant> {
        self.turns.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn hosts_take_turns_and_a_busy_one_does_not_hold_up_the_others() {
        let now = Instant::now();
        let mut agenda = Agenda::new();
        for id in 0..10 {
            agenda.add(id, "large.example", now);
        }
        agenda.add(10, "small.example", now);
        agenda.add(10, "small.example", now);
        let ready = |_: &str| (Duration::ZERO, 1);
        let taken = agenda.take(64, now, ready);
        assert_eq!(taken.len(), 2);
        assert_eq!(agenda.next_turn(), Some(now + LOOK_AGAIN));
        assert!(agenda.take(64, now, ready).is_empty());
        assert!(agenda.take(64, now + LOOK_AGAIN, ready).is_empty());
        for (id, host) in taken {
            agenda.finish(id, &host);
        }
        let taken = agenda.take(64, now + LOOK_AGAIN * 2, ready);
        assert_eq!(taken, [(1, "large.example".to_owned())]);
        assert_eq!(agenda.len(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_looked_at_again_when_it_will_be_ready() {
        let now = Instant::now();
        let mut agenda = Agenda::new();
        agenda.add(1, "slow.example", now);
        assert!(
            agenda
                .take(64, now, |_| (Duration::from_secs(7), 1))
                .is_empty()
        );
        assert_eq!(agenda.next_turn(), Some(now + Duration::from_secs(7)));
        assert_eq!(
            (
                agenda.ready_by(now),
                agenda.ready_by(now + Duration::from_secs(7))
            ),
            (0, 1)
        );
        assert_eq!(
            agenda.drop_held(|host| host == "slow.example"),
            [("slow.example".to_owned(), 1)]
        );
        assert_eq!(agenda.next_turn(), None);
    }
}

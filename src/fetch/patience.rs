//! Hosts that have said that they are asked too often, and have not been content since.
//!
//! This is what is told to people; the pace itself is a matter of the gates.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Hosts remembered; a complaint beyond that is heeded and not told.
const REMEMBERED: usize = 10_000;

/// Who asks for patience.
#[derive(Debug, Default)]
pub struct Patience {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asking: HashMap<String, Duration>,
    /// What has changed since somebody last took note.
    news: HashMap<String, Option<Duration>>,
}

impl Patience {
    /// Hosts that were asking for patience when an earlier process ended.
    pub fn recall(&self, hosts: Vec<String>) {
        let mut state = self.lock();
        for host in hosts {
            state.asking.entry(host).or_default();
        }
    }

    /// A host has said that it is asked too often; `wait` is what it asked for, or zero.
    pub fn asked(&self, host: &str, wait: Duration) {
        let mut state = self.lock();
        if state.asking.len() < REMEMBERED || state.asking.contains_key(host) {
            state.asking.insert(host.to_owned(), wait);
            state.news.insert(host.to_owned(), Some(wait));
        }
    }

    /// A host has answered as it should.
    pub fn content(&self, host: &str) {
        let mut state = self.lock();
        if state.asking.remove(host).is_some() {
            state.news.insert(host.to_owned(), None);
        }
    }

    /// What has changed since the last time: the hosts that ask for patience, and for how long, and
    /// those that no longer do.
    pub fn take_news(&self) -> Vec<(String, Option<Duration>)> {
        std::mem::take(&mut self.lock().news).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_news_once_and_so_is_its_end() {
        let patience = Patience::default();
        patience.content("a.example");
        assert!(patience.take_news().is_empty());
        let minute = Duration::from_secs(60);
        patience.asked("a.example", minute);
        assert_eq!(
            patience.take_news(),
            [("a.example".to_owned(), Some(minute))]
        );
        assert!(patience.take_news().is_empty());
        patience.content("a.example");
        assert_eq!(patience.take_news(), [("a.example".to_owned(), None)]);
        patience.recall(vec!["b.example".to_owned()]);
        assert!(patience.take_news().is_empty());
        patience.content("b.example");
        assert_eq!(patience.take_news(), [("b.example".to_owned(), None)]);
    }
}

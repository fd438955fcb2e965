//! The score sheet of polite polling, from the log of requests: each line is zero when all is well.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::{FeedId, Timestamp};

/// Starts to one host in a second that are no storm, however few there are on average.
const STARTS_AT_LEAST: u64 = 3;
/// A peak of so many times the average is one.
const PEAK_OF_MEAN: u64 = 3;
/// A poll begins a little before its answer is logged; clocks and timers are not exact.
const SLACK: Duration = Duration::from_secs(1);

/// A request as it was logged.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts of one request that do not depend on each other"
)]
pub struct Logged {
    /// When it was made.
    pub asked_at: Timestamp,
    /// When its answer came.
    pub at: Timestamp,
    pub host: String,
    /// The feed, for a poll.
    pub poll_of: Option<FeedId>,
    pub answered: bool,
    pub conditional: bool,
    /// Why it was not, for a poll.
    pub unconditional: Option<String>,
    /// A person has asked for it.
    pub forced: bool,
    pub retry_after: Option<Duration>,
    /// A Retry-After of this host is for all of its paths.
    pub public: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub requests: u64,
    pub polls: u64,
    /// Polls that sent validators.
    pub conditional: u64,
    /// Polls that sent none, for a reason that the log gives.
    pub explained: u64,
    /// Polls that sent none although they could.
    pub unconditional: u64,
    pub under_the_floor: u64,
    pub during_retry_after: u64,
    /// Seconds in which a host was asked more than three times, and than three times the average.
    pub storms: u64,
    /// The most requests to a host that began in one second.
    pub peak: u64,
}

impl Sheet {
    /// Whether every line is zero.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.unconditional == 0
            && self.under_the_floor == 0
            && self.during_retry_after == 0
            && self.storms == 0
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            polls: self.polls + other.polls,
            conditional: self.conditional + other.conditional,
            explained: self.explained + other.explained,
            unconditional: self.unconditional + other.unconditional,
            under_the_floor: self.under_the_floor + other.under_the_floor,
            during_retry_after: self.during_retry_after + other.during_retry_after,
            storms: self.storms + other.storms,
            peak: self.peak.max(other.peak),
        }
    }
}

/// The sheet of each host, from its requests in the order in which they were answered. `floor` is the
/// shortest time between two polls of a feed.
#[must_use]
pub fn sheet(log: &[Logged], floor: Duration) -> BTreeMap<String, Sheet> {
    let mut by_host: BTreeMap<&str, Vec<&Logged>> = BTreeMap::new();
    for request in log {
        by_host.entry(&request.host).or_default().push(request);
    }
    by_host
        .into_iter()
        .map(|(host, mut requests)| {
            requests.sort_by_key(|request| request.asked_at);
            (host.to_owned(), of_host(&requests, floor))
        })
        .collect()
}

fn of_host(requests: &[&Logged], floor: Duration) -> Sheet {
    let mut sheet = Sheet::default();
    let mut last: HashMap<FeedId, Timestamp> = HashMap::new();
    // Until when the host, or a feed of a host that is many, has asked for patience.
    let mut patience: Vec<(Option<FeedId>, Timestamp, Timestamp)> = Vec::new();
    let mut seconds: HashMap<i64, u64> = HashMap::new();
    for request in requests {
        sheet.requests += 1;
        *seconds.entry(request.asked_at.secs()).or_default() += 1;
        let too_early = patience.iter().any(|(feed, from, until)| {
            (feed.is_none() || *feed == request.poll_of)
                && request.asked_at > *from
                && request.asked_at.plus(SLACK) < *until
        });
        sheet.during_retry_after += u64::from(too_early && !request.forced);
        if let Some(wait) = request.retry_after {
            let whose = request.poll_of.filter(|_| !request.public);
            if request.public || whose.is_some() {
                patience.retain(|(_, _, until)| *until > request.asked_at);
                patience.push((whose, request.at, request.at.plus(wait)));
            }
        }
        let Some(feed) = request.poll_of else {
            continue;
        };
        sheet.polls += 1;
        sheet.conditional += u64::from(request.conditional);
        if request.answered && !request.conditional {
            let known = request.unconditional.is_some();
            sheet.explained += u64::from(known);
            sheet.unconditional += u64::from(!known);
        }
        let before = last.insert(feed, request.asked_at);
        let early =
            before.is_some_and(|at| request.asked_at.since(at).saturating_add(SLACK) < floor);
        sheet.under_the_floor += u64::from(early && !request.forced);
    }
    let span = match (requests.first(), requests.last()) {
        (Some(first), Some(last)) => last.asked_at.since(first.asked_at).as_secs() + 1,
        _ => 1,
    };
    sheet.peak = seconds.values().copied().max().unwrap_or(0);
    sheet.storms = seconds
        .values()
        .filter(|starts| {
            **starts > STARTS_AT_LEAST
                && starts.saturating_mul(span) > sheet.requests.saturating_mul(PEAK_OF_MEAN)
        })
        .count() as u64;
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Duration = Duration::from_secs(300);

    fn poll(feed: i64, secs: i64) -> Logged {
        Logged {
            asked_at: Timestamp::from_secs(secs),
            at: Timestamp::from_secs(secs),
            host: "a.example".to_owned(),
            poll_of: Some(FeedId(feed)),
            answered: true,
            conditional: true,
            unconditional: None,
            forced: false,
            retry_after: None,
            public: true,
        }
    }

    fn found(log: &[Logged]) -> Sheet {
        sheet(log, FLOOR).remove("a.example").expect("its host")
    }

    #[test]
    fn polite_polls_leave_a_clean_sheet() {
        let first = Logged {
            conditional: false,
            unconditional: Some("first".to_owned()),
            ..poll(1, 0)
        };
        let asked = Logged {
            forced: true,
            ..poll(1, 301)
        };
        let clean = found(&[first, poll(1, 300), asked, poll(1, 3600)]);
        assert!(clean.is_clean());
        assert_eq!((clean.polls, clean.conditional, clean.explained), (4, 3, 1));
    }

    #[test]
    fn each_rudeness_has_its_line() {
        let early = found(&[poll(1, 0), poll(1, 200), poll(2, 200)]);
        assert_eq!(early.under_the_floor, 1);
        let bare = Logged {
            conditional: false,
            ..poll(1, 0)
        };
        assert_eq!(found(&[bare]).unconditional, 1);
        let patience = |public| Logged {
            retry_after: Some(Duration::from_secs(900)),
            public,
            ..poll(1, 0)
        };
        let after = |public| [patience(public), poll(2, 600), poll(1, 1000)];
        assert_eq!(found(&after(true)).during_retry_after, 1);
        assert_eq!(found(&after(false)).during_retry_after, 0);
        let storm: Vec<Logged> = (0..5)
            .map(|feed| poll(feed, 0))
            .chain([poll(9, 5000)])
            .collect();
        assert_eq!((found(&storm).storms, found(&storm).peak), (1, 5));
    }
}

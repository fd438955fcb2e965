//! The numbers of the policy.

use std::time::Duration;

use super::Cron;
use crate::model::Timestamp;

/// What the scheduler was told. Every span may be set down to fractions of a second.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the adaptive rule starts from: operators ask for at most one request an hour.
    pub initial_interval: Duration,
    /// The adaptive rule never goes below it.
    pub floor: Duration,
    /// Nor may a person's interval or cron line go below this.
    pub configured_floor: Duration,
    /// Nor any poll of a server that gives no validators: the whole body travels each time.
    pub unconditional_floor: Duration,
    /// The slowest adaptive interval; caps freshness and the error back-off too.
    pub max_interval: Duration,
    /// Share of the interval that is added at random, from 0 to 1.
    pub jitter: f64,
    /// Over how long the feeds of one cron line are spread, each always at its own place.
    pub splay: Duration,
    /// Over how long a first pass or a catch-up of many feeds is spread.
    pub startup_spread: Duration,
    /// After a 429 or 503 without Retry-After; doubled each time.
    pub throttle_backoff: Duration,
    /// The longest Retry-After that is believed.
    pub retry_after_max: Duration,
    /// After a host could not be reached; doubled each time.
    pub connect_backoff: Duration,
    /// The longest pause after lasting errors; a feed is never given up.
    pub slow_lane: Duration,
    /// A permanent redirect is adopted after so long …
    pub redirect_after: Duration,
    /// … and so many observations.
    pub redirect_observations: u32,
    /// 410 is believed after so long …
    pub gone_after: Duration,
    /// … and so many observations.
    pub gone_observations: u32,
    /// After so long of nothing but 304, one unconditional request.
    pub revalidate_after: Duration,
    /// So many distinct hosts unreachable within the window, and none reached, are our own outage.
    pub outage_hosts: u32,
    pub outage_window: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Default for Settings {
    fn default() -> Self {
        Self {
            initial_interval: Duration::from_secs(HOUR),
            floor: Duration::from_secs(15 * MINUTE),
            configured_floor: Duration::from_secs(5 * MINUTE),
            unconditional_floor: Duration::from_secs(HOUR),
            max_interval: Duration::from_secs(DAY),
            jitter: 0.1,
            splay: Duration::from_secs(5 * MINUTE),
            startup_spread: Duration::from_secs(30 * MINUTE),
            throttle_backoff: Duration::from_secs(30 * MINUTE),
            retry_after_max: Duration::from_secs(7 * DAY),
            connect_backoff: Duration::from_secs(10 * MINUTE),
            slow_lane: Duration::from_secs(30 * DAY),
            redirect_after: Duration::from_secs(7 * DAY),
            redirect_observations: 10,
            gone_after: Duration::from_secs(7 * DAY),
            gone_observations: 3,
            revalidate_after: Duration::from_secs(7 * DAY),
            outage_hosts: 8,
            outage_window: Duration::from_secs(MINUTE),
        }
    }
}

/// How often a feed is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Pace {
    /// As often as it publishes, within floor and ceiling.
    #[default]
    Adaptive,
    /// At a fixed interval.
    Every(Duration),
    /// At the times of a cron line.
    Cron(Cron),
}

impl Pace {
    /// The first time after `at` that is fixed beforehand; `None` when it is learned.
    #[must_use]
    pub fn after(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Adaptive => None,
            Self::Every(span) => Some(at.plus(*span)),
            Self::Cron(cron) => cron.after(at),
        }
    }
}

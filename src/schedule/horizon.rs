//! How far away a due time can be: what lies beyond was set by a wrong clock.

use std::time::Duration;

use super::{Pace, Reason, Settings};
use crate::model::Timestamp;

/// Skipped days can add up to this.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// The furthest instant that a rule could have named by now.
#[must_use]
pub fn horizon(
    settings: &Settings,
    pace: &Pace,
    splay: Duration,
    reason: Option<Reason>,
    now: Timestamp,
) -> Timestamp {
    let slowest = settings.max_interval;
    let wait = match reason {
        // Of another version: whatever the slowest rule can have meant.
        None | Some(Reason::Gone | Reason::SlowLane) => settings
            .slow_lane
            .max(settings.gone_after)
            .max(settings.retry_after_max),
        Some(Reason::RetryAfter) => settings.retry_after_max,
        Some(Reason::SkipWindow) => slowest.saturating_add(WEEK),
        // Up to as much again is added.
        Some(Reason::Throttled) => slowest.saturating_mul(2),
        Some(_) => Duration::ZERO,
    };
    let own = match pace {
        Pace::Adaptive => Duration::ZERO,
        Pace::Every(interval) => *interval,
        // The floor may skip one time of the line.
        Pace::Cron(cron) => {
            let next = cron.after(now).and_then(|next| cron.after(next));
            next.map_or(slowest, |next| next.since(now))
                .saturating_add(splay)
        }
    };
    let wait = wait.max(own).max(slowest);
    let jitter = wait.min(slowest).mul_f64(settings.jitter.clamp(0.0, 1.0));
    now.plus(wait.saturating_add(jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const DAY: u64 = 24 * 3600;

    fn days(pace: &Pace, reason: Reason) -> u64 {
        let settings = Settings {
            jitter: 0.0,
            ..Settings::default()
        };
        let at = horizon(&settings, pace, Duration::ZERO, Some(reason), NOW);
        at.since(NOW).as_secs() / DAY
    }

    #[test]
    fn each_rule_has_its_own_slowest_wait() {
        let every = |days: u64| Pace::Every(Duration::from_secs(days * DAY));
        let yearly = Pace::Cron(super::super::Cron::new("@yearly", None).expect("a line"));
        assert_eq!(days(&Pace::Adaptive, Reason::Adaptive), 1);
        assert_eq!(days(&Pace::Adaptive, Reason::Backoff), 1);
        assert_eq!(days(&Pace::Adaptive, Reason::RetryAfter), 7);
        assert_eq!(days(&Pace::Adaptive, Reason::SlowLane), 30);
        assert_eq!(days(&every(12), Reason::Interval), 12);
        assert!(days(&yearly, Reason::Cron) > 365);
    }
}

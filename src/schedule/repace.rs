//! What another pace in the configuration means for a feed that waits already.

use std::time::Duration;

use super::next::cron_due;
use super::{NextPoll, Pace, Reason, Settings, skip};
use crate::model::{FeedId, PublisherHints, Timestamp};

/// A due time is its pace's own if jitter can have made it no later than this: the calmest second is taken.
const ROOM: Duration = Duration::from_secs(2);

/// A feed that waits for its next poll.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: FeedId,
    /// When it is due, and why.
    pub due: Timestamp,
    pub reason: Reason,
    pub polled_at: Timestamp,
    /// Until when its server has asked to be left alone.
    pub patience: Option<Timestamp>,
    /// The adaptive interval as learned.
    pub learned: Option<Duration>,
    /// Whether its next request can be conditional.
    pub validators: bool,
    pub hints: PublisherHints,
}

/// When a feed is due whose due time its pace had named, if the pace that it has now would have named
/// an earlier one; `None` where it would not, and where more than the pace decided.
///
/// Floors, Retry-After and what the document asks for hold. How long an answer stays fresh is not remembered: whoever
/// configures a shorter interval is heard at once, as by `feedmill poll`.
#[must_use]
pub fn repaced(
    settings: &Settings,
    pace: &Pace,
    splay: Duration,
    waiting: &Waiting,
    now: Timestamp,
) -> Option<NextPoll> {
    let floor = match pace {
        Pace::Adaptive => settings.floor,
        Pace::Every(_) | Pace::Cron(_) => settings.configured_floor,
    };
    let after = |wait: Duration| waiting.polled_at.plus(wait);
    let (own, reason) = match (pace, waiting.reason) {
        (Pace::Adaptive, Reason::Interval | Reason::Cron) => {
            let interval = waiting.learned.unwrap_or(settings.initial_interval);
            (after(interval.max(floor)), Reason::Adaptive)
        }
        (Pace::Every(interval), Reason::Interval | Reason::Cron | Reason::Adaptive) => {
            (after((*interval).max(floor)), Reason::Interval)
        }
        (Pace::Cron(cron), Reason::Interval | Reason::Cron | Reason::Adaptive) => {
            let own = (splay, waiting.id);
            let at = cron_due(settings, cron, own, waiting.polled_at, now);
            (at, Reason::Cron)
        }
        _ => return None,
    };
    let least = if waiting.validators {
        Duration::ZERO
    } else {
        settings.unconditional_floor
    };
    let asked_for = waiting.hints.ttl.unwrap_or_default();
    let least = least.max(asked_for.min(settings.max_interval));
    let at = own.max(after(least)).max(now);
    let at = waiting.patience.map_or(at, |until| at.max(until));
    let at = skip::roll_past(&waiting.hints, at);
    let jitter = at
        .since(waiting.polled_at)
        .min(settings.max_interval)
        .mul_f64(settings.jitter.clamp(0.0, 1.0));
    let furthest = skip::roll_past(&waiting.hints, at.plus(jitter.saturating_add(ROOM)));
    (waiting.due > furthest).then_some(NextPoll {
        at,
        reason,
        interval: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Cron;
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn waiting(reason: Reason, hours: u32) -> Waiting {
        Waiting {
            id: FeedId(1),
            due: NOW.plus(HOUR * hours),
            reason,
            polled_at: NOW,
            patience: None,
            learned: None,
            validators: true,
            hints: PublisherHints::default(),
        }
    }

    fn wait(pace: &Pace, waiting: &Waiting) -> Option<(Duration, Reason)> {
        let next = repaced(&Settings::default(), pace, Duration::ZERO, waiting, NOW);
        next.map(|next| (next.at.since(NOW), next.reason))
    }

    #[test]
    fn a_shorter_pace_is_heard_at_once_and_inside_the_rules() {
        let hourly = Pace::Every(HOUR);
        let day = waiting(Reason::Interval, 24);
        assert_eq!(wait(&hourly, &day), Some((HOUR, Reason::Interval)));
        let adaptive = Some((HOUR, Reason::Adaptive));
        assert_eq!(wait(&Pace::Adaptive, &day), adaptive);
        let quick = Pace::Every(Duration::from_secs(1));
        let floor = Settings::default().configured_floor;
        assert_eq!(wait(&quick, &day), Some((floor, Reason::Interval)));
        let costly = Waiting {
            validators: false,
            ..day.clone()
        };
        assert_eq!(wait(&quick, &costly), Some((HOUR, Reason::Interval)));
        let asked = Waiting {
            patience: Some(NOW.plus(HOUR * 2)),
            ..day.clone()
        };
        assert_eq!(wait(&quick, &asked), Some((HOUR * 2, Reason::Interval)));
        let patient = Waiting {
            hints: PublisherHints {
                ttl: Some(HOUR * 3),
                ..PublisherHints::default()
            },
            ..day
        };
        assert_eq!(wait(&quick, &patient), Some((HOUR * 3, Reason::Interval)));
        let line = Cron::new("0 * * * *", None).expect("a line");
        let due = line.after(NOW).expect("a time").since(NOW);
        let cron = Pace::Cron(line);
        let learned = waiting(Reason::Adaptive, 24);
        assert_eq!(wait(&cron, &learned), Some((due, Reason::Cron)));
    }

    #[test]
    fn a_due_time_of_the_same_pace_or_of_another_rule_stays() {
        for hours in [1, 6, 24] {
            let jitter = HOUR * hours / 10;
            let mut same = waiting(Reason::Interval, hours);
            same.due = same.due.plus(jitter);
            assert_eq!(wait(&Pace::Every(HOUR * hours), &same), None);
            assert_eq!(wait(&Pace::Every(HOUR * 48), &same), None);
        }
        assert_eq!(wait(&Pace::Adaptive, &waiting(Reason::Adaptive, 24)), None);
        let line = Cron::new("30 8 * * mon", None).expect("a line");
        let same = Waiting {
            due: line.after(NOW).expect("a time"),
            ..waiting(Reason::Cron, 0)
        };
        assert_eq!(wait(&Pace::Cron(line), &same), None);
        for reason in [Reason::RetryAfter, Reason::Gone, Reason::Fresh] {
            assert_eq!(wait(&Pace::Every(HOUR), &waiting(reason, 24)), None);
        }
    }
}

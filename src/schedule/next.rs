//! When a feed is due after a poll: the latest of all that asks for patience, never the earliest.

use std::time::Duration;

use super::{Cron, Load, Pace, Profile, Reason, Settings, adaptive, backoff, skip};
use crate::model::{DueFeed, FailureKind, FeedId, Freshness, PublisherHints, Timestamp};

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// With so many new entries; `gap` when the window had rolled without overlap.
    Changed {
        new: usize,
        gap: bool,
    },
    Unchanged,
    NotModified,
    Failed(FailureKind),
}

/// The answer that a poll got, as far as timing is concerned.
#[derive(Debug, Clone)]
pub struct Answer {
    pub visit: Visit,
    pub freshness: Freshness,
    pub retry_after: Option<Duration>,
    /// Of the document, or those remembered when there was none.
    pub hints: PublisherHints,
    /// Whether the next request can be conditional.
    pub validators: bool,
}

/// Everything that the rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub settings: &'a Settings,
    pub pace: &'a Pace,
    /// Over how long feeds of one cron line are spread.
    pub splay: Duration,
    /// How often an adaptive feed is polled all the same whose hub delivers what is new.
    pub backstop: Option<Duration>,
    /// False where the operator has decided against the publisher's freshness.
    pub respect_cache_control: bool,
    pub feed: &'a DueFeed,
    /// When the feed publishes, as far as it is known.
    pub profile: Option<&'a Profile>,
    pub answer: &'a Answer,
    /// When the request was made.
    pub asked_at: Timestamp,
    /// When the answer came.
    pub now: Timestamp,
    /// From 0 up to 1.
    pub chance: f64,
    /// When the other feeds are due.
    pub load: &'a Load,
}

/// When the feed is due, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPoll {
    pub at: Timestamp,
    pub reason: Reason,
    /// The adaptive interval as learned now.
    pub interval: Option<Duration>,
}

/// Decides when a feed is due next.
#[must_use]
pub fn next_poll(question: &Question<'_>) -> NextPoll {
    let Question {
        settings,
        answer,
        asked_at,
        now,
        ..
    } = *question;
    let (base, learned) = base(question);
    let mut latest = Latest {
        at: base.0,
        reason: base.1,
    };
    let floor = match question.pace {
        Pace::Adaptive => settings.floor,
        Pace::Every(_) | Pace::Cron(_) => settings.configured_floor,
    };
    latest.consider(asked_at.plus(floor), Reason::Floor);
    let interval = base.0.since(asked_at);
    if let Visit::Failed(kind) = answer.visit {
        if answer.retry_after.is_none()
            || !matches!(kind, FailureKind::Throttled | FailureKind::Unavailable)
        {
            let steady = learned.unwrap_or(interval).max(floor);
            let (pause, reason) =
                backoff::pause(settings, question.feed, kind, steady, now, question.chance);
            latest.consider(now.plus(pause), reason);
        }
    } else {
        if let Some(backstop) = question
            .backstop
            .filter(|_| *question.pace == Pace::Adaptive)
        {
            latest.consider(
                asked_at.plus(backstop.min(settings.max_interval)),
                Reason::WebSub,
            );
        }
        if !answer.validators {
            latest.consider(
                asked_at.plus(settings.unconditional_floor),
                Reason::UnconditionalFloor,
            );
        }
        if let Some(fresh) = answer
            .freshness
            .lifetime
            .filter(|_| question.respect_cache_control)
        {
            latest.consider(now.plus(fresh.min(settings.max_interval)), Reason::Fresh);
        }
    }
    if let Some(ttl) = answer.hints.ttl.filter(|_| question.respect_cache_control) {
        latest.consider(asked_at.plus(ttl.min(settings.max_interval)), Reason::Ttl);
    }
    if let Some(wait) = answer.retry_after {
        latest.consider(
            now.plus(wait.min(settings.retry_after_max)),
            Reason::RetryAfter,
        );
    }
    let rolled = skip::roll_past(&answer.hints, latest.at);
    latest.consider(rolled, Reason::SkipWindow);
    let Latest { at, reason } = latest;
    // Jitter only ever delays, by a share of the wait but at most of the slowest interval. Who wrote
    // a cron line wants its times: there the splay keeps feeds apart.
    let share = match question.pace {
        _ if reason == Reason::Cron => 0.0,
        Pace::Adaptive => settings.jitter.clamp(0.0, 1.0) * ADAPTIVE_JITTER,
        Pace::Every(_) | Pace::Cron(_) => settings.jitter.clamp(0.0, 1.0),
    };
    let slack = at.since(asked_at).min(settings.max_interval).mul_f64(share);
    let at = question.load.calm_instant(at, slack, question.chance);
    NextPoll {
        at: skip::roll_past(&answer.hints, at),
        reason,
        interval: learned,
    }
}

/// Adaptive intervals begin at different times and differ in length: a little of the jitter (three
/// seconds of a quarter of an hour) keeps them apart, and what a news feed publishes is not seen
/// later for it.
const ADAPTIVE_JITTER: f64 = 1.0 / 30.0;

/// The latest of the instants considered so far, and whose it is.
struct Latest {
    at: Timestamp,
    reason: Reason,
}

impl Latest {
    fn consider(&mut self, at: Timestamp, reason: Reason) {
        if at > self.at {
            *self = Self { at, reason };
        }
    }
}

/// What the feed's own pace asks for, and the adaptive interval learned by the way.
fn base(question: &Question<'_>) -> ((Timestamp, Reason), Option<Duration>) {
    let Question {
        settings,
        asked_at,
        now,
        ..
    } = *question;
    match question.pace {
        Pace::Adaptive => {
            let visit = &question.answer.visit;
            let interval = adaptive::interval(settings, question.feed, visit, now);
            let at = adaptive::due(settings, question.profile, interval, asked_at);
            ((at, Reason::Adaptive), Some(interval))
        }
        Pace::Every(interval) => (
            (
                asked_at.plus((*interval).max(settings.configured_floor)),
                Reason::Interval,
            ),
            None,
        ),
        Pace::Cron(cron) => {
            let place = (question.splay, question.feed.id);
            let at = cron_due(settings, cron, place, asked_at, now);
            ((at, Reason::Cron), None)
        }
    }
}

/// The next time of a line after a poll, at the feed's own place in the splay.
pub(super) fn cron_due(
    settings: &Settings,
    cron: &Cron,
    (splay, feed): (Duration, FeedId),
    asked_at: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let after = now.max(asked_at.plus(settings.configured_floor).minus(CRON_SLACK));
    let at = cron
        .after(after)
        .unwrap_or_else(|| now.plus(settings.max_interval));
    // The next time of the line is not overtaken.
    let room = cron.after(at).map_or(splay, |next| next.since(at));
    at.plus(splay.min(room).mul_f64(place(feed)))
}

/// A feed's own place among all, from 0 up to 1: multiples of the golden ratio keep apart, however
/// many there are.
fn place(feed: FeedId) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    (feed.0 as f64 * GOLDEN).fract().abs()
}

/// A poll that began a little late must not miss the next time of its line because of the floor.
const CRON_SLACK: Duration = Duration::from_secs(1);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Lease, Validators};
    use proptest::prelude::*;

    pub(in super::super) fn feed() -> DueFeed {
        DueFeed {
            id: FeedId(1),
            lease: Lease(1),
            url: String::new(),
            configured_url: String::new(),
            validators: Validators::default(),
            validators_url: None,
            variant: Vec::new(),
            body_hash: None,
            created_at: Timestamp::EPOCH,
            due_by: String::new(),
            last_poll_at: None,
            last_ok_at: None,
            last_new_at: None,
            last_full_at: None,
            distrusted: false,
            subscribed: false,
            interval: None,
            hints: PublisherHints::default(),
            failures: 0,
            failing_since: None,
            gone_seen: 0,
            moving: None,
            profile: Vec::new(),
            open_events: Vec::new(),
            polls: 0,
            pages_compared: 0,
            pages_added: 0,
        }
    }

    fn answer(visit: Visit) -> Answer {
        Answer {
            visit,
            freshness: Freshness::default(),
            retry_after: None,
            hints: PublisherHints::default(),
            validators: true,
        }
    }

    fn ask(feed: &DueFeed, answer: &Answer, pace: &Pace, chance: f64) -> NextPoll {
        let settings = Settings::default();
        next_poll(&Question {
            settings: &settings,
            pace,
            splay: settings.splay,
            backstop: None,
            respect_cache_control: true,
            feed,
            profile: None,
            answer,
            asked_at: START,
            now: START,
            chance,
            load: &Load::default(),
        })
    }

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);
    const HOUR: u64 = 3600;

    fn wait(next: &NextPoll) -> u64 {
        next.at.since(START).as_secs()
    }

    #[test]
    fn the_latest_rule_wins_and_is_named() {
        let changed = || answer(Visit::Changed { new: 1, gap: false });
        let every = |secs| Pace::Every(Duration::from_secs(secs));
        let fresh = Freshness {
            lifetime: Some(Duration::from_secs(2 * HOUR)),
        };
        let ttl = PublisherHints {
            ttl: Some(Duration::from_secs(3 * HOUR)),
            ..PublisherHints::default()
        };
        let cases = [
            (changed(), Pace::Adaptive, HOUR, Reason::Adaptive),
            (changed(), every(1800), 1800, Reason::Interval),
            (changed(), every(10), 300, Reason::Interval),
            (
                Answer {
                    validators: false,
                    ..changed()
                },
                every(1800),
                HOUR,
                Reason::UnconditionalFloor,
            ),
            (
                Answer {
                    freshness: fresh,
                    ..changed()
                },
                every(1800),
                2 * HOUR,
                Reason::Fresh,
            ),
            (
                Answer {
                    freshness: fresh,
                    ..answer(Visit::NotModified)
                },
                every(1800),
                2 * HOUR,
                Reason::Fresh,
            ),
            (
                Answer {
                    freshness: fresh,
                    hints: ttl,
                    ..changed()
                },
                every(1800),
                3 * HOUR,
                Reason::Ttl,
            ),
            (
                Answer {
                    retry_after: Some(Duration::from_secs(7200)),
                    ..answer(Visit::Failed(FailureKind::Throttled))
                },
                every(1800),
                7200,
                Reason::RetryAfter,
            ),
            (
                answer(Visit::Failed(FailureKind::Throttled)),
                every(300),
                1800,
                Reason::Throttled,
            ),
            (
                answer(Visit::Failed(FailureKind::Dns)),
                every(300),
                600,
                Reason::Unreachable,
            ),
            (
                answer(Visit::Failed(FailureKind::Unauthorized)),
                every(300),
                24 * HOUR,
                Reason::Unauthorized,
            ),
            (
                answer(Visit::Failed(FailureKind::Gone)),
                every(300),
                24 * HOUR,
                Reason::Gone,
            ),
        ];
        for (answer, pace, seconds, reason) in cases {
            let next = ask(&feed(), &answer, &pace, 0.0);
            assert_eq!(
                (wait(&next), next.reason),
                (seconds, reason),
                "{answer:?} {pace:?}"
            );
        }
    }

    #[test]
    fn freshness_beyond_the_slowest_interval_is_capped_and_a_long_interval_is_not() {
        let year = Freshness {
            lifetime: Some(Duration::from_secs(365 * 24 * HOUR)),
        };
        let kept = ask(
            &feed(),
            &Answer {
                freshness: year,
                ..answer(Visit::Unchanged)
            },
            &Pace::Adaptive,
            0.0,
        );
        assert_eq!(wait(&kept), 24 * HOUR);
        let weekly = Pace::Every(Duration::from_secs(7 * 24 * HOUR));
        assert_eq!(
            wait(&ask(&feed(), &answer(Visit::Unchanged), &weekly, 0.0)),
            7 * 24 * HOUR
        );
    }

    #[test]
    fn a_404_of_two_months_is_probed_weekly_and_never_given_up() {
        let lasting = |days: u64| {
            let since = START.minus(Duration::from_secs(days * 24 * HOUR));
            let feed = DueFeed {
                failures: 40,
                failing_since: Some(since),
                ..feed()
            };
            wait(&ask(
                &feed,
                &answer(Visit::Failed(FailureKind::NotFound)),
                &Pace::Adaptive,
                0.0,
            )) / (24 * HOUR)
        };
        assert_eq!(lasting(2), 1);
        assert_eq!(lasting(60), 7);
        assert_eq!(lasting(3650), 30);
    }

    #[test]
    fn the_adaptive_interval_shortens_with_news_and_lengthens_with_silence() {
        let hourly = DueFeed {
            interval: Some(Duration::from_secs(HOUR)),
            ..feed()
        };
        let news = ask(
            &hourly,
            &answer(Visit::Changed { new: 3, gap: false }),
            &Pace::Adaptive,
            0.0,
        );
        assert_eq!(wait(&news), 2700);
        let rolled = ask(
            &hourly,
            &answer(Visit::Changed { new: 30, gap: true }),
            &Pace::Adaptive,
            0.0,
        );
        assert_eq!(wait(&rolled), 1800);
        let quiet = DueFeed {
            last_new_at: Some(START.minus(Duration::from_secs(48 * HOUR))),
            ..hourly
        };
        assert_eq!(
            wait(&ask(
                &quiet,
                &answer(Visit::NotModified),
                &Pace::Adaptive,
                0.0
            )),
            4500
        );
    }

    #[test]
    fn five_thousand_feeds_of_one_cron_line_are_spread_over_the_splay() {
        let line = Pace::Cron(super::super::Cron::new("0 * * * *", None).expect("a line"));
        let mut minutes = [0; 5];
        for id in 1..=5000 {
            let feed = DueFeed {
                id: FeedId(id),
                ..feed()
            };
            let next = ask(&feed, &answer(Visit::Unchanged), &line, 0.9);
            assert_eq!(next.reason, Reason::Cron);
            assert_eq!(next, ask(&feed, &answer(Visit::Unchanged), &line, 0.1));
            minutes[usize::try_from(wait(&next) % 3600 / 60).expect("few")] += 1;
        }
        assert!(
            minutes.iter().all(|feeds| (990..=1010).contains(feeds)),
            "{minutes:?}"
        );
    }

    fn any_visit() -> impl Strategy<Value = Visit> {
        prop_oneof![
            (0_usize..100, any::<bool>()).prop_map(|(new, gap)| Visit::Changed { new, gap }),
            Just(Visit::Unchanged),
            Just(Visit::NotModified),
            (0..FailureKind::ALL.len()).prop_map(|index| Visit::Failed(FailureKind::ALL[index])),
        ]
    }

    proptest! {
        #[test]
        fn the_answer_stays_within_its_bounds(
            visit in any_visit(), failures: u32, interval: Option<u32>, fresh: Option<u64>, retry: Option<u64>,
            ttl: Option<u64>, validators: bool, since in 0_i64..4_000_000_000, chance in 0.0_f64..1.0,
        ) {
            let feed = DueFeed {
                failures,
                interval: interval.map(|secs| Duration::from_secs(secs.into())),
                failing_since: (failures > 0).then(|| Timestamp::from_secs(since)),
                ..feed()
            };
            let answer = Answer {
                visit,
                freshness: Freshness { lifetime: fresh.map(Duration::from_secs) },
                retry_after: retry.map(Duration::from_secs),
                hints: PublisherHints { ttl: ttl.map(Duration::from_secs), ..PublisherHints::default() },
                validators,
            };
            let next = ask(&feed, &answer, &Pace::Adaptive, chance);
            let settings = Settings::default();
            prop_assert!(next.at >= START.plus(settings.floor));
            prop_assert!(next.at <= START.plus(settings.slow_lane + settings.max_interval));
        }

        #[test]
        fn more_failures_never_mean_less_patience(kind in 0..FailureKind::ALL.len(), failures in 0_u32..100) {
            let failed = answer(Visit::Failed(FailureKind::ALL[kind]));
            let fewer = ask(&DueFeed { failures, ..feed() }, &failed, &Pace::Adaptive, 0.0);
            let more = ask(&DueFeed { failures: failures + 1, ..feed() }, &failed, &Pace::Adaptive, 0.0);
            prop_assert!(more.at >= fewer.at);
        }
    }
}

//! Hours and days on which a publisher asks not to be polled (RSS 2.0 `skipHours`, `skipDays`; UTC).

use std::time::Duration;

use chrono::{Datelike, Timelike};

use crate::model::{PublisherHints, Timestamp};

const HOUR: Duration = Duration::from_secs(3600);
/// A week of hours: beyond it every hour is skipped, and the wish makes no sense.
const HOURS_OF_A_WEEK: usize = 7 * 24;

/// The first instant at or after `at` that is not to be skipped; `at` itself when all are.
pub(super) fn roll_past(hints: &PublisherHints, at: Timestamp) -> Timestamp {
    let mut candidate = at;
    for _ in 0..=HOURS_OF_A_WEEK {
        if !is_skipped(hints, candidate) {
            return candidate;
        }
        let utc = candidate.utc();
        let into_hour = Duration::from_secs(u64::from(utc.minute() * 60 + utc.second()));
        candidate = candidate.minus(into_hour).plus(HOUR);
        candidate = Timestamp::from_secs(candidate.secs());
    }
    at
}

fn is_skipped(hints: &PublisherHints, at: Timestamp) -> bool {
    let utc = at.utc();
    u8::try_from(utc.hour()).is_ok_and(|hour| hints.skip_hours.contains(&hour))
        || hints
            .skip_days
            .contains(utc.weekday().num_days_from_monday())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SkipDays;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_skipped_hour_is_waited_out_and_skipping_everything_is_ignored() {
        let night = PublisherHints {
            skip_hours: [0, 1, 2].into(),
            ..PublisherHints::default()
        };
        assert_eq!(
            roll_past(&night, at("2026-01-31T00:30:05Z")),
            at("2026-01-31T03:00:00Z")
        );
        assert_eq!(
            roll_past(&night, at("2026-01-31T03:00:00Z")),
            at("2026-01-31T03:00:00Z")
        );
        let weekend = PublisherHints {
            skip_days: SkipDays::from_bits(0b110_0000),
            ..PublisherHints::default()
        };
        assert_eq!(
            roll_past(&weekend, at("2026-01-31T12:00:00Z")),
            at("2026-02-02T00:00:00Z")
        );
        let always = PublisherHints {
            skip_hours: (0..24).collect(),
            ..PublisherHints::default()
        };
        assert_eq!(
            roll_past(&always, at("2026-01-31T00:30:05Z")),
            at("2026-01-31T00:30:05Z")
        );
    }
}

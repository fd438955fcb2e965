//! Cron lines: 5, 6 or 7 fields, `@hourly` and the like, day-of-month OR day-of-week, in a time zone.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

use super::cron_fault::{CronFault, find};
use crate::model::Timestamp;

/// A cron line with its time zone. In the hour that spring skips it runs at the first valid minute;
/// in the hour that autumn repeats, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Cron {
    line: String,
    zone: Tz,
    /// Apart, since it is large and most feeds have none.
    parsed: Box<croner::Cron>,
}

/// A cron line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CronError {
    #[error("\"{line}\" is not a cron line: {fault}")]
    Line { line: String, fault: CronFault },
    #[error("\"{0}\" is not a time zone of the IANA database, such as \"Europe/Berlin\"")]
    Zone(String),
    #[error("\"{0}\" never comes due")]
    Never(String),
}

impl Cron {
    /// Reads a cron line; `zone` is a name of the IANA database, UTC when absent.
    ///
    /// # Errors
    /// When the line or the zone is not one, or never comes due.
    pub fn new(line: &str, zone: Option<&str>) -> Result<Self, CronError> {
        let zone = zone.map_or(Ok(Tz::UTC), |name| {
            Tz::from_str(name).map_err(|_| CronError::Zone(name.to_owned()))
        })?;
        let parsed = parse(line).ok_or_else(|| CronError::Line {
            line: line.to_owned(),
            fault: find(line, |line| parse(line).is_some()),
        })?;
        let cron = Self {
            line: line.to_owned(),
            zone,
            parsed: Box::new(parsed),
        };
        if cron.after(Timestamp::from_secs(SOME_DAY)).is_none() {
            return Err(CronError::Never(line.to_owned()));
        }
        Ok(cron)
    }

    /// The line as it was given.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The first time after `at`.
    #[must_use]
    pub fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let local: DateTime<Tz> = at.utc().with_timezone(&self.zone);
        let next = self.parsed.find_next_occurrence(&local, false).ok()?;
        // The fraction of a second that `at` had is not the line's.
        let next = Timestamp::from(next.with_timezone(&Utc));
        Some(Timestamp::from_secs(next.secs()))
    }

    /// The shortest time between two occurrences among the next hundred: what a floor is held against.
    #[must_use]
    pub fn shortest_gap(&self) -> std::time::Duration {
        let mut at = Timestamp::from_secs(SOME_DAY);
        let mut shortest = std::time::Duration::MAX;
        for _ in 0..100 {
            let Some(next) = self.after(at) else { break };
            if at != Timestamp::from_secs(SOME_DAY) {
                shortest = shortest.min(next.since(at));
            }
            at = next;
        }
        shortest
    }
}

/// Five fields, six with seconds first, seven with a year last, or a nickname.
fn parse(line: &str) -> Option<croner::Cron> {
    let parser = CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Optional)
        .build();
    parser.parse(line).ok()
}

/// 2026-01-01T00:00:00Z: an instant from which lines are tried when they are read.
const SOME_DAY: i64 = 1_767_225_600;

#[cfg(test)]
mod tests {
    use super::*;

    fn next(line: &str, zone: &str, at: &str) -> String {
        let cron = Cron::new(line, Some(zone)).expect("a cron line");
        cron.after(at.parse().expect("an instant"))
            .expect("comes due")
            .to_string()
    }

    #[test]
    fn five_six_and_seven_fields_names_and_nicknames_are_read() {
        for (line, expected) in [
            ("*/15 * * * *", "2026-01-31T08:15:00.000Z"),
            ("30 */15 * * * *", "2026-01-31T08:15:30.000Z"),
            ("0 0 12 1 1 * 2027", "2027-01-01T12:00:00.000Z"),
            ("@hourly", "2026-01-31T09:00:00.000Z"),
            ("0 6 * * mon", "2026-02-02T06:00:00.000Z"),
            ("0 6 * * 7", "2026-02-01T06:00:00.000Z"),
            // Day of month OR day of week, as cron has always meant it.
            ("0 6 15 * fri", "2026-02-06T06:00:00.000Z"),
        ] {
            assert_eq!(
                next(line, "UTC", "2026-01-31T08:09:10Z"),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn local_time_is_kept_across_changes_of_the_clock() {
        // Spring: 02:30 does not exist on 2026-03-29 in Berlin.
        assert_eq!(
            next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00.000Z"
        );
        // Autumn: 02:30 happens twice on 2026-10-25 and is met once.
        let first = next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z");
        assert_eq!(first, "2026-10-25T00:30:00.000Z");
        assert_eq!(
            next("30 2 * * *", "Europe/Berlin", &first),
            "2026-10-26T01:30:00.000Z"
        );
    }

    #[test]
    fn what_is_no_cron_line_is_refused() {
        for (line, expected) in [
            (
                "61 * * * *",
                "field 1 (minute), column 1: \"61\" cannot be read; use 0 to 59",
            ),
            (
                "*/5  6-25 * * *",
                "field 2 (hour), column 6: \"6-25\" cannot be read; use 0 to 23",
            ),
            (
                "0 0 * * fry",
                "field 5 (day of week), column 9: \"fry\" cannot be read",
            ),
            ("90 0 0 * * *", "field 1 (second), column 1"),
            ("0 0 0 * 13 * 2027", "field 5 (month), column 9"),
            ("every hour", "column 11: 2 fields; it takes five"),
            ("0 0 0 * * * 2027 8", "column 18: 8 fields"),
            ("@nightly", "there are @hourly"),
            ("", "column 1: 0 fields"),
        ] {
            let fault = Cron::new(line, None).expect_err(line).to_string();
            assert!(fault.contains(expected), "{line}: {fault}");
        }
        assert!(matches!(
            Cron::new("0 * * * *", Some("Mars/Olympus")),
            Err(CronError::Zone(_))
        ));
        assert_eq!(
            Cron::new("0 0 31 2 *", None),
            Err(CronError::Never("0 0 31 2 *".to_owned()))
        );
    }
}

//! Instants: whole milliseconds since 1970-01-01T00:00:00Z.
//!
//! Stored and shown in one form only, `2026-01-31T08:09:10.123Z`, which sorts as
//! text. Instants outside the years 0000 to 9999 cannot be written in that form,
//! so they are clamped when made and arithmetic saturates.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// An instant, in milliseconds since the Unix epoch, between the years 0000 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 0000-01-01T00:00:00.000Z.
const FIRST_MILLIS: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
const LAST_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// The last instant that can be written: used for "never".
    pub const MAX: Self = Self(LAST_MILLIS);

    /// From milliseconds since the epoch, clamped to the years 0000 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < FIRST_MILLIS {
            Self(FIRST_MILLIS)
        } else if millis > LAST_MILLIS {
            Self(LAST_MILLIS)
        } else {
            Self(millis)
        }
    }

    /// From seconds since the epoch, clamped like [`Timestamp::from_millis`].
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_millis(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The calendar view of this instant, in UTC.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }

    /// This instant and `span` more, saturating.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(span)))
    }

    /// This instant less `span`, saturating.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(millis(span)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_millis(at.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    /// Reads RFC 3339 with any offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(DateTime::parse_from_rfc3339(text)?.to_utc().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_written_in_one_form_that_sorts_as_text() {
        assert_eq!(
            Timestamp::from_millis(1_769_846_950_123).to_string(),
            "2026-01-31T08:09:10.123Z"
        );
        assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(
            Timestamp::from_millis(i64::MIN).to_string(),
            "0000-01-01T00:00:00.000Z"
        );
    }

    proptest! {
        #[test]
        fn any_number_is_written_with_24_characters_and_read_back(millis: i64) {
            let at = Timestamp::from_millis(millis);
            let text = at.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(text.parse::<Timestamp>(), Ok(at));
        }

        #[test]
        fn arithmetic_is_total(millis: i64, secs: u64) {
            let at = Timestamp::from_millis(millis);
            let span = Duration::from_secs(secs);
            prop_assert!(at.plus(span) >= at);
            prop_assert!(at.minus(span) <= at);
        }
    }
}

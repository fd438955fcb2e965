//! Dates as publishers write them.
//!
//! RFC 822 with two or four digits and any zone, RFC 3339 and the W3C profile of ISO 8601 in all
//! their abbreviations, asctime, `Date.toString()`, epochs, month names in the languages of the
//! world. The parser looks for parts rather than for formats: a time has colons, a year four
//! digits, a month a name. A date without a zone is taken for UTC. What cannot be told apart
//! (`03/04/2005`) is read the American way, unless that gives no date.

mod names;
mod parts;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use self::parts::Parts;
use crate::model::Timestamp;

/// Longer texts are no dates.
const MAX_BYTES: usize = 128;

/// Epoch seconds between 1980 and 2100; the same in milliseconds.
const EPOCH_SECS: std::ops::Range<i64> = 315_532_800..4_102_444_800;

/// The instant a text speaks of.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    epoch(text).or_else(|| assemble(&Parts::read(text)?))
}

fn epoch(text: &str) -> Option<Timestamp> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let number: i64 = whole.parse().ok().filter(|_| whole.len() >= 9)?;
    if EPOCH_SECS.contains(&number) {
        Some(Timestamp::from_secs(number))
    } else if EPOCH_SECS.contains(&(number / 1000)) && whole.len() >= 12 {
        Some(Timestamp::from_millis(number))
    } else {
        None
    }
}

fn assemble(parts: &Parts) -> Option<Timestamp> {
    let date = calendar(parts)?;
    let mut hour = parts.hour.unwrap_or(0);
    match parts.afternoon {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    // 24:00 is the end of the day (ISO 8601); a leap second is the second before.
    let (hour, next_day) = if hour == 24 { (0, 1) } else { (hour, 0) };
    let time = NaiveTime::from_hms_milli_opt(
        hour,
        parts.minute.unwrap_or(0),
        parts.second.unwrap_or(0).min(59),
        parts.millis,
    )?;
    let local = NaiveDateTime::new(date, time);
    let shift = TimeDelta::try_days(next_day)?
        - TimeDelta::try_minutes(i64::from(parts.offset_minutes.unwrap_or(0)))?;
    Some(local.checked_add_signed(shift)?.and_utc().into())
}

fn calendar(parts: &Parts) -> Option<NaiveDate> {
    let year = parts.year?;
    if let Some(ordinal) = parts.ordinal {
        return NaiveDate::from_yo_opt(year, ordinal);
    }
    let (month, day) = (parts.month.unwrap_or(1), parts.day.unwrap_or(1));
    let swapped = || NaiveDate::from_ymd_opt(year, day, month).filter(|_| !parts.year_first);
    NaiveDate::from_ymd_opt(year, month, day).or_else(swapped)
}

#[cfg(test)]
mod tests;

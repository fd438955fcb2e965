//! Dates as people and machines write them.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::article::page::text;
use crate::model::Timestamp;

use super::clock::{Word, split, time_of};

/// Years in which an article may have been published: the first newspapers online with
/// dated archives, and far enough ahead for wrong clocks to be recognised as such.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// The longest text a date is looked for in, in bytes.
const MAX_BYTES: usize = 300;

/// An instant as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub at: Timestamp,
    /// Minutes east of UTC, where the text said so.
    pub offset_minutes: Option<i16>,
    /// False for a day without a time.
    pub timed: bool,
}

impl Written {
    /// The day that was written, without the time.
    pub fn day(self) -> Self {
        let local = self.at.millis() + i64::from(self.offset_minutes.unwrap_or(0)) * 60_000;
        Self {
            at: Timestamp::from_millis(local - local.rem_euclid(DAY_MILLIS)),
            offset_minutes: Some(0),
            timed: false,
        }
    }
}

/// A day, in milliseconds.
pub const DAY_MILLIS: i64 = 86_400_000;

/// Reads the first date in `text`. `month_first` settles 03/04/2021.
pub fn read(text: &str, month_first: bool) -> Option<Written> {
    let text = text.trim();
    let text = text::beginning(text, MAX_BYTES);
    stamp(text).or_else(|| compact(text)).or_else(|| {
        let words = split(text);
        (0..words.len()).find_map(|at| {
            let words = words.get(at..)?;
            let (day, used) = day_of(words, month_first)?;
            let (time, offset) = time_of(words.get(used..)?);
            written(day, time, offset)
        })
    })
}

/// Unix seconds or milliseconds, bare.
fn stamp(text: &str) -> Option<Written> {
    let number: i64 = text.parse().ok()?;
    let millis = match text.len() {
        10 => number.checked_mul(1000)?,
        13 => number,
        _ => return None,
    };
    let at = DateTime::from_timestamp_millis(millis)?;
    YEARS.contains(&at.year()).then(|| Written {
        at: Timestamp::from(at),
        offset_minutes: Some(0),
        timed: true,
    })
}

/// `20210304`, `20210304T101112Z`.
fn compact(text: &str) -> Option<Written> {
    let (day, rest) = text.split_at_checked(8)?;
    if !day.bytes().all(|byte| byte.is_ascii_digit())
        || rest.starts_with(|c: char| c.is_ascii_digit()) && rest.len() != 6
    {
        return None;
    }
    let day = NaiveDate::parse_from_str(day, "%Y%m%d").ok()?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).take(6).collect();
    let time = NaiveTime::parse_from_str(&digits, "%H%M%S").ok();
    written(day, time, rest.ends_with('Z').then_some(0))
}

fn written(day: NaiveDate, time: Option<NaiveTime>, offset: Option<i16>) -> Option<Written> {
    if !YEARS.contains(&day.year()) {
        return None;
    }
    // Midnight in Berlin or Paris, written in UTC by software that knew the day only: the
    // instant is kept, the zone is put right, because the day is a day of that zone.
    let evening = time
        .filter(|_| offset == Some(0))
        .filter(|time| time.minute() == 0 && time.second() == 0);
    let zone = match evening.map(|time| time.hour()) {
        Some(22) => Some(120),
        Some(23) => Some(60),
        _ => None,
    };
    let local = NaiveDateTime::new(day, time.unwrap_or_default());
    let utc = local - Duration::minutes(i64::from(offset.unwrap_or(0)));
    let at = Timestamp::from(DateTime::from_naive_utc_and_offset(utc, chrono::Utc));
    Some(Written {
        at,
        offset_minutes: zone.or(offset).or(time.is_none().then_some(0)),
        timed: time.is_some(),
    })
}

/// The day that `words` begin with, and how many of them it took.
fn day_of(words: &[Word<'_>], month_first: bool) -> Option<(NaiveDate, usize)> {
    in_numbers(words, month_first).or_else(|| in_words(words))
}

/// 2021-03-04, 2021年3月4日, 04.03.2021, 3/4/2021, 04.03.21.
fn in_numbers(words: &[Word<'_>], month_first: bool) -> Option<(NaiveDate, usize)> {
    let [a, b, c, ..] = words else { return None };
    if let (Some(year), Some((month, _)), Some((day, _))) = (year_of(a), short(b), short(c)) {
        return Some((date(year, month, day)?, 3));
    }
    let ((a, after_a), (b, after_b)) = (short(a)?, short(b)?);
    if let Some(year) = year_of(c) {
        let (likely, other) = if month_first && after_a == '/' {
            ((a, b), (b, a))
        } else {
            ((b, a), (a, b))
        };
        let day = date(year, likely.0, likely.1).or_else(|| date(year, other.0, other.1))?;
        return Some((day, 3));
    }
    match c {
        Word::Number {
            value: year,
            digits: 2,
            ..
        } if after_a == '.' && after_b == '.' => Some((date(2000 + year, b, a)?, 3)),
        _ => None,
    }
}

/// 4 March 2021, 4. März 2021, 4 de marzo de 2021, 4th of March, 2021; March 4, 2021; March 4th 2021.
fn in_words(words: &[Word<'_>]) -> Option<(NaiveDate, usize)> {
    let fillers = |words: &[Word<'_>]| {
        words
            .iter()
            .take(2)
            .take_while(|word| is_filler(word))
            .count()
    };
    let (first, rest) = words.split_first()?;
    let before = if matches!(first, Word::Number { .. }) {
        fillers(rest)
    } else {
        0
    };
    let (second, rest) = rest.get(before..)?.split_first()?;
    let (day, month) = match (first, second) {
        (number, Word::Name(name)) | (Word::Name(name), number) => (short(number)?.0, month(name)?),
        _ => return None,
    };
    let between = fillers(rest);
    let year = year_of(rest.get(between)?)?;
    Some((date(year, month, day)?, before + between + 3))
}

/// A number of one or two digits, and the character after it.
fn short(word: &Word<'_>) -> Option<(u32, char)> {
    match word {
        Word::Number {
            value,
            digits: 1..=2,
            next,
            ..
        } => Some((*value, *next)),
        _ => None,
    }
}

/// A number of four digits.
fn year_of(word: &Word<'_>) -> Option<u32> {
    match word {
        Word::Number {
            value, digits: 4, ..
        } => Some(*value),
        _ => None,
    }
}

fn is_filler(word: &Word<'_>) -> bool {
    matches!(word, Word::Name(name) if matches!(
        name.to_lowercase().as_str(),
        "de" | "del" | "of" | "the" | "st" | "nd" | "rd" | "th" | "er" | "º" | "ο" | "г"
    ))
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// True for the name of a month.
pub fn is_month(name: &str) -> bool {
    month(name.trim_end_matches(['.', ','])).is_some()
}

/// The month of a name or its abbreviation, in a dozen languages.
fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let at = MONTHS.iter().position(|names| {
        names.iter().any(|known| {
            name == *known
                || (name.chars().count() >= 3 && known.starts_with(name.as_str()))
                || (name.starts_with(known) && known.chars().count() >= 4)
        })
    })?;
    u32::try_from(at + 1).ok()
}

/// A line for each month: its names in the languages of the web's newspapers.
static MONTHS: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    include_str!("months.txt")
        .lines()
        .map(|line| line.split(' ').collect())
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_however_they_are_written() {
        for (text, expected, offset) in [
            ("2021-03-04T10:11:12Z", "2021-03-04T10:11:12.000Z", Some(0)),
            (
                "2021-03-04T10:11:12.123+02:00",
                "2021-03-04T08:11:12.000Z",
                Some(120),
            ),
            (
                "2021-03-04T10:11-0500",
                "2021-03-04T15:11:00.000Z",
                Some(-300),
            ),
            ("2021-03-04 10:11:12", "2021-03-04T10:11:12.000Z", None),
            ("2021-03-04", "2021-03-04T00:00:00.000Z", Some(0)),
            ("20210304", "2021-03-04T00:00:00.000Z", Some(0)),
            ("20210304T101112Z", "2021-03-04T10:11:12.000Z", Some(0)),
            ("1614852672", "2021-03-04T10:11:12.000Z", Some(0)),
            (
                "Thu, 04 Mar 2021 10:11:12 GMT",
                "2021-03-04T10:11:12.000Z",
                Some(0),
            ),
            (
                "Thu Mar 4, 2021 10:11 PM EST",
                "2021-03-05T03:11:00.000Z",
                Some(-300),
            ),
            (
                "Published: March 4th, 2021",
                "2021-03-04T00:00:00.000Z",
                Some(0),
            ),
            ("4. März 2021, 10:11 Uhr", "2021-03-04T10:11:00.000Z", None),
            ("4 de marzo de 2021", "2021-03-04T00:00:00.000Z", Some(0)),
            (
                "le 4 février 2021 à 10h11",
                "2021-02-04T10:11:00.000Z",
                None,
            ),
            ("04.03.2021", "2021-03-04T00:00:00.000Z", Some(0)),
            ("04.03.21 um 10.11 Uhr", "2021-03-04T10:11:00.000Z", None),
            (
                "2021-03-03T23:00:00.000Z",
                "2021-03-03T23:00:00.000Z",
                Some(60),
            ),
            ("04/03/2021", "2021-03-04T00:00:00.000Z", Some(0)),
            ("13/04/2021", "2021-04-13T00:00:00.000Z", Some(0)),
            ("2021年3月4日", "2021-03-04T00:00:00.000Z", Some(0)),
        ] {
            let found = read(text, false).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (found.at.to_string().as_str(), found.offset_minutes),
                (expected, offset),
                "{text}"
            );
        }
        let american = read("03/04/2021", true).expect("a date");
        assert_eq!(american.at.to_string(), "2021-03-04T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "12",
            "99/99/2021",
            "2021-13-40",
            "May I",
            "1234567890123456",
            "9999999999",
            "0000-00-00",
        ] {
            assert_eq!(read(text, false), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, month_first: bool) {
            let _ = read(&text, month_first);
        }
    }
}

//! The parts of a date, found by their shape: a time has colons, a year four digits, a month a name.

use super::names::{self, Unit, Word};

/// More words than this that mean nothing make a sentence, not a date.
const MAX_UNKNOWN_WORDS: usize = 2;

/// Two-digit years from here on belong to the last century.
const PIVOT: i32 = 70;

/// Offsets beyond this many minutes exist nowhere on Earth.
const MAX_OFFSET_MINUTES: i32 = 14 * 60;

/// What a text says of an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub year: Option<i32>,
    pub month: Option<u32>,
    pub day: Option<u32>,
    /// Day of the year, from 1.
    pub ordinal: Option<u32>,
    pub hour: Option<u32>,
    pub minute: Option<u32>,
    pub second: Option<u32>,
    pub millis: u32,
    pub afternoon: Option<bool>,
    pub offset_minutes: Option<i32>,
    /// The year came first, so that the month comes next (ISO 8601).
    pub year_first: bool,
    /// Numbers of which only their place among the others says what they are, with their separator.
    loose: Vec<(u32, char)>,
    unknown: usize,
}

impl Parts {
    /// `None` when the text has no date.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = text;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            if c == '(' && parts.hour.is_some() {
                // A comment, as in e-mail.
                break;
            }
            if c.is_ascii_digit() {
                rest = parts.number(rest, before)?;
                before = '0';
            } else if c.is_alphabetic() {
                let (word, more) = split(rest, |c| c.is_alphabetic() || c == '.');
                parts.word(&word.replace('.', "").to_lowercase());
                rest = more;
                before = 'a';
            } else {
                before = if c == '\u{2212}' { '-' } else { c };
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        parts.settle()
    }

    /// A run of digits and what hangs on it; `None` when no date has such a number.
    fn number<'a>(&mut self, text: &'a str, before: char) -> Option<&'a str> {
        let (digits, rest) = split(text, |c| c.is_ascii_digit());
        let value: u32 = digits.get(..digits.len().min(8))?.parse().ok()?;
        if matches!(before, '+' | '-')
            && self.hour.is_some()
            && self.offset_minutes.is_none_or(|known| known == 0)
        {
            return self.offset(digits, rest, before);
        }
        if self.hour.is_none() && digits.len() <= 2 && rest.starts_with(':') {
            return Some(self.clock(value, rest));
        }
        match digits.len() {
            14 => {
                self.compact_date(value);
                self.compact_time(digits.get(8..)?)?;
            }
            8 if self.year.is_none() => self.compact_date(value),
            6 if self.year.is_some() && self.hour.is_none() => self.compact_time(digits)?,
            // The military time of RFC 850 may stand where a year would.
            4 if self.year.is_none() && !(self.month.is_some() && self.loose.len() > 1) => {
                self.year = i32::try_from(value).ok();
                return Some(self.after_year(rest));
            }
            4 if self.hour.is_none() => self.compact_time(digits)?,
            1..=2 => {
                self.year_first |= self.year.is_some();
                self.loose.push((value, before));
            }
            _ => return None,
        }
        Some(rest)
    }

    /// ISO 8601 day of the year: `2003-335`.
    fn after_year<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some(after) = rest.strip_prefix('-') else {
            return rest;
        };
        let (digits, more) = split(after, |c| c.is_ascii_digit());
        if digits.len() == 3 {
            self.ordinal = digits.parse().ok();
            return more;
        }
        rest
    }

    fn clock<'a>(&mut self, hour: u32, rest: &'a str) -> &'a str {
        self.hour = Some(hour);
        let (minute, rest) = split(rest.get(1..).unwrap_or_default(), |c| c.is_ascii_digit());
        self.minute = minute.parse().ok();
        let Some(after) = rest.strip_prefix(':') else {
            return rest;
        };
        let (second, rest) = split(after, |c| c.is_ascii_digit());
        self.second = second.parse().ok();
        self.fraction(rest)
    }

    fn fraction<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some(after) = rest.strip_prefix(['.', ',']) else {
            return rest;
        };
        let (digits, more) = split(after, |c| c.is_ascii_digit());
        if digits.is_empty() {
            return rest;
        }
        let millis: String = digits.chars().chain("000".chars()).take(3).collect();
        self.millis = millis.parse().unwrap_or(0);
        more
    }

    fn compact_date(&mut self, value: u32) {
        self.year = i32::try_from(value / 10_000).ok();
        self.month = Some(value / 100 % 100);
        self.day = Some(value % 100);
    }

    fn compact_time(&mut self, digits: &str) -> Option<()> {
        self.hour = Some(digits.get(..2)?.parse().ok()?);
        self.minute = Some(digits.get(2..4)?.parse().ok()?);
        self.second = digits.get(4..6).and_then(|second| second.parse().ok());
        Some(())
    }

    fn offset<'a>(&mut self, digits: &str, rest: &'a str, sign: char) -> Option<&'a str> {
        let value: i32 = digits.get(..digits.len().min(4))?.parse().ok()?;
        let (minutes, rest) = if digits.len() > 2 {
            (value / 100 * 60 + value % 100, rest)
        } else if let Some(after) = rest.strip_prefix(':') {
            let (more, rest) = split(after, |c| c.is_ascii_digit());
            (value * 60 + more.parse::<i32>().unwrap_or(0), rest)
        } else {
            (value * 60, rest)
        };
        if minutes <= MAX_OFFSET_MINUTES {
            self.offset_minutes = Some(if sign == '-' { -minutes } else { minutes });
        }
        Some(rest)
    }

    fn word(&mut self, word: &str) {
        match names::word(word) {
            // The last one wins: "mar. 13 mai" begins with a Tuesday.
            Some(Word::Month(month)) => self.month = Some(month),
            Some(Word::Zone(minutes)) if self.hour.is_some() => {
                self.offset_minutes = self.offset_minutes.or(Some(minutes));
            }
            Some(Word::Afternoon(afternoon)) => self.afternoon = Some(afternoon),
            Some(Word::Mark(unit)) => self.mark(unit),
            Some(Word::Filler | Word::Zone(_)) => {}
            None => self.unknown = self.unknown.saturating_add(1),
        }
    }

    fn mark(&mut self, unit: Unit) {
        let Some((value, _)) = self.loose.pop() else {
            return;
        };
        let part = match unit {
            Unit::Year => {
                self.year = i32::try_from(value).ok().map(century);
                return;
            }
            Unit::Month => &mut self.month,
            Unit::Day => &mut self.day,
            Unit::Hour => &mut self.hour,
            Unit::Minute => &mut self.minute,
            Unit::Second => &mut self.second,
        };
        *part = Some(value);
    }

    /// Gives the loose numbers their meaning.
    fn settle(mut self) -> Option<Self> {
        let mut loose = std::mem::take(&mut self.loose).into_iter();
        if self.month.is_none() && self.ordinal.is_none() {
            let first = loose.next();
            let second = loose.next();
            let dotted = second.is_some_and(|(_, before)| before == '.');
            let day_first =
                dotted && !first.is_some_and(|(_, before)| before == '.' || before == '0');
            let (month, day) = if day_first {
                (second, first)
            } else {
                (first, second)
            };
            self.month = month.map(|(value, _)| value);
            self.day = self.day.or(day.map(|(value, _)| value));
        } else if self.day.is_none() {
            self.day = loose.next().map(|(value, _)| value);
        }
        if self.year.is_none() {
            self.year = loose
                .next()
                .and_then(|(value, _)| i32::try_from(value).ok())
                .map(century);
        }
        let whole = self.year.is_some() && self.month.is_some() && self.day.is_some();
        let allowed = if whole { MAX_UNKNOWN_WORDS } else { 0 };
        (self.year.is_some() && self.unknown <= allowed).then_some(self)
    }
}

const fn century(year: i32) -> i32 {
    match year {
        0..PIVOT => year + 2000,
        PIVOT..=99 => year + 1900,
        _ => year,
    }
}

fn split(text: &str, is: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

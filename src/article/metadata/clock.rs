//! The pieces of a written date, and the time of day and zone among them.

use chrono::NaiveTime;

/// A piece of a date's text: a number or a word, and the character right after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Word<'a> {
    Number {
        value: u32,
        digits: usize,
        next: char,
        before: char,
    },
    Name(&'a str),
}

pub fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let len = if first.is_ascii_digit() {
            rest.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len())
        } else if first.is_alphabetic() && !matches!(first, '年' | '月' | '日' | '년' | '월' | '일')
        {
            rest.find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len())
        } else {
            0
        };
        let Some((word, after)) =
            rest.split_at_checked(if len == 0 { first.len_utf8() } else { len })
        else {
            break;
        };
        if len > 0 && first.is_ascii_digit() {
            let next = after.chars().next().unwrap_or(' ');
            if let Ok(value) = word.parse() {
                words.push(Word::Number {
                    value,
                    digits: word.len(),
                    next,
                    before,
                });
            }
        } else if len > 0 {
            words.push(Word::Name(word));
        }
        before = word.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    words
}

/// The time of day near the beginning of `words`, and its zone.
pub fn time_of(words: &[Word<'_>]) -> (Option<NaiveTime>, Option<i16>) {
    use Word::{Name, Number};
    let mut rest = words;
    for _ in 0..4 {
        match *rest {
            [
                Number {
                    value: hour,
                    digits: 1..=2,
                    next: ':' | 'h' | '.' | 'H',
                    ..
                },
                ref after @ ..,
            ] => {
                let after = if let [Name("h" | "H"), rest @ ..] = after {
                    rest
                } else {
                    after
                };
                let [
                    Number {
                        value: minute,
                        digits: 2,
                        next,
                        ..
                    },
                    after @ ..,
                ] = after
                else {
                    return (None, None);
                };
                let (second, after) = match after {
                    [
                        Number {
                            value, digits: 2, ..
                        },
                        after @ ..,
                    ] if *next == ':' => (*value, after),
                    after => (0, after),
                };
                // A fraction of a second says nothing to a reader of days.
                let after = if let [Number { before: '.', .. }, rest @ ..] = after {
                    rest
                } else {
                    after
                };
                let hour = match after {
                    [Name(half), ..] if half.eq_ignore_ascii_case("pm") && hour < 12 => hour + 12,
                    [Name(half), ..] if half.eq_ignore_ascii_case("am") && hour == 12 => 0,
                    _ => hour,
                };
                return (
                    NaiveTime::from_hms_opt(hour, *minute, second),
                    zone_of(after),
                );
            }
            [Name(_), ref after @ ..] => rest = after,
            _ => return (None, None),
        }
    }
    (None, None)
}

fn zone_of(words: &[Word<'_>]) -> Option<i16> {
    use Word::{Name, Number};
    let words = match words {
        [Name(half), rest @ ..]
            if half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm") =>
        {
            rest
        }
        words => words,
    };
    match *words {
        [
            Number {
                value,
                digits: 4,
                before: sign @ ('+' | '-' | '−'),
                ..
            },
            ..,
        ]
        | [
            Name(_),
            Number {
                value,
                digits: 4,
                before: sign @ ('+' | '-' | '−'),
                ..
            },
            ..,
        ] => signed(sign, value / 100, value % 100),
        [
            Number {
                value: hours,
                digits: 1..=2,
                before: sign @ ('+' | '-' | '−'),
                ..
            },
            ref rest @ ..,
        ] => {
            let minutes = match rest {
                [
                    Number {
                        value,
                        digits: 2,
                        before: ':',
                        ..
                    },
                    ..,
                ] => *value,
                _ => 0,
            };
            signed(sign, hours, minutes)
        }
        [Name(name), ..] => match name.to_ascii_uppercase().as_str() {
            "Z" | "UTC" | "GMT" => Some(0),
            "BST" | "CET" | "MEZ" => Some(60),
            "CEST" | "MESZ" | "EET" | "SAST" => Some(120),
            "EEST" | "MSK" => Some(180),
            "IST" => Some(330),
            "JST" | "KST" => Some(540),
            "EDT" => Some(-240),
            "EST" | "CDT" => Some(-300),
            "CST" | "MDT" => Some(-360),
            "MST" | "PDT" => Some(-420),
            "PST" => Some(-480),
            _ => None,
        },
        _ => None,
    }
}

fn signed(sign: char, hours: u32, minutes: u32) -> Option<i16> {
    let total = i16::try_from(hours * 60 + minutes)
        .ok()
        .filter(|total| *total <= 14 * 60)?;
    Some(if sign == '+' { total } else { -total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_zones_are_read() {
        for (text, expected) in [
            ("10:11", (NaiveTime::from_hms_opt(10, 11, 0), None)),
            (
                "at 10:11:12 pm",
                (NaiveTime::from_hms_opt(22, 11, 12), None),
            ),
            (
                "12:05 AM EST",
                (NaiveTime::from_hms_opt(0, 5, 0), Some(-300)),
            ),
            ("10h11", (NaiveTime::from_hms_opt(10, 11, 0), None)),
            (
                "10:11 GMT+0200",
                (NaiveTime::from_hms_opt(10, 11, 0), Some(120)),
            ),
            ("noon", (None, None)),
            ("99:99", (None, None)),
        ] {
            assert_eq!(time_of(&split(text)), expected, "{text}");
        }
    }
}

//! Durations and sizes: a number with its unit, nothing implied.

use std::time::Duration;

const DURATION_UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];
const SIZE_UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads `200ms`, `15m`, `24h`, `7d`, `1h30m`; `None` for anything else. `0s` is a duration.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = leading_number(rest)?;
        let unit_end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let (_, factor) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
        millis = millis.checked_add(scale(number, *factor)?)?;
        rest = after;
    }
    Some(Duration::from_millis(millis))
}

/// Reads `10MiB`, `500KiB`, `2GB`; `None` for anything else.
#[must_use]
pub fn size(text: &str) -> Option<usize> {
    let (number, unit) = leading_number(text.trim())?;
    let (_, factor) = SIZE_UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    usize::try_from(scale(number, *factor)?).ok()
}

/// A number with at most one decimal point, and what follows it.
fn leading_number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(number, _)| !number.is_empty())
}

fn scale(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let digits = u32::try_from(fraction.len())
        .ok()
        .filter(|digits| *digits <= 9)?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(factor)? / 10_u64.pow(digits);
    whole.checked_add(part)
}

/// The shortest text that [`duration`] reads as this span.
#[must_use]
pub fn show(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let unit = DURATION_UNITS
        .iter()
        .rev()
        .skip(1)
        .find(|(_, factor)| millis.is_multiple_of(*factor));
    unit.map_or_else(
        || format!("{millis}ms"),
        |(name, factor)| format!("{}{name}", millis / factor),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_number_and_a_unit() {
        for (text, millis) in [
            ("200ms", 200),
            ("15m", 900_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("1h30m", 5_400_000),
            ("0.5s", 500),
            ("0s", 0),
        ] {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "15",
            "m",
            "15 minutes",
            "-5m",
            "1.2.3s",
            "99999999999999999999d",
            "5mm",
            "1h30",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_need_a_number_and_a_unit() {
        for (text, bytes) in [
            ("10MiB", 10 << 20),
            ("500KiB", 500 << 10),
            ("2GB", 2_000_000_000),
            ("1.5kB", 1500),
            ("7 B", 7),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "10", "MiB", "10mb", "-1B"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for millis in [
            0,
            1,
            200,
            1000,
            60_000,
            5_400_000,
            604_800_000,
            1_209_600_000,
        ] {
            let span = Duration::from_millis(millis);
            assert_eq!(duration(&show(span)), Some(span));
        }
    }
}

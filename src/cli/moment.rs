//! An instant as a person types it: a day, an instant, or how long ago.

use crate::config::units;
use crate::daemon::{Clock as _, SystemClock};
use crate::model::Timestamp;

/// Reads `2026-11-01`, `2026-11-01T08:00:00Z`, or `7d` for seven days before now.
///
/// # Errors
/// What can be typed, for clap to show.
pub(super) fn read(text: &str) -> Result<Timestamp, String> {
    at(text, SystemClock.now()).ok_or_else(|| {
        "a day (2026-11-01), an instant (2026-11-01T08:00:00Z) or an age (7d, 12h)".to_owned()
    })
}

fn at(text: &str, now: Timestamp) -> Option<Timestamp> {
    let day = || format!("{text}T00:00:00Z").parse().ok();
    let age = || units::duration(text).map(|age| now.minus(age));
    text.parse().ok().or_else(day).or_else(age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_instants_and_ages_are_read() {
        let now: Timestamp = "2026-11-23T10:00:00.000Z".parse().expect("an instant");
        for (typed, read) in [
            ("2026-11-01", Some("2026-11-01T00:00:00.000Z")),
            (
                "2026-11-01T09:00:00+01:00",
                Some("2026-11-01T08:00:00.000Z"),
            ),
            ("36h", Some("2026-11-21T22:00:00.000Z")),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(
                at(typed, now).map(|at| at.to_string()).as_deref(),
                read,
                "{typed}"
            );
        }
    }
}

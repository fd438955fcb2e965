//! The adaptive interval: learned from what the polls find.

use std::time::Duration;

use super::next::Visit;
use super::{Profile, Settings, Shape};
use crate::model::{DueFeed, Timestamp};

/// New entries shorten the interval by this factor, so that a burst is met within a few polls.
const SHORTEN: f64 = 0.75;
/// Polls that find nothing lengthen it by this factor.
const LENGTHEN: f64 = 1.25;
/// A feed that published T ago is polled at least every T/8 (but no faster than the initial
/// interval for this rule): what is found is then at most an eighth older than it need be.
const PATIENCE: u32 = 8;

/// The interval after a poll that went well, within floor and ceiling.
pub(super) fn interval(
    settings: &Settings,
    feed: &DueFeed,
    visit: &Visit,
    now: Timestamp,
) -> Duration {
    let Some(before) = feed.interval else {
        return clamp(settings, settings.initial_interval);
    };
    let next = match visit {
        Visit::Changed { gap: true, .. } => before / 2,
        Visit::Changed { new, .. } if *new > 0 => before.mul_f64(SHORTEN),
        Visit::Failed(_) => before,
        _ => {
            let quiet = feed.last_new_at.map_or(Duration::ZERO, |at| now.since(at));
            let longest = (quiet / PATIENCE)
                .max(settings.initial_interval)
                .max(before);
            scale(before, LENGTHEN).min(longest)
        }
    };
    clamp(settings, next)
}

/// By its habit a feed is polled when so many entries are to be expected. At random times news then
/// come with every sixth poll; the others are a 304, and a feed that publishes eighteen times a day
/// is asked as often as the floor allows.
const WORTH_A_POLL: f64 = 2.0 / 11.0;

/// When an interval has passed on the feed's own clock, which runs faster in the hours in which it
/// usually publishes, and slower in the others, or when by its habit something is to be expected;
/// within floor and ceiling.
pub(super) fn due(
    settings: &Settings,
    profile: Option<&Profile>,
    interval: Duration,
    asked_at: Timestamp,
) -> Timestamp {
    let shape = profile.map_or(Shape::FLAT, Profile::density);
    let learned = shape.after(asked_at, interval);
    let expected = profile.and_then(|profile| profile.expects(WORTH_A_POLL, asked_at));
    let at = expected.map_or(learned, |expected| expected.min(learned));
    asked_at.plus(clamp(settings, at.since(asked_at)))
}

fn scale(span: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * by).unwrap_or(Duration::MAX)
}

fn clamp(settings: &Settings, span: Duration) -> Duration {
    span.min(settings.max_interval).max(settings.floor)
}

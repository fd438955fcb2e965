//! How long to leave a feed alone that failed.

use std::time::Duration;

use super::{Reason, Settings, is_gone};
use crate::model::{DueFeed, FailureKind, Timestamp};

/// A run of failures is probed at an eighth of its age once that is longer than the doubling
/// pause: daily after a week, weekly after two months, at last every `slow_lane`.
const AGE_SHARE: u32 = 8;
/// 410 is first asked again after this share of `gone_after`: a day of a week.
const GONE_FIRST_SHARE: u32 = 7;

/// The pause before the next try, and the rule it comes from.
pub(super) fn pause(
    settings: &Settings,
    feed: &DueFeed,
    kind: FailureKind,
    interval: Duration,
    now: Timestamp,
    chance: f64,
) -> (Duration, Reason) {
    let before = feed.failures;
    let doubled = |first: Duration| double(first, before).min(settings.max_interval);
    let age = feed
        .failing_since
        .map_or(Duration::ZERO, |since| now.since(since));
    let lasting = (age / AGE_SHARE).min(settings.slow_lane);
    let (pause, reason) = match kind {
        FailureKind::Throttled | FailureKind::Unavailable => {
            let pause = doubled(settings.throttle_backoff);
            (
                pause.saturating_add(pause.mul_f64(chance.clamp(0.0, 1.0))),
                Reason::Throttled,
            )
        }
        FailureKind::Gone if before == 0 => (settings.gone_after / GONE_FIRST_SHARE, Reason::Gone),
        FailureKind::Gone if is_gone(settings, feed, kind, now) => {
            (settings.slow_lane, Reason::Gone)
        }
        FailureKind::Gone => (settings.gone_after, Reason::Gone),
        FailureKind::Unauthorized => (settings.max_interval, Reason::Unauthorized),
        FailureKind::BotWall => (settings.max_interval, Reason::SlowLane),
        kind if kind.is_unreachable() => (doubled(settings.connect_backoff), Reason::Unreachable),
        _ => (doubled(interval), Reason::Backoff),
    };
    if lasting > pause {
        (lasting, Reason::SlowLane)
    } else {
        (pause, reason)
    }
}

fn double(first: Duration, times: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times.min(31)).unwrap_or(u32::MAX))
}

//! Subscriptions at hubs: when they are renewed, and when a hub is asked again.

use std::time::Duration;

/// Leases are believed within these.
const LEASE: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 3600);
/// Part of a lease that is left when it is renewed.
const MARGIN: f64 = 0.2;
/// First pause before a hub is asked again that has not answered, or not as it should; doubled each time.
const PAUSE: Duration = Duration::from_secs(10 * 60);
/// The longest such pause, and that after a denial.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);

/// How long a lease runs that a hub granted, where it said for how long. Nothing at all is no lease
/// that could be meant (W3C WebSub §5.1 has a positive number), and would be renewed without pause.
#[must_use]
pub fn lease(granted: Option<u64>, asked: Duration) -> Duration {
    granted
        .filter(|seconds| *seconds > 0)
        .map_or(asked, Duration::from_secs)
        .clamp(*LEASE.start(), *LEASE.end())
}

/// How long after its beginning a lease is renewed.
#[must_use]
pub fn renewal(lease: Duration) -> Duration {
    lease.mul_f64(1.0 - MARGIN)
}

/// How long a hub is left alone after it was asked so many times in vain.
#[must_use]
pub fn hub_pause(failures: u32) -> Duration {
    PAUSE
        .saturating_mul(1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX))
        .min(PAUSE_MAX)
}

/// How long after a denial a hub is asked again.
#[must_use]
pub fn denial_pause() -> Duration {
    PAUSE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_renewed_before_it_ends_and_a_hub_in_vain_is_asked_less_and_less() {
        let week = Duration::from_secs(7 * 24 * 3600);
        assert_eq!(lease(None, week), week);
        assert_eq!(lease(Some(3600), week).as_secs(), 3600);
        assert_eq!(lease(Some(0), week), week);
        assert_eq!(lease(Some(1), week).as_secs(), 1);
        assert!(lease(Some(u64::MAX), week) < week * 60);
        assert_eq!(renewal(Duration::from_secs(100)).as_secs(), 80);
        let pauses: Vec<u64> = (0..10).map(|n| hub_pause(n).as_secs() / 60).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
        assert_eq!(hub_pause(u32::MAX), denial_pause());
    }
}

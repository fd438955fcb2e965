//! Many feeds that are due at once are polled one after the other, not all at once.

use std::time::Duration;

/// A first pass or a catch-up goes at this pace until it would take longer than its span: a
/// handful of feeds starts at once, ten thousand take the whole of it.
const PACE: Duration = Duration::from_millis(240);

/// How long after the start the feed of rank `index` among `count` is due, within `span`.
#[must_use]
pub fn spread(index: usize, count: usize, span: Duration) -> Duration {
    let count = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let index = u32::try_from(index).unwrap_or(u32::MAX).min(count - 1);
    let span = span.min(PACE.saturating_mul(count));
    span.mul_f64(f64::from(index) / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_start_at_once_and_many_take_the_span() {
        let half_an_hour = Duration::from_secs(1800);
        assert_eq!(spread(0, 1, half_an_hour), Duration::ZERO);
        assert!(spread(4, 5, half_an_hour) < Duration::from_secs(1));
        assert!(spread(49_999, 50_000, half_an_hour) < half_an_hour);
        assert!(spread(49_999, 50_000, half_an_hour) > half_an_hour.mul_f64(0.99));
        assert_eq!(spread(7, 0, half_an_hour), Duration::ZERO);
    }
}

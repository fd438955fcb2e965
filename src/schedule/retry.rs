//! When a page that could not be had is tried again.

use std::time::Duration;

use crate::model::{FailureKind, Timestamp};

/// Up to this share of the step is added, so that pages that failed together do not return together.
const JITTER: f64 = 0.1;

/// When to try again, or `None` when it is not worth it: the kind of failure lasts, or the ladder
/// has ended. `attempts` are the failed fetches before this one. A server's Retry-After only ever delays.
#[must_use]
pub fn page_retry(
    ladder: &[Duration],
    attempts: u32,
    kind: FailureKind,
    retry_after: Option<Duration>,
    now: Timestamp,
    chance: f64,
) -> Option<Timestamp> {
    if lasts(kind) {
        return None;
    }
    let step = *ladder.get(usize::try_from(attempts).ok()?)?;
    let step = step.saturating_add(step.mul_f64(JITTER * chance.clamp(0.0, 1.0)));
    Some(now.plus(step.max(retry_after.unwrap_or_default())))
}

/// When a page that was had `rechecks` times before is fetched again for revisions; never once the
/// ladder has ended.
#[must_use]
pub fn page_recheck(
    ladder: &[Duration],
    rechecks: u32,
    now: Timestamp,
    chance: f64,
) -> Option<Timestamp> {
    let step = *ladder.get(usize::try_from(rechecks).ok()?)?;
    Some(now.plus(step.saturating_add(step.mul_f64(JITTER * chance.clamp(0.0, 1.0)))))
}

/// Another try would get the same answer.
fn lasts(kind: FailureKind) -> bool {
    use FailureKind::{
        BadUrl, BlockedAddress, CompressionBomb, Gone, NoArticle, NotHtml, Robots, TooDeep,
        TooLarge, TooSlow,
    };
    matches!(
        kind,
        BadUrl
            | BlockedAddress
            | CompressionBomb
            | Gone
            | NoArticle
            | NotHtml
            | Robots
            | TooDeep
            | TooLarge
            | TooSlow
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: &[Duration] = &[Duration::from_secs(300), Duration::from_secs(1800)];

    fn retry(attempts: u32, kind: FailureKind, retry_after: Option<u64>) -> Option<i64> {
        let at = page_retry(
            LADDER,
            attempts,
            kind,
            retry_after.map(Duration::from_secs),
            Timestamp::EPOCH,
            0.0,
        );
        at.map(Timestamp::secs)
    }

    #[test]
    fn passing_failures_climb_the_ladder_and_lasting_ones_end_at_once() {
        assert_eq!(retry(0, FailureKind::Unavailable, None), Some(300));
        assert_eq!(retry(1, FailureKind::NotFound, None), Some(1800));
        assert_eq!(retry(2, FailureKind::Timeout, None), None);
        assert_eq!(retry(0, FailureKind::Unavailable, Some(900)), Some(900));
        assert_eq!(retry(0, FailureKind::Gone, None), None);
        assert_eq!(retry(0, FailureKind::NotHtml, Some(900)), None);
    }
}

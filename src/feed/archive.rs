//! Older documents of a feed (RFC 5005): how far they are followed where entries may have been missed.
//!
//! A feed shows a window. When all of it has changed between two polls, what went through it unseen
//! may still be had: archived feeds link their previous archive, paged feeds their next page. They
//! are read, one after the other, until one shows an entry that was known before.

use std::time::Duration;

use crate::model::{FailureKind, KnownEntry, OpenGap, ParsedEntry, Timestamp};

/// Documents read for one gap: at twenty entries each, a thousand missed ones.
pub const DOCUMENTS_MAX: u32 = 50;
/// Entries taken for one gap.
pub const ENTRIES_MAX: u32 = 5_000;
/// Failures after which a gap is left open.
const FAILURES_MAX: u32 = 5;

/// How it goes on after one older document, or after a failure to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// What was missed is here: there is overlap with what was known, or nothing older.
    Covered,
    /// The next older document.
    Older(String),
    /// The same document again, another time.
    Again,
    /// The gap stays.
    GivenUp,
}

/// Judges a document: `older` is where it says the next older one is, `known` are the stored entries it
/// shows, `new` is how many others it had. `read` are the addresses that were read lately, its own among
/// them.
#[must_use]
pub fn after_document(
    gap: &OpenGap,
    read: &[String],
    older: Option<&str>,
    known: &[KnownEntry],
    new: usize,
) -> Step {
    // What was first seen with the gap, or since, is on this side of it.
    if known.iter().any(|entry| entry.first_seen_at < gap.found_at) {
        return Step::Covered;
    }
    let Some(older) = older else {
        return Step::Covered;
    };
    let entries = u32::try_from(new).map_or(u32::MAX, |new| gap.entries.saturating_add(new));
    let bounded = gap.documents.saturating_add(1) < DOCUMENTS_MAX && entries < ENTRIES_MAX;
    // Documents that are one another's elders lead nowhere.
    if bounded && !read.iter().any(|read| read == older) {
        Step::Older(older.to_owned())
    } else {
        Step::GivenUp
    }
}

/// Judges a failure to have the document: most are worth another try.
#[must_use]
pub fn after_failure(gap: &OpenGap, kind: FailureKind) -> Step {
    let lasts = matches!(
        kind,
        FailureKind::NotFound
            | FailureKind::Gone
            | FailureKind::NotAFeed
            | FailureKind::BlockedAddress
            | FailureKind::BadUrl
    );
    if lasts || gap.failures.saturating_add(1) >= FAILURES_MAX {
        Step::GivenUp
    } else {
        Step::Again
    }
}

/// About how many entries were missed: as many as the window's own pace makes of the time between
/// the last poll that saw everything and the oldest entry of the window. `None` where entries are
/// not dated.
#[must_use]
pub fn missed(window: &[ParsedEntry], last_seen: Timestamp) -> Option<u32> {
    let dates = || window.iter().filter_map(|entry| entry.published);
    let (oldest, newest) = (dates().min()?, dates().max()?);
    let unseen = oldest.since(last_seen);
    let pauses = u32::try_from(dates().count().saturating_sub(1)).ok()?;
    let pace = newest.since(oldest).checked_div(pauses)?;
    if pace < Duration::from_secs(1) {
        return None;
    }
    // Whole numbers below 2^32 and positive.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    let count = (unseen.as_secs_f64() / pace.as_secs_f64())
        .round()
        .clamp(0.0, f64::from(u32::MAX)) as u32;
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::entry;
    use super::*;
    use crate::model::{EntryId, FeedId, GapId};

    const FOUND: Timestamp = Timestamp::from_secs(1_800_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn gap(documents: u32) -> OpenGap {
        OpenGap {
            id: GapId(1),
            feed: FeedId(1),
            found_at: FOUND,
            older: "https://a.example/2".to_owned(),
            documents,
            entries: 0,
            failures: 0,
        }
    }

    fn known(first_seen_at: Timestamp) -> Vec<KnownEntry> {
        vec![KnownEntry {
            id: Some(EntryId(1)),
            uid: "1".to_owned(),
            url_key: None,
            fingerprint: [0; 16],
            first_seen_at,
        }]
    }

    #[test]
    fn archives_are_followed_until_they_show_what_was_known_before_the_gap() {
        let third = Some("https://a.example/3");
        let step = |gap: &OpenGap, older, known: &[KnownEntry], new| {
            let read = [1, 2].map(|n| format!("https://a.example/{n}"));
            after_document(gap, &read, older, known, new)
        };
        let on = Step::Older("https://a.example/3".to_owned());
        assert_eq!(step(&gap(0), third, &[], 20), on);
        // The window itself, seen when the gap was found, is no overlap.
        assert_eq!(step(&gap(0), third, &known(FOUND), 20), on);
        assert_eq!(
            step(&gap(0), third, &known(FOUND.minus(HOUR)), 20),
            Step::Covered
        );
        assert_eq!(step(&gap(0), None, &[], 20), Step::Covered);
        for read in ["https://a.example/1", "https://a.example/2"] {
            assert_eq!(step(&gap(0), Some(read), &[], 20), Step::GivenUp);
        }
        assert_eq!(step(&gap(DOCUMENTS_MAX - 1), third, &[], 20), Step::GivenUp);
        assert_eq!(step(&gap(0), third, &[], 5_000), Step::GivenUp);
    }

    #[test]
    fn a_passing_failure_is_tried_again_and_a_lasting_one_leaves_the_gap() {
        assert_eq!(after_failure(&gap(0), FailureKind::Timeout), Step::Again);
        assert_eq!(after_failure(&gap(0), FailureKind::NotFound), Step::GivenUp);
        let tired = OpenGap {
            failures: 4,
            ..gap(0)
        };
        assert_eq!(after_failure(&tired, FailureKind::Timeout), Step::GivenUp);
    }

    #[test]
    fn what_was_missed_is_reckoned_by_the_pace_of_the_window() {
        let window: Vec<_> = (0..5)
            .map(|n| ParsedEntry {
                published: Some(FOUND.plus(HOUR * n)),
                ..entry("1", "a", 1)
            })
            .collect();
        assert_eq!(missed(&window, FOUND.minus(HOUR * 12)), Some(12));
        assert_eq!(missed(&window, FOUND.plus(HOUR)), Some(0));
        assert_eq!(missed(&window[..1], FOUND.minus(HOUR)), None);
        assert_eq!(missed(&[entry("1", "a", 1)], FOUND), None);
    }
}

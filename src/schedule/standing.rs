//! How a feed stands after a poll: what has begun that an operator should know of, and what has ended.
//!
//! Three troubles exclude each other, since they want different remedies: the server refuses us
//! (credentials, a wall, a block list: talk to the operator of the site), the feed is gone (find
//! where it went, or remove it), or polls fail (usually it passes by itself).

use std::time::Duration;

use super::profile::HABIT;
use super::{Address, Profile, Visit};
use crate::model::{DueFeed, EventKind, Evidence, Fact, FailureKind, Note, Subject, Timestamp};

/// Failed polls in a row that are more than a bad hour: with the doubling pauses this is most of
/// a day for an hourly feed.
const FAILING_AFTER: u32 = 5;
/// Refusals in a row that are more than a slip of a firewall. A server that asks for
/// credentials (401) is believed at once.
const REFUSED_AFTER: u32 = 2;

/// A silence is worth a word when one in a thousand is as deep: that is e to the minus seventh.
const SURPRISE_AT_LEAST: f64 = 7.0;
/// Publishing is less even than chance (holidays, campaigns): the longest pause in living memory,
/// and half as much again, is still its habit.
const OF_THE_LONGEST_PAUSE: f64 = 1.5;
/// Time that a habit can be told from: two weekends are in it.
const SPAN_AT_LEAST: Duration = Duration::from_secs(14 * 24 * 3600);
/// Less is not worth anybody's attention.
const QUIET_AT_LEAST: Duration = Duration::from_secs(24 * 3600);

/// What a poll shows of a feed.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub feed: &'a DueFeed,
    /// When the feed publishes, what this poll brought included.
    pub profile: Option<&'a Profile>,
    pub visit: Visit,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    pub address: &'a Address,
    /// True when 410 is believed.
    pub gone: bool,
    pub now: Timestamp,
}

/// The steps to be noted. An event that is open and goes on is noted again only when its
/// evidence changes: a healthy poll of a healthy feed gives nothing.
#[must_use]
pub fn standing(seen: &Seen<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    trouble(seen, &mut notes);
    if let Visit::Failed(_) = seen.visit {
        return notes;
    }
    gap(seen, &mut notes);
    moved(seen, &mut notes);
    silence(seen, &mut notes);
    notes
}

fn trouble(seen: &Seen<'_>, notes: &mut Vec<Note>) {
    let found = if let Visit::Failed(kind) = seen.visit {
        let Some(found) = found(seen, kind) else {
            // A failure that is no trouble yet does not end one either.
            return;
        };
        Some(found)
    } else {
        None
    };
    for kind in [EventKind::Gone, EventKind::Refused, EventKind::Failing] {
        if found.as_ref().is_none_or(|found| found.0 != kind) {
            closes(seen, kind, notes);
        }
    }
    if let Some((kind, what)) = found {
        opens(seen, kind, what, run_of_failures(seen), notes);
    }
}

/// The trouble that a failed poll shows, if it is one by now.
fn found(seen: &Seen<'_>, kind: FailureKind) -> Option<(EventKind, String)> {
    let failures = seen.feed.failures.saturating_add(1);
    let words = kind.words();
    let status = seen
        .status
        .map_or_else(String::new, |status| format!(" (HTTP {status})"));
    let refused = match kind {
        FailureKind::Unauthorized => true,
        FailureKind::Forbidden | FailureKind::BotWall => failures >= REFUSED_AFTER,
        _ => false,
    };
    if seen.gone {
        let what = format!("the server says that the feed is gone for good{status}");
        Some((EventKind::Gone, what))
    } else if seen.feed.open_events.contains(&EventKind::Gone) {
        // What was believed to be gone comes back with an answer, not with another failure.
        None
    } else if refused {
        let what = format!("the server does not give us the feed: {words}{status}");
        Some((EventKind::Refused, what))
    } else if failures >= FAILING_AFTER {
        let what = format!("poll after poll fails: {words}{status}");
        Some((EventKind::Failing, what))
    } else {
        None
    }
}

fn run_of_failures(seen: &Seen<'_>) -> Evidence {
    let Visit::Failed(kind) = seen.visit else {
        return Evidence::new();
    };
    let since = seen.feed.failing_since.unwrap_or(seen.now);
    let mut evidence = vec![
        ("outcome", Fact::Text(kind.token().to_owned())),
        (
            "failures",
            Fact::Count(u64::from(seen.feed.failures.saturating_add(1))),
        ),
        ("failing_since", Fact::At(since)),
    ];
    evidence.extend(
        seen.status
            .map(|status| ("status", Fact::Count(status.into()))),
    );
    evidence
}

fn gap(seen: &Seen<'_>, notes: &mut Vec<Note>) {
    let Visit::Changed { new, gap: true } = seen.visit else {
        return closes(seen, EventKind::Gap, notes);
    };
    let mut evidence = vec![("new_entries", Fact::Count(new as u64))];
    evidence.extend(
        seen.feed
            .last_poll_at
            .map(|at| ("last_poll_at", Fact::At(at))),
    );
    let what = "nothing in the feed was known any more: entries may have come and gone since the poll before";
    opens(seen, EventKind::Gap, what.to_owned(), evidence, notes);
}

fn moved(seen: &Seen<'_>, notes: &mut Vec<Note>) {
    match seen.address {
        Address::Stays(_) => {}
        Address::Returns => closes(seen, EventKind::Moved, notes),
        Address::Moves(_) => {
            // The address itself may carry a secret; it is in feeds.effective_url.
            let what = "the feed has moved for good and is polled at its new address, which the configuration does not say yet";
            opens(
                seen,
                EventKind::Moved,
                what.to_owned(),
                Evidence::new(),
                notes,
            );
        }
    }
}

/// A feed that answers and publishes nothing: it may have been given up, have moved without a word, or
/// show us something else than others.
fn silence(seen: &Seen<'_>, notes: &mut Vec<Note>) {
    let Some(profile) = seen.profile else { return };
    if matches!(seen.visit, Visit::Changed { new, .. } if new > 0) {
        return closes(seen, EventKind::Silent, notes);
    }
    let quiet = seen.now.since(profile.last());
    let unusual = profile.occasions() >= HABIT
        && profile.span() >= SPAN_AT_LEAST
        && quiet >= QUIET_AT_LEAST
        && quiet >= profile.pause().mul_f64(OF_THE_LONGEST_PAUSE);
    if !unusual || seen.feed.open_events.contains(&EventKind::Silent) {
        return;
    }
    let expected = profile.expected(profile.last(), seen.now);
    if surprise(profile.occasions(), expected) < SURPRISE_AT_LEAST {
        return;
    }
    let what = format!(
        "nothing new for {} days, in which news were to be expected about {expected:.0} times",
        quiet.as_secs() / (24 * 3600)
    );
    let evidence = vec![
        ("last_at", Fact::At(profile.last())),
        ("expected", Fact::Number((expected * 10.0).round() / 10.0)),
        (
            "longest_pause_h",
            Fact::Count(profile.pause().as_secs() / 3600),
        ),
    ];
    opens(seen, EventKind::Silent, what, evidence, notes);
}

/// How unlikely it is that nothing came when `expected` occasions were, in nats. The rate itself is
/// known from `occasions` only: a Poisson rate learned so is spread as a gamma distribution, and the
/// chance of nothing is (1 + expected / occasions) to the minus `occasions`.
fn surprise(occasions: f64, expected: f64) -> f64 {
    occasions * (expected / occasions).ln_1p()
}

fn opens(
    seen: &Seen<'_>,
    kind: EventKind,
    what: String,
    evidence: Evidence,
    notes: &mut Vec<Note>,
) {
    notes.push(Note::Opens {
        kind,
        subject: Subject::Feed(seen.feed.id),
        what,
        evidence,
    });
}

fn closes(seen: &Seen<'_>, kind: EventKind, notes: &mut Vec<Note>) {
    if seen.feed.open_events.contains(&kind) {
        notes.push(Note::Closes(kind, Subject::Feed(seen.feed.id)));
    }
}

/// The event of a host that asks for patience; `wait` is what it asked for, or what was learned.
#[must_use]
pub fn throttled(host: &str, wait: Duration, now: Timestamp) -> Note {
    Note::Opens {
        kind: EventKind::Throttled,
        subject: Subject::Host(host.to_owned()),
        what: format!("{host} says that it is asked too often, and is asked more slowly"),
        evidence: vec![
            ("wait_s", Fact::Count(wait.as_secs())),
            ("until", Fact::At(now.plus(wait))),
        ],
    }
}

/// The event of a network that is down at our end.
#[must_use]
pub fn outage() -> Note {
    Note::Opens {
        kind: EventKind::Outage,
        subject: Subject::Here,
        what: "no host at all can be reached: the network here seems to be down, and no feed is blamed"
            .to_owned(),
        evidence: Evidence::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::feed;
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const STAYS: Address = Address::Stays(None);

    fn noted(feed: &DueFeed, visit: Visit, address: &Address, gone: bool) -> Vec<String> {
        let notes = standing(&Seen {
            feed,
            profile: None,
            visit,
            status: None,
            address,
            gone,
            now: NOW,
        });
        let line = |note: &Note| match note {
            Note::Opens { kind, .. } => format!("+{}", kind.token()),
            Note::Closes(kind, _) => format!("-{}", kind.token()),
        };
        notes.iter().map(line).collect()
    }

    #[test]
    fn refused_failing_and_gone_are_told_apart_and_one_takes_the_place_of_the_other() {
        use EventKind::{Failing, Gone, Refused};
        use FailureKind::{BotWall, Forbidden, NotFound, ServerError, Unauthorized};
        type Case<'a> = (u32, &'a [EventKind], FailureKind, bool, &'a [&'a str]);
        let cases: [Case<'_>; 10] = [
            (0, &[], ServerError, false, &[]),
            (3, &[], ServerError, false, &[]),
            (4, &[], ServerError, false, &["+failing"]),
            (0, &[], Forbidden, false, &[]),
            (1, &[], Forbidden, false, &["+refused"]),
            (1, &[], BotWall, false, &["+refused"]),
            (0, &[], Unauthorized, false, &["+refused"]),
            (9, &[Refused], NotFound, false, &["-refused", "+failing"]),
            (
                9,
                &[Failing],
                FailureKind::Gone,
                true,
                &["-failing", "+gone"],
            ),
            (9, &[Gone], NotFound, false, &[]),
        ];
        for (failures, open, kind, gone, expected) in cases {
            let feed = DueFeed {
                failures,
                open_events: open.to_vec(),
                ..feed()
            };
            assert_eq!(
                noted(&feed, Visit::Failed(kind), &STAYS, gone),
                expected,
                "{failures} {kind:?}"
            );
        }
        let lasting = DueFeed {
            failures: 3,
            open_events: vec![Refused],
            ..feed()
        };
        assert!(noted(&lasting, Visit::Failed(ServerError), &STAYS, false).is_empty());
        let all = DueFeed {
            open_events: vec![Gone, Refused, Failing],
            ..feed()
        };
        assert_eq!(
            noted(&all, Visit::NotModified, &STAYS, false),
            ["-gone", "-refused", "-failing"]
        );
    }

    #[test]
    fn a_gap_lasts_until_two_polls_overlap_and_a_move_until_home_answers() {
        let rolled = Visit::Changed { new: 3, gap: true };
        assert_eq!(noted(&feed(), rolled, &STAYS, false), ["+gap"]);
        let open = DueFeed {
            open_events: vec![EventKind::Gap, EventKind::Moved],
            ..feed()
        };
        assert_eq!(noted(&open, Visit::Unchanged, &STAYS, false), ["-gap"]);
        assert_eq!(
            noted(&open, Visit::Unchanged, &Address::Returns, false),
            ["-gap", "-moved"]
        );
        let moves = Address::Moves("https://b.example/".to_owned());
        assert_eq!(noted(&feed(), Visit::Unchanged, &moves, false), ["+moved"]);
        let failed = Visit::Failed(FailureKind::Timeout);
        assert!(noted(&open, failed, &Address::Returns, false).is_empty());
    }

    #[test]
    fn a_healthy_poll_of_a_healthy_feed_notes_nothing() {
        for visit in [Visit::NotModified, Visit::Unchanged] {
            assert!(noted(&feed(), visit, &Address::Returns, false).is_empty());
        }
    }

    /// A feed of a week's habit that is learned for so many weeks: after how many days of silence
    /// it is noted, within four months.
    fn noticed_after(habit: fn(u32) -> bool, weeks: u32) -> Option<u32> {
        let hour = |hours: u32| NOW.plus(Duration::from_secs(3600) * hours);
        let occasions = (0..weeks * 168).filter(|n| habit(n % 168));
        let profile = occasions.fold(None, |profile: Option<Profile>, n| {
            Profile::learned(profile.as_ref(), &[Some(hour(n))], Some(NOW), hour(n))
        });
        (weeks * 24 * 7..weeks * 24 * 7 + 120 * 24)
            .find(|n| {
                let seen = Seen {
                    feed: &feed(),
                    profile: profile.as_ref(),
                    visit: Visit::NotModified,
                    status: None,
                    address: &STAYS,
                    gone: false,
                    now: hour(*n),
                };
                !standing(&seen).is_empty()
            })
            .map(|n| (n - weeks * 168).div_ceil(24))
    }

    #[test]
    fn silence_is_noted_after_days_or_weeks_according_to_the_habit() {
        let every_hour: fn(u32) -> bool = |_| true;
        let office_hours: fn(u32) -> bool = |n| n < 120 && (9..17).contains(&(n % 24));
        let every_evening: fn(u32) -> bool = |n| n % 24 == 19;
        let weekly: fn(u32) -> bool = |n| n == 60;
        assert_eq!(noticed_after(every_hour, 4), Some(1));
        // On Tuesday: a weekend of 65 hours is its habit, and half as much again.
        assert_eq!(noticed_after(office_hours, 4), Some(2));
        assert_eq!(noticed_after(every_evening, 4), Some(8));
        assert_eq!(noticed_after(weekly, 20), Some(74));
        // Too little is known.
        assert_eq!(noticed_after(every_hour, 1), None);
        assert_eq!(noticed_after(weekly, 4), None);
    }
}

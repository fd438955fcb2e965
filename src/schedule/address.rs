//! Where a feed lives: when a permanent redirect is adopted, and when "gone" is believed.
//!
//! One 301 proves nothing: captive portals, maintenance pages and lapsed domains send
//! them too. A new address is adopted after it has been seen for days, again and
//! again, and only while what is there reads as a feed.

use super::Settings;
use crate::model::{DueFeed, FailureKind, Moving, Redirect, Timestamp};

/// What a poll says of a feed's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Nothing new; with the move that is being watched, if there is one.
    Stays(Option<Moving>),
    /// From now on the feed is asked for here.
    Moves(String),
    /// The address of the configuration answers for itself again.
    Returns,
}

/// Judges the redirects of a poll that ended in the feed (200 or 304).
#[must_use]
pub fn judge_address(
    settings: &Settings,
    feed: &DueFeed,
    redirects: &[Redirect],
    now: Timestamp,
) -> Address {
    // Only what every hop up to it promises to last can be adopted.
    let lasting = redirects.iter().take_while(|hop| hop.is_permanent()).last();
    let Some(target) = lasting else {
        let at_home = feed.url == feed.configured_url && redirects.is_empty();
        return if at_home {
            Address::Returns
        } else {
            Address::Stays(None)
        };
    };
    let moving = match &feed.moving {
        Some(moving) if moving.to == target.to => Moving {
            seen: moving.seen.saturating_add(1),
            ..moving.clone()
        },
        _ => Moving {
            to: target.to.clone(),
            since: now,
            seen: 1,
        },
    };
    let stable = moving.seen >= settings.redirect_observations
        && now.since(moving.since) >= settings.redirect_after;
    if stable {
        Address::Moves(moving.to)
    } else {
        Address::Stays(Some(moving))
    }
}

/// When the address of a feed is looked at again that leads to the document of another one.
#[must_use]
pub fn next_look(settings: &Settings, now: Timestamp, chance: f64) -> Timestamp {
    let jitter = settings.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0);
    now.plus(settings.max_interval)
        .plus(settings.max_interval.mul_f64(jitter))
}

/// Whether a feed that answered 410 so often in a row is gone for good. It is still looked at every
/// `slow_lane`, and comes back if it answers.
#[must_use]
pub fn is_gone(settings: &Settings, feed: &DueFeed, kind: FailureKind, now: Timestamp) -> bool {
    kind == FailureKind::Gone
        && feed.gone_seen.saturating_add(1) >= settings.gone_observations
        && feed
            .failing_since
            .is_some_and(|since| now.since(since) >= settings.gone_after)
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::feed;
    use super::*;
    use std::time::Duration;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);
    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn hop(status: u16, to: &str) -> Redirect {
        Redirect {
            status,
            to: to.to_owned(),
        }
    }

    fn at_home() -> DueFeed {
        DueFeed {
            url: "https://a.example/".to_owned(),
            configured_url: "https://a.example/".to_owned(),
            ..feed()
        }
    }

    #[test]
    fn a_permanent_redirect_is_adopted_after_ten_sights_over_a_week() {
        let settings = Settings::default();
        let mut feed = at_home();
        for poll in 0..20_u32 {
            let now = START.plus(DAY * poll);
            match judge_address(&settings, &feed, &[hop(301, "https://b.example/")], now) {
                Address::Stays(moving) => feed.moving = moving,
                Address::Moves(to) => {
                    assert_eq!((poll, to.as_str()), (9, "https://b.example/"));
                    return;
                }
                Address::Returns => panic!("it is not at home"),
            }
        }
        panic!("never adopted");
    }

    #[test]
    fn only_the_leading_permanent_hops_count_and_another_target_starts_again() {
        let settings = Settings {
            redirect_observations: 2,
            redirect_after: Duration::ZERO,
            ..Settings::default()
        };
        let chain = [
            hop(308, "https://b.example/"),
            hop(302, "https://c.example/"),
            hop(301, "https://d.example/"),
        ];
        let Address::Stays(Some(moving)) = judge_address(&settings, &at_home(), &chain, START)
        else {
            panic!("too soon")
        };
        assert_eq!(moving.to, "https://b.example/");
        let feed = DueFeed {
            moving: Some(moving),
            ..at_home()
        };
        assert_eq!(
            judge_address(&settings, &feed, &[hop(302, "https://b.example/")], START),
            Address::Stays(None)
        );
        assert_eq!(
            judge_address(&settings, &feed, &chain, START),
            Address::Moves("https://b.example/".to_owned())
        );
        assert_eq!(
            judge_address(&settings, &feed, &[], START),
            Address::Returns
        );
        let elsewhere = judge_address(&settings, &feed, &[hop(301, "https://x.example/")], START);
        assert!(matches!(
            elsewhere,
            Address::Stays(Some(Moving { seen: 1, .. }))
        ));
    }

    #[test]
    fn gone_is_believed_after_three_sights_over_a_week() {
        let settings = Settings::default();
        let seen = |gone_seen, days| {
            let failing_since = Some(START.minus(DAY * days));
            is_gone(
                &settings,
                &DueFeed {
                    failing_since,
                    gone_seen,
                    ..feed()
                },
                FailureKind::Gone,
                START,
            )
        };
        assert!(!seen(0, 0) && !seen(2, 6) && !seen(1, 30));
        assert!(seen(2, 7));
        assert!(!is_gone(
            &settings,
            &DueFeed {
                gone_seen: 9,
                failing_since: Some(Timestamp::EPOCH),
                ..feed()
            },
            FailureKind::NotFound,
            START
        ));
    }
}

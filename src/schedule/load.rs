//! Which seconds are taken already: jitter that looks where it lands.
//!
//! Chance alone puts two or three times as many polls into some seconds as into others.
//! Within the time that jitter may add anyway, the calmest second is the better choice.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Timestamp;

/// Seconds that are compared for one choice: enough to find an empty one, few enough to cost nothing.
const COMPARED: i64 = 64;
/// Part of a second in which polls begin: the rest is for those that begin a little late.
const BEGINNING: f64 = 0.75;

/// How many polls are due in each second to come.
#[derive(Debug, Clone, Default)]
pub struct Load(BTreeMap<i64, u32>);

impl Load {
    /// Of due times.
    #[must_use]
    pub fn of(due: impl IntoIterator<Item = Timestamp>) -> Self {
        let mut load = Self::default();
        for at in due {
            load.add(at);
        }
        load
    }

    /// A poll is due then.
    pub fn add(&mut self, at: Timestamp) {
        *self.0.entry(at.secs()).or_default() += 1;
    }

    /// What lies before `now` is over.
    pub fn forget_before(&mut self, now: Timestamp) {
        while let Some(first) = self.0.first_entry() {
            if *first.key() >= now.secs() {
                break;
            }
            first.remove();
        }
    }

    /// An instant from `earliest` on, less than `slack` later: `chance` (from 0 up to 1) chooses a
    /// stretch of it, and the calmest second of that wins, the first of several.
    #[must_use]
    pub fn calm_instant(&self, earliest: Timestamp, slack: Duration, chance: f64) -> Timestamp {
        let chance = chance.clamp(0.0, 1.0);
        let first = earliest.secs();
        let seconds = earliest.plus(slack).secs() - first;
        if seconds < 1 {
            return earliest.plus(slack.mul_f64(chance));
        }
        let stretch = seconds.min(COMPARED);
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and seconds")]
        let from = first + (chance * (seconds - stretch + 1) as f64) as i64;
        let calmest = self.calmest(from, from + stretch);
        // The digits of the chance that have not been used up.
        let within = (chance * 1e6).fract() * BEGINNING;
        Timestamp::from_secs(calmest)
            .plus(Duration::from_secs_f64(within))
            .max(earliest)
    }

    fn calmest(&self, from: i64, to: i64) -> i64 {
        let mut best = (u32::MAX, from);
        let mut free = from;
        for (second, count) in self.0.range(from..to) {
            if *second > free {
                return free;
            }
            free = second + 1;
            best = best.min((*count, *second));
        }
        if free < to { free } else { best.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn the_first_empty_second_is_taken_and_else_the_calmest() {
        let at = |seconds: i64| Timestamp::from_secs(START.secs() + seconds);
        let mut load = Load::of([at(0), at(1), at(1), at(2)]);
        let slack = Duration::from_secs(4);
        assert_eq!(load.calm_instant(START, slack, 0.0), at(3));
        load.add(at(3));
        load.add(at(3));
        assert_eq!(load.calm_instant(START, slack, 0.0), at(0));
        load.forget_before(at(2));
        assert_eq!(load.calm_instant(START, slack, 0.0), at(0));
        assert_eq!(load.calm_instant(at(2), slack, 0.0), at(4));
    }

    #[test]
    fn without_a_whole_second_of_slack_chance_decides() {
        let at = Load::default().calm_instant(START, Duration::from_millis(800), 0.5);
        assert_eq!(at.since(START), Duration::from_millis(400));
    }

    #[test]
    fn the_peak_of_many_feeds_is_close_to_their_mean() {
        let mut load = Load::default();
        for feed in 0..6000_u32 {
            let chance = f64::from(feed.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
            let at = load.calm_instant(START, Duration::from_secs(600), chance);
            load.add(at);
        }
        let peak = load.0.values().max().copied().unwrap_or_default();
        assert!(peak <= 15, "{peak} against a mean of 10");
    }

    proptest! {
        #[test]
        fn it_never_comes_early_and_never_later_than_the_slack(
            millis in 0_i64..10_000, slack in 0_u64..100_000_000, chance in 0.0_f64..1.0,
            taken in prop::collection::vec(0_i64..200_000, 0..40),
        ) {
            let load = Load::of(taken.iter().map(|second| Timestamp::from_secs(START.secs() + second)));
            let earliest = Timestamp::from_millis(START.secs() * 1000 + millis);
            let at = load.calm_instant(earliest, Duration::from_millis(slack), chance);
            prop_assert!(at >= earliest);
            prop_assert!(at <= earliest.plus(Duration::from_millis(slack)));
        }
    }
}

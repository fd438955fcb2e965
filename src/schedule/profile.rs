//! When a feed publishes: how often in each hour of the week, learned from its entries.
//!
//! What is counted are occasions, hours in which something new appeared: ten entries at
//! once are one decision of a publisher, and counting them as ten would make a weekly
//! batch look like a busy feed that falls silent every Tuesday. Old weeks fade, so that
//! a feed that changes its habit is known by the new one after a month.
//!
//! Two things are made of it. The *density* says how much more worth a request is in an hour
//! than on average. Requests under a fixed budget cost the least delay in sum when
//! their density follows the square root of the rate (minimise the sum of rate over density
//! under a fixed sum of densities). That feeds are well described by a rate that repeats is found by
//! Sia, Cho and Cho, "Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007.
//! The *expected* count of a span says whether silence in it is worth a word.

use std::time::Duration;

use crate::model::Timestamp;

const HOURS: usize = 168;
const HOUR: i64 = 3600;
const HOURS_OF_A_WEEK: u32 = 168;
/// The first byte of the stored form; another one is forgotten and learned anew.
const VERSION: u8 = 1;
/// Stored weights are in so many parts of an occasion: up to 1023 occasions an hour of the week.
const PARTS: f64 = 64.0;
/// What is left of a week after a week: half after four, since habits last for months but a
/// relaunch should not be mourned for a season.
const KEPT: f64 = 0.840_896_415_253_714_6;
/// What is left of the longest pause after a week: half after 26, since holidays come twice a year.
const PAUSE_KEPT: f64 = 0.973_693_3;
/// Entries that were older when the feed was first seen say nothing of its habit now.
const LOOK_BACK: Duration = Duration::from_secs(8 * 7 * 24 * 3600);
/// Fewer occasions are no habit.
pub const HABIT: f64 = 4.0;
/// Occasions that were to be expected and did not come: of a thousand pauses in a habit that goes on seven
/// are longer, one in a week of hourly news.
const NO_CHANCE: f64 = 5.0;
/// So many occasions make the hours of the day half as credible as they can be …
const HALF_SURE_OF_THE_DAY: f64 = 10.0;
/// … and so many the hours of the week.
const HALF_SURE_OF_THE_WEEK: f64 = 60.0;
/// No hour is taken for less, or more, than this many times the average: a habit is no promise.
const LEAST_RATIO: f64 = 1.0 / 16.0;
const MOST_RATIO: f64 = 16.0;
/// Hours of which a larger share has news are taken for this: three entries an hour, enough for any floor.
const BUSIEST: f64 = 0.95;
/// Neighbouring hours share their occasions in these proportions: nobody publishes by our clock.
const KERNEL: [f64; 5] = [1.0, 2.0, 3.0, 2.0, 1.0];

/// The habit of one feed. Hours are counted from the epoch and end at the year 491,000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The hour it is learned from.
    since: u32,
    /// The hour its weights were last faded.
    faded: u32,
    /// The hour of the latest occasion.
    last: u32,
    /// The longest time without an occasion, in hours, fading.
    pause: u32,
    /// By hour of the week, UTC, from Thursday (as the epoch was), in 1/64 of an occasion.
    weights: [u16; HOURS],
}

impl Profile {
    /// From its stored form; nothing from any other bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (VERSION, rest) = bytes.split_first().map(|(first, rest)| (*first, rest))? else {
            return None;
        };
        let (header, rest) = rest.split_at_checked(16)?;
        let mut numbers = header
            .chunks_exact(4)
            .filter_map(|chunk| chunk.try_into().ok().map(u32::from_le_bytes));
        let mut profile = Self {
            since: numbers.next()?,
            faded: numbers.next()?,
            last: numbers.next()?,
            pause: numbers.next()?,
            weights: [0; HOURS],
        };
        if rest.len() != 2 * HOURS {
            return None;
        }
        for (weight, chunk) in profile.weights.iter_mut().zip(rest.chunks_exact(2)) {
            *weight = chunk.try_into().map_or(0, u16::from_le_bytes);
        }
        Some(profile)
    }

    /// The stored form: 353 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = [self.since, self.faded, self.last, self.pause];
        std::iter::once(VERSION)
            .chain(header.iter().flat_map(|number| number.to_le_bytes()))
            .chain(self.weights.iter().flat_map(|weight| weight.to_le_bytes()))
            .collect()
    }

    /// The habit after new entries have been seen at `now`: `published` is what they say of
    /// themselves. It is believed where it can be true: between the poll before and now; of a feed that
    /// is polled for the first time, in the last eight weeks. `None` when there is nothing to learn.
    #[must_use]
    pub fn learned(
        before: Option<&Self>,
        published: &[Option<Timestamp>],
        last_poll_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let earliest = last_poll_at.unwrap_or_else(|| now.minus(LOOK_BACK));
        let mut occasions: Vec<u32> = published
            .iter()
            .filter_map(|at| match at {
                Some(at) if (earliest..=now).contains(at) => Some(hour(*at)),
                _ => last_poll_at.map(|_| hour(now)),
            })
            .collect();
        occasions.sort_unstable();
        occasions.dedup();
        // The hour of the latest one may still have been going on.
        occasions.retain(|hour| before.is_none_or(|before| *hour != before.last));
        let first = *occasions.first()?;
        let mut profile = before.cloned().unwrap_or(Self {
            since: first,
            faded: first,
            last: first,
            pause: 0,
            weights: [0; HOURS],
        });
        for occasion in occasions {
            profile.add(occasion);
        }
        Some(profile)
    }

    fn add(&mut self, occasion: u32) {
        let weeks = occasion.saturating_sub(self.faded) / HOURS_OF_A_WEEK;
        if weeks > 0 {
            self.faded += weeks * HOURS_OF_A_WEEK;
            let kept = KEPT.powf(f64::from(weeks));
            for weight in &mut self.weights {
                *weight = whole(f64::from(*weight) * kept);
            }
            self.pause = whole(f64::from(self.pause) * PAUSE_KEPT.powf(f64::from(weeks))).into();
        }
        self.pause = self.pause.max(occasion.saturating_sub(self.last));
        self.last = self.last.max(occasion);
        if let Some(weight) = self.weights.get_mut(slot(occasion)) {
            *weight = weight.saturating_add(whole(PARTS));
        }
    }

    /// Occasions it rests on, those long ago counting less.
    #[must_use]
    pub fn occasions(&self) -> f64 {
        self.weights
            .iter()
            .map(|weight| f64::from(*weight))
            .sum::<f64>()
            / PARTS
    }

    /// When something was last published.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        Timestamp::from_secs(i64::from(self.last) * HOUR)
    }

    /// The longest time without anything that is in living memory.
    #[must_use]
    pub fn pause(&self) -> Duration {
        Duration::from_secs(u64::from(self.pause) * HOUR.unsigned_abs())
    }

    /// From the first to the latest occasion.
    #[must_use]
    pub fn span(&self) -> Duration {
        Duration::from_secs(u64::from(self.last.saturating_sub(self.since)) * HOUR.unsigned_abs())
    }

    /// How many occasions were to be expected between two instants, at the rate it had until its latest one.
    #[must_use]
    pub fn expected(&self, from: Timestamp, to: Timestamp) -> f64 {
        self.per_hour() * hours(Shape(self.ratios()).between(from, to))
    }

    /// When, from an instant on, so many entries are to be expected, at random times; at the latest in a
    /// week. `None` where there is no habit, or it has ended: it is quiet for longer than chance explains.
    #[must_use]
    pub fn expects(&self, entries: f64, from: Timestamp) -> Option<Timestamp> {
        let per_hour = self.per_hour();
        let ratios = self.ratios();
        let missed = per_hour * hours(Shape(ratios).between(self.last(), from));
        let is_habit = self.occasions() >= HABIT && missed <= NO_CHANCE;
        let rates = Shape(ratios.map(|ratio| entries_an_hour(per_hour * ratio) / per_hour));
        let hours = entries / per_hour;
        is_habit.then(|| rates.after(from, seconds(hours * HOUR as f64).min(WEEK)))
    }

    fn per_hour(&self) -> f64 {
        self.occasions() / self.weeks_learned() / f64::from(HOURS_OF_A_WEEK)
    }

    /// Weeks it was learned from, those long ago counting less.
    fn weeks_learned(&self) -> f64 {
        let recent = self.last.saturating_sub(self.faded).saturating_add(1);
        f64::from(recent) / f64::from(HOURS_OF_A_WEEK) + self.weeks_before()
    }

    /// Those of them that have faded at least once.
    fn weeks_before(&self) -> f64 {
        let before = f64::from(self.faded.saturating_sub(self.since)) / f64::from(HOURS_OF_A_WEEK);
        KEPT * (1.0 - KEPT.powf(before)) / (1.0 - KEPT)
    }

    /// How much worth a request is in each hour of the week, 1 on average.
    #[must_use]
    pub fn density(&self) -> Shape {
        if self.occasions() < HABIT {
            return Shape::FLAT;
        }
        let mut density = self.ratios();
        for ratio in &mut density {
            *ratio = ratio.sqrt();
        }
        normalise(&mut density);
        Shape(density)
    }

    /// The rate in each hour of the week, as a multiple of the average: as certain as the evidence is.
    /// An hour that has not been lived yet is taken to be like the same hour of other days.
    fn ratios(&self) -> [f64; HOURS] {
        let occasions = self.occasions();
        if occasions <= 0.0 {
            return [1.0; HOURS];
        }
        let lived = smooth(&self.lived());
        let seen = smooth(&self.weights.map(|weight| f64::from(weight) / PARTS));
        let average = occasions / self.weeks_learned() / HOURS as f64;
        let of_day: [f64; 24] = std::array::from_fn(|hour| {
            let of = |hours: &[f64; HOURS]| hours.iter().skip(hour).step_by(24).sum::<f64>();
            share(of(&seen), of(&lived)).unwrap_or(average)
        });
        let sure_of_day = occasions / (occasions + HALF_SURE_OF_THE_DAY);
        let sure_of_week = occasions / (occasions + HALF_SURE_OF_THE_WEEK);
        let mut ratios = [1.0; HOURS];
        let hours = seen.iter().zip(lived).zip(of_day.iter().cycle());
        for (ratio, ((seen, lived), day)) in ratios.iter_mut().zip(hours) {
            let own = share(*seen, lived).unwrap_or(*day);
            let rate = (day + (own - day) * sure_of_week) / average;
            *ratio = (1.0 + (rate - 1.0) * sure_of_day).clamp(LEAST_RATIO, MOST_RATIO);
        }
        normalise(&mut ratios);
        ratios
    }

    /// How often each hour of the week was lived while it was learned, long ago counting less.
    fn lived(&self) -> [f64; HOURS] {
        let mut lived = [self.weeks_before(); HOURS];
        for hour in (self.faded..=self.last).take(HOURS) {
            if let Some(times) = lived.get_mut(slot(hour)) {
                *times += 1.0;
            }
        }
        lived
    }
}

/// What was seen of what was lived, if that is anything.
fn share(seen: f64, lived: f64) -> Option<f64> {
    (lived > 0.0).then(|| seen / lived)
}

/// Entries that come in an hour at random times, when this share of such hours has any (Poisson).
fn entries_an_hour(share: f64) -> f64 {
    -(-share.min(BUSIEST)).ln_1p()
}

/// A value for each hour of the week, 1 on average: how fast a clock runs in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape([f64; HOURS]);

impl Shape {
    /// Every hour like every other.
    pub const FLAT: Self = Self([1.0; HOURS]);

    /// How far that clock goes between two instants.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Duration {
        let whole = to.since(from).as_secs() / WEEK.as_secs();
        let weeks = WEEK.saturating_mul(u32::try_from(whole).unwrap_or(u32::MAX));
        let mut sum = 0.0;
        let mut at = from.plus(weeks);
        while at < to {
            let next = next_hour(at).min(to);
            sum += self.at(at) * next.since(at).as_secs_f64();
            at = next;
        }
        weeks.saturating_add(seconds(sum))
    }

    /// When that clock has gone so far since `from`.
    #[must_use]
    pub fn after(&self, from: Timestamp, span: Duration) -> Timestamp {
        let whole = u32::try_from(span.as_secs() / WEEK.as_secs()).unwrap_or(u32::MAX);
        let weeks = WEEK.saturating_mul(whole);
        let mut left = span.saturating_sub(weeks).as_secs_f64();
        let mut at = from.plus(weeks);
        // A week of this clock is a week of every other, and one step more for the hour it began in.
        for _ in 0..=HOURS {
            let (speed, next) = (self.at(at), next_hour(at));
            let here = speed * next.since(at).as_secs_f64();
            if here >= left {
                return at.plus(seconds(left / speed));
            }
            left -= here;
            at = next;
        }
        at
    }

    /// Its value at an instant.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> f64 {
        let hour = at
            .secs()
            .div_euclid(HOUR)
            .rem_euclid(i64::from(HOURS_OF_A_WEEK));
        let slot = usize::try_from(hour).unwrap_or(0);
        self.0.get(slot).copied().unwrap_or(1.0)
    }
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn hour(at: Timestamp) -> u32 {
    u32::try_from(at.secs().div_euclid(HOUR).max(0)).unwrap_or(u32::MAX)
}

fn slot(hour: u32) -> usize {
    (hour % HOURS_OF_A_WEEK) as usize
}

fn next_hour(at: Timestamp) -> Timestamp {
    Timestamp::from_secs((at.secs().div_euclid(HOUR) + 1) * HOUR)
}

fn hours(span: Duration) -> f64 {
    span.as_secs_f64() / HOUR as f64
}

fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or(Duration::ZERO)
}

/// A number as it is stored: rounded down, so that what fades ends.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within the bounds of the type"
)]
fn whole(number: f64) -> u16 {
    number.clamp(0.0, f64::from(u16::MAX)) as u16
}

fn smooth(values: &[f64; HOURS]) -> [f64; HOURS] {
    let total: f64 = KERNEL.iter().sum();
    let mut smooth = [0.0; HOURS];
    for (centre, value) in values.iter().enumerate() {
        for (offset, share) in KERNEL.iter().enumerate() {
            let to = (centre + HOURS + offset - KERNEL.len() / 2) % HOURS;
            if let Some(sum) = smooth.get_mut(to) {
                *sum += value * share / total;
            }
        }
    }
    smooth
}

fn normalise(values: &mut [f64; HOURS]) {
    let average = values.iter().sum::<f64>() / HOURS as f64;
    for value in values {
        *value /= average;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONDAY: Timestamp = Timestamp::from_secs(1_799_971_200);
    const HOURLY: Duration = Duration::from_secs(3600);

    fn at(hours: u32) -> Timestamp {
        MONDAY.plus(HOURLY * hours)
    }

    /// A profile of occasions at these hours, each seen when it happened.
    fn of(hours: impl IntoIterator<Item = u32>) -> Profile {
        let seen = hours
            .into_iter()
            .fold(None, |profile: Option<Profile>, hour| {
                Profile::learned(profile.as_ref(), &[Some(at(hour))], Some(MONDAY), at(hour))
                    .or(profile)
            });
        seen.expect("an occasion")
    }

    fn every_day_at_noon(days: u32) -> Profile {
        of((0..days).map(|day| day * 24 + 12))
    }

    #[test]
    fn a_feed_that_publishes_at_noon_is_expected_at_noon() {
        let noon = every_day_at_noon(42);
        let (expected, shape) = (noon.expected(at(2000), at(2168)), noon.density());
        assert!((expected - 7.0).abs() < 0.6, "{expected}");
        let noonish = noon.expected(at(2016 + 10), at(2016 + 15));
        assert!(noonish > 0.8, "{noonish}");
        assert!(shape.at(at(12)) > 4.0 * shape.at(at(0)));
        assert_eq!(noon.pause(), HOURLY * 24);
    }

    #[test]
    fn ten_entries_at_once_are_one_occasion_and_an_old_habit_fades() {
        let dates = vec![Some(at(5)); 10];
        let batch = Profile::learned(None, &dates, None, at(6)).expect("learned");
        assert!((batch.occasions() - 1.0).abs() < 1e-9);
        let relaunched = of((0..1000).chain((0..20).map(|week| 1000 + week * 168)));
        assert!(relaunched.occasions() < 60.0, "{}", relaunched.occasions());
    }

    #[test]
    fn a_weekday_that_has_not_been_yet_is_taken_to_be_like_the_others() {
        let three_days = of(0..72);
        let shape = Shape(three_days.ratios());
        for hour in 0..168 {
            let ratio = shape.at(at(hour));
            assert!((ratio - 1.0).abs() < 0.01, "hour {hour}: {ratio}");
        }
    }

    #[test]
    fn a_date_that_cannot_be_true_counts_as_now_and_of_an_unknown_feed_not_at_all() {
        let dates = [None, Some(at(100_000)), Some(Timestamp::EPOCH)];
        assert_eq!(Profile::learned(None, &dates, None, at(200)), None);
        let seen = Profile::learned(None, &dates, Some(at(199)), at(200)).expect("learned");
        assert_eq!(seen.last(), at(200));
        let window = [Some(at(3)), Some(at(90)), Some(at(30))];
        let first = Profile::learned(None, &window, None, at(200)).expect("learned");
        assert_eq!((first.last(), first.span()), (at(90), HOURLY * 87));
        assert_eq!(first.pause(), HOURLY * 60);
    }

    proptest! {
        #[test]
        fn the_stored_form_is_small_and_read_back(hours in prop::collection::vec(0_u32..5000, 1..200)) {
            let profile = of(hours);
            let bytes = profile.to_bytes();
            prop_assert!(bytes.len() <= 400);
            prop_assert_eq!(Profile::read(&bytes), Some(profile));
            prop_assert_eq!(Profile::read(&bytes[1..]), None);
        }

        #[test]
        fn any_bytes_give_a_shape_within_its_bounds(bytes in prop::collection::vec(any::<u8>(), 352)) {
            let stored: Vec<u8> = std::iter::once(VERSION).chain(bytes).collect();
            let profile = Profile::read(&stored).expect("of the right length");
            let Shape(shape) = profile.density();
            let average = shape.iter().sum::<f64>() / HOURS as f64;
            prop_assert!((average - 1.0).abs() < 1e-9);
            prop_assert!(shape.iter().all(|speed| (0.05..=17.0).contains(speed)));
            let expected = profile.expected(at(0), at(1000));
            prop_assert!(expected.is_finite() && expected >= 0.0);
        }

        #[test]
        fn more_patience_never_means_sooner_and_the_clock_comes_back_to_where_it_was(
            hours in prop::collection::vec(0_u32..5000, 1..200), from in 0_u32..10_000,
            less in 0_u64..2_000_000, more in 0_u64..2_000_000,
        ) {
            let shape = of(hours).density();
            let (start, span) = (at(from), Duration::from_secs(less));
            let first = shape.after(start, span);
            let second = shape.after(start, Duration::from_secs(less + more));
            prop_assert!(start <= first && first <= second);
            let back = shape.between(start, first).as_secs_f64();
            prop_assert!((back - span.as_secs_f64()).abs() < 1.0, "{back} {less}");
        }

        #[test]
        fn expectation_grows_with_time_and_is_total(
            hours in prop::collection::vec(0_u32..5000, 1..50), from: i64, span in 0_u64..100_000_000, more in 0_u64..1_000_000,
        ) {
            let profile = of(hours);
            let from = Timestamp::from_millis(from);
            let to = from.plus(Duration::from_secs(span));
            let later = to.plus(Duration::from_secs(more));
            prop_assert!(profile.expected(from, to) <= profile.expected(from, later) + 1e-6);
        }
    }
}

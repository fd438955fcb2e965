//! A small model of polling: what the profile is worth, in minutes and in requests.
//!
//! Feeds of several habits publish at random for ten weeks; the policy polls them, once
//! with the profile and once without. Everything is drawn from one seed.

use std::time::Duration;

use super::next::tests::feed;
use super::{Answer, Load, Pace, Profile, Question, Settings, Visit, next_poll};
use crate::model::{DueFeed, Freshness, PublisherHints, Timestamp};

const START: Timestamp = Timestamp::from_secs(1_799_971_200);
const HOUR: Duration = Duration::from_secs(3600);
const WEEK: Duration = Duration::from_secs(168 * 3600);
/// Weeks in which the habit is learned and nothing is counted, and weeks that count.
const LEARNED: u32 = 4;
const COUNTED: u32 = 6;
/// Of each habit: with fewer the means are those of the dice.
const FEEDS: u32 = 24;

/// Numbers between 0 and 1 (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Entries an hour, by hour of the week from Monday 00:00.
type Habit = fn(usize) -> f64;

fn newsroom(hour: usize) -> f64 {
    let day = matches!(hour % 24, 6..20);
    match (hour / 24 < 5, day) {
        (true, true) => 2.0,
        (false, true) => 0.6,
        _ => 0.05,
    }
}

fn office_blog(hour: usize) -> f64 {
    if hour / 24 < 5 && matches!(hour % 24, 9..17) {
        0.1
    } else {
        0.002
    }
}

fn evenings(hour: usize) -> f64 {
    if matches!(hour % 24, 18..23) {
        0.4
    } else {
        0.01
    }
}

fn any_time(_: usize) -> f64 {
    0.3
}

fn round_the_clock(_: usize) -> f64 {
    40.0 / 24.0
}

/// When entries appear, in order.
fn published(habit: Habit, dice: &mut Dice) -> Vec<Timestamp> {
    let mut all = Vec::new();
    for hour in 0..(LEARNED + COUNTED) * 168 {
        let mut at = dice.roll();
        // Exponential gaps within the hour.
        let rate = habit(hour as usize % 168);
        at = -at.max(1e-12).ln() / rate;
        while at < 1.0 {
            all.push(START.plus(HOUR * hour + HOUR.mul_f64(at)));
            at -= dice.roll().max(1e-12).ln() / rate;
        }
    }
    all
}

/// Mean delay in minutes and requests a week, in the weeks that count.
fn polled(habit: Habit, with_profile: bool) -> (f64, f64) {
    let (settings, load) = (Settings::default(), Load::default());
    let mut dice = Dice(7);
    let (mut delay, mut seen, mut requests) = (0.0, 0.0, 0.0);
    for _ in 0..FEEDS {
        let entries = published(habit, &mut dice);
        let mut waiting = entries.as_slice();
        let mut feed = DueFeed {
            interval: Some(HOUR),
            ..feed()
        };
        let mut profile: Option<Profile> = None;
        let mut now = START;
        while now < START.plus(WEEK * (LEARNED + COUNTED)) {
            let found = waiting.partition_point(|at| *at <= now);
            let (new, rest) = waiting.split_at(found);
            waiting = rest;
            if now >= START.plus(WEEK * LEARNED) {
                requests += 1.0;
                seen += new.len() as f64;
                delay += new
                    .iter()
                    .map(|at| now.since(*at).as_secs_f64() / 60.0)
                    .sum::<f64>();
            }
            let dates: Vec<Option<Timestamp>> = new.iter().map(|at| Some(*at)).collect();
            if let Some(learned) =
                Profile::learned(profile.as_ref(), &dates, feed.last_poll_at, now)
            {
                profile = Some(learned);
            }
            let answer = Answer {
                visit: if new.is_empty() {
                    Visit::NotModified
                } else {
                    Visit::Changed {
                        new: new.len(),
                        gap: false,
                    }
                },
                freshness: Freshness::default(),
                retry_after: None,
                hints: PublisherHints::default(),
                validators: true,
            };
            let next = next_poll(&Question {
                settings: &settings,
                pace: &Pace::Adaptive,
                splay: settings.splay,
                backstop: None,
                respect_cache_control: true,
                feed: &feed,
                profile: profile.as_ref().filter(|_| with_profile),
                answer: &answer,
                asked_at: now,
                now,
                chance: dice.roll(),
                load: &load,
            });
            if !new.is_empty() {
                feed.last_new_at = Some(now);
            }
            feed.interval = next.interval;
            feed.last_poll_at = Some(now);
            now = next.at;
        }
    }
    (delay / seen, requests / f64::from(FEEDS * COUNTED))
}

#[test]
fn the_profile_finds_news_much_sooner_for_some_more_requests() {
    // Habit, and the delay and the requests with the profile as shares of those without. Who publishes
    // round the clock, forty times a day, is polled at the floor: half of it is the delay.
    let habits: [(&str, Habit, f64, f64); 5] = [
        ("newsroom", newsroom, 0.5, 1.63),
        ("office blog", office_blog, 0.68, 1.27),
        ("evenings", evenings, 0.44, 1.3),
        ("any time", any_time, 0.7, 1.6),
        ("round the clock", round_the_clock, 0.56, 1.65),
    ];
    for (name, habit, delay_share, requests_share) in habits {
        let (delay_before, requests_before) = polled(habit, false);
        let (delay, requests) = polled(habit, true);
        println!(
            "{name}: {delay_before:.1} min with {requests_before:.0} requests a week; with the profile {delay:.1} min with {requests:.0}"
        );
        assert!(
            delay <= delay_before * delay_share,
            "{name}: {delay} {delay_before}"
        );
        assert!(
            requests <= requests_before * requests_share,
            "{name}: {requests} {requests_before}"
        );
    }
}

//! Time and life cycle: scenarios 40 to 49.

use std::time::Duration;

use feedmill::daemon::{Clock as _, SystemClock};
use feedmill::model::Timestamp;

use super::wound::{Wound, serve};
use super::{bench, bench_of, force};
use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss, wait_until};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many feeds at `/feed0` and on.
fn many(site: &Site, count: usize, more: &str) -> String {
    (0..count)
        .map(|n| {
            site.on(&format!("/feed{n}"), |_| {
                Reply::ok(rss(&[])).with("etag", "\"1\"")
            });
            feed(&site.url(&format!("/feed{n}")), more)
        })
        .collect()
}

fn polled(bench: &Bench) -> i64 {
    bench.count("SELECT sum(polls) FROM feeds").unwrap_or(0)
}

#[test]
fn a_named_feed_is_polled_however_many_its_host_has() {
    let site = Site::open();
    let mut config = QUICK.to_owned();
    for n in 0..150 {
        site.on(&format!("/feed{n}"), |_| Reply::ok(rss(&[])));
        config.push_str(&feed(
            &site.url(&format!("/feed{n}")),
            &format!("name = \"n{n}\""),
        ));
    }
    let bench = Bench::new(&config);
    bench.run(&["once", "n149"]).expect(0);
    assert_eq!((site.hits("/feed149").len(), site.all_hits()), (1, 1));
    bench.run(&["once"]).expect(0);
    assert_eq!(site.all_hits(), 150);
}

#[test]
fn a_first_pass_is_spread() {
    let site = Site::open();
    let feeds = many(&site, 40, "");
    let bench = Bench::new(&format!(
        "{}{feeds}",
        QUICK.replace("startup_spread = \"0s\"", "startup_spread = \"2s\"")
    ));
    serve(&bench, Wound::ahead(Duration::ZERO), || {
        wait_until("all are polled", || polled(&bench) == 40);
    });
    let starts: Vec<_> = (0..40)
        .map(|n| site.hits(&format!("/feed{n}"))[0].at)
        .collect();
    let (first, last) = (starts.iter().min().unwrap(), starts.iter().max().unwrap());
    assert!(last.duration_since(*first) > Duration::from_secs(1));
}

#[test]
fn restarts_ask_for_nothing_that_is_not_due() {
    let site = Site::open();
    let bench = bench_of("", &many(&site, 5, ""));
    for _ in 0..8 {
        serve(&bench, Wound::ahead(Duration::ZERO), || {
            wait_until("all are polled", || polled(&bench) == 5);
        });
    }
    assert_eq!(site.all_hits(), 5);
}

#[test]
fn after_three_days_off_each_feed_is_caught_up_with_once_the_longest_due_first() {
    let site = Site::open();
    let bench = bench_of("", &many(&site, 10, ""));
    serve(&bench, Wound::ahead(Duration::ZERO), || {
        wait_until("all are polled", || polled(&bench) == 10);
    });
    // The last one has been due the longest.
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute(
        "UPDATE _feed SET next_poll_at = '2026-01-01T00:00:00.000Z' WHERE url LIKE '%/feed9'",
        [],
    )
    .unwrap();
    drop(conn);
    let told = QUICK
        .replace("startup_spread = \"0s\"", "startup_spread = \"1s\"")
        .replace("host_concurrency = 8", "host_concurrency = 1");
    bench.configure(&format!("{told}{}", many(&site, 10, "")));
    serve(&bench, Wound::ahead(DAY * 3), || {
        wait_until("all are polled again", || polled(&bench) == 20);
    });
    assert_eq!(site.all_hits(), 20);
    assert_eq!(site.paths()[10], "/feed9");
    assert_eq!(bench.ask("SELECT min(polls), max(polls) FROM feeds"), "2|2");
}

#[test]
fn a_clock_that_was_wrong_causes_no_storm_and_no_silence() {
    for wrong in ["1970-01-02T00:00:00Z", "2099-01-01T00:00:00Z"] {
        let site = Site::open();
        let mut feeds = many(&site, 4, "");
        // One page waits for its next try when the clock is put right.
        let document = rss(&[("1", &site.url("/a"), "A", "s")]);
        site.on("/news", move |_| Reply::ok(document.clone()));
        site.on("/a", |hit| {
            if hit.nth == 0 {
                Reply::new(503)
            } else {
                Reply::html(page("A", "geese"))
            }
        });
        feeds.push_str(&feed(&site.url("/news"), ""));
        let bench = bench_of("", &feeds);
        serve(&bench, Wound::at(wrong.parse().unwrap()), || {
            wait_until("all are polled", || polled(&bench) == 5);
            wait_until("the page has failed", || {
                bench.ask("SELECT count(*) FROM failures") == "1"
            });
        });
        serve(&bench, Wound::ahead(Duration::ZERO), || {
            wait_until("all are polled again", || polled(&bench) == 10);
            wait_until("the page is had", || {
                bench.ask("SELECT count(*) FROM failures") == "0"
            });
        });
        let soon: Timestamp = SystemClock.now().plus(DAY * 2);
        assert_eq!(
            bench.ask(&format!(
                "SELECT count(*) FROM feeds WHERE next_poll_at < '{soon}'"
            )),
            "5",
            "{wrong}"
        );
        assert_eq!(
            bench.ask("SELECT min(polls), max(polls) FROM feeds"),
            "2|2",
            "{wrong}"
        );
    }
}

#[test]
fn a_clock_that_steps_while_the_service_runs_causes_no_storm_and_no_silence() {
    let site = Site::open();
    let bench = bench_of("", &many(&site, 6, "interval = \"90m\""));
    let clock = Wound::ahead(Duration::ZERO);
    serve(&bench, std::sync::Arc::clone(&clock), || {
        wait_until("all are polled", || polled(&bench) == 6);
        clock.set(SystemClock.now().plus(DAY / 12));
        wait_until("all are due once", || polled(&bench) == 12);
        clock.set(SystemClock.now());
        bench
            .run(&["poll", &site.url("/feed0"), "--force"])
            .expect(0);
        wait_until("one was asked for", || polled(&bench) == 13);
    });
    assert_eq!(site.all_hits(), 13);
}

#[test]
fn a_cron_line_that_cannot_be_used_is_refused_with_its_place_and_what_would_do() {
    for (line, parts) in [
        ("61 * * * *", ["field 1 (minute), column 1", "use 0 to 59"]),
        (
            "0 0 * * mon-fry",
            ["field 5 (day of week), column 9", "mon-fri"],
        ),
        ("0 0 31 2 *", ["never comes due", "31 2"]),
        (
            "* * * * *",
            ["is faster than polling.configured_floor", "\"5m\""],
        ),
        (
            "*/20 * * * * *",
            ["is faster than polling.configured_floor", "\"5m\""],
        ),
    ] {
        let bench = Bench::new(&feed(
            "https://example.org/",
            &format!("schedule = \"{line}\""),
        ));
        let ran = bench.run(&["check"]).expect(78);
        for part in parts {
            assert!(ran.stderr.contains(part), "{line}: {}", ran.stderr);
        }
    }
}

#[test]
fn feeds_of_one_cron_line_keep_their_places_in_its_splay() {
    let site = Site::open();
    let bench = bench_of(
        "splay = \"10m\"",
        &many(&site, 30, "schedule = \"0 * * * *\""),
    );
    let places = || bench.rows("SELECT strftime('%M:%S', next_poll_at) FROM feeds ORDER BY id");
    bench.run(&["once"]).expect(0);
    let first = places();
    force(&bench, 1);
    assert_eq!(places(), first);
    assert!(first.iter().all(|place| place.as_str() < "10:00"));
    assert!(
        first.iter().collect::<std::collections::HashSet<_>>().len() > 25,
        "{first:?}"
    );
}

#[test]
fn a_poll_that_is_slower_than_its_interval_never_overlaps_itself() {
    let site = Site::open();
    site.on("/feed", |_| Reply::silence());
    let bench = bench_of(
        "connect_backoff = \"1ms\"",
        &feed(&site.url("/feed"), "interval = \"1ms\""),
    );
    let mut service = bench.spawn(&["run"]);
    site.wait_for_hits("/feed", 1);
    for _ in 0..3 {
        bench
            .run(&["poll", &site.url("/feed"), "--force"])
            .expect(0);
    }
    site.wait_for_hits("/feed", 3);
    service.kill().unwrap();
    service.wait().unwrap();
    // Each ends by its time limit of two seconds before the next begins.
    for pair in site.hits("/feed").windows(2) {
        assert!(pair[1].at.duration_since(pair[0].at) >= Duration::from_millis(1900));
    }
}

#[test]
fn ten_wishes_for_one_poll_are_one_poll() {
    let site = Site::open();
    let config = QUICK.replace("configured_floor = \"1ms\"", "configured_floor = \"4s\"");
    site.on("/feed", |_| Reply::ok(rss(&[])).with("etag", "\"1\""));
    let bench = Bench::new(&format!("{config}{}", feed(&site.url("/feed"), "")));
    let mut service = bench.spawn(&["run"]);
    wait_until("it is polled", || polled(&bench) == 1);
    wait_until("the floor has passed", || {
        site.hits("/feed")[0].at.elapsed() > Duration::from_millis(4500)
    });
    let wishes: Vec<_> = (0..10)
        .map(|_| bench.spawn(&["poll", &site.url("/feed")]))
        .collect();
    for mut wish in wishes {
        wish.wait().unwrap();
    }
    site.wait_for_hits("/feed", 2);
    wait_until("it is polled again", || polled(&bench) == 2);
    let refused = bench.run(&["poll", &site.url("/feed")]).expect(1);
    assert!(refused.stdout.contains("not before"), "{}", refused.stdout);
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(site.hits("/feed").len(), 2);
}

#[test]
fn patience_wins_over_a_wish_also_where_a_longer_pause_hides_it() {
    let site = Site::open();
    site.on("/feed", |_| Reply::new(429).with("retry-after", "3600"));
    let told = feed(&site.url("/feed"), "interval = \"5h\"");
    let bench = bench_of("jitter = 0.0", &told);
    bench.run(&["once"]).expect(1);
    assert_eq!(bench.ask("SELECT next_poll_reason FROM feeds"), "interval");
    let refused = bench.run(&["poll", &site.url("/feed")]).expect(1);
    assert!(refused.stdout.contains("Retry-After"), "{}", refused.stdout);
    assert_eq!(site.hits("/feed").len(), 1);
    bench
        .run(&["poll", &site.url("/feed"), "--force"])
        .expect(1);
    assert_eq!(site.hits("/feed").len(), 2);
}

#[test]
fn a_feed_that_is_removed_and_added_again_keeps_its_times_and_entries() {
    let site = Site::open();
    let other = feed(&site.url("/other"), "");
    let document = rss(&[("1", "https://example.org/1", "t", "s")]);
    site.on("/other", |_| Reply::ok(rss(&[])));
    site.on("/feed", move |_| {
        Reply::ok(document.clone()).with("etag", "\"1\"")
    });
    let bench = bench(&site, "");
    bench.run(&["once"]).expect(0);
    let due = bench.ask("SELECT next_poll_at FROM feeds");
    bench.configure(&format!("{QUICK}{other}"));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT state FROM feeds WHERE url LIKE '%/feed'"),
        "removed"
    );
    bench.configure(&format!("{QUICK}{other}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT state, next_poll_at, entries FROM feeds WHERE url LIKE '%/feed'"),
        format!("active|{due}|1")
    );
    assert_eq!(site.hits("/feed").len(), 1);
}

#[test]
fn a_source_of_many_feeds_does_not_stand_before_the_others() {
    let large = Site::open();
    let mut config = QUICK.replace(
        "host_gap = \"0s\"\nhost_concurrency = 8",
        "host_gap = \"20ms\"\nhost_concurrency = 1",
    );
    config.push_str(&many(&large, 200, ""));
    let small = Site::open_at([127, 0, 0, 2].into());
    config.push_str(&many(&small, 1, ""));
    let bench = Bench::new(&config);
    bench.run(&["once"]).expect(0);
    let at = small.hits("/feed0")[0].at;
    let before = (0..200)
        .filter(|n| large.hits(&format!("/feed{n}"))[0].at < at)
        .count();
    assert!(
        before < 20,
        "{before} of 200 went before the last in the list"
    );
}

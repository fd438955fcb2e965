//! Rate limits and errors: scenarios 21 to 33.

use std::time::Duration;

use feedmill::model::Timestamp;
use feedmill::store::{self, FeedSpec, Held, HoldHost, Store, SyncFeeds};

use super::{bench, bench_of, due, force, headers, one_at_a_time, raw};
use crate::support::{Bench, QUICK, Reply, Site, feed, rss, wait_until};

#[test]
fn a_retry_after_is_heeded_and_named() {
    let site = Site::open();
    site.on("/feed", |_| Reply::new(429).with("retry-after", "5400"));
    let bench = bench(&site, "jitter = 0.0");
    bench.run(&["once"]).expect(1);
    assert_eq!(due(&bench), "90|retry_after");
    let explained = bench.run(&["explain", &site.url("/feed")]).expect(0).stdout;
    assert!(
        explained.contains("the server asked to be left alone until then (Retry-After)"),
        "{explained}"
    );
}

#[test]
fn when_every_host_is_unreachable_no_feed_is_blamed() {
    let mut config = QUICK.replace("[polling]", "[polling]\noutage_hosts = 4");
    for n in 1..=8 {
        // Nobody listens on the discard port of these addresses.
        config.push_str(&feed(&format!("http://127.0.0.{n}:9/feed"), ""));
    }
    let bench = Bench::new(&config);
    let ran = bench.run(&["once"]).expect(1);
    assert!(ran.stderr.contains("no feed is blamed"), "{}", ran.stderr);
    assert_eq!(bench.ask("SELECT sum(failures), count(*) FROM feeds WHERE next_poll_reason = 'outage' OR failures = 0"), "0|8");
}

#[test]
fn hosts_that_cannot_be_reached_do_not_hold_up_the_others() {
    let site = Site::open();
    let mut config = QUICK
        .replace("[polling]", "[polling]\noutage_hosts = 100")
        .replace("host_concurrency = 8", "host_concurrency = 1");
    for host in 2..=6 {
        for n in 0..60 {
            config.push_str(&feed(&format!("http://127.0.0.{host}:9/feed{n}"), ""));
        }
    }
    site.on("/feed", |_| Reply::ok(rss(&[])));
    config.push_str(&feed(&site.url("/feed"), ""));
    let bench = Bench::new(&config);
    bench.run(&["once"]).expect(1);
    assert_eq!(site.hits("/feed").len(), 1);
    // One request told of each host; the others wait with it and are not to blame.
    assert_eq!(
        bench.ask("SELECT count(*) FROM fetches WHERE outcome = 'connect_refused'"),
        "5"
    );
    assert_eq!(
        bench
            .ask("SELECT count(*) FROM feeds WHERE next_poll_reason = 'unreachable' AND polls = 0"),
        "295"
    );
}

#[test]
fn gone_is_believed_after_several_sights_and_taken_back_when_the_feed_returns() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.nth < 2 {
            Reply::new(410)
        } else {
            Reply::ok(rss(&[]))
        }
    });
    let bench = bench(&site, "gone_after = \"1ms\"\ngone_observations = 2");
    bench.run(&["once"]).expect(1);
    assert_eq!(bench.ask("SELECT state FROM feeds"), "active");
    bench.run(&["once", "--force"]).expect(1);
    assert_eq!(bench.ask("SELECT state FROM feeds"), "gone");
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT state, failures FROM feeds"), "active|0");
}

#[test]
fn retry_after_is_a_number_or_a_date_and_nonsense_is_absent() {
    const NOW: &str = "Mon, 02 Nov 2026 08:00:00 GMT";
    for (status, value, expected) in [
        (429, "5400", "90|retry_after"),
        (503, "5400", "90|retry_after"),
        (503, "Mon, 02 Nov 2026 09:30:00 GMT", "90|retry_after"),
        (429, "99999999", "10080|retry_after"),
        (429, "-5", "throttled"),
        (429, "0", "throttled"),
        (503, "Mon, 02 Nov 2026 07:00:00 GMT", "throttled"),
    ] {
        let site = Site::open();
        site.on("/feed", move |_| {
            Reply::new(status)
                .with("date", NOW)
                .with("retry-after", value)
        });
        let bench = bench_of(
            "jitter = 0.0",
            &feed(&site.url("/feed"), "interval = \"1m\""),
        );
        bench.run(&["once"]).expect(1);
        assert!(
            due(&bench).ends_with(expected),
            "{status} {value}: {}",
            due(&bench)
        );
    }
}

#[test]
fn a_429_without_retry_after_waits_half_an_hour_and_twice_as_long_each_time() {
    let site = Site::open();
    site.on("/feed", |_| Reply::new(429));
    let bench = bench_of(
        "jitter = 0.0",
        &feed(&site.url("/feed"), "interval = \"1m\""),
    );
    for least in [30, 60, 120, 240] {
        force(&bench, 1);
        let due = due(&bench);
        let (minutes, reason) = due.split_once('|').unwrap();
        let minutes: u32 = minutes.parse().unwrap();
        assert!(
            (least..=2 * least).contains(&minutes) && reason == "throttled",
            "{due}"
        );
    }
}

#[test]
fn one_path_of_a_bridge_that_asks_for_patience_does_not_stop_the_others() {
    let site = Site::open();
    site.on("/feed0", |_| Reply::new(503).with("retry-after", "5400"));
    let mut feeds = feed(&site.url("/feed0"), "");
    for n in 1..9 {
        site.on(&format!("/feed{n}"), |_| Reply::ok(rss(&[])));
        feeds.push_str(&feed(&site.url(&format!("/feed{n}")), ""));
    }
    let bench = bench_of("", &feeds);
    bench.run(&["once"]).expect(1);
    assert_eq!(site.all_hits(), 9);
    assert_eq!(
        bench.ask("SELECT count(*) FROM feeds WHERE failures = 0 AND polls = 1"),
        "8"
    );
}

#[test]
fn the_rate_of_a_host_is_learned_and_all_its_feeds_are_served_in_turn() {
    let site = Site::open();
    let last = std::sync::Arc::new(std::sync::Mutex::new(None::<std::time::Instant>));
    let mut feeds = String::new();
    for n in 0..12 {
        let last = std::sync::Arc::clone(&last);
        site.on(&format!("/feed{n}"), move |hit| {
            let mut last = last.lock().unwrap();
            if last.is_some_and(|last| hit.at.duration_since(last) < Duration::from_millis(900)) {
                return Reply::new(429).with("retry-after", "1");
            }
            *last = Some(hit.at);
            Reply::ok(rss(&[]))
        });
        feeds.push_str(&feed(&site.url(&format!("/feed{n}")), "interval = \"9s\""));
    }
    let quick = QUICK.replace("host_concurrency = 8", "host_concurrency = 1");
    let bench = Bench::new(&format!("{quick}{feeds}"));
    let mut service = bench.spawn(&["run"]);
    site.wait_for_hits("/feed0", 1);
    wait_until("all are served", || {
        bench.count("SELECT count(*) FROM feeds WHERE last_ok_at IS NOT NULL") == Some(12)
    });
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(
        bench.ask("SELECT count(*) FROM fetches WHERE status = 429"),
        "1"
    );
}

#[test]
fn a_burst_that_is_answered_by_403_counts_as_throttling() {
    let site = Site::open();
    let mut feeds = String::new();
    for n in 0..12 {
        site.on(&format!("/feed{n}"), |_| Reply::new(403));
        feeds.push_str(&feed(&site.url(&format!("/feed{n}")), ""));
    }
    let quick = QUICK.replace("host_concurrency = 8", "host_concurrency = 1");
    let bench = Bench::new(&format!("{quick}{feeds}"));
    let mut service = bench.spawn(&["run"]);
    wait_until("five are asked", || site.all_hits() >= 5);
    wait_until("it is recorded", || {
        bench.count("SELECT count(*) FROM feeds WHERE last_outcome = 'throttled'") == Some(3)
    });
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(
        bench.ask("SELECT count(*) FROM feeds WHERE last_outcome = 'forbidden'"),
        "2"
    );
    let began = &site.hits("/feed0")[0].at;
    let spent = began.elapsed();
    // The gap is doubled with each of them.
    assert!(spent > Duration::from_secs(3), "{spent:?}");
}

#[test]
fn a_challenge_for_browsers_is_told_from_an_answer_and_validators_stay() {
    const WALL: &str = "<html><title>Just a moment...</title><script src=\"/cdn-cgi/challenge-platform/h/b\"></script></html>";
    for status in [403, 503, 200] {
        let site = Site::open();
        site.on("/feed", move |hit| match hit.nth {
            0 => Reply::ok(rss(&[])).with("etag", "\"1\""),
            1 => Reply {
                status,
                ..Reply::html(WALL)
            }
            .with("etag", "\"wall\""),
            _ => Reply::new(304),
        });
        let bench = bench(&site, "jitter = 0.0");
        force(&bench, 2);
        assert_eq!(bench.ask("SELECT last_outcome FROM feeds"), "bot_wall");
        assert_eq!(due(&bench), "1440|slow_lane");
        force(&bench, 1);
        assert_eq!(
            headers(&site.hits("/feed"), "if-none-match")[2].as_deref(),
            Some("\"1\"")
        );
        assert_eq!(
            bench.ask("SELECT last_outcome, failures FROM feeds"),
            "not_modified|0"
        );
    }
}

#[test]
fn errors_in_a_row_never_shorten_the_wait_and_the_first_success_ends_it() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.nth < 10 {
            Reply::new(500)
        } else {
            Reply::ok(rss(&[])).with("etag", "\"1\"")
        }
    });
    let bench = bench(&site, "jitter = 0.0");
    let mut before = 0;
    for _ in 0..10 {
        force(&bench, 1);
        let due = due(&bench);
        let minutes: u32 = due.split('|').next().unwrap().parse().unwrap();
        assert!(
            (before..=24 * 60).contains(&minutes),
            "{due} after {before}"
        );
        before = minutes;
    }
    assert_eq!(before, 24 * 60);
    force(&bench, 1);
    assert_eq!(due(&bench), "60|adaptive");
    assert_eq!(bench.ask("SELECT failures, health FROM feeds"), "0|ok");
}

#[test]
fn a_feed_that_is_missing_for_a_while_recovers_by_itself() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.nth < 3 {
            Reply::new(404)
        } else {
            Reply::ok(rss(&[]))
        }
    });
    let feeds = feed(&site.url("/feed"), "interval = \"1ms\"");
    let bench = bench_of("jitter = 0.0", &feeds);
    let mut service = bench.spawn(&["run"]);
    site.wait_for_hits("/feed", 4);
    wait_until("it is well", || {
        bench.count("SELECT failures = 0 AND last_ok_at IS NOT NULL FROM feeds") == Some(1)
    });
    service.kill().unwrap();
    service.wait().unwrap();
}

#[test]
fn a_server_that_wants_credentials_is_asked_once_a_day_until_they_change() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.header("authorization") == Some("Bearer right") {
            Reply::ok(rss(&[]))
        } else {
            Reply::new(401)
        }
    });
    let bench = Bench::new("");
    let secret = bench.path("secret");
    std::fs::write(&secret, "Bearer wrong").unwrap();
    let config = format!(
        "{}{}",
        QUICK.replace("[polling]", "[polling]\njitter = 0.0"),
        feed(&site.url("/feed"), "credentials = \"secret\"")
    );
    bench.configure(&config);
    bench.run(&["once"]).expect(1);
    assert_eq!(due(&bench), "1440|unauthorized");
    bench.run(&["once"]).expect(0);
    assert_eq!(site.hits("/feed").len(), 1);
    std::fs::write(&secret, "Bearer right").unwrap();
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT last_outcome, failures FROM feeds"),
        "unchanged|0"
    );
    assert_eq!(site.hits("/feed").len(), 2);
}

#[test]
fn answers_that_trickle_or_never_end_are_cut_off_with_their_kind() {
    let slow = Duration::from_millis(50);
    let head =
        |head: &str| raw::Part::Bytes(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes());
    let dripping = raw::serve(move |_, _| {
        vec![
            head("content-length: 5000"),
            raw::Part::Forever(b"<".to_vec(), slow),
        ]
    });
    let endless = raw::serve(move |_, _| {
        vec![
            head("connection: close"),
            raw::Part::Forever(vec![b' '; 1 << 20], Duration::ZERO),
        ]
    });
    let slow_head = raw::serve(move |_, _| {
        vec![
            raw::Part::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()),
            raw::Part::Forever(b"x-slow: y\r\n".to_vec(), slow),
        ]
    });
    let reset =
        raw::serve(|_, _| vec![raw::Part::Bytes(b"HTTP/1.1 200 OK\r\ncontent-len".to_vec())]);
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let mut feeds = feed(&site.url("/feed"), "name = \"healthy\"");
    for (name, base) in [
        ("dripping", dripping),
        ("endless", endless),
        ("head", slow_head),
        ("reset", reset),
    ] {
        feeds.push_str(&feed(
            &format!("{base}/feed"),
            &format!("name = \"{name}\""),
        ));
    }
    let bench = bench_of("", &feeds);
    bench.run(&["once"]).expect(1);
    assert_eq!(
        bench.rows("SELECT name, last_outcome FROM feeds ORDER BY name"),
        [
            "dripping|timeout",
            "endless|too_large",
            "head|timeout",
            "healthy|unchanged",
            "reset|reset"
        ]
    );
}

#[test]
fn a_connection_that_a_server_closes_instead_of_an_answer_is_made_anew_and_that_only_once() {
    let body = rss(&[]);
    // Every connection gives one answer, promises to stay, and is closed by the next request.
    let fickle = raw::serve(move |nth, _| {
        let mut parts = raw::answer(&format!("content-length: {}", body.len()), &body);
        parts.retain(|_| nth < 2);
        // A client that asks on a new one instead is not kept waiting for ever.
        parts.extend((nth < 2).then_some(raw::Part::AskedAgain(Duration::from_millis(200))));
        parts
    });
    let feeds: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|name| feed(&format!("{fickle}/{name}"), &format!("name = \"{name}\"")))
        .collect();
    let bench = bench_of("", &feeds.concat());
    bench.run(&["once"]).expect(1);
    let mut outcomes = bench.rows("SELECT last_outcome FROM feeds");
    outcomes.sort();
    assert_eq!(outcomes, ["reset", "unchanged", "unchanged"]);
}

#[test]
fn a_408_to_what_came_as_an_idle_connection_ended_is_asked_again_once() {
    let body = rss(&[]);
    // Every connection gives one answer, and tells the next request that it has waited too long.
    let fickle = raw::serve(move |_, _| {
        let mut parts = raw::answer(&format!("content-length: {}", body.len()), &body);
        parts.push(raw::Part::AskedAgain(Duration::from_millis(200)));
        let late = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        parts.push(raw::Part::Bytes(late.as_bytes().to_vec()));
        parts
    });
    let feeds = ["a", "b", "c"].map(|name| feed(&format!("{fickle}/{name}"), ""));
    let bench = Bench::new(&one_at_a_time(&feeds.concat()));
    bench.run(&["once"]).expect(0);
    // A server that never answers otherwise has its say.
    let late = Site::open();
    late.on("/feed", |_| Reply::new(408));
    let bench = bench_of("", &feed(&late.url("/feed"), ""));
    bench.run(&["once"]).expect(1);
    assert_eq!(late.hits("/feed").len(), 1);
}

#[test]
fn header_lines_that_nobody_understands_are_no_reason_to_do_without_the_feed() {
    for line in [
        "x-folded: one\r\n two",
        "neither name nor value",
        "x a name: with spaces",
        "x-spaced : value",
        ": nameless",
        "x-control: a\u{1}b",
    ] {
        let body = rss(&[("1", "https://example.org/1", "one", "s")]);
        let head = format!(
            "connection: close\r\n{line}\r\netag: \"tag\"\r\ncontent-length: {}",
            body.len()
        );
        let odd = raw::serve(move |_, _| raw::answer(&head, &body));
        let bench = bench_of("", &feed(&format!("{odd}/feed"), "full_text = \"never\""));
        bench.run(&["once"]).expect(0);
        assert_eq!(bench.ask("SELECT count(*) FROM entries"), "1", "{line}");
    }
}

#[test]
fn a_document_that_a_proxy_has_changed_is_one() {
    let site = Site::open();
    site.on("/feed", |_| Reply {
        status: 203,
        ..Reply::ok(rss(&[("1", "https://example.org/1", "one", "s")]))
    });
    let bench = bench_of("", &feed(&site.url("/feed"), "full_text = \"never\""));
    bench.run(&["once"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM entries"), "1");
}

#[test]
fn silent_servers_do_not_hold_up_the_healthy_ones() {
    let silent = Site::open();
    let mut feeds = String::new();
    // Each on a host of its own: the pace of one host says nothing here.
    for n in 0..200 {
        let host = format!("127.0.{}.{}", 1 + n / 100, 1 + n % 100);
        feeds.push_str(&feed(&format!("http://{host}:{}/feed", port(&silent)), ""));
    }
    let site = Site::open();
    for n in 0..20 {
        site.on(&format!("/feed{n}"), |_| Reply::ok(rss(&[])));
        feeds.push_str(&feed(&site.url(&format!("/feed{n}")), "interval = \"1s\""));
    }
    let everywhere = silent_everywhere(&silent);
    let bench = bench_of("", &feeds);
    let mut service = bench.spawn(&["run"]);
    wait_until("every healthy feed is polled five times", || {
        (0..20).all(|n| site.hits(&format!("/feed{n}")).len() >= 5)
    });
    service.kill().unwrap();
    service.wait().unwrap();
    assert_eq!(
        bench.ask("SELECT sum(failures) FROM feeds WHERE url LIKE '%/feed_%'"),
        "0"
    );
    drop(everywhere);
}

fn port(site: &Site) -> String {
    site.base.rsplit(':').next().unwrap().to_owned()
}

/// A listener on all of loopback at the site's port that accepts nothing.
fn silent_everywhere(site: &Site) -> Vec<std::net::TcpListener> {
    let port = port(site).parse::<u16>().unwrap();
    (0..200)
        .filter_map(|n: u8| {
            let address = std::net::Ipv4Addr::new(127, 0, 1 + n / 100, 1 + n % 100);
            std::net::TcpListener::bind((address, port)).ok()
        })
        .collect()
}

#[test]
fn an_answer_without_a_document_loses_nothing() {
    for (status, outcome) in [(204, "empty"), (200, "empty"), (206, "http_status")] {
        let site = Site::open();
        site.on("/feed", move |hit| match hit.nth {
            0 => Reply::ok(rss(&[("1", "https://example.org/1", "t", "s")])).with("etag", "\"1\""),
            1 if status == 206 => Reply {
                status,
                ..Reply::ok(rss(&[]))
            }
            .with("etag", "\"2\""),
            1 => Reply::new(status).with("etag", "\"2\""),
            _ => Reply::new(304),
        });
        let bench = bench(&site, "");
        force(&bench, 2);
        assert_eq!(
            bench.ask("SELECT last_outcome, entries FROM feeds"),
            format!("{outcome}|1")
        );
        force(&bench, 1);
        assert_eq!(
            headers(&site.hits("/feed"), "if-none-match")[2].as_deref(),
            Some("\"1\"")
        );
    }
}

#[test]
fn of_feeds_that_were_put_off_together_whoever_waited_longest_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feedmill.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let at = Timestamp::from_secs;
    let (store, writer) = Store::open(&path, store::Settings::default()).unwrap();
    let feeds = (1..=3).map(|number| FeedSpec {
        url: format!("http://127.0.0.1/{number}"),
        host: "127.0.0.1".to_owned(),
        name: None,
        tags: Vec::new(),
        first_poll_at: at(100),
    });
    let feeds = feeds.collect();
    runtime
        .block_on(store.write(SyncFeeds { feeds, at: at(0) }))
        .unwrap();
    // The third was polled before the first, the second never.
    let conn = rusqlite::Connection::open(&path).unwrap();
    for (feed, polled) in [(1, 90), (3, 80)] {
        let polled = at(polled).to_string();
        conn.execute(
            "UPDATE _feed SET last_poll_at = ?2 WHERE id = ?1",
            (feed, polled),
        )
        .unwrap();
    }
    drop(conn);
    let hold = HoldHost {
        host: "127.0.0.1".to_owned(),
        until: at(200),
        queue: Held::Feeds {
            reason: "retry_after",
        },
    };
    runtime.block_on(store.write(hold)).unwrap();
    let due = |now, per_host| {
        let due = store.read(move |conn| store::feeds::due(conn, at(now), per_host, 64, &[], None));
        let due = runtime.block_on(due).unwrap();
        due.iter().map(|due| due.id.0).collect::<Vec<_>>()
    };
    assert_eq!(due(199, 64), Vec::<i64>::new());
    assert_eq!(due(200, 64), [2, 3, 1]);
    assert_eq!(due(200, 3), [2, 3, 1]);
    assert_eq!(due(200, 2), [2, 3]);
    drop(store);
    writer.join().unwrap();
}

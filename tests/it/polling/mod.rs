//! The manners of polling, played by a scripted site. What only time can show is shown where time
//! is an argument: in the tests of `schedule` and of `fetch`.

use crate::support::{Bench, QUICK, Reply, Site, feed, rss};

fn bench(site: &Site, polling: &str) -> Bench {
    let config = QUICK.replace("[polling]", &format!("[polling]\n{polling}"));
    Bench::new(&format!("{config}{}", feed(&site.url("/feed"), "")))
}

/// How long until the feed is due, in whole seconds, and why.
fn due(bench: &Bench) -> String {
    bench.ask("SELECT CAST(round((julianday(next_poll_at) - julianday(last_poll_at)) * 86400) AS INTEGER) / 60, next_poll_reason FROM feeds")
}

#[test]
fn freshness_is_waited_out_also_when_a_304_says_it() {
    let site = Site::open();
    site.on("/feed", |hit| {
        let reply = if hit.nth == 0 {
            Reply::ok(rss(&[])).with("etag", "\"1\"")
        } else {
            Reply::new(304)
        };
        reply.with("cache-control", "max-age=7200")
    });
    let bench = bench(&site, "jitter = 0.0");
    for _ in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
        assert_eq!(due(&bench), "120|fresh");
    }
    assert_eq!(bench.ask("SELECT polls_304 FROM feeds"), "1");
}

#[test]
fn a_304_without_validators_keeps_the_old_and_with_new_ones_takes_them() {
    let site = Site::open();
    site.on("/feed", |hit| match hit.nth {
        0 => Reply::ok(rss(&[]))
            .with("etag", "\"1\"")
            .with("last-modified", "Mon, 02 Nov 2026 08:00:00 GMT"),
        1 => Reply::new(304),
        2 => Reply::new(304).with("etag", "\"2\""),
        3 => Reply::new(500),
        _ => Reply::ok(rss(&[])),
    });
    let bench = bench(&site, "");
    for _ in 0..6 {
        bench.run(&["once", "--force"]);
    }
    let tags: Vec<Option<String>> = site
        .hits("/feed")
        .iter()
        .map(|hit| hit.header("if-none-match").map(str::to_owned))
        .collect();
    let tag = |text: &str| Some(format!("\"{text}\""));
    assert_eq!(tags, [None, tag("1"), tag("1"), tag("2"), tag("2"), None]);
}

#[test]
fn validators_are_sent_to_the_address_that_gave_them_and_to_no_other() {
    let site = Site::open();
    let target = site.url("/elsewhere");
    site.on("/feed", move |_| {
        Reply::new(302)
            .with("location", target.clone())
            .with("etag", "\"of the redirect\"")
    });
    site.on("/elsewhere", |hit| {
        if hit.header("if-none-match") == Some("\"of the target\"") {
            Reply::new(304)
        } else {
            Reply::ok(rss(&[])).with("etag", "\"of the target\"")
        }
    });
    let bench = bench(&site, "");
    for _ in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
    }
    assert!(
        site.hits("/feed")
            .iter()
            .all(|hit| hit.header("if-none-match").is_none())
    );
    assert_eq!(
        bench.ask("SELECT last_outcome, effective_url = url FROM feeds"),
        "not_modified|1"
    );
}

#[test]
fn another_request_variant_is_asked_for_everything_once() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.header("if-none-match").is_some() {
            Reply::new(304)
        } else {
            Reply::ok(rss(&[])).with("etag", "\"1\"")
        }
    });
    let bench = bench(&site, "");
    bench.run(&["once"]).expect(0);
    let told = QUICK.replace("[fetch]", "[fetch]\nuser_agent = \"another/1\"");
    bench.configure(&format!("{told}{}", feed(&site.url("/feed"), "")));
    for _ in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
    }
    let conditional: Vec<bool> = site
        .hits("/feed")
        .iter()
        .map(|hit| hit.header("if-none-match").is_some())
        .collect();
    assert_eq!(conditional, [false, false, true]);
}

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
fn a_lasting_redirect_is_adopted_and_left_again_when_home_answers() {
    let site = Site::open();
    let target = site.url("/new");
    site.on("/feed", move |hit| {
        if hit.nth < 2 {
            Reply::new(301).with("location", target.clone())
        } else {
            Reply::ok(rss(&[]))
        }
    });
    site.on("/new", |hit| {
        if hit.nth < 3 {
            Reply::ok(rss(&[]))
        } else {
            Reply::new(404)
        }
    });
    let bench = bench(&site, "redirect_after = \"0s\"\nredirect_observations = 2");
    for _ in 0..3 {
        bench.run(&["once", "--force"]).expect(0);
    }
    assert_eq!((site.hits("/feed").len(), site.hits("/new").len()), (2, 3));
    assert_eq!(
        bench.ask("SELECT effective_url LIKE '%/new', url LIKE '%/feed' FROM feeds"),
        "1|1"
    );
    for _ in 0..4 {
        bench.run(&["once", "--force"]);
    }
    assert_eq!(
        bench.ask("SELECT effective_url LIKE '%/feed', health FROM feeds"),
        "1|ok"
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
fn a_window_that_rolled_without_overlap_is_a_gap() {
    let site = Site::open();
    let links: Vec<String> = (0..6).map(|n| site.url(&format!("/{n}"))).collect();
    site.on("/feed", move |hit| {
        let window = &links[hit.nth * 3..hit.nth * 3 + 3];
        let items: Vec<_> = window
            .iter()
            .map(|link| (link.as_str(), link.as_str(), "t", "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    let bench = bench(&site, "");
    for _ in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
    }
    assert_eq!(
        bench.ask("SELECT count(*), sum(from_at IS NOT NULL) FROM gaps"),
        "1|1"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM entries"), "6");
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
fn redirects_to_a_host_that_cannot_be_reached_leave_no_poll_hanging() {
    let site = Site::open();
    let mut config = QUICK
        .replace("[polling]", "[polling]\noutage_hosts = 100")
        .replace("host_concurrency = 8", "host_concurrency = 4");
    for n in 0..12 {
        site.on(&format!("/feed{n}"), |_| {
            Reply::new(302).with("location", "http://127.0.0.77:9/elsewhere")
        });
        config.push_str(&feed(&site.url(&format!("/feed{n}")), ""));
    }
    let bench = Bench::new(&config);
    bench.run(&["once"]).expect(1);
    assert_eq!(bench.ask("SELECT count(*) FROM feeds WHERE last_outcome = 'connect_refused' OR next_poll_reason = 'unreachable'"), "12");
}

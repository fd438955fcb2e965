//! Freshness and hints: scenarios 15 to 20.

use super::{bench, bench_of, due, force, headers};
use crate::support::{QUICK, Reply, Site, feed, rss};

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
fn freshness_beyond_the_slowest_interval_is_polled_at_the_slowest() {
    let site = Site::open();
    site.on("/feed", |_| {
        Reply::ok(rss(&[]))
            .with("etag", "\"1\"")
            .with("cache-control", "max-age=8640000")
    });
    let bench = bench(&site, "jitter = 0.0");
    bench.run(&["once"]).expect(0);
    assert_eq!(due(&bench), "1440|fresh");
}

#[test]
fn an_operator_can_decide_against_freshness_and_the_floor_stays() {
    let site = Site::open();
    site.on("/feed", |_| {
        Reply::ok(rss(&[]))
            .with("etag", "\"1\"")
            .with("cache-control", "max-age=7200")
    });
    let told = feed(
        &site.url("/feed"),
        "respect_cache_control = false\ninterval = \"1m\"",
    );
    let bench = bench_of("jitter = 0.0", &told);
    bench.run(&["once"]).expect(0);
    assert_eq!(due(&bench), "1|interval");
    let slower = QUICK.replace(
        "unconditional_floor = \"1ms\"",
        "unconditional_floor = \"9m\"\njitter = 0.0",
    );
    bench.configure(&format!("{slower}{told}"));
    site.on("/feed", |_| {
        Reply::ok(rss(&[])).with("cache-control", "max-age=7200")
    });
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(due(&bench), "9|unconditional_floor");
}

#[test]
fn directives_that_are_not_about_polling_change_nothing_and_the_next_request_is_conditional() {
    for words in [
        "no-cache",
        "no-store",
        "must-revalidate",
        "s-maxage=5, stale-while-revalidate=9",
        "max-age=0",
        "no-cache, max-age=9000",
    ] {
        let site = Site::open();
        site.on("/feed", move |_| {
            Reply::ok(rss(&[]))
                .with("etag", "\"1\"")
                .with("cache-control", words)
        });
        let bench = bench(&site, "jitter = 0.0");
        bench.run(&["once"]).expect(0);
        assert_eq!(due(&bench), "60|adaptive", "{words}");
        force(&bench, 1);
        assert!(
            headers(&site.hits("/feed"), "if-none-match")[1].is_some(),
            "{words}"
        );
    }
}

#[test]
fn what_the_document_asks_for_is_heeded_and_the_latest_wins() {
    for (head, cache, expected) in [
        ("<ttl>180</ttl>", "max-age=60", "180|ttl"),
        ("<ttl>180</ttl>", "max-age=14400", "240|fresh"),
        ("<ttl>0</ttl>", "", "60|adaptive"),
        ("<ttl>-5</ttl>", "", "60|adaptive"),
        ("<ttl>often</ttl>", "", "60|adaptive"),
        (
            "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">daily</sy:updatePeriod><sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">4</sy:updateFrequency>",
            "",
            "360|ttl",
        ),
    ] {
        let site = Site::open();
        site.on("/feed", move |_| {
            let document = rss(&[]).replace(
                "<description>d</description>",
                &format!("<description>d</description>{head}"),
            );
            Reply::ok(document)
                .with("etag", "\"1\"")
                .with("cache-control", cache)
        });
        let bench = bench(&site, "jitter = 0.0");
        bench.run(&["once"]).expect(0);
        assert_eq!(due(&bench), expected, "{head} {cache}");
    }
}

#[test]
fn hours_to_skip_are_waited_out() {
    let site = Site::open();
    site.on("/feed", |_| {
        // All but one of the twenty-four: whatever the time, it is due in that one.
        let hours: String = (0..24)
            .filter(|hour| *hour != 5)
            .map(|hour| format!("<hour>{hour}</hour>"))
            .collect();
        let asks = format!("<description>d</description><skipHours>{hours}</skipHours>");
        Reply::ok(rss(&[]).replace("<description>d</description>", &asks)).with("etag", "\"1\"")
    });
    let bench = bench(&site, "jitter = 0.0");
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT strftime('%H', next_poll_at) FROM feeds"),
        "05"
    );
}

//! What an operator is told of: events open when something begins and close when it ends.

use crate::support::{Bench, QUICK, Reply, Site, feed, rss};

const KINDS: &str =
    "SELECT kind, closed_at IS NOT NULL, feed_id IS NOT NULL, host FROM events ORDER BY id";

fn bench(site: &Site) -> Bench {
    Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")))
}

#[test]
fn a_refused_feed_is_told_from_a_failing_one_and_both_end_with_the_first_answer() {
    let site = Site::open();
    site.on("/feed", |hit| match hit.nth {
        0..2 => Reply::new(403),
        2..7 => Reply::new(500),
        _ => Reply::ok(rss(&[])),
    });
    let bench = bench(&site);
    let health = |polls| {
        for _ in 0..polls {
            bench.run(&["once", "--force"]);
        }
        bench.ask("SELECT health FROM feeds")
    };
    assert_eq!(health(1), "flaky");
    assert_eq!(health(1), "refused");
    assert_eq!(
        bench
            .run(&["status"])
            .expect(1)
            .stdout
            .matches("refused")
            .count(),
        2
    );
    // The refusal is what is known until failures of another kind have lasted.
    assert_eq!(health(2), "refused");
    assert_eq!(health(1), "failing");
    assert_eq!(bench.rows(KINDS), ["refused|1|1|", "failing|0|1|"]);
    let explained = bench.run(&["explain", &site.url("/feed")]).expect(0).stdout;
    assert!(
        explained.contains("still open: poll after poll fails: the server failed (HTTP 500)"),
        "{explained}"
    );
    assert_eq!(health(3), "ok");
    assert_eq!(bench.rows(KINDS), ["refused|1|1|", "failing|1|1|"]);
    assert_eq!(
        bench.ask("SELECT json_extract(evidence, '$.failures') FROM events WHERE kind = 'failing'"),
        "7"
    );
}

#[test]
fn a_gap_a_move_and_a_farewell_are_events_with_an_end() {
    let site = Site::open();
    let (target, base) = (site.url("/new"), site.base.clone());
    site.on("/feed", move |hit| match hit.nth {
        0..2 => {
            let link = format!("{base}/{}", hit.nth);
            Reply::ok(rss(&[(&link, &link, "t", "s")]))
        }
        2..4 => Reply::new(301).with("location", target.clone()),
        4 => Reply::new(410),
        _ => Reply::ok(rss(&[])),
    });
    site.on("/new", |hit| {
        if hit.nth < 3 {
            Reply::ok(rss(&[]))
        } else {
            Reply::new(404)
        }
    });
    let settings = "redirect_after = \"0s\"\nredirect_observations = 2\ngone_after = \"1ms\"\ngone_observations = 1";
    let config = QUICK.replace("[polling]", &format!("[polling]\n{settings}"));
    let bench = Bench::new(&format!("{config}{}", feed(&site.url("/feed"), "")));
    let after = |polls| {
        for _ in 0..polls {
            bench.run(&["once", "--force"]);
        }
        bench.rows(KINDS)
    };
    assert_eq!(after(2), ["gap|0|1|"]);
    assert_eq!(after(2), ["gap|1|1|", "moved|0|1|"]);
    // The new address fails, home is asked again and says farewell, and later answers.
    assert_eq!(after(5), ["gap|1|1|", "moved|0|1|", "gone|0|1|"]);
    assert_eq!(bench.ask("SELECT health FROM feeds"), "gone");
    assert_eq!(after(4), ["gap|1|1|", "moved|1|1|", "gone|1|1|"]);
}

#[test]
fn a_host_that_asks_for_patience_and_an_outage_are_events_of_their_own() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.nth == 0 {
            Reply::new(429)
        } else {
            Reply::ok(rss(&[]))
        }
    });
    let first = bench(&site);
    first.run(&["once"]).expect(1);
    assert_eq!(first.rows(KINDS), ["throttled|0|0|127.0.0.1"]);
    first.run(&["once", "--force"]).expect(0);
    assert_eq!(first.rows(KINDS), ["throttled|1|0|127.0.0.1"]);

    let mut config = QUICK.replace("[polling]", "[polling]\noutage_hosts = 4");
    for n in 1..=8 {
        // Nobody listens on the discard port of these addresses.
        config.push_str(&feed(&format!("http://127.0.0.{n}:9/feed"), ""));
    }
    let second = Bench::new(&config);
    second.run(&["once"]).expect(1);
    assert_eq!(second.rows(KINDS), ["outage|0|0|"]);
    second.configure(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    second.run(&["once"]).expect(0);
    assert_eq!(second.rows(KINDS), ["outage|1|0|"]);
}

#[test]
fn events_of_a_feed_that_leaves_the_configuration_end() {
    let site = Site::open();
    site.on("/feed", |_| Reply::new(401));
    site.on("/other", |_| Reply::ok(rss(&[])));
    let bench = bench(&site);
    bench.run(&["once"]).expect(1);
    assert_eq!(bench.rows(KINDS), ["refused|0|1|"]);
    bench.configure(&format!("{QUICK}{}", feed(&site.url("/other"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(bench.rows(KINDS), ["refused|1|1|"]);
}

#[test]
fn a_feed_that_stops_publishing_is_quiet_until_it_publishes_again() {
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |hit| {
        // An entry a day for seven weeks, and none in the last ten days and a half.
        let days: &[i64] = if hit.nth < 2 { &[] } else { &[0] };
        let items: String = days
            .iter()
            .copied()
            .chain(10..60)
            .map(|day| {
                let date = (chrono::Utc::now() - chrono::Duration::hours(24 * day + 12)).to_rfc2822();
                format!("<item><link>{base}/{day}</link><title>{day}</title><pubDate>{date}</pubDate></item>")
            })
            .collect();
        Reply::ok(format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"))
    });
    let bench = Bench::new(&format!(
        "{QUICK}{}",
        feed(&site.url("/feed"), "full_text = \"never\"")
    ));
    let health = || {
        bench.run(&["once", "--force"]).expect(0);
        bench.ask("SELECT health FROM feeds")
    };
    assert_eq!(health(), "ok");
    assert_eq!(health(), "quiet");
    // Ten or eleven, by the hour of the day in which this runs.
    assert_eq!(
        bench.ask(
            "SELECT what LIKE 'nothing new for 10 days, in which news were to be expected about 1_ times'
             FROM events WHERE kind = 'silent' AND closed_at IS NULL"
        ),
        "1"
    );
    assert_eq!(health(), "ok");
    assert_eq!(bench.rows(KINDS), ["silent|1|1|"]);
}

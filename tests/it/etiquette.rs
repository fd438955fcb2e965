//! `feedmill etiquette` and `feedmill explain`: what an operator is told of the manners.

use crate::support::{Bench, QUICK, Reply, Site, feed, rss};

#[test]
fn a_clean_log_is_told_from_one_with_polls_under_the_floor() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.header("if-none-match").is_some() {
            Reply::new(304)
        } else {
            Reply::ok(rss(&[])).with("etag", "\"1\"")
        }
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    for _ in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
    }
    assert_eq!(
        bench.rows("SELECT conditional, unconditional, due FROM fetches"),
        ["0|first|first", "1||forced"]
    );
    let told = bench.run(&["etiquette"]).expect(0).stdout;
    assert!(told.contains("all is well"), "{told}");
    // The same log, had nobody asked for the second poll and were the floor what it usually is.
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute_batch(
        "UPDATE _fetch SET due = 'adaptive'; UPDATE _fetch SET unconditional = NULL",
    )
    .unwrap();
    drop(conn);
    bench.configure(&feed(&site.url("/feed"), ""));
    let told = bench.run(&["etiquette", "--json"]).expect(1).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["total"]["under_the_floor"], 1);
    assert_eq!(told["total"]["unconditional"], 1);
    assert_eq!(told["hosts"]["127.0.0.1"]["polls"], 2);
    let later = ["etiquette", "--since", "2100-01-01T00:00:00Z"];
    bench.run(&later).expect(0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn explain_names_the_rule_that_decided_in_words_for_a_stranger() {
    let site = Site::open();
    let answer = |path: &str, reply: Reply| site.on(path, move |_| reply.clone());
    let document = || Reply::ok(rss(&[])).with("etag", "\"1\"");
    let with = |words: &str| {
        let text = rss(&[]).replace("<channel>", &format!("<channel>{words}"));
        Reply::ok(text).with("etag", "\"1\"")
    };
    // Every hour but one that is half a day away.
    let open = (chrono::Timelike::hour(&chrono::Utc::now()) + 12) % 24;
    let hours: String = (0..24)
        .filter(|hour| *hour != open)
        .map(|hour| format!("<hour>{hour}</hour>"))
        .collect();
    // Path, answer, what the feed is told, and words of the explanation.
    let cases: Vec<(&str, Reply, &str, &str)> = vec![
        (
            "/adaptive",
            document(),
            "",
            "how often it has published lately",
        ),
        (
            "/fixed",
            document(),
            "interval = \"2h\"",
            "the interval in the configuration",
        ),
        (
            "/cron",
            document(),
            "schedule = \"0 6 * * *\"",
            "the schedule in the configuration",
        ),
        (
            "/bare",
            Reply::ok(rss(&[])),
            "interval = \"10m\"",
            "gives no ETag or Last-Modified",
        ),
        (
            "/fresh",
            document().with("cache-control", "max-age=86400"),
            "",
            "stays fresh until then",
        ),
        (
            "/ttl",
            with("<ttl>1200</ttl>"),
            "",
            "the feed itself asks for that pause",
        ),
        (
            "/skip",
            with(&format!("<skipHours>{hours}</skipHours>")),
            "",
            "asks not to be polled at the hours",
        ),
        (
            "/patience",
            Reply::new(503).with("retry-after", "7200"),
            "",
            "asked to be left alone until then",
        ),
        (
            "/throttled",
            Reply::new(503),
            "interval = \"10m\"",
            "asked too often",
        ),
        (
            "/error",
            Reply::new(500),
            "",
            "the pause doubles with every failure",
        ),
        (
            "/gone",
            Reply::new(410),
            "",
            "says that it is gone for good",
        ),
        ("/locked", Reply::new(401), "", "wants credentials"),
        (
            "/wall",
            Reply::new(403).with("cf-mitigated", "challenge"),
            "",
            "a wall for browsers stands before it",
        ),
    ];
    let polling =
        "[polling]\nstartup_spread = \"0s\"\n[fetch]\nhost_gap = \"0s\"\nhost_concurrency = 8\n";
    let mut config = polling.to_owned();
    for (path, reply, told, _) in &cases {
        answer(path, reply.clone());
        config.push_str(&feed(&site.url(path), told));
    }
    let bench = Bench::new(&config);
    bench.run(&["once"]).expect(1);
    for (path, _, _, words) in &cases {
        let told = bench.run(&["explain", &site.url(path)]).expect(0).stdout;
        let next = told.lines().find(|line| line.starts_with("next poll"));
        assert!(
            next.is_some_and(|line| line.contains(words)),
            "{path}: {told}"
        );
    }
}

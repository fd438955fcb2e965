//! `feedmill once`: from feeds to articles, and what is kept when something cannot be had.

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

#[test]
fn a_feed_with_validators_is_asked_conditionally_and_the_second_run_adds_no_row() {
    let site = Site::open();
    let document = rss(&[
        ("1", &site.url("/a"), "A", "s"),
        ("2", &site.url("/b"), "B", "s"),
    ]);
    site.on("/feed", move |hit| {
        if hit.header("if-none-match") == Some("W/\"odd'tag\"")
            && hit.header("if-modified-since") == Some("mon,  2 nov 2026")
        {
            Reply::new(304)
        } else {
            Reply::ok(document.clone())
                .with("etag", "W/\"odd'tag\"")
                .with("last-modified", "mon,  2 nov 2026")
        }
    });
    site.on("/a", |_| Reply::html(page("A", "geese")));
    site.on("/b", |_| Reply::html(page("B", "herons")));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let first = bench.run(&["once"]).expect(0);
    assert!(
        first.stdout.contains("2 new entries") && first.stdout.contains("2 new articles"),
        "{}",
        first.stdout
    );
    let rows = "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM articles), (SELECT max(seq) FROM changes)";
    assert_eq!(bench.ask(rows), "2|2|2");
    let second = bench.run(&["once", "--force"]).expect(0);
    assert!(
        second.stdout.contains("1 not modified"),
        "{}",
        second.stdout
    );
    assert_eq!(bench.ask(rows), "2|2|2");
    assert_eq!(site.hits("/feed").len(), 2);
    assert_eq!(
        bench.ask("SELECT polls, polls_304, last_outcome FROM feeds"),
        "2|1|not_modified"
    );
    // Manners: identified, no cookie, no referrer.
    let asked = &site.hits("/feed")[0];
    assert!(
        asked
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("feedmill/"))
    );
    assert!(asked.header("cookie").is_none() && asked.header("referer").is_none());
}

#[test]
fn pages_that_cannot_be_had_end_as_typed_outcomes_that_are_due_again_with_the_feed_s_words_stored()
{
    let site = Site::open();
    let paths = [
        "/good", "/down", "/missing", "/moved", "/silent", "/picture",
    ];
    let links: Vec<String> = paths.iter().map(|path| site.url(path)).collect();
    let words = "The feed itself says of this a sentence that is long enough to be kept as the words of an article.";
    let items: Vec<_> = links
        .iter()
        .zip(paths)
        .map(|(link, path)| (path, link.as_str(), path, words))
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/good", |_| Reply::html(page("Good", "swans")));
    site.on("/down", |_| Reply::new(503));
    let target = site.url("/arrived");
    site.on("/moved", move |_| {
        Reply::new(302).with("location", target.clone())
    });
    site.on("/arrived", |_| Reply::html(page("Arrived", "cranes")));
    site.on("/silent", |_| Reply::silence());
    site.on("/picture", |_| {
        Reply::ok([0xff, 0xd8, 0xff]).with("content-type", "image/jpeg")
    });
    let bench = Bench::new(&format!(
        "{QUICK}{}",
        feed(&site.url("/feed"), "full_text = \"always\"")
    ));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.rows("SELECT replace(url, rtrim(url, replace(url, '/', '')), '/'), state, attempts, outcome, next_at > updated_at FROM failures ORDER BY outcome"),
        ["/missing|pending|1|not_found|1", "/picture|dead|1|not_html|", "/silent|pending|1|timeout|1", "/down|pending|1|unavailable|1"]
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'ok'"),
        "2"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM articles WHERE status = 'feed_only' AND method = 'feed' AND text LIKE 'The feed itself says%'"), "4");
    assert_eq!(
        bench.ask(
            "SELECT count(*) FROM articles WHERE final_url LIKE '%/arrived' OR url LIKE '%/arrived'"
        ),
        "1"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM entries WHERE article_id IS NULL"),
        "0"
    );
}

#[test]
fn a_page_that_comes_back_replaces_the_feed_s_words_in_the_same_article() {
    let site = Site::open();
    let document = rss(&[(
        "1",
        &site.url("/a"),
        "A",
        "Only a short summary for now, as feeds have it.",
    )]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/a", |hit| {
        if hit.nth == 0 {
            Reply::new(500)
        } else {
            Reply::html(page("A", "terns"))
        }
    });
    let bench = Bench::new(&format!(
        "{QUICK}[articles]\nretry = [\"1ms\"]\n{}",
        feed(&site.url("/feed"), "")
    ));
    bench.run(&["once"]);
    bench.run(&["once"]);
    assert_eq!(bench.ask("SELECT id, status, rev FROM articles"), "1|ok|1");
    assert_eq!(
        bench.rows("SELECT op FROM changes ORDER BY seq"),
        ["new", "update"]
    );
    assert_eq!(bench.ask("SELECT count(*) FROM failures"), "0");
    assert_eq!(site.hits("/a").len(), 2);
}

#[test]
fn an_edited_entry_makes_a_revision_of_the_same_article() {
    let site = Site::open();
    let link = site.url("/a");
    site.on("/feed", move |hit| {
        let description = if hit.nth == 0 {
            "First words."
        } else {
            "Second, corrected words."
        };
        Reply::ok(rss(&[("1", &link, "A", description)]))
    });
    site.on("/a", |hit| {
        Reply::html(page(
            "A",
            if hit.nth == 0 {
                "gulls"
            } else {
                "gulls and terns"
            },
        ))
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*), max(rev) FROM articles"), "1|2");
    assert_eq!(
        bench.ask(
            "SELECT count(*) FROM revisions r WHERE r.rev = 1 AND r.text LIKE '%on gulls says%'"
        ),
        "1"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE text LIKE '%on gulls and terns says%'"),
        "1"
    );
}

#[test]
fn the_same_article_by_two_addresses_is_one_and_the_same_text_at_two_is_one_cluster() {
    let site = Site::open();
    let tracked = site.url("/a?utm_source=rss");
    let one = rss(&[
        ("1", &site.url("/a"), "A", "s"),
        ("2", &site.url("/copy"), "Copy", "s"),
    ]);
    let two = rss(&[("x", &tracked.replace('&', "&amp;"), "A", "s")]);
    site.on("/one", move |_| Reply::ok(one.clone()));
    site.on("/two", move |_| Reply::ok(two.clone()));
    for path in ["/a", "/copy", "/a?utm_source=rss"] {
        site.on(path, |_| Reply::html(page("A", "plovers")));
    }
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/one"), ""),
        feed(&site.url("/two"), "")
    ));
    bench.run(&["once"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM entries"), "3");
    assert_eq!(
        bench.ask("SELECT count(*), count(DISTINCT cluster_id), sum(is_duplicate) FROM articles"),
        "2|1|1"
    );
    assert_eq!(bench.ask("SELECT relation FROM duplicates"), "exact");
}

#[test]
fn an_answer_that_is_no_feed_fails_with_its_kind_and_status_says_why() {
    let site = Site::open();
    site.on("/html", |_| {
        Reply::html("<html><body><h1>Please log in</h1></body></html>")
    });
    site.on("/gone", |_| Reply::new(410));
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/html"), "name = \"Login\""),
        feed(&site.url("/gone"), "")
    ));
    bench.run(&["once"]).expect(1);
    assert_eq!(
        bench.rows("SELECT last_outcome FROM feeds ORDER BY id"),
        ["not_a_feed", "gone"]
    );
    let status = bench.run(&["status"]).expect(1);
    assert!(
        status.stdout.contains("Login") && status.stdout.contains("not_a_feed"),
        "{}",
        status.stdout
    );
    assert!(status.stdout.contains("HTTP 410"), "{}", status.stdout);
}

#[test]
fn a_redirect_out_of_the_allowed_network_is_never_followed() {
    let site = Site::open();
    let forbidden = Site::open();
    let port = forbidden.base.rsplit(':').next().unwrap().to_owned();
    // The same machine by an address outside of 127.0.0.0/16.
    let target = format!("http://127.9.9.9:{port}/feed");
    let link = target.clone();
    site.on("/moved", move |_| {
        Reply::new(302).with("location", target.clone())
    });
    let document = rss(&[(
        "1",
        &link,
        "A",
        "Words of the feed that stay when the page is forbidden to us.",
    )]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/moved"), ""),
        feed(&site.url("/feed"), "")
    ));
    bench.run(&["once"]).expect(1);
    assert_eq!(
        bench.rows("SELECT last_outcome FROM feeds ORDER BY id"),
        ["blocked_address", "changed"]
    );
    assert_eq!(
        bench.ask("SELECT state, outcome FROM failures"),
        "dead|blocked_address"
    );
    assert_eq!(forbidden.all_hits(), 0);
}

#[test]
fn robots_txt_keeps_us_from_a_page_and_is_asked_once() {
    let site = Site::open();
    let document = rss(&[
        (
            "1",
            &site.url("/private/a"),
            "A",
            "Words of the feed about the private page.",
        ),
        ("2", &site.url("/b"), "B", "s"),
    ]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/robots.txt", |_| {
        Reply::ok("User-agent: *\nDisallow: /private/\n")
    });
    site.on("/b", |_| Reply::html(page("B", "larks")));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(site.hits("/robots.txt").len(), 1);
    assert_eq!(site.hits("/private/a").len(), 0);
    assert_eq!(
        bench.ask("SELECT state, outcome FROM failures"),
        "dead|robots"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'feed_only'"),
        "1"
    );
}

#[test]
fn secrets_of_a_feed_are_sent_to_it_and_found_nowhere_else() {
    let site = Site::open();
    let elsewhere = Site::open();
    let target = elsewhere.url("/feed");
    site.on("/feed", |_| Reply::ok(rss(&[])));
    site.on("/moved", move |_| {
        Reply::new(302).with("location", target.clone())
    });
    elsewhere.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new("");
    std::fs::write(bench.path("secret"), "reader:hunter2-basic").unwrap();
    let more = "headers = { x-api-key = \"hunter2-header\" }\ncredentials = \"secret\"";
    bench.configure(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/feed?token=hunter2-query"), more),
        feed(&site.url("/moved"), more)
    ));
    site.on("/feed?token=hunter2-query", |_| Reply::ok(rss(&[])));
    let ran = bench.run(&["once"]).expect(0);
    assert_eq!(
        site.hits("/feed?token=hunter2-query")[0].header("x-api-key"),
        Some("hunter2-header")
    );
    assert!(
        site.hits("/feed?token=hunter2-query")[0]
            .header("authorization")
            .is_some_and(|value| value.starts_with("Basic "))
    );
    let led_away = &elsewhere.hits("/feed")[0];
    assert!(led_away.header("x-api-key").is_none() && led_away.header("authorization").is_none());
    assert!(!ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"));
    assert_eq!(
        bench.ask(
            "SELECT count(*) FROM fetches WHERE url LIKE '%hunter2%' OR detail LIKE '%hunter2%'"
        ),
        "0"
    );
}

#[test]
fn a_robots_txt_that_cannot_be_read_postpones_a_page_and_does_not_end_it() {
    let site = Site::open();
    let document = rss(&[(
        "1",
        &site.url("/a"),
        "A",
        "Words of the feed that stay until the page may be asked for.",
    )]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/robots.txt", |_| Reply::new(503));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT state, outcome, next_at IS NOT NULL FROM failures"),
        "pending|robots_unknown|1"
    );
    assert_eq!(site.hits("/a").len(), 0);
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_fault() {
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    for command in ["status", "schema", "check"] {
        let mut child = bench
            .command(&[command])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_name_that_is_no_feed_s_is_a_mistake_of_the_command_line() {
    let bench = Bench::new(&feed("http://127.0.0.1:9/feed", "name = \"Known\""));
    let ran = bench.run(&["once", "Unknown"]).expect(2);
    assert!(ran.stderr.contains("\"Unknown\""), "{}", ran.stderr);
}

#[test]
fn a_fresh_article_is_looked_at_again_conditionally_and_an_edit_is_a_revision() {
    let site = Site::open();
    let document = rss(&[("1", &site.url("/a"), "A", "s")]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/a", |hit| match (hit.nth, hit.header("if-none-match")) {
        (0, None) => Reply::html(page("A", "geese")).with("etag", "\"1\""),
        (1, Some("\"1\"")) => Reply::new(304),
        (2, Some("\"1\"")) => Reply::new(500),
        (3, Some("\"1\"")) => Reply::html(page("A", "grey geese")),
        (nth, tag) => panic!("request {nth} with {tag:?}"),
    });
    let ladder = "[articles]\nrecheck = [\"1ms\", \"1ms\", \"1ms\"]\n";
    let bench = Bench::new(&format!("{QUICK}{ladder}{}", feed(&site.url("/feed"), "")));
    while site.hits("/a").len() < 4 {
        bench.run(&["once"]).expect(0);
    }
    bench.run(&["once"]).expect(0);
    assert_eq!(site.hits("/a").len(), 4);
    assert_eq!(
        bench.ask("SELECT count(*), max(rev), max(status) FROM articles"),
        "1|2|ok"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM failures"), "0");
}

#[test]
fn a_name_with_one_allowed_address_is_asked_there() {
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let by_name = site.url("/feed").replace("127.0.0.1", "localhost");
    let bench = Bench::new(&format!("{QUICK}{}", feed(&by_name, "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(site.hits("/feed").len(), 1);
}

#[test]
fn the_feeds_of_a_site_are_found_and_subscribed_to() {
    let site = Site::open();
    site.on("/", |_| Reply::html("<html><head><title>A site</title><link rel=alternate type=application/rss+xml title=News href=/news.xml></head><body><p>Hello</p></body></html>"));
    let document = rss(&[("1", &site.url("/a"), "A", "s")]);
    site.on("/news.xml", move |_| Reply::ok(document.clone()));
    site.on("/a", |_| Reply::html(page("A", "geese")));
    let bench = Bench::new(QUICK);
    let shown = bench.run(&["add", &site.url("/")]).expect(0).stdout;
    assert!(
        shown.contains("/news.xml") && shown.contains("allow_networks"),
        "{shown}"
    );
    assert_eq!(
        std::fs::read_to_string(bench.path("feedmill.toml")).unwrap(),
        QUICK
    );
    bench.run(&["add", &site.url("/"), "--write"]).expect(0);
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'ok'"),
        "1"
    );
}

#[test]
fn what_is_subscribed_to_already_or_carries_a_password_is_not_put_into_the_configuration() {
    let site = Site::open();
    site.on("/news.xml", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(QUICK);
    let address = site.url("/news.xml");
    let again = format!("{address}#top");
    let added = bench.run(&["add", &again, &address, "--write"]).expect(0);
    assert!(
        added.stderr.contains("subscribed to already"),
        "{}",
        added.stderr
    );
    let configured = std::fs::read_to_string(bench.path("feedmill.toml")).unwrap();
    assert_eq!(configured.matches("/news.xml\"").count(), 1, "{configured}");
    assert!(!configured.contains('#'), "{configured}");
    bench.run(&["add", &address, "--write"]).expect(0);
    let secret = address.replace("://", "://me:hunter2@");
    let refused = bench.run(&["add", &secret, "--write"]).expect(1);
    assert!(
        refused.stderr.contains("carries a password") && !refused.stderr.contains("hunter2"),
        "{}",
        refused.stderr
    );
    let after = std::fs::read_to_string(bench.path("feedmill.toml")).unwrap();
    assert_eq!(after, configured);
    bench.run(&["check"]).expect(0);
}

#[test]
fn a_feed_is_called_by_its_address_however_that_is_written() {
    let site = Site::open();
    site.on("/", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/"), "")));
    let written = site.url("").replace("http", "HTTP");
    for _ in 0..2 {
        let ran = bench.run(&["once", "--force", &written]).expect(0);
        assert!(ran.stdout.contains("1 of 1 feeds polled"), "{}", ran.stdout);
    }
}

#[test]
fn a_feed_that_is_due_again_before_the_round_ends_is_polled_once_in_it() {
    let site = Site::open();
    let (slow, fast) = (Site::open_at(std::net::Ipv4Addr::new(127, 0, 0, 2)), &site);
    slow.on("/feed", |_| Reply::silence());
    fast.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&fast.url("/feed"), "interval = \"1s\""),
        feed(&slow.url("/feed"), "")
    ));
    // The round lasts as long as the other feed says nothing: twice the interval.
    bench.run(&["once"]).expect(1);
    assert_eq!(fast.hits("/feed").len(), 1);
    assert_eq!(slow.hits("/feed").len(), 1);
}

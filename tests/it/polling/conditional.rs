//! Conditional requests: scenarios 1 to 14.

use super::{bench, bench_of, due, force, headers, raw};
use crate::support::{QUICK, Reply, Site, feed, page, rss};

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

const MODIFIED: &str = "Mon, 02 Nov 2026 08:00:00 GMT";

#[test]
fn only_the_first_of_many_requests_is_unconditional() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.nth == 0 {
            Reply::ok(rss(&[]))
                .with("etag", "\"1\"")
                .with("last-modified", MODIFIED)
        } else {
            Reply::new(304)
        }
    });
    let bench = bench(&site, "");
    force(&bench, 6);
    let hits = site.hits("/feed");
    let tags = headers(&hits, "if-none-match");
    let dates = headers(&hits, "if-modified-since");
    assert_eq!((&tags[0], &dates[0]), (&None, &None));
    assert!(tags[1..].iter().all(|tag| tag.as_deref() == Some("\"1\"")));
    assert!(
        dates[1..]
            .iter()
            .all(|date| date.as_deref() == Some(MODIFIED))
    );
}

#[test]
fn only_the_validator_that_came_is_sent() {
    let site = Site::open();
    site.on("/tag", |_| Reply::ok(rss(&[])).with("etag", "\"1\""));
    site.on("/date", |_| {
        Reply::ok(rss(&[])).with("last-modified", MODIFIED)
    });
    let feeds = [feed(&site.url("/tag"), ""), feed(&site.url("/date"), "")].concat();
    force(&bench_of("", &feeds), 2);
    let (tag, date) = (&site.hits("/tag")[1], &site.hits("/date")[1]);
    assert_eq!(tag.header("if-none-match"), Some("\"1\""));
    assert_eq!(tag.header("if-modified-since"), None);
    assert_eq!(date.header("if-modified-since"), Some(MODIFIED));
    assert_eq!(date.header("if-none-match"), None);
}

#[test]
fn odd_validators_are_echoed_byte_for_byte() {
    let dates = [
        "Mon,  02 Nov 2026 08:00:00 gmt",
        "Monday, 02-Nov-26 08:00:00 GMT",
        "Mon, 02 Nov 2026 09:00:00 +0100",
        "yesterday",
    ];
    let tags = ["W/\"1\"", "unquoted", "\"1-gzip\"", "\"1\";x=\"y\""];
    let site = Site::open();
    let mut feeds = String::new();
    for (n, (date, tag)) in dates.into_iter().zip(tags).enumerate() {
        let path = format!("/feed{n}");
        feeds.push_str(&feed(&site.url(&path), ""));
        site.on(&path, move |_| {
            Reply::ok(rss(&[]))
                .with("etag", tag)
                .with("last-modified", date)
        });
    }
    force(&bench_of("", &feeds), 2);
    for (n, (date, tag)) in dates.into_iter().zip(tags).enumerate() {
        let second = &site.hits(&format!("/feed{n}"))[1];
        assert_eq!(second.header("if-modified-since"), Some(date));
        assert_eq!(second.header("if-none-match"), Some(tag));
    }
}

#[test]
fn validators_of_a_document_that_was_not_read_are_not_kept() {
    let site = Site::open();
    site.on("/feed", |_| {
        Reply::ok("<rss><channel><title>broken off").with("etag", "\"unread\"")
    });
    let short = raw::serve(|nth, request| {
        if nth == 0 {
            raw::answer("content-length: 90000\r\netag: \"cut\"", &rss(&[]))
        } else {
            assert!(!request.contains("if-none-match"), "{request}");
            raw::answer("connection: close", &rss(&[]))
        }
    });
    let feeds = [
        feed(&site.url("/feed"), ""),
        feed(&format!("{short}/feed"), ""),
    ];
    let bench = bench_of("", &feeds.concat());
    bench.run(&["once"]).expect(1);
    assert_eq!(
        bench
            .rows("SELECT last_outcome FROM feeds WHERE last_outcome <> 'truncated'")
            .len(),
        1
    );
    bench.run(&["once", "--force"]);
    assert_eq!(headers(&site.hits("/feed"), "if-none-match"), [None, None]);
    assert_eq!(
        bench.ask("SELECT max(last_outcome = 'unchanged' OR last_outcome = 'changed') FROM feeds"),
        "1"
    );
}

#[test]
fn validators_of_a_document_that_breaks_off_are_kept_once_the_same_came_again() {
    let site = Site::open();
    let whole = rss(&[
        ("1", "https://example.org/1", "one", "s"),
        ("2", "https://example.org/2", "two", "s"),
    ]);
    // Between two entries: nothing but the missing end tells it from a whole one.
    let cut = whole.split_inclusive("</item>").next().unwrap().to_owned();
    site.on("/once", {
        let (whole, cut) = (whole.clone(), cut.clone());
        move |hit| match (hit.nth, hit.header("if-none-match")) {
            (0, _) => Reply::ok(cut.clone()).with("etag", "\"1\""),
            (_, Some(_)) => Reply::new(304),
            _ => Reply::ok(whole.clone()).with("etag", "\"1\""),
        }
    });
    site.on("/always", move |hit| match hit.header("if-none-match") {
        Some(_) => Reply::new(304),
        None => Reply::ok(cut.clone()).with("etag", "\"1\""),
    });
    let feeds = ["/once", "/always"].map(|path| feed(&site.url(path), "full_text = \"never\"\n"));
    let bench = bench_of("", &feeds.concat());
    for _ in 0..3 {
        bench.run(&["once", "--force"]).expect(0);
    }
    for path in ["/once", "/always"] {
        let sent = headers(&site.hits(path), "if-none-match");
        assert_eq!(sent, [None, None, Some("\"1\"".to_owned())], "{path}");
    }
    assert_eq!(
        bench.ask("SELECT group_concat(entries) FROM (SELECT entries FROM feeds ORDER BY id)"),
        "2,1"
    );
}

#[test]
fn after_a_kill_validators_are_sent_only_if_the_entries_are_stored() {
    let mut both = [false, false];
    for round in 0..40 {
        let site = Site::open();
        let document = rss(&[("1", &site.url("/a"), "A", "s")]);
        site.on("/feed", move |_| {
            Reply::ok(document.clone()).with("etag", "\"1\"")
        });
        site.on("/a", |_| Reply::html(page("A", "geese")));
        let bench = bench(&site, "");
        let mut child = bench.spawn(&["once"]);
        if round % 2 == 0 {
            site.wait_for_hits("/feed", 1);
        } else {
            site.wait_for_hits("/a", 1);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let stored = bench.ask("SELECT count(*) FROM entries") == "1";
        bench.run(&["once", "--force"]).expect(0);
        let sent = site.hits("/feed")[1].header("if-none-match").is_some();
        assert_eq!(sent, stored);
        both[usize::from(stored)] = true;
    }
    assert_eq!(both, [true, true], "kills on both sides of the commit");
}

#[test]
fn a_304_to_an_unconditional_request_is_a_failure() {
    let site = Site::open();
    site.on("/feed", |_| Reply::new(304));
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(
        bench.ask("SELECT last_outcome, failures, polls_304, last_ok_at IS NULL FROM feeds"),
        "unasked_not_modified|2|2|1"
    );
}

/// Answers 304 to whoever asks conditionally, whatever has happened since.
fn stubborn(site: &Site, tag: impl Fn(usize) -> String + Send + Sync + 'static) {
    let links: Vec<String> = (0..9).map(|n| site.url(&format!("/{n}"))).collect();
    site.on("/feed", move |hit| {
        if hit.header("if-none-match").is_some() {
            return Reply::new(304);
        }
        let items: Vec<_> = links
            .iter()
            .take(hit.nth + 1)
            .map(|link| (link.as_str(), link.as_str(), "t", "s"))
            .collect();
        Reply::ok(rss(&items)).with("etag", tag(hit.nth))
    });
}

#[test]
fn a_server_that_calls_a_changed_document_not_modified_is_not_believed_any_more() {
    // By its own validators, and by entries that are older than its last 304.
    let tags: [fn(usize) -> String; 2] = [|_| "\"1\"".to_owned(), |nth| format!("\"{nth}\"")];
    for tag in tags {
        let site = Site::open();
        stubborn(&site, tag);
        let bench = bench(&site, "jitter = 0.0\nrevalidate_after = \"1ms\"");
        force(&bench, 3);
        let asked = headers(&site.hits("/feed"), "if-none-match");
        assert_eq!(
            asked.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert_eq!(
            bench.ask("SELECT distrusted_at IS NOT NULL FROM feeds"),
            "1"
        );
        // From now on at the slower floor, and unconditionally.
        let told = QUICK.replace(
            "unconditional_floor = \"1ms\"",
            "unconditional_floor = \"3h\"",
        );
        let told = told.replace("[polling]", "[polling]\njitter = 0.0");
        bench.configure(&format!("{told}{}", feed(&site.url("/feed"), "")));
        force(&bench, 2);
        assert!(
            headers(&site.hits("/feed"), "if-none-match")[3..]
                .iter()
                .all(Option::is_none)
        );
        assert_eq!(due(&bench), "180|unconditional_floor");
    }
}

#[test]
fn a_server_that_has_changed_nothing_keeps_being_believed() {
    let site = Site::open();
    site.on("/feed", |hit| {
        if hit.header("if-none-match").is_some() {
            Reply::new(304)
        } else {
            Reply::ok(rss(&[("1", "https://example.org/1", "t", "s")])).with("etag", "\"1\"")
        }
    });
    let bench = bench(&site, "revalidate_after = \"1ms\"");
    force(&bench, 4);
    let asked = headers(&site.hits("/feed"), "if-none-match");
    assert_eq!(
        asked.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, false, true]
    );
    assert_eq!(bench.ask("SELECT distrusted_at FROM feeds"), "");
}

#[test]
fn a_document_that_differs_only_around_its_entries_is_unchanged_and_polled_less_often() {
    let site = Site::open();
    let link = site.url("/a");
    site.on("/feed", move |hit| {
        let document = rss(&[("1", &link, "A", "s")]);
        let around = format!("<!-- nonce {} --><lastBuildDate>Mon, 02 Nov 2026 08:00:{:02} GMT</lastBuildDate><item>", hit.nth, hit.nth);
        Reply::ok(document.replacen("<item>", &around, 1)).with("etag", format!("\"{}\"", hit.nth))
    });
    site.on("/a", |_| Reply::html(page("A", "geese")));
    let bench = bench(&site, "jitter = 0.0");
    let mut waits = Vec::new();
    for _ in 0..4 {
        bench.run(&["once", "--force"]).expect(0);
        waits.push(due(&bench));
    }
    assert_eq!(
        bench.ask("SELECT last_outcome, polls FROM feeds"),
        "unchanged|4"
    );
    assert_eq!(bench.ask("SELECT count(*), max(rev) FROM articles"), "1|1");
    assert_eq!(
        waits,
        ["60|adaptive", "60|adaptive", "60|adaptive", "60|adaptive"]
    );
}

#[test]
fn a_huge_etag_is_not_kept_and_the_feed_works() {
    let site = Site::open();
    site.on("/feed", |_| {
        Reply::ok(rss(&[])).with("etag", format!("\"{}\"", "x".repeat(5000)))
    });
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(headers(&site.hits("/feed"), "if-none-match"), [None, None]);
    assert_eq!(
        bench.ask("SELECT failures, last_outcome FROM feeds"),
        "0|unchanged"
    );
}

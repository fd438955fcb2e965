//! Redirects, identity and secrets: scenarios 34 to 39.

use super::{bench, bench_of, force, headers};
use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

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

#[test]
fn a_passing_redirect_is_followed_and_the_address_asked_again() {
    for status in [301, 302, 303, 307, 308] {
        let site = Site::open();
        let target = site.url("/new");
        site.on("/feed", move |_| {
            Reply::new(status).with("location", target.clone())
        });
        site.on("/new", |_| Reply::ok(rss(&[])));
        let bench = bench(&site, "");
        force(&bench, 3);
        assert_eq!(
            (site.hits("/feed").len(), site.hits("/new").len()),
            (3, 3),
            "{status}"
        );
        assert_eq!(
            bench.ask("SELECT effective_url = url, health FROM feeds"),
            "1|ok"
        );
    }
}

#[test]
fn a_permanent_redirect_to_something_that_is_no_feed_is_never_adopted() {
    for reply in [
        Reply::html("<html><form>Log in</form></html>"),
        Reply::new(503),
        Reply::new(404),
    ] {
        let site = Site::open();
        let target = site.url("/login");
        site.on("/feed", move |_| {
            Reply::new(301).with("location", target.clone())
        });
        site.on("/login", move |_| reply.clone());
        let bench = bench(&site, "redirect_after = \"0s\"\nredirect_observations = 1");
        force(&bench, 3);
        assert_eq!(
            bench.ask("SELECT effective_url = url, failures FROM feeds"),
            "1|3"
        );
    }
}

#[test]
fn of_a_chain_only_the_leading_permanent_hops_are_adopted() {
    let site = Site::open();
    for (from, status, to) in [
        ("/feed", 301, "/a"),
        ("/a", 308, "/b"),
        ("/b", 302, "/c"),
        ("/c", 301, "/d"),
    ] {
        let to = site.url(to);
        site.on(from, move |_| {
            Reply::new(status).with("location", to.clone())
        });
    }
    site.on("/d", |_| Reply::ok(rss(&[])));
    let bench = bench(&site, "redirect_after = \"0s\"\nredirect_observations = 2");
    force(&bench, 3);
    assert_eq!(
        bench.ask("SELECT effective_url LIKE '%/b', url LIKE '%/feed' FROM feeds"),
        "1|1"
    );
    assert_eq!(site.hits("/feed").len(), 2);
}

#[test]
fn redirects_that_lead_nowhere_are_failures_with_their_kind() {
    let site = Site::open();
    let mut feeds = String::new();
    let mut redirect = |name: &str, from: &str, to: &str| {
        let to = to.to_owned();
        site.on(from, move |_| Reply::new(301).with("location", to.clone()));
        if !name.is_empty() {
            feeds.push_str(&feed(&site.url(from), &format!("name = \"{name}\"")));
        }
    };
    redirect("loop", "/x", "/y");
    redirect("", "/y", "/x");
    redirect("itself", "/z", "/z");
    for n in 0..7 {
        redirect(
            if n == 0 { "hops" } else { "" },
            &format!("/hop{n}"),
            &format!("/hop{}", n + 1),
        );
    }
    redirect("file", "/file", "file:///etc/passwd");
    redirect("mail", "/mail", "mailto:a@example.org");
    site.on("/nowhere", |_| Reply::new(302));
    feeds.push_str(&feed(&site.url("/nowhere"), "name = \"nowhere\""));
    let bench = bench_of("redirect_after = \"0s\"\nredirect_observations = 1", &feeds);
    bench.run(&["once"]).expect(1);
    assert_eq!(
        bench.rows("SELECT name, last_outcome FROM feeds ORDER BY name"),
        [
            "file|bad_redirect",
            "hops|too_many_redirects",
            "itself|too_many_redirects",
            "loop|too_many_redirects",
            "mail|bad_redirect",
            "nowhere|bad_redirect"
        ]
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM feeds WHERE effective_url <> url"),
        "0"
    );
    assert_eq!(site.hits("/hop6").len(), 0);
    assert_eq!(site.hits("/x").len(), 1, "a circle is not gone round");
}

/// Two feeds that lead to `/feed`, and a third that is there already.
fn twins(site: &Site, at_home: bool) -> String {
    let document = rss(&[
        ("1", &site.url("/a"), "A", "s"),
        ("2", &site.url("/b"), "B", "s"),
    ]);
    for path in ["/one", "/two"] {
        let target = site.url("/feed");
        site.on(path, move |_| {
            Reply::new(302).with("location", target.clone())
        });
    }
    site.on("/feed", move |hit| {
        let known = hit.header("if-none-match") == Some("\"1\"");
        let reply = if known {
            Reply::new(304)
        } else {
            Reply::ok(document.clone())
        };
        reply.with("etag", "\"1\"")
    });
    site.on("/a", |_| Reply::html(page("A", "geese")));
    site.on("/b", |_| Reply::html(page("B", "herons")));
    let mut feeds = feed(&site.url("/one"), "") + &feed(&site.url("/two"), "");
    if at_home {
        feeds.push_str(&feed(&site.url("/feed"), ""));
    }
    feeds
}

#[test]
fn feeds_that_lead_to_one_document_are_polled_once_and_have_its_entries_once() {
    let site = Site::open();
    let bench = bench_of("", &twins(&site, false));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT count(*), count(DISTINCT feed_id) FROM entries"),
        "2|1"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "2");
    assert_eq!(
        bench.rows("SELECT merged_into IS NULL, next_poll_reason FROM feeds ORDER BY merged_into"),
        ["1|unconditional_floor", "0|merged"]
            .map(|row| row.replace("unconditional_floor", "adaptive"))
    );
    let merged = bench.ask("SELECT url FROM feeds WHERE merged_into IS NOT NULL");
    let other = bench.ask("SELECT url FROM feeds WHERE merged_into IS NULL");
    let told = bench.run(&["explain", &merged]).expect(0).stdout;
    assert!(told.contains(&format!("merged into {other}")), "{told}");
    let before = site.hits("/feed").len();
    assert_eq!(before, 2);
    // When both are due there is one request.
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute(
        "UPDATE _feed SET next_poll_at = '2026-01-01T00:00:00.000Z' WHERE merged_into IS NULL",
        [],
    )
    .unwrap();
    bench.run(&["once"]).expect(0);
    assert_eq!(site.hits("/feed").len(), before + 1);
}

#[test]
fn the_feed_at_home_has_the_document_and_the_others_are_merged_into_it() {
    let site = Site::open();
    let bench = bench_of("", &twins(&site, true));
    force(&bench, 2);
    assert_eq!(
        bench.ask("SELECT count(*), count(DISTINCT e.feed_id), max(f.url LIKE '%/feed') FROM entries e JOIN feeds f ON f.id = e.feed_id"),
        "2|1|1"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM feeds f JOIN feeds p ON p.id = f.merged_into WHERE p.url LIKE '%/feed'"),
        "2"
    );
}

#[test]
fn what_retention_took_from_a_merged_feed_does_not_come_back_as_new_where_the_document_is_at_home()
{
    let site = Site::open();
    let feeds = twins(&site, false);
    let bench = bench_of("", &feeds);
    bench.run(&["once"]).expect(0);
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute_batch(
        "INSERT INTO _purged SELECT feed_id, uid FROM _entry WHERE title = 'A'; DELETE FROM _entry WHERE title = 'A'",
    )
    .unwrap();
    drop(conn);
    let home = feed(&site.url("/feed"), "");
    bench.configure(&format!("{QUICK}{feeds}{home}"));
    force(&bench, 2);
    assert_eq!(
        bench.rows(
            "SELECT e.title, f.url LIKE '%/feed' FROM entries e JOIN feeds f ON f.id = e.feed_id"
        ),
        ["B|1"]
    );
}

#[test]
fn a_merged_feed_is_polled_for_itself_again_when_the_other_one_is_removed_or_it_leads_elsewhere() {
    let site = Site::open();
    let feeds = twins(&site, true);
    let bench = bench_of("", &feeds);
    force(&bench, 2);
    let elsewhere = rss(&[("3", &site.url("/c"), "C", "s")]);
    site.on("/one", move |_| Reply::ok(elsewhere.clone()));
    force(&bench, 1);
    assert_eq!(
        bench.ask("SELECT merged_into IS NULL, entries FROM feeds WHERE url LIKE '%/one'"),
        "1|1"
    );
    bench.configure(&format!("{QUICK}{}", feed(&site.url("/two"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT merged_into IS NULL, entries, last_outcome IN ('changed', 'unchanged') FROM feeds WHERE url LIKE '%/two'"),
        "1|2|1"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE title IN ('A', 'B')"),
        "2"
    );
}

#[test]
fn no_cookie_is_kept_and_no_referrer_sent() {
    let site = Site::open();
    let target = site.url("/new");
    site.on("/feed", move |_| {
        Reply::new(302)
            .with("location", target.clone())
            .with("set-cookie", "a=1; Path=/")
    });
    let link = site.url("/a");
    site.on("/new", move |_| {
        Reply::ok(rss(&[("1", &link, "A", "s")])).with("set-cookie", "b=2; Path=/")
    });
    site.on("/a", |_| {
        Reply::html(page("A", "geese")).with("set-cookie", "c=3; Path=/")
    });
    force(&bench(&site, ""), 2);
    for path in ["/feed", "/new", "/a"] {
        let hits = site.hits(path);
        assert!(!hits.is_empty());
        for name in ["cookie", "referer"] {
            assert!(
                headers(&hits, name).iter().all(Option::is_none),
                "{path} {name}"
            );
        }
    }
}

#[test]
fn secrets_stay_at_home_also_where_an_address_was_adopted() {
    let site = Site::open();
    let other = Site::open();
    let target = other.url("/feed");
    site.on("/feed", move |_| {
        Reply::new(301).with("location", target.clone())
    });
    other.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new("");
    std::fs::write(bench.path("secret"), "reader:hunter2").unwrap();
    let polling = QUICK.replace(
        "[polling]",
        "[polling]\nredirect_after = \"0s\"\nredirect_observations = 1",
    );
    let more = "headers = { x-api-key = \"hunter2\" }\ncredentials = \"secret\"";
    bench.configure(&format!("{polling}{}", feed(&site.url("/feed"), more)));
    force(&bench, 3);
    assert_eq!(bench.ask("SELECT effective_url <> url FROM feeds"), "1");
    for name in ["x-api-key", "authorization"] {
        assert!(
            headers(&site.hits("/feed"), name)
                .iter()
                .all(Option::is_some)
        );
        assert!(
            headers(&other.hits("/feed"), name)
                .iter()
                .all(Option::is_none),
            "{name}"
        );
    }
}

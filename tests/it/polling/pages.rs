//! Pages: scenarios 50 to 55.

use std::time::Duration;

use super::{bench, bench_of};
use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss, story, wait_until};

/// A feed with entries that lead to these paths of the site.
fn entries(site: &Site, paths: &[String]) -> String {
    let links: Vec<String> = paths.iter().map(|path| site.url(path)).collect();
    let words =
        "The feed itself says of this a sentence that is long enough to be kept as its words.";
    let items: Vec<_> = links
        .iter()
        .map(|link| (link.as_str(), link.as_str(), "t", words))
        .collect();
    rss(&items)
}

fn feed_of(site: &Site, paths: &[String]) {
    let document = entries(site, paths);
    site.on("/feed", move |_| {
        Reply::ok(document.clone()).with("etag", "\"1\"")
    });
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("/page{n}")).collect()
}

#[test]
fn robots_txt_is_read_as_its_rfc_says() {
    // (answer to /robots.txt, whether /a?b=%41 may be fetched, outcome otherwise)
    let cases: [(Reply, &str); 9] = [
        (Reply::new(404), ""),
        (Reply::new(403), ""),
        (Reply::new(500), "robots_unknown"),
        (Reply::new(429), "robots_unknown"),
        (
            Reply::ok("User-agent: *\nDisallow: /a\nAllow: /a/story"),
            "",
        ),
        (
            Reply::ok("User-agent: *\nDisallow: /a/story\nAllow: /a/story"),
            "",
        ),
        (
            Reply::ok("\u{feff}User-agent: *\nDisallow: /*/story$"),
            "robots",
        ),
        (Reply::ok("User-agent: *\nDisallow: /a/%73tory"), "robots"),
        (Reply::ok("User-agent: somebody\nDisallow: /"), ""),
    ];
    for (reply, outcome) in cases {
        let site = Site::open();
        feed_of(&site, &["/a/story".to_owned()]);
        site.on("/a/story", |_| Reply::html(page("A", "geese")));
        let answer = reply.clone();
        site.on("/robots.txt", move |_| answer.clone());
        let bench = bench(&site, "");
        bench.run(&["once"]).expect(0);
        let told = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!(
            bench.ask("SELECT outcome FROM failures"),
            outcome,
            "{} {told}",
            reply.status
        );
        assert_eq!(
            site.hits("/a/story").is_empty(),
            !outcome.is_empty(),
            "{told}"
        );
    }
}

#[test]
fn robots_txt_is_asked_once_however_many_pages_wait_and_its_redirects_are_followed() {
    let site = Site::open();
    let pages = numbered(20);
    feed_of(&site, &pages);
    for path in &pages {
        let seed = path.clone();
        site.on(path, move |_| Reply::html(page("A", &seed)));
    }
    let target = site.url("/rules");
    site.on("/robots.txt", move |_| {
        Reply::new(301).with("location", target.clone())
    });
    site.on("/rules", |_| Reply::ok("User-agent: *\nDisallow: /page7"));
    let bench = bench(&site, "");
    bench.run(&["once"]).expect(0);
    assert_eq!(
        (site.hits("/robots.txt").len(), site.hits("/rules").len()),
        (1, 1)
    );
    assert_eq!(site.hits("/page7").len(), 0);
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'ok'"),
        "19"
    );
}

#[test]
fn pages_keep_the_gap_and_the_feed_of_their_host_goes_before_them() {
    const GAP: Duration = Duration::from_millis(200);
    let site = Site::open();
    let pages = numbered(30);
    feed_of(&site, &pages);
    for path in &pages {
        let seed = path.clone();
        site.on(path, move |_| Reply::html(page("A", &seed)));
    }
    let told = QUICK.replace(
        "host_gap = \"0s\"\nhost_concurrency = 8",
        "host_gap = \"200ms\"\nhost_concurrency = 1",
    );
    let bench = Bench::new(&format!(
        "{told}{}",
        feed(&site.url("/feed"), "interval = \"1s\"\nrobots = \"ignore\"")
    ));
    let mut service = bench.spawn(&["run"]);
    wait_until("all pages are asked for", || {
        pages.iter().all(|path| !site.hits(path).is_empty())
    });
    service.kill().unwrap();
    service.wait().unwrap();
    // Measured where requests arrive: what the machine does in between comes on top.
    let starts: Vec<_> = pages.iter().map(|path| site.hits(path)[0].at).collect();
    let (first, last) = (starts.iter().min().unwrap(), starts.iter().max().unwrap());
    let span = last.duration_since(*first);
    assert!(span >= GAP * 28, "{span:?}");
    // Five gaps make a second, and a second is the feed's interval.
    let paths = site.paths();
    let between: Vec<usize> = paths
        .split(|path| path == "/feed")
        .map(<[_]>::len)
        .collect();
    assert!(between.iter().all(|pages| *pages <= 8), "{between:?}");
    assert!(between.len() >= 5);
}

#[test]
fn a_page_is_tried_again_on_its_ladder_to_success_or_the_end_of_it() {
    let site = Site::open();
    feed_of(&site, &["/back".to_owned(), "/lost".to_owned()]);
    site.on("/back", |hit| {
        if hit.nth < 2 {
            Reply::new(503)
        } else {
            Reply::html(page("A", "geese"))
        }
    });
    site.on("/lost", |_| Reply::new(503));
    let bench = Bench::new(&format!(
        "{QUICK}[articles]\nretry = [\"1ms\", \"1ms\", \"1ms\"]\n{}",
        feed(&site.url("/feed"), "")
    ));
    for _ in 0..6 {
        bench.run(&["once"]).expect(0);
    }
    assert_eq!((site.hits("/back").len(), site.hits("/lost").len()), (3, 4));
    assert_eq!(
        bench.rows("SELECT state, attempts, outcome FROM failures"),
        ["dead|4|unavailable"]
    );
    assert_eq!(
        bench.rows("SELECT status FROM articles ORDER BY status"),
        ["feed_only", "ok"]
    );
}

#[test]
fn when_the_first_pages_of_a_host_are_refused_the_rest_wait_unspent() {
    let site = Site::open();
    let pages = numbered(30);
    feed_of(&site, &pages);
    for path in &pages {
        site.on(path, |_| Reply::new(403));
    }
    let quick = QUICK.replace("host_concurrency = 8", "host_concurrency = 1");
    let bench = Bench::new(&format!("{quick}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    let asked = pages
        .iter()
        .filter(|path| !site.hits(path).is_empty())
        .count();
    assert_eq!(asked, 3);
    assert_eq!(
        bench.ask("SELECT count(*), sum(attempts) FROM failures"),
        "3|3"
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'feed_only'"),
        "30"
    );
    // The feed itself is not held, and the pages are had when the wall is gone.
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(site.hits("/feed").len(), 2);
    for path in &pages {
        let seed = path.clone();
        site.on(path, move |_| Reply::html(page("A", &seed)));
    }
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute("UPDATE _page SET next_at = '2026-01-01T00:00:00.000Z'", [])
        .unwrap();
    drop(conn);
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE status = 'ok'"),
        "30"
    );
}

#[test]
fn what_is_no_article_ends_with_its_kind_and_the_feed_s_words_stay() {
    let long = "y".repeat(6 << 20);
    let cases: [(&str, Reply, &str); 7] = [
        (
            "/pdf",
            Reply::ok("%PDF-1.7 binary").with("content-type", "application/pdf"),
            "not_html",
        ),
        (
            "/zip",
            Reply::ok("PK\u{3}\u{4}").with("content-type", "application/zip"),
            "not_html",
        ),
        (
            "/video",
            Reply::ok([0, 0, 0, 24]).with("content-type", "video/mp4"),
            "not_html",
        ),
        ("/large", Reply::html(format!("<p>{long}</p>")), "too_large"),
        (
            "/script",
            Reply::html("<html><body><div id=root></div><script>render()</script></body></html>"),
            "no_article",
        ),
        ("/empty", Reply::html(""), "empty"),
        ("/gone", Reply::new(410), "gone"),
    ];
    let site = Site::open();
    let paths: Vec<String> = cases.iter().map(|(path, ..)| (*path).to_owned()).collect();
    feed_of(&site, &paths);
    let mut expected = Vec::new();
    for (path, reply, outcome) in cases {
        site.on(path, move |_| reply.clone());
        expected.push(format!("{path}|{outcome}"));
    }
    let bench = bench_of("", &feed(&site.url("/feed"), "full_text = \"always\""));
    bench.run(&["once"]).expect(0);
    expected.sort();
    assert_eq!(bench.rows("SELECT replace(url, rtrim(url, replace(url, '/', '')), '/') AS path, outcome FROM failures ORDER BY path"), expected);
    assert_eq!(
        bench.ask("SELECT count(*), min(status) FROM articles"),
        "7|feed_only"
    );
}

#[test]
fn of_a_page_that_is_given_up_the_feed_s_content_stands_in_the_article_alone() {
    let site = Site::open();
    let link = site.url("/page");
    site.on("/feed", move |hit| {
        let text = format!("{} Edited {} times.", story("geese").join(" "), hit.nth);
        let content = format!("<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>");
        let document = rss(&[(&link, &link, "Geese", "In short.")]);
        Reply::ok(document.replace("</item>", &format!("{content}</item>")))
    });
    site.on("/page", |_| Reply::new(410));
    let bench = bench_of("", &feed(&site.url("/feed"), "full_text = \"always\""));
    for nth in 0..2 {
        bench.run(&["once", "--force"]).expect(0);
        let text = format!("SELECT status, text LIKE '%Edited {nth} times.' FROM articles");
        assert_eq!(bench.ask(&text), "feed_only|1");
        assert_eq!(bench.ask("SELECT state FROM failures"), "dead");
        assert_eq!(bench.ask("SELECT count(*) FROM _entry_content"), "0");
    }
}

#[test]
fn behind_a_link_shortener_the_final_address_is_the_identity() {
    let short = Site::open_at([127, 0, 0, 3].into());
    let site = Site::open();
    let target = site.url("/story");
    for path in ["/x", "/y"] {
        let target = target.clone();
        short.on(path, move |_| {
            Reply::new(301).with("location", target.clone())
        });
    }
    site.on("/story", |_| Reply::html(page("A", "geese")));
    let document = entries(&short, &["/x".to_owned(), "/y".to_owned()]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    let bench = bench(&site, "");
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT count(*), min(url) FROM articles"),
        format!("1|{target}")
    );
    assert_eq!(
        bench.ask("SELECT count(DISTINCT article_id) FROM entries"),
        "1"
    );
}

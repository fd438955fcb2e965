//! What sites and pages ask of robots: kept, and recorded with the article.

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

#[test]
fn robots_txt_is_asked_once_a_day_however_often_the_program_starts() {
    let site = Site::open();
    let links: Vec<String> = (0..3).map(|n| site.url(&format!("/{n}"))).collect();
    for n in 0..3 {
        site.on(&format!("/{n}"), move |_| {
            Reply::html(page(&format!("Page {n}"), &format!("bird {n}")))
        });
    }
    site.on("/feed", move |hit| {
        let link = links[hit.nth].as_str();
        Reply::ok(rss(&[(link, link, "t", "s")]))
    });
    site.on("/robots.txt", |_| {
        Reply::ok("User-agent: *\nDisallow: /2\n")
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    for _ in 0..3 {
        bench.run(&["once", "--force"]);
    }
    assert_eq!(site.hits("/robots.txt").len(), 1);
    assert_eq!((site.hits("/1").len(), site.hits("/2").len()), (1, 0));
    assert_eq!(
        bench.rows("SELECT status, outcome, conditional, url LIKE '%/robots.txt' FROM fetches WHERE kind = 'robots'"),
        ["200|ok|0|1"]
    );
    // What is kept does not outlive its day.
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute_batch("UPDATE _robots SET until = '2026-01-01T00:00:00.000Z'; UPDATE _page SET state = 'pending', next_at = '2026-01-01T00:00:00.000Z'")
        .unwrap();
    drop(conn);
    bench.run(&["once", "--force"]);
    assert_eq!(site.hits("/robots.txt").len(), 2);
}

#[test]
fn what_a_page_asks_of_robots_is_recorded_with_its_article() {
    let site = Site::open();
    let document = rss(&[
        ("1", &site.url("/asks"), "Asks", "s"),
        ("2", &site.url("/silent"), "Silent", "s"),
    ]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    let asks = page("Asks", "geese").replace(
        "<title>",
        "<meta name=Robots content=\"noai, noimageai\"><meta name=tdm-reservation content=1><title>",
    );
    site.on("/asks", move |_| {
        Reply::html(asks.clone())
            .with("x-robots-tag", "noindex")
            .with("x-robots-tag", "otherbot: nofollow")
    });
    site.on("/silent", |_| Reply::html(page("Silent", "herons")));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.rows("SELECT title, robots FROM articles ORDER BY title"),
        [
            "Asks|[\"noindex\",\"noai\",\"noimageai\",\"tdm-reservation\"]",
            "Silent|"
        ]
    );
}

//! Killed at any instant, nothing is lost and nothing is doubled.

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

/// Kills of the unluckiest process in the house.
const KILLS: usize = 50;
const FEEDS: usize = 6;
const ITEMS: usize = 10;

fn world() -> (Site, String) {
    let site = Site::open();
    let mut config = QUICK.to_owned();
    for f in 0..FEEDS {
        let links: Vec<(String, String)> = (0..ITEMS)
            .map(|n| (format!("{f}-{n}"), site.url(&format!("/page-{f}-{n}"))))
            .collect();
        let items: Vec<_> = links
            .iter()
            .map(|(id, link)| (id.as_str(), link.as_str(), id.as_str(), "s"))
            .collect();
        let document = rss(&items);
        site.on(&format!("/feed{f}"), move |_| Reply::ok(document.clone()));
        for n in 0..ITEMS {
            let body = page(
                &format!("Story {f}-{n}"),
                &format!("the birds of bay {f} and headland {n}"),
            );
            site.on(&format!("/page-{f}-{n}"), move |_| {
                Reply::html(body.clone())
            });
        }
        config.push_str(&feed(&site.url(&format!("/feed{f}")), ""));
    }
    (site, config)
}

fn contents(bench: &Bench) -> Vec<String> {
    let mut rows = bench.rows("SELECT 'entry', guid, url, title FROM entries ORDER BY url");
    rows.extend(
        bench.rows("SELECT 'article', url, title, status, rev, text FROM articles ORDER BY url"),
    );
    rows.extend(bench.rows("SELECT 'pending', count(*) FROM failures"));
    rows
}

#[test]
fn fifty_kills_and_one_full_run_leave_the_same_rows_as_one_undisturbed_run() {
    let (site, config) = world();
    let undisturbed = Bench::new(&config);
    undisturbed.run(&["once"]).expect(0);
    let expected = contents(&undisturbed);
    assert_eq!(expected.len(), FEEDS * ITEMS * 2 + 1);

    let killed = Bench::new(&config);
    for n in 0..KILLS {
        let before = site.all_hits();
        let mut child = killed.spawn(&["once"]);
        // Each a little further into its work than the one before: measured in requests, not in time.
        let goal = before + n % 17;
        while site.all_hits() < goal && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    killed.run(&["once"]).expect(0);
    let found = contents(&killed);
    let other: Vec<_> = found
        .iter()
        .zip(&expected)
        .filter(|(found, expected)| found != expected)
        .collect();
    assert_eq!((found.len(), other), (expected.len(), Vec::new()));
    assert_eq!(killed.ask("PRAGMA integrity_check"), "ok");
    let conn = rusqlite::Connection::open(killed.db()).unwrap();
    conn.execute_batch("INSERT INTO articles_fts(articles_fts) VALUES ('integrity-check')")
        .unwrap();
}

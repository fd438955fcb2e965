//! Entries: scenarios 56 to 59.

use super::{bench, force};
use crate::support::{Reply, Site, page, rss, story};

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
fn whatever_a_feed_does_to_its_names_an_article_is_announced_once() {
    type Items = Vec<(&'static str, &'static str, &'static str)>;
    // (guid, path, page's text) as each poll shows them.
    let polls: Vec<Items> = vec![
        vec![("g1", "/a", "geese"), ("g2", "/b", "herons")],
        // Another id, another address, both with the same text, another order.
        vec![("g2", "/b", "herons"), ("new-id", "/a", "geese")],
        vec![("new-id", "/a-moved", "geese"), ("g2", "/b", "herons")],
        vec![
            ("other", "/a-elsewhere", "geese"),
            ("g2", "/b?utm_source=rss", "herons"),
        ],
        // It leaves, and returns.
        vec![("g2", "/b", "herons")],
        vec![("other", "/a-elsewhere", "geese"), ("g2", "/b", "herons")],
    ];
    let site = Site::open();
    for items in &polls {
        for (_, path, seed) in items {
            let seed = (*seed).to_owned();
            site.on(path, move |_| Reply::html(page("T", &seed)));
        }
    }
    let (base, count) = (site.base.clone(), polls.len());
    site.on("/feed", move |hit| {
        let links: Vec<_> = polls[hit.nth]
            .iter()
            .map(|(guid, path, _)| (*guid, format!("{base}{path}")))
            .collect();
        let items: Vec<_> = links
            .iter()
            .map(|(guid, link)| (*guid, link.as_str(), "T", "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    let bench = bench(&site, "");
    force(&bench, count);
    assert_eq!(bench.ask("SELECT count(*) FROM stories"), "2");
    assert_eq!(bench.ask("SELECT max(rev) FROM articles"), "1");
    assert_eq!(bench.ask("SELECT count(*) FROM changes WHERE op = 'new' AND article_id IN (SELECT id FROM articles WHERE NOT is_duplicate)"), "2");
}

#[test]
fn entries_that_share_one_guid_are_told_apart() {
    let site = Site::open();
    let links: Vec<String> = (0..3).map(|n| site.url(&format!("/{n}"))).collect();
    site.on("/feed", move |_| {
        let items: Vec<_> = links
            .iter()
            .map(|link| ("same", link.as_str(), link.as_str(), "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    for n in 0..3 {
        site.on(&format!("/{n}"), move |_| {
            Reply::html(page("T", &format!("bird {n}")))
        });
    }
    let bench = bench(&site, "");
    force(&bench, 3);
    assert_eq!(bench.ask("SELECT count(*) FROM entries"), "3");
    assert_eq!(bench.ask("SELECT count(*), max(rev) FROM articles"), "3|1");
}

#[test]
fn dates_that_cannot_be_true_are_null_and_every_row_has_one_of_ours() {
    let dates = [
        "",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "Mon, 02 Nov 2026 08:00:00 PST",
        "2026-11-02 08:00",
        "Mo, 02 Nov 2026 08:00:00 +0100",
        "soon",
    ];
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |_| {
        let items: String = dates.iter().enumerate().map(|(n, date)| {
            format!("<item><guid>{n}</guid><link>{base}/{n}</link><title>{n}</title><description>s</description><pubDate>{date}</pubDate></item>")
        }).collect();
        Reply::ok(rss(&[]).replace("</channel>", &format!("{items}</channel>")))
    });
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(
        bench.rows(
            "SELECT title, coalesce(published_at, '') FROM entries ORDER BY CAST(title AS INTEGER)"
        ),
        [
            "0|",
            "1|",
            "2|",
            "3|2026-11-02T16:00:00.000Z",
            "4|2026-11-02T08:00:00.000Z",
            "5|2026-11-02T07:00:00.000Z",
            "6|"
        ]
    );
    assert_eq!(
        bench.ask("SELECT count(*) FROM entries WHERE first_seen_at IS NULL"),
        "0"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM articles WHERE sort_at IS NULL OR (published_at IS NULL) <> (published_src IS NULL)"), "0");
}

#[test]
fn entries_that_lead_to_the_feed_s_own_page_are_articles_of_their_own_words() {
    let site = Site::open();
    let home = site.url("/");
    let notices = ["geese", "herons", "cranes"].map(|seed| (seed, story(seed).join(" ")));
    let document = move |shown: usize| {
        let items: Vec<_> = notices
            .iter()
            .take(shown)
            .map(|(seed, words)| (*seed, home.as_str(), *seed, words.as_str()))
            .collect();
        rss(&items).replace("https://news.example", &home)
    };
    site.on("/feed", move |hit| Reply::ok(document(2 + hit.nth)));
    let bench = bench(&site, "");
    force(&bench, 2);
    assert_eq!(
        bench.rows("SELECT a.title, instr(a.text, 'report on ' || e.title || ' says') > 0, a.method, a.url = e.url
                    FROM entries e JOIN articles a ON a.id = e.article_id ORDER BY a.title"),
        ["cranes|1|feed|1", "geese|1|feed|1", "herons|1|feed|1"]
    );
    assert_eq!(site.hits("/").len(), 0);
}

#[test]
fn posts_that_lead_to_places_in_one_page_are_articles_of_their_own_words() {
    let site = Site::open();
    let posts = ["geese", "herons"].map(|seed| {
        let link = site.url(&format!("/2026/11/23#{seed}"));
        (seed, link, story(seed).join(" "))
    });
    site.on("/feed", move |_| {
        let items: Vec<_> = posts
            .iter()
            .map(|(seed, link, words)| (*seed, link.as_str(), *seed, words.as_str()))
            .collect();
        Reply::ok(rss(&items))
    });
    let bench = bench(&site, "");
    force(&bench, 1);
    assert_eq!(
        bench.rows("SELECT a.title, a.method, a.url = e.url FROM entries e JOIN articles a ON a.id = e.article_id ORDER BY a.title"),
        ["geese|feed|1", "herons|feed|1"]
    );
    assert_eq!(site.hits("/2026/11/23").len(), 0);
}

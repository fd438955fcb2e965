//! Every article once: a story on five sites, reports that only look alike, and copies that arrive together.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use feedmill::dedupe::{self, Prepared};
use feedmill::model::{
    EntryEdit, EntryId, Extracted, FeedChanges, FeedId, Lease, Method, ParsedEntry, PendingPage,
    PollOutcome, Timestamp,
};
use feedmill::store::{
    ArticleStatus, ClaimFeeds, ClaimPages, CommitPage, CommitPoll, FeedSpec, FetchRecord,
    NewArticle, PageResult, Store, StoreError, SyncFeeds, WriterThread, open, pages, polls,
};

use crate::support::{Bench, QUICK, Reply, Site, feed, page_of, rss, story, wait_until};

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in one piece")]
fn a_story_on_five_sites_is_one_story_and_three_reports_of_one_template_are_three() {
    let sites: Vec<Site> = (1..=5)
        .map(|n| Site::open_at(Ipv4Addr::new(127, 0, 0, n)))
        .collect();
    let paragraphs = story("the harbour wall");
    let mut with_footer = paragraphs.clone();
    with_footer.push(
        "Reporting by our correspondent in the harbour; editing by the night desk of this paper."
            .to_owned(),
    );
    let half = paragraphs[..3].to_vec();
    let mut edited = paragraphs.clone();
    edited[2] = "A correction: the wall was finished a year later than was said here, in the autumn, when the money had come.".to_owned();
    let pages = [
        page_of("Harbour wall is finished", &paragraphs, "The Post"),
        page_of("A wall for the harbour at last", &paragraphs, "The Echo"),
        page_of("Harbour wall is finished", &with_footer, "The Mail"),
        page_of("Harbour wall is finished", &half, "The Brief"),
        page_of(
            "Harbour wall is finished",
            &paragraphs,
            "Die Hafenzeitung, alle Rechte vorbehalten",
        ),
    ];
    let mut config = QUICK.to_owned();
    for (n, (site, body)) in sites.iter().zip(pages).enumerate() {
        let link = site.url("/wall");
        site.on("/feed", move |hit| {
            let summary = if hit.nth == 0 {
                "A wall."
            } else {
                "A wall, corrected."
            };
            Reply::ok(rss(&[(
                "wall",
                &link,
                "Wall",
                if n == 0 { summary } else { "A wall." },
            )]))
        });
        let corrected = page_of("Harbour wall is finished", &edited, "The Post");
        site.on("/wall", move |hit| {
            Reply::html(if n == 0 && hit.nth > 0 {
                corrected.clone()
            } else {
                body.clone()
            })
        });
        config.push_str(&feed(&site.url("/feed"), ""));
    }
    let report = |day: u32, points: u32, change: u32, traded: u32| {
        vec![
            format!(
                "The index of the harbour exchange closed at {points}.{change} points on day {day} of the month, after {traded} contracts had changed hands."
            ),
            format!(
                "Rope rose by {change} per cent to {points} crowns, tar fell by {day} per cent to {traded} crowns, and salt was unchanged at {day}.{change} crowns for the barrel."
            ),
            format!(
                "The exchange opens again at nine tomorrow. Yesterday it had closed at {}.{} points with {} contracts.",
                points + 7,
                change + 1,
                traded - 90
            ),
        ]
    };
    let reports = [
        report(2, 1211, 34, 8120),
        report(3, 1318, 71, 9455),
        report(4, 1187, 12, 7733),
    ];
    let items: Vec<(String, String)> = (0..3)
        .map(|n| (format!("report{n}"), sites[0].url(&format!("/report{n}"))))
        .collect();
    let items: Vec<_> = items
        .iter()
        .map(|(id, link)| {
            (
                id.as_str(),
                link.as_str(),
                "Market report",
                "Today's figures.",
            )
        })
        .collect();
    let document = rss(&items);
    sites[0].on("/reports", move |_| Reply::ok(document.clone()));
    for (n, report) in reports.into_iter().enumerate() {
        sites[0].on(&format!("/report{n}"), move |_| {
            Reply::html(page_of("Market report", &report, "The Post"))
        });
    }
    config.push_str(&feed(&sites[0].url("/reports"), ""));

    let bench = Bench::new(&config);
    bench.run(&["once"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "8");
    assert_eq!(
        bench.rows("SELECT articles, sites FROM stories ORDER BY articles DESC"),
        ["5|5", "1|1", "1|1", "1|1"]
    );
    assert_eq!(bench.ask("SELECT count(*) FROM duplicates"), "4");
    // Whichever came first is the primary; the half, if it was not, is a piece of another.
    let half = "SELECT count(*) FROM duplicates d JOIN articles a ON a.id = d.article_id WHERE a.site = '127.0.0.4' AND d.relation <> 'excerpt'";
    assert_eq!(bench.ask(half), "0");
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE rev = 2 AND text LIKE '%A correction:%'"),
        "1"
    );

    let primary = bench.ask("SELECT cluster_id FROM stories ORDER BY articles DESC LIMIT 1");
    let explained = bench.run(&["explain", &primary]).expect(0).stdout;
    assert!(
        explained.contains("5 articles carry this text"),
        "{explained}"
    );
    let copy = bench.ask("SELECT max(article_id) FROM duplicates");
    let compared = bench.run(&["explain", &primary, &copy]).expect(0).stdout;
    assert!(compared.contains("are in one cluster"), "{compared}");
    bench.run(&["split", &copy]).expect(0);
    assert_eq!(bench.ask("SELECT max(articles) FROM stories"), "4");
    assert_eq!(bench.ask(&format!("SELECT seq = (SELECT max(seq) FROM changes), is_primary FROM articles WHERE id = {copy}")), "1|1");
    bench.check_whole();
}

#[test]
fn pages_that_all_claim_one_canonical_address_stay_apart_unless_their_texts_agree() {
    let site = Site::open();
    let claim = format!(
        "<link rel=canonical href=\"{}\">",
        site.url("/news/section-of-everything")
    );
    let links: Vec<(String, String)> = ["one", "two", "three", "amp"]
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                site.url(&format!("/news/{name}-story-page")),
            )
        })
        .collect();
    let items: Vec<_> = links
        .iter()
        .map(|(id, link)| (id.as_str(), link.as_str(), id.as_str(), "s"))
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    for (name, seed) in [
        ("one", "geese"),
        ("two", "herons"),
        ("three", "swans"),
        ("amp", "geese"),
    ] {
        let body =
            page_of(seed, &story(seed), "News").replace("</head>", &format!("{claim}</head>"));
        site.on(&format!("/news/{name}-story-page"), move |_| {
            Reply::html(body.clone())
        });
    }
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    // Whichever of the geese came first owns the claim, if one of them did; the others are articles of their own.
    let stories = bench.ask("SELECT count(*) FROM stories");
    assert_eq!(stories, "3");
    assert_eq!(
        bench.ask("SELECT count(*) FROM entries WHERE article_id IS NULL"),
        "0"
    );
    for seed in ["geese", "herons", "swans"] {
        assert_eq!(
            bench.ask(&format!(
                "SELECT count(*) > 0 FROM articles WHERE text LIKE '%report on {seed} says%'"
            )),
            "1",
            "{seed}"
        );
    }
}

#[test]
fn a_false_canonical_address_is_the_true_page_s_when_that_comes() {
    let site = Site::open();
    for (path, seed) in [
        ("/news/false-story", "geese"),
        ("/news/true-story", "herons"),
        ("/news/copy-story", "herons"),
    ] {
        let claim = "<link rel=canonical href=/news/true-story></head>";
        let body = page_of(seed, &story(seed), "News").replace("</head>", claim);
        site.on(path, move |_| Reply::html(body.clone()));
    }
    // One after the other: the false page, the true one, and a copy that is right about it.
    let links = ["false", "true", "copy"].map(|name| site.url(&format!("/news/{name}-story")));
    site.on("/feed", move |hit| {
        let shown: Vec<_> = links
            .iter()
            .take(hit.nth + 1)
            .map(|link| (link.as_str(), link.as_str(), "Birds", "s"))
            .collect();
        Reply::ok(rss(&shown))
    });
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(
        bench.ask("SELECT url LIKE '%/true-story' FROM articles"),
        "1",
        "believed as long as nothing speaks against it"
    );
    let seq = bench.ask("SELECT max(seq) FROM changes");
    bench.run(&["once", "--force"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(
        bench.rows(
            "SELECT title, url LIKE '%/' || CASE title WHEN 'geese' THEN 'false' ELSE 'true' END || '-story',
                    (SELECT count(*) FROM entries e WHERE e.article_id = a.id), a.is_primary
             FROM articles a ORDER BY title"
        ),
        ["geese|1|1|1", "herons|1|2|1"]
    );
    let told = format!(
        "SELECT count(*) FROM changes c JOIN articles a ON a.id = c.article_id WHERE a.title = 'geese' AND c.seq > {seq}"
    );
    assert_eq!(bench.ask(&told), "1", "who follows is told of its address");
}

#[test]
fn the_amp_edition_of_an_article_that_another_feed_shows_is_the_same_article() {
    let site = Site::open();
    for (name, seed, edition) in [
        ("first", "geese", "/lite/4711"),
        ("second", "herons", "/lite/4712"),
        // Names the edition of another story.
        ("third", "swans", "/lite/4711"),
    ] {
        let amp = format!("<link rel=amphtml href={edition}></head>");
        let body = page_of(seed, &story(seed), "News").replace("</head>", &amp);
        site.on(&format!("/news/{name}-story"), move |_| {
            Reply::html(body.clone())
        });
    }
    let entries = |paths: &[&str]| {
        let links: Vec<String> = paths.iter().map(|path| site.url(path)).collect();
        let items: Vec<_> = links
            .iter()
            .map(|link| (link.as_str(), link.as_str(), "Birds", "s"))
            .collect();
        rss(&items)
    };
    let (first, others, editions) = (
        entries(&["/news/first-story"]),
        entries(&[
            "/news/first-story",
            "/news/second-story",
            "/news/third-story",
        ]),
        entries(&["/lite/4711", "/lite/4712?utm_source=feed"]),
    );
    site.on("/feed", move |hit| {
        Reply::ok(if hit.nth == 0 {
            first.clone()
        } else {
            others.clone()
        })
    });
    site.on("/lite/feed", move |_| Reply::ok(editions.clone()));
    let own = feed(&site.url("/feed"), "");
    let bench = Bench::new(&format!("{QUICK}{own}"));
    bench.run(&["once"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    bench.configure(&format!(
        "{QUICK}{own}{}",
        feed(&site.url("/lite/feed"), "")
    ));
    bench.run(&["once"]).expect(0);

    assert_eq!(
        bench
            .rows(
                "SELECT count(*), max(e.url LIKE '%/lite/%'), a.url LIKE '%/first-story'
             FROM entries e JOIN articles a ON a.id = e.article_id GROUP BY a.id ORDER BY a.id"
            )
            .first()
            .map(String::as_str),
        Some("2|1|1")
    );
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "3");
    assert_eq!(
        bench.ask("SELECT count(*) FROM entries WHERE guid = url"),
        "5"
    );
    for edition in ["/lite/4711", "/lite/4712"] {
        assert!(site.hits(edition).is_empty(), "{edition} was asked for");
    }
}

#[test]
fn sketches_stay_while_an_article_may_come_that_is_compared_with_them() {
    let site = Site::open();
    let seeds = ["geese", "herons", "swans"];
    let links: Vec<String> = seeds
        .iter()
        .map(|seed| site.url(&format!("/{seed}")))
        .collect();
    let items: Vec<_> = links
        .iter()
        .map(|link| (link.as_str(), link.as_str(), "Birds", "s"))
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    for seed in seeds {
        let body = page_of(seed, &story(seed), "News");
        site.on(&format!("/{seed}"), move |_| Reply::html(body.clone()));
    }
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM _sketch"), "3");
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    let seen = |id: i64, hours: i64| {
        let newest = "SELECT first_seen_at FROM _article WHERE id = 3";
        let sql = format!(
            "UPDATE _article SET first_seen_at = strftime('%Y-%m-%dT%H:%M:%fZ', ({newest}), '-{hours} hours') WHERE id = {id}"
        );
        assert_eq!(conn.execute(&sql, []), Ok(1));
    };
    seen(1, 73);
    seen(2, 71);
    drop(conn);
    let mut daemon = bench.spawn(&["run"]);
    wait_until("the oldest sketch has gone", || {
        bench.rows("SELECT article_id FROM _sketch ORDER BY 1") == ["2", "3"]
    });
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles WHERE text <> ''"),
        "3"
    );
}

/// Pairs of copies that arrive at the same instant.
const TRIES: i64 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_copies_that_arrive_together_one_is_the_primary_always() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feedmill.db");
    let (store, writer, at) = with_one_feed(&path).await;
    let entries: Vec<ParsedEntry> = (0..TRIES * 2).map(entry).collect();
    poll(&store, new(entries), at).await;
    let claimed = claim_pages(&store, at).await;
    assert_eq!(i64::try_from(claimed.len()), Ok(TRIES * 2));
    for pair in claimed.chunks(2) {
        let text = story(pair[0].words.title.as_deref().unwrap()).join("\n\n");
        let commit = |page: &PendingPage| CommitPage {
            page: page.id,
            lease: page.lease,
            feed: page.feed,
            at,
            result: PageResult::Article(Box::new(article(&text, page.url.as_deref().unwrap()))),
            again: None,
            page_added: None,
            lesson: None,
            records: Vec::new(),
        };
        let (one, two) = (commit(&pair[0]), commit(&pair[1]));
        let (first, second) = (store.clone(), store.clone());
        let (one, two) = tokio::join!(
            tokio::spawn(async move { first.write(one).await }),
            tokio::spawn(async move { second.write(two).await })
        );
        one.unwrap().unwrap();
        two.unwrap().unwrap();
    }
    drop(store);
    writer.join().unwrap();
    let conn = open::reader(&path).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM articles"), TRIES * 2);
    assert_eq!(
        count("SELECT count(*) FROM stories WHERE articles = 2"),
        TRIES
    );
    assert_eq!(
        count("SELECT count(*) FROM articles WHERE is_primary"),
        TRIES
    );
}

fn entry(n: i64) -> ParsedEntry {
    let url = format!("http://127.0.0.1/page/{n}");
    ParsedEntry {
        uid: format!("uid {n}"),
        url_key: dedupe::url_key(&url),
        shares_page: false,
        guid: None,
        url: Some(url),
        title: Some(format!("pair {}", n / 2)),
        published: None,
        updated: None,
        summary: None,
        content: None,
        authors: Vec::new(),
        categories: Vec::new(),
        enclosures: Vec::new(),
        lang: None,
        image_url: None,
        comments_url: None,
        fingerprint: [0; 16],
    }
}

#[tokio::test]
async fn an_article_of_words_that_were_edited_meanwhile_is_refused_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (store, writer, at) = with_one_feed(&dir.path().join("feedmill.db")).await;
    poll(&store, new(vec![entry(0)]), at).await;
    let page = claim_pages(&store, at).await.remove(0);
    let mut said = entry(0);
    said.content = Some("The words as they are now.".to_owned());
    let edit = EntryEdit {
        id: EntryId(1),
        entry: said.clone(),
        text_changed: true,
    };
    let changes = FeedChanges {
        edited: vec![edit],
        ..FeedChanges::default()
    };
    poll(&store, changes, at).await;
    let commit = CommitPage {
        page: page.id,
        lease: page.lease,
        feed: page.feed,
        at,
        result: PageResult::Nothing,
        again: None,
        page_added: None,
        lesson: None,
        records: Vec::new(),
    };
    let refused = store.write(commit).await;
    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    let again = claim_pages(&store, at).await.remove(0);
    assert_eq!((again.id, again.words.content), (page.id, said.content));
    drop(store);
    writer.join().unwrap();
}

async fn with_one_feed(path: &Path) -> (Store, WriterThread, Timestamp) {
    let (store, writer) = Store::open(path, feedmill::store::Settings::default()).unwrap();
    let at: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
    let spec = FeedSpec {
        url: "http://127.0.0.1/feed".to_owned(),
        host: "127.0.0.1".to_owned(),
        name: None,
        tags: Vec::new(),
        first_poll_at: at,
    };
    store
        .write(SyncFeeds {
            feeds: vec![spec],
            at,
        })
        .await
        .unwrap();
    (store, writer, at)
}

async fn claim_pages(store: &Store, at: Timestamp) -> Vec<PendingPage> {
    let due = store
        .read(move |conn| pages::due(conn, at, u32::MAX, u32::MAX, &[]))
        .await
        .unwrap();
    let claim = ClaimPages {
        pages: due.iter().map(|row| row.id).collect(),
        lease: Lease(7),
        at,
        until: at,
    };
    store.write(claim).await.unwrap()
}

fn new(new: Vec<ParsedEntry>) -> FeedChanges {
    FeedChanges {
        new,
        ..FeedChanges::default()
    }
}

async fn poll(store: &Store, changes: FeedChanges, at: Timestamp) {
    let claim = ClaimFeeds {
        feeds: vec![FeedId(1)],
        lease: Lease(1),
        at,
        until: at,
    };
    assert_eq!(store.write(claim).await.unwrap().len(), 1);
    let commit = CommitPoll {
        found_at: None,
        gap: None,
        patience: None,
        refused_with: None,
        feed: FeedId(1),
        lease: Lease(1),
        at,
        outcome: Ok(PollOutcome::Changed),
        next: polls::Due {
            at,
            reason: "interval".to_owned(),
            interval: None,
        },
        answer: None,
        document: None,
        changes,
        address: polls::Address::Stays(None),
        gone: false,
        fetch_pages: true,
        profile: None,
        notes: Vec::new(),
        record: FetchRecord {
            at,
            url: String::new(),
            status: Some(200),
            outcome: "changed",
            detail: None,
            conditional: false,
            unconditional: None,
            due: None,
            retry_after: None,
            bytes: 0,
            elapsed: std::time::Duration::ZERO,
        },
    };
    store.write(commit).await.unwrap();
}

fn article(text: &str, url: &str) -> NewArticle {
    let prepared = Arc::new(Prepared::new(text));
    let identity = dedupe::identify(Some(url), Some(url), dedupe::Claims::default());
    NewArticle {
        made: Extracted {
            title: None,
            byline: None,
            published: None,
            modified: None,
            lang: None,
            site_name: None,
            image: None,
            canonical_url: None,
            amp_url: None,
            excerpt: None,
            section: None,
            keywords: Vec::new(),
            robots: Vec::new(),
            paywalled: false,
            text: text.to_owned(),
            markdown: text.to_owned(),
            method: Method::Container,
            confidence: 1.0,
            word_count: 300,
            version: 1,
        },
        fingerprint: prepared.fingerprint(),
        prepared,
        status: ArticleStatus::Ok,
        url: identity.url,
        source_url: None,
        final_url: None,
        syndicated_from: None,
        site: identity.site,
        keys: identity.keys,
        claimed: None,
        amp: None,
        http_status: Some(200),
        fetched: true,
    }
}

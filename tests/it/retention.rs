//! What was kept long enough goes, whole, and stays away; what is still wanted stays.

use rusqlite::Connection;

use crate::service::Service;
use crate::support::{Bench, QUICK, Reply, Site, feed, page, page_of, rss, story};

/// Long enough ago for every `keep` of these tests.
const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

/// A site whose feeds show these articles, each about itself.
fn site_of(feeds: &[(&str, &[&str])]) -> Site {
    let site = Site::open();
    for (path, names) in feeds {
        let links: Vec<(String, String)> = names
            .iter()
            .map(|name| ((*name).to_owned(), site.url(&format!("/{name}"))))
            .collect();
        site.on(path, move |hit| {
            // The words change with every poll: what has gone must not come back by an edit.
            let words = format!("poll {}", hit.nth);
            let items: Vec<_> = links
                .iter()
                .map(|(name, link)| (name.as_str(), link.as_str(), name.as_str(), words.as_str()))
                .collect();
            Reply::ok(rss(&items))
        });
        for name in *names {
            let body = page(&format!("About {name}"), name);
            site.on(&format!("/{name}"), move |_| Reply::html(body.clone()));
        }
    }
    site
}

/// Makes an article, with its entries, as old as these tests want it.
fn age(bench: &Bench, name: &str) {
    let conn = Connection::open(bench.db()).unwrap();
    conn.execute(
        "UPDATE _article SET first_seen_at = ?2 WHERE id IN (SELECT article_id FROM _entry WHERE guid = ?1)",
        [name, LONG_AGO],
    )
    .unwrap();
    age_entries(&conn, "/", name);
}

fn age_entries(conn: &Connection, feed: &str, name: &str) {
    conn.execute(
        "UPDATE _entry SET first_seen_at = ?3 WHERE guid = ?2 AND feed_id IN (SELECT id FROM _feed WHERE instr(url, ?1))",
        [feed, name, LONG_AGO],
    )
    .unwrap();
}

fn config(more: &str, site: &Site, feeds: &[(&str, &str)]) -> String {
    let feeds: String = feeds
        .iter()
        .map(|(path, more)| feed(&site.url(path), more))
        .collect();
    format!("{QUICK}[store]\n{more}\n{feeds}")
}

#[test]
fn what_was_kept_long_enough_goes_and_is_not_new_when_it_is_shown_again() {
    let site = site_of(&[("/feed", &["geese", "herons", "swans"])]);
    let bench = Bench::new(&config("keep = \"30d\"", &site, &[("/feed", "")]));
    bench.run(&["once"]).expect(0);
    age(&bench, "geese");
    age(&bench, "swans");
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT guid FROM entries"), "herons");
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    assert_eq!(
        bench.run(&["search", "--json", "geese"]).expect(0).stdout,
        ""
    );
    bench.check_whole();
    let deleted = bench.rows("SELECT seq FROM changes WHERE op = 'delete' ORDER BY seq");
    assert_eq!(deleted, ["4", "5"]);
    let told = bench.run(&["tail", "--since", "3"]).expect(0).stdout;
    assert_eq!(told.lines().count(), 2, "{told}");

    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(site.hits("/geese").len(), 1);
    assert_eq!(
        bench.ask("SELECT group_concat(guid) FROM entries"),
        "herons"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM gaps"), "0");
}

#[test]
fn a_dry_run_says_what_would_go_and_changes_nothing() {
    let site = site_of(&[("/feed", &["geese", "herons"])]);
    let bench = Bench::new(&config("", &site, &[("/feed", "keep = \"30d\"")]));
    bench.run(&["once"]).expect(0);
    age(&bench, "geese");
    let before = std::fs::read(bench.db()).unwrap();
    let told = bench
        .run(&["prune", "--dry-run", "--json"])
        .expect(0)
        .stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["articles"], &told["feeds"][0]["articles"]),
        (&1.into(), &1.into())
    );
    assert_eq!(told["feeds"][0]["feed"], site.url("/feed"));
    assert!(told["bytes"].as_u64().unwrap() > 2000, "{told}");
    assert_eq!(std::fs::read(bench.db()).unwrap(), before);
    assert!(
        bench
            .run(&["prune", "--dry-run"])
            .expect(0)
            .stdout
            .contains("1 articles")
    );
}

#[test]
fn texts_go_before_the_rest() {
    let site = site_of(&[("/feed", &["geese", "herons"])]);
    let bench = Bench::new(&config("keep_text = \"30d\"", &site, &[("/feed", "")]));
    bench.run(&["once"]).expect(0);
    age(&bench, "geese");
    bench.run(&["prune"]).expect(0);
    let rows = "SELECT e.guid, a.text IS NULL, a.markdown IS NULL FROM entries e JOIN articles a ON a.id = e.article_id ORDER BY 1";
    assert_eq!(bench.rows(rows), ["geese|1|1", "herons|0|0"]);
    assert_eq!(
        bench.run(&["search", "--json", "geese"]).expect(0).stdout,
        ""
    );
    assert_eq!(
        bench.ask("SELECT op FROM changes ORDER BY seq DESC LIMIT 1"),
        "update"
    );
    // The feed edits its words, the page is looked at again: what has gone stays away.
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.rows(rows), ["geese|1|1", "herons|0|0"]);
    bench.run(&["explain", &site.url("/geese")]).expect(0);
    bench.check_whole();
}

#[test]
fn a_text_that_goes_is_not_kept_as_what_its_feed_said() {
    let site = Site::open();
    let link = site.url("/geese");
    let text = story("geese").join(" ");
    let content = format!("<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>");
    let document = rss(&[("geese", &link, "Geese", "In short.")]).replace("</item>", &content);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/geese", |_| Reply::new(503));
    let whole = [("/feed", "full_text = \"always\"")];
    let bench = Bench::new(&config("keep_text = \"30d\"", &site, &whole));
    bench.run(&["once"]).expect(0);
    let kept = "SELECT (SELECT count(*) FROM article_text), (SELECT count(*) FROM _entry_content)";
    assert_eq!(bench.ask(kept), "1|1");
    age(&bench, "geese");
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask(kept), "0|0");
    bench.check_whole();
}

#[test]
fn an_article_stays_as_long_as_one_of_its_feeds_keeps_it() {
    let site = site_of(&[("/short", &["geese"]), ("/long", &["geese"])]);
    let bench = Bench::new(&config(
        "keep = \"30d\"",
        &site,
        &[("/short", ""), ("/long", "keep = \"forever\"")],
    ));
    bench.run(&["once"]).expect(0);
    age(&bench, "geese");
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    assert_eq!(bench.ask("SELECT count(*) FROM entries"), "2");
    // A feed that is no longer listed is kept for as long as it is usual.
    bench.configure(&config("keep = \"30d\"", &site, &[("/short", "")]));
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "0");
    bench.check_whole();
}

#[test]
fn an_article_that_another_feed_shows_later_comes_back_under_its_id() {
    let site = site_of(&[("/one", &["geese", "herons"]), ("/two", &["geese"])]);
    let bench = Bench::new(&config("keep = \"30d\"", &site, &[("/one", "")]));
    bench.run(&["once"]).expect(0);
    let id = bench.ask("SELECT article_id FROM entries WHERE guid = 'geese'");
    age(&bench, "geese");
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    bench.configure(&config(
        "keep = \"30d\"",
        &site,
        &[("/one", ""), ("/two", "keep = \"forever\"")],
    ));
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(
        bench.ask("SELECT article_id FROM entries WHERE guid = 'geese'"),
        id
    );
    assert_eq!(
        bench.ask(&format!(
            "SELECT group_concat(op) FROM changes WHERE article_id = {id}"
        )),
        "new,delete,new"
    );
    bench.check_whole();
}

#[test]
fn the_primary_of_a_cluster_stays_until_the_others_have_gone() {
    let site = Site::open();
    let paragraphs = story("the great flood");
    for (path, guid) in [("/a", "1"), ("/b", "2")] {
        let (link, body) = (
            site.url(&format!("{path}/p")),
            page_of("Flood", &paragraphs, path),
        );
        site.on(&format!("{path}/p"), move |_| Reply::html(body.clone()));
        site.on(path, move |_| {
            Reply::ok(rss(&[(guid, &link, "Flood", "s")]))
        });
    }
    let bench = Bench::new(&config("keep = \"30d\"", &site, &[("/a", ""), ("/b", "")]));
    let poll = |path: &str| bench.run(&["once", &site.url(path)]).expect(0);
    poll("/a");
    poll("/b");
    assert_eq!(
        bench.rows("SELECT op FROM changes ORDER BY seq"),
        ["new", "dup"]
    );
    assert_eq!(
        bench.rows("SELECT cluster_id FROM articles ORDER BY id"),
        ["1", "1"]
    );
    age(&bench, "1");
    bench.run(&["prune"]).expect(0);
    assert_eq!(
        bench.rows("SELECT id FROM articles ORDER BY id"),
        ["1", "2"]
    );
    age(&bench, "2");
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "0");
    assert_eq!(
        bench.rows("SELECT article_id FROM changes WHERE op = 'delete' ORDER BY seq"),
        ["2", "1"]
    );
    bench.check_whole();
}

#[test]
fn beyond_the_size_the_oldest_go_and_the_file_shrinks() {
    let names: Vec<String> = (0..600).map(|n| format!("bird-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = site_of(&[("/feed", &names)]);
    let bench = Bench::new(&config("max_db_size = \"2MiB\"", &site, &[("/feed", "")]));
    bench.run(&["once"]).expect(0);
    let bytes = || std::fs::metadata(bench.db()).unwrap().len();
    let before = bytes();
    assert!(before > 4 << 20, "{before}");
    bench.run(&["prune"]).expect(0);
    assert!(bytes() <= 2 << 20, "{}", bytes());
    // Not much more than it had to.
    assert!(bytes() > 1 << 20, "{}", bytes());
    let left: usize = bench.ask("SELECT count(*) FROM articles").parse().unwrap();
    let oldest_left: usize = bench.ask("SELECT min(id) FROM articles").parse().unwrap();
    assert_eq!(oldest_left, 600 - left + 1);
    bench.check_whole();
}

#[test]
fn a_purge_gives_nine_tenths_of_what_it_frees_back_to_the_file_system() {
    let names: Vec<String> = (0..300).map(|n| format!("bird-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = site_of(&[("/feed", &names)]);
    let bench = Bench::new(&config("keep = \"30d\"", &site, &[("/feed", "")]));
    bench.run(&["once"]).expect(0);
    let bytes = |name: &str| std::fs::metadata(bench.path(name)).unwrap().len();
    let full = bytes("feedmill.db");
    Connection::open(bench.db())
        .unwrap()
        .execute_batch(&format!(
            "UPDATE _article SET first_seen_at = '{LONG_AGO}' WHERE id <= 200;
             UPDATE _entry SET first_seen_at = '{LONG_AGO}' WHERE article_id <= 200;"
        ))
        .unwrap();
    bench.run(&["prune"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "100");
    assert_eq!(bench.ask("PRAGMA freelist_count"), "0");
    // A copy is written afresh, without a hole: that is what can be freed.
    bench.run(&["backup", "afresh.db"]).expect(0);
    let (freed, could) = (full - bytes("feedmill.db"), full - bytes("afresh.db"));
    assert!(
        freed * 10 >= could * 9,
        "of {could} bytes {freed} came back"
    );
    bench.check_whole();
}

#[test]
fn the_service_prunes_by_itself_and_a_prune_meanwhile_is_refused() {
    let site = site_of(&[("/feed", &["geese", "herons"])]);
    let bench = Bench::new(&config("keep = \"30d\"", &site, &[("/feed", "")]));
    bench.run(&["once"]).expect(0);
    age(&bench, "geese");
    let service = Service::start(&bench);
    service.wait_for_log("retention has taken away");
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    bench.run(&["prune"]).expect(75);
    bench.run(&["prune", "--dry-run"]).expect(0);
    service.stop();
    bench.check_whole();
}

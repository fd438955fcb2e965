//! Pages that are kept, and what is made of them later.

use std::io::Read as _;

use crate::support::{Bench, QUICK, Reply, Site, feed, noted, open_read_only, rss};

const KEPT: &str = "[articles]\nkeep_pages = \"90d\"\n";

/// A site with so many articles, ingested with their pages kept.
fn ingested(count: usize) -> (Site, Bench) {
    let site = Site::open();
    let seeds: Vec<String> = (0..count).map(|n| format!("bird{n}")).collect();
    let mut items = Vec::new();
    for seed in &seeds {
        let page = noted(seed);
        site.on(&format!("/{seed}"), move |_| Reply::html(page.clone()));
        items.push((seed.as_str(), site.url(&format!("/{seed}")), seed.as_str()));
    }
    let items: Vec<_> = items
        .iter()
        .map(|(g, link, t)| (*g, link.as_str(), *t, "s"))
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    let bench = Bench::new(&format!("{QUICK}{KEPT}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    (site, bench)
}

/// The extractor is told something else from now on.
fn without_notes(site: &Site, bench: &Bench) {
    let drop = "extract = { drop = [\".note\"] }";
    bench.configure(&format!("{QUICK}{KEPT}{}", feed(&site.url("/feed"), drop)));
}

const STATE: &str = "SELECT (SELECT max(seq) FROM changes), (SELECT count(*) FROM revisions), (SELECT count(*) FROM articles WHERE text LIKE '%The editors note that%')";

#[test]
fn what_would_be_the_same_is_not_touched_and_what_is_another_text_is_a_revision() {
    let (site, bench) = ingested(3);
    let before = bench.ask(STATE);
    assert!(
        before.ends_with("|0|3"),
        "the note must be kept at first: {before}"
    );
    let same = bench.run(&["reextract"]).expect(0).stdout;
    assert!(same.contains("3 as they were"), "{same}");
    assert_eq!(bench.ask(STATE), before);

    without_notes(&site, &bench);
    let looked = bench.run(&["reextract", "--dry-run"]).expect(0).stdout;
    assert!(
        looked.contains("3 would have another text") && looked.contains("bird1"),
        "{looked}"
    );
    assert_eq!(bench.ask(STATE), before);

    let host = bench
        .run(&["reextract", "--host", "other.example"])
        .expect(0)
        .stdout;
    assert!(host.contains("0 of 0 articles"), "{host}");
    bench
        .run(&["reextract", "--feed", &site.url("/feed"), "--since", "1d"])
        .expect(0);
    assert!(bench.ask(STATE).ends_with("|3|0"));
    assert_eq!(bench.ask("SELECT min(rev), max(rev) FROM articles"), "2|2");
    let again = bench.run(&["reextract"]).expect(0).stdout;
    assert!(again.contains("3 as they were"), "{again}");
    assert_eq!(
        site.hits("/bird1").len(),
        1,
        "the pages are not fetched again"
    );
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was() {
    let (site, bench) = ingested(48);
    without_notes(&site, &bench);
    let mut child = bench.spawn(&["reextract"]);
    let noted = "SELECT count(*) FROM _meta WHERE key = 'reextract'";
    while bench.ask(noted) == "0" && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let was_underway = bench.ask(noted) == "1";
    let done = bench.run(&["reextract"]).expect(0).stdout;
    assert_eq!(done.contains("continued"), was_underway, "{done}");
    // Each exactly once: a second time it would have been another revision, or none.
    assert!(bench.ask(STATE).ends_with("|48|0"));
    assert_eq!(bench.ask("SELECT min(rev), max(rev) FROM articles"), "2|2");
    assert_eq!(bench.ask(noted), "0");
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
}

#[test]
fn kept_pages_are_written_as_warc_that_can_be_read_back() {
    let (site, bench) = ingested(4);
    bench
        .run(&["export", "--format", "warc", "--output", "pages.warc.gz"])
        .expect(0);
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(bench.path("pages.warc.gz")).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    let mut rest = &bytes[..];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = rest
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head");
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let field = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
                .to_owned()
        };
        assert!(head.starts_with("WARC/1.1\r\n"), "{head}");
        let length: usize = field("Content-Length: ").parse().unwrap();
        let body = &rest[end + 4..end + 4 + length];
        found.push((
            field("WARC-Type: "),
            field("WARC-Target-URI: "),
            body.to_vec(),
        ));
        rest = rest[end + 4 + length..]
            .strip_prefix(b"\r\n\r\n")
            .expect("an end");
    }
    assert_eq!((found.len(), found[0].0.as_str()), (5, "warcinfo"));
    for (kind, url, body) in &found[1..] {
        let seed = url.strip_prefix(&site.url("/")).unwrap();
        assert_eq!(kind, "resource");
        assert_eq!(body, noted(seed).as_bytes());
    }
    let twice = bench
        .run(&["export", "--format", "warc", "--output", "pages.warc.gz"])
        .expect(1);
    assert!(twice.stderr.contains("exists"), "{}", twice.stderr);
}

#[test]
fn raw_pages_of_another_database_are_refused() {
    let (_, first) = ingested(1);
    let (_, second) = ingested(1);
    std::fs::copy(first.path("raw.db"), second.path("raw.db")).unwrap();
    let ran = second.run(&["once"]).expect(65);
    assert!(
        ran.stderr.contains("another feedmill database"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_restore_forgets_the_pages_of_articles_whose_numbers_will_be_given_again() {
    let (site, bench) = ingested(1);
    bench.run(&["backup", "copy.db"]).expect(0);
    let link = site.url("/later");
    let later = rss(&[("later", &link, "Later", "s")]);
    site.on("/feed", move |_| Reply::ok(later.clone()));
    site.on("/later", |_| Reply::html(noted("later")));
    bench.run(&["once", "--force"]).expect(0);
    let kept = || {
        let raw = open_read_only(&bench.path("raw.db"));
        let mut select = raw.prepare("SELECT DISTINCT article_id FROM page").unwrap();
        let ids = select.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect::<Vec<i64>>()
    };
    assert_eq!(kept(), [1, 2]);
    bench.run(&["restore", "copy.db"]).expect(0);
    assert_eq!(kept(), [1]);
}

#[test]
fn without_the_key_no_page_is_kept_and_the_commands_say_how_to_keep_them() {
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    bench.run(&["once"]).expect(0);
    assert!(!bench.path("raw.db").exists());
    for command in [&["reextract"][..], &["export", "--format", "warc"]] {
        let ran = bench.run(command).expect(78);
        assert!(ran.stderr.contains("keep_pages"), "{}", ran.stderr);
    }
}

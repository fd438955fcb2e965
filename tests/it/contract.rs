//! The file as an interface: what readers rely on.

use std::path::Path;

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

#[test]
fn docs_schema_md_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.md");
    let written = std::fs::read_to_string(path).expect("docs/schema.md");
    let said = Bench::new("").run(&["schema"]).expect(0).stdout;
    assert!(
        written == said,
        "docs/schema.md is out of date: feedmill schema > docs/schema.md"
    );
}

fn filled() -> (Site, Bench) {
    let site = Site::open();
    let document = rss(&[
        ("1", &site.url("/a"), "Geese over the c++ marsh", "s"),
        ("2", &site.url("/b"), "Herons", "s"),
    ]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/a", |_| {
        Reply::html(page("Geese over the c++ marsh", "geese"))
    });
    site.on("/b", |_| Reply::html(page("Herons", "herons")));
    let bench = Bench::new(&format!(
        "{QUICK}{}",
        feed(&site.url("/feed"), "tags = [\"birds\"]")
    ));
    bench.run(&["once"]).expect(0);
    (site, bench)
}

#[test]
fn every_public_column_is_described_in_the_file_itself() {
    let (_site, bench) = filled();
    let undescribed = bench.rows(
        "SELECT m.name || '.' || p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p
         WHERE (m.type = 'view' OR m.name = 'article_text')
           AND NOT EXISTS (SELECT 1 FROM docs d WHERE d.object = m.name AND d.column_name = p.name AND d.description <> '')",
    );
    assert!(undescribed.is_empty(), "{undescribed:?}");
}

#[test]
fn public_names_are_views_and_one_table_and_everything_else_is_marked_private() {
    let (_site, bench) = filled();
    let public = bench.rows(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE '\\_%' ESCAPE '\\'
         AND name NOT LIKE 'articles_fts%' AND name NOT LIKE 'articles_bigrams%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    assert_eq!(
        public,
        [
            "about",
            "article_text",
            "articles",
            "changes",
            "consumers",
            "days",
            "docs",
            "duplicates",
            "entries",
            "events",
            "failures",
            "feeds",
            "fetches",
            "gaps",
            "latest",
            "revisions",
            "sites",
            "stories",
            "subscriptions",
            "troubles"
        ]
    );
}

/// Every column of the contract as it was first released, in order. It grows with releases; what
/// is in it stays.
const CONTRACT_V1: &str = include_str!("../fixtures/contract_v1.txt");

#[test]
fn every_column_that_was_ever_promised_is_still_there_and_in_its_order() {
    let (_site, bench) = filled();
    for line in CONTRACT_V1.lines() {
        let (object, columns) = line.split_once(": ").unwrap();
        let mut now = bench.rows(&format!("SELECT name FROM pragma_table_info('{object}')"));
        now.retain(|name| columns.split(' ').any(|promised| promised == name));
        assert_eq!(now.join(" "), columns, "{object}");
    }
}

#[test]
fn the_convenience_views_answer_what_is_asked_every_day() {
    let (site, bench) = filled();
    let newest = bench.rows("SELECT title FROM latest LIMIT 1");
    assert_eq!(
        newest,
        bench.rows(
            "SELECT title FROM articles WHERE is_duplicate = 0 ORDER BY sort_at DESC LIMIT 1"
        )
    );
    assert_eq!(
        bench.ask("SELECT articles, originals, substr(latest_at, 1, 10) FROM sites"),
        "2|2|2026-11-02"
    );
    assert_eq!(
        bench.ask("SELECT day, sum(articles), sum(originals) FROM days GROUP BY day"),
        "2026-11-02|2|2"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM troubles"), "0");
    site.on("/feed", |_| Reply::new(500));
    bench.run(&["once", "--force"]).expect(1);
    assert_eq!(
        bench.ask("SELECT what, http_status, attempts, next_at > since FROM troubles"),
        "feed|500|1|1"
    );
}

#[test]
fn the_newest_are_read_off_an_index_and_the_days_are_counted_already() {
    let (_site, bench) = filled();
    for (query, index) in [
        ("SELECT * FROM latest LIMIT 50", "_article_sort"),
        ("SELECT day, sum(articles) FROM days GROUP BY day", "_day"),
    ] {
        let plan = bench.rows(&format!("EXPLAIN QUERY PLAN {query}"));
        let plan = plan.join("\n");
        assert!(
            plan.contains(index) && !plan.contains("B-TREE"),
            "{query}: {plan}"
        );
    }
}

#[test]
fn search_takes_whatever_a_person_types() {
    let (_site, bench) = filled();
    for words in ["geese", "c++", "\"geese", "gees*", "Geese MARSH"] {
        let ran = bench.run(&["search", "--json", words]).expect(0);
        assert_eq!(ran.stdout.lines().count(), 1, "{words}: {}", ran.stdout);
    }
    for words in ["", "NEAR", "(", "nothing-of-the-kind"] {
        assert_eq!(
            bench.run(&["search", "--json", words]).expect(0).stdout,
            "",
            "{words}"
        );
    }
    for (words, told) in [("🪿 !", "there is no word"), ("NEAR", "nothing found\n")] {
        let ran = bench.run(&["search", words]).expect(0);
        assert!(ran.stderr.contains(told), "{words}: {}", ran.stderr);
    }
    assert!(
        bench
            .run(&["search", "--raw", "geese NOT ("])
            .expect(2)
            .stderr
            .contains("cannot be used")
    );
}

/// A store with articles in several languages, as feeds of two sites gave them.
fn in_many_languages() -> (Site, Bench) {
    let site = Site::open();
    let texts = [
        (
            "zh",
            "北京大学的天文学家拍到彗星",
            "北京大学的天文学家首次拍到这颗彗星的清晰照片，使用的是一台普通的iPhone手机和望远镜。",
        ),
        (
            "ja",
            "新幹線が運転を見合わせ",
            "新幹線は架線の点検のため、午前中に東京都内の一部の区間で運転を見合わせた。",
        ),
        (
            "th",
            "ห้องสมุดเปิดวันเสาร์",
            "ห้องสมุดประชาชนเปิดให้ยืมหนังสือฟรีทุกวันเสาร์ตลอดทั้งปีนี้",
        ),
        (
            "ko",
            "서울의 새 자전거길",
            "서울시는 내년 봄까지 한강을 따라 새 자전거길을 만들기로 했다.",
        ),
        (
            "hi",
            "बंदरगाह का नया रास्ता",
            "नगर परिषद ने पुराने बंदरगाह के चारों ओर साइकिल पथ बनाने का फैसला किया।",
        ),
        (
            "en",
            "A path around the harbour",
            "The council voted on Tuesday to build a cycle path, with an iPhone app, around the café. It will be open to everybody who lives in the town or comes to see it, and those who were against it have said that they will try it.",
        ),
    ];
    let items: Vec<(String, String, &str, &str)> = texts
        .iter()
        .map(|(lang, title, text)| {
            (
                format!("id-{lang}"),
                site.url(&format!("/{lang}")),
                *title,
                *text,
            )
        })
        .collect();
    let items: Vec<(&str, &str, &str, &str)> = items
        .iter()
        .map(|(id, url, title, text)| (id.as_str(), url.as_str(), *title, *text))
        .collect();
    let (world, local) = (rss(&items[..4]), rss(&items[4..]));
    site.on("/world", move |_| Reply::ok(world.clone()));
    site.on("/local", move |_| Reply::ok(local.clone()));
    let more = |name: &str, tag: &str| {
        format!("name = \"{name}\"\ntags = [\"{tag}\"]\nfull_text = \"never\"")
    };
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/world"), &more("World", "far")),
        feed(&site.url("/local"), &more("Local", "near"))
    ));
    bench.run(&["once"]).expect(0);
    (site, bench)
}

fn titles_found(bench: &Bench, args: &[&str]) -> Vec<String> {
    let mut all = vec!["search", "--json"];
    all.extend(args);
    let found = bench.run(&all).expect(0).stdout;
    let title = |line: &str| {
        let hit: serde_json::Value = serde_json::from_str(line).unwrap();
        hit["title"].as_str().unwrap().to_owned()
    };
    let mut titles: Vec<String> = found.lines().map(title).collect();
    titles.sort();
    titles
}

#[test]
fn a_word_is_found_wherever_it_stands_in_any_script() {
    let (_site, bench) = in_many_languages();
    for (words, expected) in [
        ("北京大学", "北京大学的天文学家拍到彗星"),
        ("彗星 iphone", "北京大学的天文学家拍到彗星"),
        ("京", "北京大学的天文学家拍到彗星,新幹線が運転を見合わせ"),
        ("東京 点検", "新幹線が運転を見合わせ"),
        ("หนังสือ", "ห้องสมุดเปิดวันเสาร์"),
        ("자전거", "서울의 새 자전거길"),
        ("साइकिल", "बंदरगाह का नया रास्ता"),
        (
            "iphone",
            "A path around the harbour,北京大学的天文学家拍到彗星",
        ),
        ("cafe", "A path around the harbour"),
        ("天文台", ""),
    ] {
        assert_eq!(
            titles_found(&bench, &[words]).join(","),
            expected,
            "{words}"
        );
    }
    let shown = bench.run(&["search", "天文学家"]).expect(0).stdout;
    assert!(shown.contains("北京大学的[天文学家]首次"), "{shown}");
}

#[test]
fn an_article_that_changes_or_goes_leaves_no_pairs_behind() {
    let (_site, bench) = in_many_languages();
    let id = bench.ask("SELECT id FROM articles WHERE title LIKE '%彗星'");
    let (store, writer) =
        feedmill::store::Store::open(&bench.db(), feedmill::store::Settings::default()).unwrap();
    drop(store);
    writer.join().unwrap();
    let conn = feedmill::store::open::writer(&bench.db(), feedmill::store::Checkpointing::Internal)
        .unwrap();
    let pairs = |word: &str| -> i64 {
        conn.query_row(
            "SELECT count(*) FROM articles_bigrams WHERE articles_bigrams MATCH ?1",
            [word],
            |row| row.get(0),
        )
        .unwrap()
    };
    assert_eq!((pairs("彗星"), pairs("流星")), (1, 0));
    conn.execute("UPDATE article_text SET text = '流星' WHERE id = ?1", [&id])
        .unwrap();
    assert_eq!((pairs("清晰"), pairs("流星")), (0, 1));
    conn.execute(
        "UPDATE article_text SET title = 'a', text = 'b' WHERE id = ?1",
        [&id],
    )
    .unwrap();
    assert_eq!((pairs("彗星"), pairs("流星")), (0, 0));
    conn.execute(
        "UPDATE article_text SET title = '彗星', text = 'b' WHERE id = ?1",
        [&id],
    )
    .unwrap();
    assert_eq!(pairs("彗星"), 1);
    conn.execute("DELETE FROM article_text WHERE id = ?1", [&id])
        .unwrap();
    assert_eq!((pairs("彗星"), pairs("b")), (0, 0));
    conn.execute_batch("INSERT INTO articles_bigrams(articles_bigrams) VALUES ('integrity-check'); INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)").unwrap();
}

#[test]
fn search_is_narrowed_by_site_feed_tag_language_and_time() {
    let (site, bench) = in_many_languages();
    let all = titles_found(&bench, &["iphone"]);
    assert_eq!(all.len(), 2);
    let english = ["A path around the harbour"];
    let host = site
        .base
        .trim_start_matches("http://")
        .split(':')
        .next()
        .unwrap();
    for (filter, expected) in [
        (vec!["--tag", "near"], &english[..]),
        (vec!["--feed", "Local"], &english[..]),
        (vec!["--lang", "en"], &english[..]),
        (vec!["--lang", "e"], &[]),
        (vec!["--site", "example.org"], &[]),
        (vec!["--until", "2026-11-02"], &[]),
        (vec!["--since", "2026-11-03"], &[]),
    ] {
        let mut args = vec!["iphone"];
        args.extend(&filter);
        assert_eq!(titles_found(&bench, &args), expected, "{filter:?}");
    }
    assert_eq!(
        titles_found(
            &bench,
            &[
                "iphone",
                "--site",
                host,
                "--since",
                "2026-11-02",
                "--until",
                "2026-11-03"
            ]
        ),
        all
    );
    assert_eq!(
        titles_found(&bench, &["iphone", "--newest", "--limit", "1"]).len(),
        1
    );
    assert!(
        bench
            .run(&["search", "x", "--since", "tomorrow"])
            .expect(2)
            .stderr
            .contains("2026-11-01")
    );
}

#[test]
fn tail_gives_each_article_once_and_goes_on_where_it_stopped() {
    let (_site, bench) = filled();
    let all = bench.run(&["tail", "--since", "0"]).expect(0).stdout;
    let lines: Vec<serde_json::Value> = all
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines
            .iter()
            .map(|line| line["seq"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(
        lines[0]["article"]["text"]
            .as_str()
            .unwrap()
            .contains("geese")
            || lines[1]["article"]["text"]
                .as_str()
                .unwrap()
                .contains("geese")
    );
    assert_eq!(bench.run(&["tail", "--since", "2"]).expect(0).stdout, "");
}

#[test]
fn a_backup_is_a_whole_database_and_never_overwrites() {
    let (_site, bench) = filled();
    bench.run(&["backup", "copy.db"]).expect(0);
    let copy = crate::support::open_read_only(&bench.path("copy.db"));
    let count: i64 = copy
        .query_row("SELECT count(*) FROM articles", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2);
    assert_eq!(bench.run(&["backup", "copy.db"]).code, Some(2));
}

#[test]
fn datasette_metadata_is_json_that_names_the_database() {
    let (_site, bench) = filled();
    let metadata: serde_json::Value =
        serde_json::from_str(&bench.run(&["schema", "--datasette"]).expect(0).stdout).unwrap();
    let tables = &metadata["databases"]["feedmill"]["tables"];
    assert!(
        tables["articles"]["columns"]["seq"]
            .as_str()
            .is_some_and(|text| text.contains("cursor"))
    );
    assert_eq!(tables["article_text"]["fts_table"], "articles_fts");
    let all =
        bench.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '[_]*'");
    assert!(!all.is_empty());
    for table in all {
        assert_eq!(tables[&table]["hidden"], true, "{table}");
    }
}

#[test]
fn a_user_s_own_view_survives_the_next_start() {
    let (_site, bench) = filled();
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute_batch("CREATE VIEW mine AS SELECT title FROM articles; UPDATE _meta SET value = 'old' WHERE key = 'contract_hash'").unwrap();
    drop(conn);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM mine"), "2");
}

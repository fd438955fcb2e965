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
         AND name NOT LIKE 'articles_fts%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    assert_eq!(
        public,
        [
            "about",
            "article_text",
            "articles",
            "changes",
            "docs",
            "duplicates",
            "entries",
            "failures",
            "feeds",
            "fetches",
            "gaps",
            "revisions",
            "stories"
        ]
    );
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
    assert!(
        bench
            .run(&["search", "--raw", "geese NOT ("])
            .expect(2)
            .stderr
            .contains("cannot be used")
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

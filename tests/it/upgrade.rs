//! Databases of earlier programs, and what their owners have put into them.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

fn fixtures() -> Vec<PathBuf> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/databases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_database_of_every_schema_is_brought_forward_and_keeps_what_is_its_owner_s() {
    let site = Site::open();
    let document = rss(&[("1", &site.url("/a"), "Geese", "s")]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/a", |_| Reply::html(page("Geese", "geese")));
    let config = format!("{QUICK}{}", feed(&site.url("/feed"), ""));
    let mut latest = String::new();
    for fixture in fixtures() {
        let bench = Bench::new(&config);
        std::fs::copy(&fixture, bench.db()).unwrap();
        let before: i64 = {
            let conn = Connection::open(bench.db()).unwrap();
            conn.execute_batch(
                "CREATE TABLE mine (id INTEGER);
                 CREATE VIEW my_view AS SELECT title, text FROM articles WHERE is_duplicate = 0;
                 CREATE TRIGGER my_trigger AFTER INSERT ON article_text BEGIN INSERT INTO mine VALUES (new.id); END;
                 CREATE INDEX my_index ON mine (id);",
            )
            .unwrap();
            conn.query_row("SELECT count(*) FROM my_view", [], |row| row.get(0))
                .unwrap()
        };
        let ran = bench.run(&["once"]);
        assert_eq!(
            ran.code,
            Some(0),
            "{}: {}\nIf schema 1 was changed before its release, tests/fixtures/databases/README.md says how to make it again.",
            fixture.display(),
            ran.stderr
        );
        assert_eq!(
            bench.ask("SELECT count(*) FROM my_view"),
            (before + 1).to_string()
        );
        assert_eq!(bench.ask("SELECT count(*) FROM mine"), "1");
        assert!(
            !bench
                .run(&["search", "--json", "harbour"])
                .expect(0)
                .stdout
                .is_empty()
        );
        let undescribed = bench.rows(
            "SELECT m.name || '.' || p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'view' AND m.name NOT LIKE 'my%'
               AND NOT EXISTS (SELECT 1 FROM docs d WHERE d.object = m.name AND d.column_name = p.name)",
        );
        assert!(undescribed.is_empty(), "{undescribed:?}");
        bench.run(&["check", "--deep"]).expect(0);
        latest = bench.ask("PRAGMA user_version");
    }
    // There is one of the present schema, too.
    let newest = format!("schema{latest}.db");
    assert!(
        fixtures()
            .last()
            .is_some_and(|path| path.ends_with(&newest)),
        "{newest}"
    );
}

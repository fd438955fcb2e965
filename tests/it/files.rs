//! Copies of the articles as files, one for each day.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::support::{Bench, QUICK, Reply, Site, feed, rss};

/// Three articles of two days.
fn two_days() -> (Site, Bench) {
    let site = Site::open();
    let document = rss(&[
        (
            "1",
            &site.url("/a"),
            "Geese, \"grey\" ones",
            "What was said of geese.",
        ),
        ("2", &site.url("/b"), "Herons", "What was said of herons."),
    ]);
    let yesterday = rss(&[("3", &site.url("/c"), "Terns", "What was said of terns.")])
        .replace("02 Nov", "01 Nov")
        .replace("Mon,", "Sun,");
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/older", move |_| Reply::ok(yesterday.clone()));
    let only_words = "full_text = \"never\"";
    let bench = Bench::new(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/feed"), only_words),
        feed(&site.url("/older"), only_words)
    ));
    bench.run(&["once"]).expect(0);
    (site, bench)
}

/// Every file of a folder with when it was written and what is in it.
fn files(folder: &Path) -> BTreeMap<String, (SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(
                    name,
                    (
                        entry.metadata().unwrap().modified().unwrap(),
                        std::fs::read(&path).unwrap(),
                    ),
                );
            }
        }
    }
    found
}

fn change(bench: &Bench, sql: &str) {
    feedmill::store::open::writer(&bench.db(), feedmill::store::Checkpointing::Internal)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

const EXPORT: [&str; 6] = [
    "export",
    "--format",
    "jsonl",
    "out",
    "--fields",
    "id,title,sort_at,word_count,is_duplicate",
];

#[test]
fn a_day_is_a_file_and_a_second_run_changes_nothing() {
    let (_site, bench) = two_days();
    let said = bench.run(&EXPORT).expect(0).stdout;
    assert!(said.starts_with("3 articles in 2 days"), "{said}");
    let first = files(&bench.path("out"));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "_feedmill.json",
            "_feedmill.lock",
            "date=2026-11-01/articles.jsonl",
            "date=2026-11-02/articles.jsonl"
        ]
    );
    let text = String::from_utf8(first["date=2026-11-01/articles.jsonl"].1.clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["title"], "Terns");
    assert_eq!(line["is_duplicate"], 0);
    assert!(
        bench
            .run(&EXPORT)
            .expect(0)
            .stdout
            .starts_with("0 articles in 0 days")
    );
    let second = files(&bench.path("out"));
    assert!(
        first
            .iter()
            .filter(|(name, _)| name.starts_with("date"))
            .all(|(name, file)| second[name] == *file)
    );
}

#[test]
fn only_the_days_whose_articles_changed_moved_or_went_are_written_again() {
    let (_site, bench) = two_days();
    bench.run(&EXPORT).expect(0);
    let count = |date: &str| {
        let file = bench.path(&format!("out/date={date}/articles.jsonl"));
        std::fs::read_to_string(file)
            .map(|text| text.lines().count())
            .ok()
    };
    let first = files(&bench.path("out"));
    change(
        &bench,
        "UPDATE _article SET title = 'Grey herons', seq = 100 WHERE title = 'Herons'",
    );
    bench.run(&EXPORT).expect(0);
    let second = files(&bench.path("out"));
    assert_eq!(
        first["date=2026-11-01/articles.jsonl"],
        second["date=2026-11-01/articles.jsonl"]
    );
    assert!(
        String::from_utf8_lossy(&second["date=2026-11-02/articles.jsonl"].1)
            .contains("Grey herons")
    );
    // To another day, which had none; out of the day before.
    change(
        &bench,
        "UPDATE _article SET sort_at = '2026-10-31T00:00:00.000Z', seq = 101 WHERE title = 'Terns'",
    );
    let said = bench.run(&EXPORT).expect(0).stdout;
    assert!(said.contains("1 removed"), "{said}");
    assert_eq!(
        (
            count("2026-10-31"),
            count("2026-11-01"),
            count("2026-11-02")
        ),
        (Some(1), None, Some(2))
    );
    change(
        &bench,
        "DELETE FROM article_text WHERE title LIKE '%geese%'; UPDATE _article SET deleted_at = '2026-11-03T00:00:00.000Z' WHERE title LIKE '%geese%'",
    );
    bench.run(&EXPORT).expect(0);
    assert_eq!(count("2026-11-02"), Some(1));
    // A file that somebody removed comes back.
    std::fs::remove_file(bench.path("out/date=2026-11-02/articles.jsonl")).unwrap();
    bench.run(&EXPORT).expect(0);
    assert_eq!(count("2026-11-02"), Some(1));
}

#[test]
fn a_folder_that_another_export_is_writing_to_is_left_alone() {
    let (_site, bench) = two_days();
    bench.run(&EXPORT).expect(0);
    let other = std::fs::File::open(bench.path("out/_feedmill.lock")).unwrap();
    other.try_lock().unwrap();
    std::fs::remove_file(bench.path("out/date=2026-11-02/articles.jsonl")).unwrap();
    let refused = bench.run(&EXPORT).expect(75).stderr;
    assert!(refused.contains("another export is writing"), "{refused}");
    assert!(!bench.path("out/date=2026-11-02/articles.jsonl").exists());
    drop(other);
    bench.run(&EXPORT).expect(0);
    assert!(bench.path("out/date=2026-11-02/articles.jsonl").exists());
}

#[test]
fn after_a_restore_everything_is_written_anew() {
    let (_site, bench) = two_days();
    bench.run(&EXPORT).expect(0);
    change(
        &bench,
        "UPDATE _meta SET value = value + 1 WHERE key = 'epoch'; DELETE FROM _entry; DELETE FROM _article WHERE title = 'Terns'",
    );
    let said = bench.run(&EXPORT).expect(0).stdout;
    assert!(
        said.starts_with("2 articles in 1 days") && said.contains("1 removed"),
        "{said}"
    );
}

#[test]
fn days_before_since_are_left_alone() {
    let (_site, bench) = two_days();
    bench.run(&EXPORT).expect(0);
    std::fs::remove_file(bench.path("out/date=2026-11-01/articles.jsonl")).unwrap();
    let mut args = EXPORT.to_vec();
    args.extend(["--since", "2026-11-02"]);
    assert!(
        bench
            .run(&args)
            .expect(0)
            .stdout
            .contains("1 days unchanged, 0 removed")
    );
}

#[test]
fn csv_has_a_header_and_quotes_what_needs_it() {
    let (_site, bench) = two_days();
    bench
        .run(&[
            "export",
            "--format",
            "csv",
            "sheets",
            "--fields",
            "title,lang",
        ])
        .expect(0);
    let text = std::fs::read_to_string(bench.path("sheets/date=2026-11-02/articles.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "title,lang"));
    assert!(lines.contains(&"\"Geese, \"\"grey\"\" ones\","), "{text}");
}

#[test]
fn a_folder_of_another_kind_an_unknown_column_and_a_missing_folder_are_refused() {
    let (_site, bench) = two_days();
    bench.run(&EXPORT).expect(0);
    assert!(
        bench
            .run(&["export", "--format", "csv", "out"])
            .expect(2)
            .stderr
            .contains("holds jsonl")
    );
    assert!(
        bench
            .run(&["export", "--format", "csv", "x", "--fields", "headline"])
            .expect(2)
            .stderr
            .contains("\"headline\"")
    );
    bench.run(&["export", "--format", "csv"]).expect(2);
    bench.run(&["export", "--since", "7d"]).expect(2);
    assert!(bench.run(&["export"]).expect(0).stdout.contains("<opml"));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_a_whole_file_of_its_kind() {
    let (_site, bench) = two_days();
    bench
        .run(&["export", "--format", "parquet", "columns"])
        .expect(0);
    let bytes = std::fs::read(bench.path("columns/date=2026-11-02/articles.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

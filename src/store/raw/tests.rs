//! The two sides together, over a real database.

use std::path::Path;

use rusqlite::Connection;
use tokio::runtime::{Builder, Runtime};

use super::{Range, RawPage, RawReader, RawStore, RawThread};
use crate::model::{ArticleId, Timestamp};
use crate::store::open;

fn page(host: &str, own: &str, at: i64) -> RawPage {
    let template: Vec<String> = (0..900)
        .map(|n| format!("<i id={}>", n * 7919 % 1009))
        .collect();
    RawPage {
        link: Some(format!("https://{host}/link")),
        url: format!("https://{host}/{own}"),
        fetched_at: Timestamp::from_millis(at),
        status: 200,
        content_type: Some("text/html".to_owned()),
        body: format!("{}<p>{own}", template.concat()).into_bytes(),
    }
}

/// A database with so many articles, and its raw pages.
fn opened(dir: &Path, articles: i64) -> (RawStore, RawThread) {
    let path = dir.join("feedmill.db");
    let conn = open::writer(&path, crate::store::Checkpointing::Internal).expect("a database");
    conn.pragma_update(None, "foreign_keys", false)
        .expect("set");
    for id in 1..=articles {
        conn.execute("INSERT INTO article_text VALUES (?1, 't', 'x', NULL)", [id])
            .expect("written");
    }
    RawStore::open(&path).expect("raw pages")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn kept(dir: &Path) -> Vec<ArticleId> {
    let reader = RawReader::open(&dir.join("feedmill.db")).expect("raw pages");
    reader
        .next(&Range::default(), ArticleId(0), 1000)
        .expect("articles")
}

#[test]
fn pages_come_back_as_they_were_and_those_of_one_host_share_what_is_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    let (raw, thread) = opened(dir.path(), 9);
    let parts = |n: i64| {
        let first = page("e.org", &format!("a{n}"), n);
        vec![first, page("e.org", "b", n)]
    };
    for n in 1..=9 {
        runtime().block_on(raw.keep(ArticleId(n), parts(n)));
    }
    drop(raw);
    thread.join();
    let mut reader = RawReader::open(&dir.path().join("feedmill.db")).expect("raw pages");
    for n in 1..=9 {
        assert_eq!(reader.pages(ArticleId(n)).expect("pages"), parts(n));
    }
    let conn = Connection::open(dir.path().join("raw.db")).expect("raw pages");
    let sum = |sql: &str| {
        conn.query_row(sql, [], |row| row.get::<_, i64>(0))
            .expect("a sum")
    };
    let alone = sum("SELECT max(length(body)) FROM page WHERE article_id = 1");
    let later = sum("SELECT max(length(body)) FROM page WHERE article_id > 1");
    assert!(later * 10 < alone, "{later} of {alone}");
    assert_eq!(sum("SELECT count(*) FROM dictionary"), 1);
}

#[test]
fn old_pages_those_beyond_the_size_and_those_of_gone_articles_are_forgotten() {
    for (before, max_bytes, left) in [
        (0, u64::MAX, &[1, 2, 3][..]),
        (2, u64::MAX, &[2, 3]),
        (0, 1, &[]),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let (raw, thread) = opened(dir.path(), 3);
        for n in 1..=4 {
            runtime().block_on(raw.keep(ArticleId(n), vec![page("e.org", "a", n)]));
        }
        runtime().block_on(raw.trim(Timestamp::from_millis(before), max_bytes));
        drop(raw);
        thread.join();
        let left: Vec<ArticleId> = left.iter().copied().map(ArticleId).collect();
        assert_eq!(kept(dir.path()), left);
    }
}

#[test]
fn a_file_is_made_at_once_or_not_at_all_and_its_readers_outlive_the_writer() {
    let dir = tempfile::tempdir().expect("a directory");
    RawStore::open(&dir.path().join("feedmill.db")).expect_err("there is no database");
    let (raw, thread) = opened(dir.path(), 1);
    drop(raw);
    thread.join();
    // Without these, somebody who may not write the directory could not read.
    for suffix in ["-wal", "-shm"] {
        assert!(open::beside(&dir.path().join("raw.db"), suffix).exists());
    }
}

//! Copies of the database, and the way back from one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use feedmill::model::Timestamp;
use feedmill::store::InstanceLock;
use feedmill::store::backup::backup;
use feedmill::store::restore::restore;
use rusqlite::Connection;

use crate::service::Service;
use crate::support::{Bench, QUICK, Reply, Site, feed, open_read_only, page, rss};

/// A site whose feed shows one more article with every poll.
fn growing_site() -> Site {
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |hit| {
        let links: Vec<(String, String)> = (0..=hit.nth)
            .map(|n| (format!("{n}"), format!("{base}/page-{n}")))
            .collect();
        let items: Vec<_> = links
            .iter()
            .map(|(n, link)| (n.as_str(), link.as_str(), n.as_str(), "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    for n in 0..8 {
        site.on(&format!("/page-{n}"), move |_| {
            Reply::html(page(&format!("Page {n}"), &format!("bird {n}")))
        });
    }
    site
}

fn config(site: &Site, more: &str) -> String {
    format!("{QUICK}[store]\n{more}\n{}", feed(&site.url("/feed"), ""))
}

fn backups(bench: &Bench) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(bench.path("copies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn about(bench: &Bench, key: &str) -> String {
    bench.ask(&format!("SELECT value FROM about WHERE key = '{key}'"))
}

#[test]
fn a_restore_puts_the_backup_in_place_keeps_the_old_file_and_begins_another_epoch() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    bench.run(&["backup", "copy.db"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "2");
    let (db_id, epoch) = (about(&bench, "db_id"), about(&bench, "epoch"));
    let reader = bench.read();
    let told = bench.run(&["restore", "copy.db"]).expect(0).stdout;
    assert!(
        told.contains("1 articles") && told.contains("epoch 2"),
        "{told}"
    );
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    assert_eq!((about(&bench, "db_id"), epoch.as_str()), (db_id, "1"));
    assert_eq!(about(&bench, "epoch"), "2");
    // Whoever had the old file open still reads it.
    let before: i64 = reader
        .query_row("SELECT count(*) FROM articles", [], |row| row.get(0))
        .unwrap();
    assert_eq!(before, 2);
    let aside = told.lines().nth(1).unwrap();
    let aside = aside
        .split("before is ")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let old: i64 = open_read_only(&bench.path(aside))
        .query_row("SELECT count(*) FROM articles", [], |row| row.get(0))
        .unwrap();
    assert_eq!(old, 2);
    // Life goes on; a second restore of the same backup is a third life.
    bench.run(&["once", "--force"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "3");
    let again = bench.run(&["restore", "copy.db"]).expect(0).stdout;
    assert!(again.contains("epoch 3"), "{again}");
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
}

#[test]
fn a_restore_of_what_is_no_whole_backup_or_under_a_running_service_changes_nothing() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    bench.run(&["backup", "copy.db"]).expect(0);
    std::fs::write(bench.path("diary.db"), "Dear diary").unwrap();
    let mut bytes = std::fs::read(bench.path("copy.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(bench.path("torn.db"), &bytes).unwrap();
    Connection::open(bench.path("newer.db"))
        .unwrap()
        .execute_batch(
            "PRAGMA application_id = 0x46444d4c; PRAGMA user_version = 9999; CREATE TABLE t (x)",
        )
        .unwrap();
    let before = std::fs::read(bench.db()).unwrap();
    for file in ["diary.db", "torn.db", "newer.db"] {
        bench.run(&["restore", file]).expect(65);
        assert_eq!(std::fs::read(bench.db()).unwrap(), before, "{file}");
    }
    bench.run(&["restore", "absent.db"]).expect(1);
    let itself = bench.run(&["restore", "feedmill.db"]).expect(78);
    assert!(
        itself.stderr.contains("the database itself"),
        "{}",
        itself.stderr
    );
    let service = Service::start(&bench);
    service.wait_for("READY=1");
    bench.run(&["restore", "copy.db"]).expect(75);
    service.stop();
    assert_eq!(about(&bench, "epoch"), "1");
    let left: Vec<_> = std::fs::read_dir(bench.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restor"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_second_restore_in_the_same_second_keeps_what_the_first_one_kept() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    bench.run(&["backup", "copy.db"]).expect(0);
    bench.run(&["once", "--force"]).expect(0);
    let lock = InstanceLock::take(&bench.db()).unwrap();
    let aside = || {
        restore(&bench.path("copy.db"), &bench.db(), &lock, Timestamp::EPOCH)
            .unwrap()
            .aside
            .unwrap()
    };
    let articles = [aside(), aside()].map(|path| {
        open_read_only(&path)
            .query_row("SELECT count(*) FROM articles", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
    });
    assert_eq!(articles, [2, 1]);
}

#[test]
fn a_copy_has_any_name_and_is_for_nobody_but_owner_and_group() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    let name = OsStr::from_bytes(b"a copy, \xff'?.db");
    let copy = bench.dir.path().join(name);
    let bytes = backup(&bench.db(), &copy, |_| ()).unwrap();
    let data = std::fs::metadata(&copy).unwrap();
    assert_eq!((data.len(), data.mode() & 0o007), (bytes, 0));
    let lock = InstanceLock::take(&bench.db()).unwrap();
    let restored = restore(&copy, &bench.db(), &lock, Timestamp::EPOCH).unwrap();
    assert_eq!(restored.articles, 1);
}

#[test]
fn a_damaged_database_is_replaced_too() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    bench.run(&["backup", "copy.db"]).expect(0);
    std::fs::write(bench.db(), "overwritten by mistake").unwrap();
    bench.run(&["once"]).expect(65);
    bench.run(&["restore", "copy.db"]).expect(0);
    assert_eq!(bench.ask("SELECT count(*) FROM articles"), "1");
    bench.run(&["once", "--force"]).expect(0);
}

#[test]
fn a_directory_of_copies_keeps_the_newest() {
    let site = growing_site();
    let bench = Bench::new(&config(&site, ""));
    bench.run(&["once"]).expect(0);
    std::fs::create_dir(bench.path("copies")).unwrap();
    for old in ["20200101T000000Z", "20210101T000000Z"] {
        std::fs::write(bench.path(&format!("copies/feedmill-{old}.db")), "old").unwrap();
    }
    bench.run(&["backup", "copies", "--keep", "2"]).expect(0);
    let left = backups(&bench);
    assert_eq!(left.len(), 2);
    assert!(
        left[0].ends_with("feedmill-20210101T000000Z.db"),
        "{left:?}"
    );
    bench.run(&["restore", left[1].to_str().unwrap()]).expect(0);
    assert_eq!(
        bench.run(&["backup", "one.db", "--keep", "2"]).code,
        Some(2)
    );
}

#[test]
fn the_service_takes_copies_when_they_are_due() {
    let site = growing_site();
    let bench = Bench::new(&config(
        &site,
        "backup_dir = \"copies\"\nbackup_every = \"1h\"\nbackup_keep = 1",
    ));
    std::fs::create_dir(bench.path("copies")).unwrap();
    std::fs::write(bench.path("copies/feedmill-20200101T000000Z.db"), "old").unwrap();
    let service = Service::start(&bench);
    service.wait_for_log("backup taken");
    let left = backups(&bench);
    assert_eq!(left.len(), 1);
    service.stop();
    // Not due again: the next start takes none.
    let service = Service::start(&bench);
    service.wait_for("READY=1");
    service.wait_for_log("upkeep done");
    service.stop();
    assert_eq!(backups(&bench), left);
    bench.run(&["restore", left[0].to_str().unwrap()]).expect(0);
}

#[test]
fn with_an_external_checkpointer_the_log_is_left_alone() {
    let site = growing_site();
    let wal = |config: &str| {
        let bench = Bench::new(config);
        bench.run(&["once"]).expect(0);
        std::fs::metadata(bench.path("feedmill.db-wal"))
            .unwrap()
            .len()
    };
    assert_eq!(wal(&config(&site, "")), 0);
    assert!(wal(&config(&site, "checkpoint = \"external\"")) > 0);
}

//! Killed at random moments of ingestion, pruning, re-extraction, backup and restore: after every kill the file is
//! whole, nothing that was acknowledged is lost, and a consumer's tail goes on without gap or repeat.
//!
//! Ten kills by default; `KILLS=200 cargo test --test it kills -- --nocapture` for the long run.

use std::collections::BTreeMap;
use std::process::Child;

use rusqlite::Connection;

use crate::support::{Bench, QUICK, Reply, Site, feed, noted, rss};

const KILLS: usize = 10;
/// Entries that the feed shows; every poll shows as many others.
const WINDOW: usize = 40;

/// Polls before the first kill, so that there is something to copy and to take away.
const POLLS_BEFORE: usize = 8;

/// A sequence that looks random (`SplitMix64`), the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((state ^ (state >> 31)) % bound as u64).unwrap()
    }
}

fn endless_site() -> Site {
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |hit| {
        let links: Vec<(String, String)> = (hit.nth * WINDOW..(hit.nth + 1) * WINDOW)
            .map(|n| (format!("{n}"), format!("{base}/page-{n}")))
            .collect();
        let items: Vec<_> = links
            .iter()
            .map(|(n, link)| (n.as_str(), link.as_str(), n.as_str(), "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    site.on_any(|path| {
        let name = path.strip_prefix("/page-")?;
        Some(Reply::html(noted(&format!("bird{name}"))))
    });
    site
}

/// What a consumer knows of the store: it follows `seq`, and starts again with another epoch.
#[derive(Default)]
struct Consumer {
    epoch: String,
    cursor: i64,
    /// Articles that were told of and not taken back: each is acknowledged, it was read.
    articles: BTreeMap<i64, i64>,
    told: usize,
}

impl Consumer {
    fn follow(&mut self, bench: &Bench) {
        let epoch = bench.ask("SELECT value FROM about WHERE key = 'epoch'");
        if epoch != self.epoch {
            *self = Self {
                epoch,
                told: self.told,
                ..Self::default()
            };
        }
        let since = self.cursor.to_string();
        let lines = bench
            .run(&["tail", "--since", &since, "--no-text"])
            .expect(0)
            .stdout;
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let seq = line["seq"].as_i64().unwrap();
            assert!(seq > self.cursor, "{seq} comes after {}", self.cursor);
            self.cursor = seq;
            self.told += 1;
            let id = line["article_id"].as_i64().unwrap();
            if line["op"] == "delete" {
                self.articles.remove(&id);
            } else {
                self.articles.insert(id, seq);
            }
        }
        // What the consumer has is what there is: nothing was missed, nothing was lost.
        let there: BTreeMap<i64, i64> = bench
            .rows("SELECT id, seq FROM articles ORDER BY id")
            .iter()
            .map(|row| {
                let (id, seq) = row.split_once('|').unwrap();
                (id.parse().unwrap(), seq.parse().unwrap())
            })
            .collect();
        assert_eq!(there, self.articles);
        // And no number is missing in between.
        assert_eq!(
            bench.ask(
                "SELECT count(*) = coalesce(max(seq), 0) - coalesce(min(seq), 1) + 1 FROM changes"
            ),
            "1"
        );
    }
}

/// Work that is killed, and how many milliseconds of the processor's time it takes, about.
const WORKS: [(&str, usize); 5] = [
    ("ingestion", 400),
    ("pruning", 60),
    ("re-extraction", 400),
    ("backup", 25),
    ("restore", 50),
];

/// Every other time the articles are to be without their notes, so that re-extraction has work.
fn configure(bench: &Bench, site: &Site, n: usize) {
    let drop = if n.is_multiple_of(2) { "\".note\"" } else { "" };
    let more =
        format!("full_text = \"always\"\ninterval = \"1h\"\nextract = {{ drop = [{drop}] }}");
    bench.configure(&format!(
        "{QUICK}[store]\nkeep = \"30d\"\n[articles]\nkeep_pages = \"90d\"\n{}",
        feed(&site.url("/feed"), &more)
    ));
}

fn begin(bench: &Bench, site: &Site, work: &str, n: usize) -> Child {
    match work {
        "re-extraction" => {
            configure(bench, site, n / WORKS.len());
            bench.spawn(&["reextract"])
        }
        "ingestion" => bench.spawn(&["once", "--force"]),
        "pruning" => {
            Connection::open(bench.db())
                .unwrap()
                .execute_batch(
                    "UPDATE _entry SET first_seen_at = '2020-01-01T00:00:00.000Z' WHERE id IN (SELECT id FROM _entry ORDER BY id LIMIT 60);
                     UPDATE _article SET first_seen_at = '2020-01-01T00:00:00.000Z'
                     WHERE id IN (SELECT article_id FROM _entry WHERE first_seen_at < '2021')",
                )
                .unwrap();
            bench.spawn(&["prune"])
        }
        "backup" => bench.spawn(&["backup", &format!("backup-{n}.db")]),
        _ => {
            let _ = std::fs::remove_file(bench.path("good.db"));
            bench.run(&["backup", "good.db"]).expect(0);
            bench.spawn(&["restore", "good.db"])
        }
    }
}

/// Kills it when the kernel has given it so much of the processor's time; whether it was still at work.
fn kill_after(child: &mut Child, nanoseconds: usize) -> bool {
    let threads = format!("/proc/{}/task", child.id());
    let given = || -> usize {
        let threads = std::fs::read_dir(&threads).into_iter().flatten().flatten();
        threads
            .filter_map(|thread| {
                let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
                text.split(' ').next()?.parse::<usize>().ok()
            })
            .sum()
    };
    while child.try_wait().unwrap().is_none() && given() < nanoseconds {
        std::thread::yield_now();
    }
    let is_at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    is_at_work
}

#[test]
fn kills_at_random_moments_lose_nothing_and_double_nothing() {
    let kills = std::env::var("KILLS").map_or(KILLS, |text| text.parse().expect("KILLS"));
    let site = endless_site();
    let bench = Bench::new("");
    configure(&bench, &site, 1);
    for _ in 0..POLLS_BEFORE {
        bench.run(&["once", "--force"]).expect(0);
    }
    let mut consumer = Consumer::default();
    consumer.follow(&bench);
    let mut dice = Dice(20_261_123);
    let mut hit = [(0, 0); WORKS.len()];
    for n in 0..kills {
        let which = n % WORKS.len();
        let (work, milliseconds) = WORKS[which];
        let mut child = begin(&bench, &site, work, n);
        let alive = kill_after(&mut child, dice.below(1000) * milliseconds * 1000);
        hit[which].0 += 1;
        hit[which].1 += usize::from(alive);
        consumer.follow(&bench);
        bench.check_whole();
        let copy = bench.path(&format!("backup-{n}.db"));
        if copy.exists() {
            // A backup that has its name is a whole one.
            let copy = crate::support::open_read_only(&copy);
            let verdict: String = copy
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .unwrap();
            assert_eq!(verdict, "ok");
        }
    }
    // What was begun is brought to its end.
    bench.run(&["once", "--force"]).expect(0);
    bench.run(&["prune"]).expect(0);
    bench.run(&["reextract"]).expect(0);
    consumer.follow(&bench);
    bench.check_whole();
    assert_eq!(
        bench.ask("SELECT count(*) FROM entries e LEFT JOIN articles a ON a.id = e.article_id WHERE a.id IS NULL"),
        "0"
    );
    for ((work, _), (kills, alive)) in WORKS.iter().zip(hit) {
        println!("{work}: {kills} kills, {alive} of them while it worked");
    }
    println!(
        "{} changes told, {} articles there at the end, epoch {}",
        consumer.told,
        consumer.articles.len(),
        consumer.epoch
    );
    assert!(hit.iter().any(|(_, alive)| *alive > 0));
}

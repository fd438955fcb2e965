//! What retention gives back of a large file, and how long a writer waits for it meanwhile.
//!
//!     cargo bench --bench retention            # 1 GB, two thirds of it kept long enough
//!     cargo bench --bench retention -- 100     # as many MB

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use feedmill::config::{self, Sources};
use feedmill::daemon::{self, SystemClock};
use feedmill::model::{FeedId, Timestamp};
use feedmill::store::{Checkpointing, Reschedule, Settings, Store, backup, open};
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

/// Words of a text, and how many there are to choose from: about 5 KB, as of a news article.
const WORDS: u64 = 800;
const VOCABULARY: u64 = 60_000;
/// Articles in one transaction of the filling.
const BATCH: u64 = 1_000;
/// Pause between the writes whose waiting is measured.
const PAUSE: Duration = Duration::from_millis(5);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let megabytes: u64 = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1000);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = dir.path().join("feedmill.db");
    fill(&path, megabytes << 20)?;
    let before = size(&path);
    let runtime = tokio::runtime::Runtime::new()?;
    let (swept, mut waits, took) = runtime.block_on(sweep(&path))?;
    let after = size(&path);
    let afresh = dir.path().join("afresh.db");
    backup::backup(&path, &afresh, |_| ())?;
    let could = before - size(&afresh);
    waits.sort_unstable();
    let at = |share: usize| waits.get((waits.len() - 1) * share / 1000);
    println!(
        "file {} MB, {} articles taken away in {took:.1?}",
        before >> 20,
        swept.articles
    );
    println!(
        "given back {} MB of {} MB that a fresh copy would save: {:.1} %",
        (before - after) >> 20,
        could >> 20,
        (before - after) as f64 * 100.0 / could as f64
    );
    println!(
        "{} writes meanwhile waited p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        waits.len(),
        at(500).unwrap_or(&Duration::ZERO),
        at(990).unwrap_or(&Duration::ZERO),
        at(1000).unwrap_or(&Duration::ZERO)
    );
    let conn = Connection::open(&path)?;
    let verdict: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    conn.execute_batch(
        "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)",
    )?;
    println!("integrity {verdict}, full-text index ok");
    Ok(())
}

/// Retention while somebody writes; how long each write waited.
async fn sweep(path: &Path) -> Result<(daemon::Swept, Vec<Duration>, Duration), Failure> {
    let config = config::load(&Sources {
        text: Some(("bench".to_owned(), "[store]\nkeep = \"30d\"".to_owned())),
        database: Some(path.to_owned()),
        ..Sources::default()
    })
    .map_err(|problems| problems.to_string())?;
    let (store, writer) = Store::open(path, Settings::default())?;
    let over = Arc::new(AtomicBool::new(false));
    let (others, is_over) = (store.clone(), Arc::clone(&over));
    let writing = async {
        let mut waits = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            others
                .write(Reschedule {
                    feeds: vec![(FeedId(1), Timestamp::EPOCH)],
                    reason: "bench",
                })
                .await?;
            waits.push(began.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
        Ok::<_, Failure>(waits)
    };
    let sweeping = async {
        let began = Instant::now();
        let stop = CancellationToken::new();
        let swept = daemon::sweep(&store, &config, &SystemClock, &stop, true, |_| ()).await?;
        over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>((swept, began.elapsed()))
    };
    let (waits, (swept, took)) = tokio::try_join!(writing, sweeping)?;
    drop((store, others));
    tokio::task::spawn_blocking(move || writer.join()).await??;
    Ok((swept, waits, took))
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// A database of that size, two thirds of it from long ago.
fn fill(path: &Path, bytes: u64) -> Result<(), Failure> {
    let mut conn = open::writer(path, Checkpointing::Internal)?;
    conn.execute(
        "INSERT INTO _feed (url, host, next_poll_at, next_poll_reason, created_at, updated_at)
         VALUES ('https://a.example/', 'a.example', ?1, 'first', ?1, ?1)",
        ["2020-01-01T00:00:00.000Z"],
    )?;
    let mut dice = Dice(7);
    let mut id: i64 = 0;
    while size(path) < bytes {
        let tx = conn.transaction()?;
        for _ in 0..BATCH {
            id += 1;
            insert(&tx, id, &mut dice)?;
        }
        tx.commit()?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    conn.execute(
        "UPDATE _entry SET first_seen_at = '2036-01-01T00:00:00.000Z' WHERE id > ?1 * 2 / 3",
        [id],
    )?;
    conn.execute(
        "UPDATE _article SET first_seen_at = '2036-01-01T00:00:00.000Z' WHERE id > ?1 * 2 / 3",
        [id],
    )?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

fn insert(conn: &Connection, id: i64, dice: &mut Dice) -> Result<(), Failure> {
    let (at, text) = ("2020-01-01T00:00:00.000Z", dice.text());
    let hash = blake3::hash(&id.to_le_bytes());
    let key = hash.as_bytes().get(..16);
    conn.prepare_cached("INSERT INTO _change VALUES (?1, ?2, 'new', ?1, 1)")?
        .execute(params![id, at])?;
    conn.prepare_cached(
        "INSERT INTO _article (id, seq, url, site, feed_id, title, byline, excerpt, lang, sort_at, first_seen_at, updated_at,
                               status, method, confidence, extractor, word_count, text_hash, cluster_id)
         VALUES (?1, ?1, 'https://a.example/news/' || ?1, 'a.example', 1, 'Headline number ' || ?1, 'A. Author', ?2, 'en',
                 ?3, ?3, ?3, 'ok', 'classifier', 0.9, 1, 800, ?4, ?1)",
    )?
    .execute(params![id, text.get(..200), at, key])?;
    conn.prepare_cached(
        "INSERT INTO article_text VALUES (?1, 'Headline number ' || ?1, ?2, NULL)",
    )?
    .execute(params![id, text])?;
    conn.prepare_cached("INSERT INTO _alias VALUES (?1, ?2, 0)")?
        .execute(params![key, id])?;
    conn.prepare_cached("INSERT INTO _sketch VALUES (?1, 1, zeroblob(128))")?
        .execute([id])?;
    conn.prepare_cached(
        "INSERT INTO _entry (id, feed_id, uid, url_key, guid, url, title, summary, first_seen_at, fingerprint, article_id)
         VALUES (?1, 1, ?2, ?2, 'guid-' || ?1, 'https://a.example/news/' || ?1, 'Headline number ' || ?1, ?3, ?4, ?2, ?1)",
    )?
    .execute(params![id, key, text.get(..300), at])?;
    Ok(())
}

/// A sequence that looks random (`SplitMix64`), the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }

    /// Words as rare and as frequent as those of a language: the product of two throws.
    fn text(&mut self) -> String {
        let words: Vec<String> = (0..WORDS)
            .map(|_| {
                let word = (self.next() % 245) * (self.next() % 245) % VOCABULARY;
                format!("w{word}")
            })
            .collect();
        words.join(" ")
    }
}

//! What the duplicate judge costs, with a million articles in its window and in a file.
//!
//!     cargo bench --bench dedupe
//!
//! One article in four is a copy with some words more; the others are new, with a site's standing
//! words. The text of a candidate that is not on the shelf is read from the file.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use feedmill::dedupe::{
    ALGORITHM_VERSION, Judgement, Limits, Prepared, Rules, Shelf, Window, url_key,
};
use feedmill::model::{ArticleId, Timestamp};
use feedmill::store::{Checkpointing, FeedSpec, Settings, Store, SyncFeeds, open};
use rusqlite::{Connection, OptionalExtension, params};

/// Articles in the window.
const ARTICLES: i64 = 1_000_000;
/// Words of an article of its own; and of the standing words of a site.
const WORDS: usize = 340;
const STANDING_WORDS: usize = 60;
/// Sites: five of the stored articles are of each.
const SITES: usize = 2_000;
const VOCABULARY: u64 = 20_000;
const FREQUENT: u64 = 100;

/// Prepared texts at hand, as in the store.
const SHELF_BYTES: usize = 64 << 20;

/// Every so many articles one is a copy.
const COPY_EVERY: i64 = 4;

/// A sequence that looks random (`SplitMix64`), the same in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }

    /// Every second word is one of the few frequent ones, as in a language.
    fn words(&mut self, count: usize) -> String {
        let words: Vec<String> = (0..count)
            .map(|at| match at % 2 {
                0 => format!("w{}", self.next() % VOCABULARY),
                _ => format!("f{}", self.next() % FREQUENT),
            })
            .collect();
        words.join(" ")
    }

    /// With a paragraph that some other articles have too: a site's standing words.
    fn text(&mut self, standing: &[String]) -> String {
        let one = usize::try_from(self.next()).unwrap_or_default() % standing.len();
        format!(
            "{} {}",
            self.words(WORDS),
            standing.get(one).map_or("", String::as_str)
        )
    }

    fn sketch(&mut self) -> Vec<u32> {
        // The smallest 32 of 400 hashes lie in the lowest twelfth or so.
        let mut hashes: Vec<u32> = (0..32).map(|_| (self.next() >> 32) as u32 / 12).collect();
        hashes.sort_unstable();
        hashes
    }
}

fn at(id: i64) -> Timestamp {
    // A million articles over three days.
    Timestamp::from_millis(id * 259)
}

/// Every article of which the file has the text.
const TEXT_EVERY: i64 = 100;

/// The sketch of each article: one in a hundred is that of a text.
fn sketches(texts: &[String]) -> impl Iterator<Item = (i64, Vec<u32>)> {
    let mut sequence = Sequence(7);
    let mut texts = texts.iter().cycle();
    (1..=ARTICLES).map(move |id| {
        let text = (id % TEXT_EVERY == 0).then(|| texts.next()).flatten();
        let sketch = text.map(|text| Prepared::new(text).fingerprint().sketch);
        (id, sketch.unwrap_or_else(|| sequence.sketch()))
    })
}

/// Opens the store as the daemon does, and waits until the writer has answered once: by then it
/// has read its window.
fn start(path: &Path, feeds: Vec<FeedSpec>) {
    let at = at(ARTICLES);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (store, writer) = Store::open(path, Settings::default()).unwrap();
    runtime
        .block_on(store.write(SyncFeeds { feeds, at }))
        .unwrap();
    drop(store);
    writer.join().unwrap();
}

fn feed() -> Vec<FeedSpec> {
    vec![FeedSpec {
        url: "http://127.0.0.1/feed".to_owned(),
        host: "127.0.0.1".to_owned(),
        name: None,
        tags: Vec::new(),
        first_poll_at: at(0),
    }]
}

/// Fills a new database with a million articles, their sketches, and some of their texts.
fn fill(path: &Path, texts: &[String]) {
    start(path, feed());
    let mut conn = open::writer(path, Checkpointing::Internal).unwrap();
    let tx = conn.transaction().unwrap();
    let mut article = tx
        .prepare(
            "INSERT INTO _article (id, seq, url, site, feed_id, title, byline, sort_at, first_seen_at, updated_at, status,
                                   method, confidence, extractor, word_count, text_hash, cluster_id)
             VALUES (?1, ?1, ?3, 'paper.example', 1, ?4, 'By a writer of the paper', ?2, ?2, ?2, 'ok',
                     'container', 0.9, 1, 400, randomblob(16), ?1)",
        )
        .unwrap();
    let mut sketch = tx
        .prepare("INSERT INTO _sketch VALUES (?1, ?2, ?3)")
        .unwrap();
    let mut text = tx
        .prepare("INSERT INTO article_text (id, text) VALUES (?1, ?2)")
        .unwrap();
    let mut written = texts.iter().cycle();
    for (id, hashes) in sketches(texts) {
        let url = format!("https://paper.example/news/2026/11/a-story-of-some-length-{id}");
        let title = format!("A headline of the usual length for article {id}");
        article
            .execute(params![id, at(id).to_string(), url, title])
            .unwrap();
        let packed: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        sketch
            .execute(params![id, ALGORITHM_VERSION, packed])
            .unwrap();
        if id % TEXT_EVERY == 0 {
            text.execute(params![id, written.next()]).unwrap();
        }
    }
    drop((article, sketch, text));
    tx.commit().unwrap();
}

/// Bytes of the file that the sketches take, by article.
fn sketch_bytes(path: &Path) -> f64 {
    let conn = Connection::open(path).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, f64>(0)).unwrap();
    let before = count(
        "SELECT 1.0 * freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
    );
    conn.execute_batch("BEGIN; DELETE FROM _sketch").unwrap();
    let after = count(
        "SELECT 1.0 * freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
    );
    conn.execute_batch("ROLLBACK").unwrap();
    (after - before) / ARTICLES as f64
}

/// What a writer does with each article.
fn judge_one(
    window: &mut Window,
    shelf: &mut Shelf,
    file: &Connection,
    text: &str,
    id: ArticleId,
    now: Timestamp,
) -> Judgement {
    let text = Arc::new(Prepared::new(text));
    let sketch = text.fingerprint().sketch;
    let near = window.neighbours(&sketch, now);
    let Ok(judgement) = near.judge(&text, now, &Rules::default(), |id| {
        if let Some(text) = shelf.get(id) {
            return Ok::<_, Infallible>(Some(text));
        }
        let text: Option<Arc<Prepared>> = file
            .prepare_cached("SELECT text FROM article_text WHERE id = ?1")
            .unwrap()
            .query_row([id.0], |row| {
                let text = row.get_ref(0)?.as_str()?;
                Ok(Arc::new(Prepared::new(text)))
            })
            .optional()
            .unwrap();
        if let Some(text) = &text {
            shelf.put(id, Arc::clone(text));
        }
        Ok(text)
    });
    window.insert(id, judgement.cluster.unwrap_or(id), now, &sketch);
    shelf.put(id, text);
    judgement
}

fn benches(criterion: &mut Criterion) {
    let mut sequence = Sequence(1);
    let standing: Vec<String> = (0..SITES).map(|_| sequence.words(STANDING_WORDS)).collect();
    let texts: Vec<String> = (0..10_000).map(|_| sequence.text(&standing)).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feedmill.db");
    fill(&path, &texts);
    println!("on disk: {:.0} bytes a sketch", sketch_bytes(&path));

    let mut group = criterion.benchmark_group("start");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(30));
    group.bench_function("open a file with a million sketches", |bench| {
        bench.iter(|| start(&path, feed()));
    });
    group.finish();

    let mut window = Window::new(Limits::default());
    for (id, sketch) in sketches(&texts) {
        window.insert(ArticleId(id), ArticleId(id), at(id), &sketch);
    }
    // The first look-up fills the table, which is a part of the start.
    let _ = window.neighbours(&[], at(ARTICLES));
    println!(
        "in memory: {} articles, {} bytes each",
        window.len(),
        window.bytes() / window.len()
    );
    let file = Connection::open(&path).unwrap();
    let mut shelf = Shelf::new(SHELF_BYTES);
    let now = at(ARTICLES);
    let mut known = texts.iter().cycle();
    let (mut id, mut judged) = (ARTICLES, ARTICLES);
    criterion.bench_function("judge an article, all steps", |bench| {
        bench.iter_batched(
            || {
                id += 1;
                if id % COPY_EVERY == 0 {
                    let text = known.next().map_or("", String::as_str);
                    format!("{text} and some more words")
                } else {
                    sequence.text(&standing)
                }
            },
            |text| {
                judged += 1;
                judge_one(
                    &mut window,
                    &mut shelf,
                    &file,
                    &text,
                    ArticleId(judged),
                    now,
                )
            },
            BatchSize::SmallInput,
        );
    });

    let text = sequence.text(&standing);
    criterion.bench_function("prepare 400 words", |bench| {
        bench.iter(|| Prepared::new(black_box(&text)));
    });
    criterion.bench_function("look up a sketch that nothing shares", |bench| {
        bench.iter_batched(
            || sequence.sketch(),
            |sketch| window.neighbours(&sketch, now),
            BatchSize::SmallInput,
        );
    });
    let url = "https://www.example.com/2024/05/a-story-of-some-length.html?utm_source=rss&utm_medium=feed&id=7";
    criterion.bench_function("key of an address", |bench| {
        bench.iter(|| url_key(black_box(url)));
    });
}

criterion_group!(dedupe, benches);
criterion_main!(dedupe);

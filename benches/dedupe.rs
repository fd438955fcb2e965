//! What the duplicate judge costs, with a million articles in its window.
//!
//!     cargo bench --bench dedupe

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use feedmill::dedupe::{
    Candidate, Judgement, Limits, Prepared, Rules, Shelf, Window, judge, url_key,
};
use feedmill::model::{ArticleId, Timestamp};

/// Articles in the window.
const ARTICLES: i64 = 1_000_000;
/// Words of an article of its own; and of the standing words of a site.
const WORDS: usize = 340;
const STANDING_WORDS: usize = 60;
/// Sites: five of the stored articles are of each.
const SITES: usize = 2_000;
const VOCABULARY: u64 = 20_000;
const FREQUENT: u64 = 100;

/// Prepared texts at hand, as of a few ten thousand articles.
const SHELF_BYTES: usize = 128 << 20;

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

/// A window of which one article in a hundred is a text of the bench, so that there is something to find.
fn filled(texts: &[String]) -> Window {
    let mut sequence = Sequence(7);
    let mut window = Window::new(Limits::default());
    let mut texts = texts.iter().cycle();
    for id in 0..ARTICLES {
        let sketch = if id % 100 == 0 {
            texts
                .next()
                .map(|text| Prepared::new(text).fingerprint().sketch)
                .unwrap_or_default()
        } else {
            sequence.sketch()
        };
        window.insert(ArticleId(id), ArticleId(id), at(id), &sketch);
    }
    window
}

/// What a writer does with each article.
fn judged(
    window: &mut Window,
    shelf: &mut Shelf,
    texts: &[String],
    text: &str,
    id: ArticleId,
    now: Timestamp,
) -> Judgement {
    let text = Prepared::new(text);
    let sketch = text.fingerprint().sketch;
    let near = window.candidates(&sketch, now);
    for near in &near {
        let stored = usize::try_from(near.id.0 / 100)
            .ok()
            .and_then(|at| texts.get(at));
        if let (None, Some(stored)) = (shelf.get(near.id), stored) {
            shelf.put(near.id, Prepared::new(stored));
        }
    }
    let candidates: Vec<Candidate<'_>> = near
        .iter()
        .filter_map(|near| {
            let text = shelf.get(near.id)?;
            Some(Candidate {
                id: near.id,
                cluster: near.cluster,
                age: now.since(near.at),
                text,
            })
        })
        .collect();
    let judgement = judge(&text, &candidates, &Rules::default());
    window.insert(id, judgement.cluster.unwrap_or(id), now, &sketch);
    shelf.put(id, text);
    judgement
}

fn benches(criterion: &mut Criterion) {
    let mut sequence = Sequence(1);
    let standing: Vec<String> = (0..SITES).map(|_| sequence.words(STANDING_WORDS)).collect();
    let texts: Vec<String> = (0..10_000).map(|_| sequence.text(&standing)).collect();
    let sketches: Vec<Vec<u32>> = (0..ARTICLES).map(|_| sequence.sketch()).collect();

    let mut group = criterion.benchmark_group("start");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(15));
    group.bench_function("insert a million sketches", |bench| {
        bench.iter(|| {
            let mut window = Window::new(Limits::default());
            for (id, sketch) in (0..).zip(&sketches) {
                window.insert(ArticleId(id), ArticleId(id), at(id), sketch);
            }
            black_box(window.len())
        });
    });
    group.finish();
    drop(sketches);

    let mut window = filled(&texts);
    println!(
        "window: {} articles, {} bytes each",
        window.len(),
        window.bytes() / window.len()
    );
    let mut shelf = Shelf::new(SHELF_BYTES);
    let now = at(ARTICLES);
    let mut known = texts.iter().cycle();
    let mut id = ARTICLES;
    criterion.bench_function("judge an article, all steps", |bench| {
        bench.iter_batched(
            // Its last words are its own: near, not exact.
            || {
                known
                    .next()
                    .map(|text| format!("{text} and some more words"))
                    .unwrap_or_default()
            },
            |text| {
                id += 1;
                judged(&mut window, &mut shelf, &texts, &text, ArticleId(id), now)
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
            |sketch| window.candidates(&sketch, now),
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

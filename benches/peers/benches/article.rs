//! What a page costs, beside two other extractors on the same pages in the same run.
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml --target-dir target
//!     FEEDMILL_PAGES=/some/folder cargo bench --manifest-path benches/peers/Cargo.toml --target-dir target
//!
//! The folder is searched for `.html` files at any depth; without one it is our own fixtures, which
//! are a hundredth of the size of honest pages: what is wanted is wanted of those. Every page is read
//! by all three in turn, so that what else the machine does is everybody's; the best of a few rounds
//! counts. What is measured is the whole way: decoding, parsing, text, metadata, and for ours markdown
//! and language as well. Numbers of one run are comparable with each other only.

#![expect(clippy::expect_used, reason = "a bench may end in a panic")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use feedmill::article::{Input, Settings, extract};
use feedmill::model::FeedWords;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROUNDS: usize = 3;

/// What we set ourselves: at least so many of the peer's pages in the same time…
const OF_DOM_SMOOTHIE: f64 = 0.6;
const OF_TRAFILATURA: f64 = 2.5;
/// …the slowest page…
const SLOWEST: Duration = Duration::from_millis(500);
/// …and the most memory beside the page itself, in bytes.
const MEMORY_MAX: usize = 40 << 20;

struct Page {
    name: String,
    body: Vec<u8>,
}

fn ours(page: &Page) {
    let words = FeedWords::default();
    let input = Input {
        url: "https://example.org/2026/story",
        body: &page.body,
        http_charset: None,
        words: &words,
    };
    let settings = Settings {
        always: true,
        ..Settings::default()
    };
    // That a page holds no article costs the same.
    let _ = black_box(extract(&input, &settings, &|| false));
}

fn dom_smoothie(page: &Page) {
    let text = String::from_utf8_lossy(&page.body);
    let url = Some("https://example.org/2026/story");
    if let Ok(mut reader) = dom_smoothie::Readability::new(text.as_ref(), url, None) {
        let _ = black_box(reader.parse());
    }
}

fn trafilatura(page: &Page) {
    let text = String::from_utf8_lossy(&page.body);
    let options = trafilatura::Options::default().with_fallback(true);
    let _ = black_box(trafilatura::extract(&text, &options));
}

fn time(read: fn(&Page), page: &Page) -> Duration {
    let began = Instant::now();
    read(page);
    began.elapsed()
}

/// The pages below a folder that are `.html`, in order of their names.
fn pages(folder: &Path) -> Vec<Page> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "html")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
        .into_iter()
        .map(|path| Page {
            body: fs::read(&path).expect("a page"),
            name: path.display().to_string(),
        })
        .collect()
}

fn measure(pages: &[Page]) {
    let mut best = [Duration::MAX; 3];
    let (mut slowest, mut most) = ((Duration::ZERO, ""), (0, ""));
    for _ in 0..ROUNDS {
        let mut sums = [Duration::ZERO; 3];
        for page in pages {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let own = time(ours, page);
            let used = MEMORY.peak_usage().saturating_sub(before);
            slowest = slowest.max((own, page.name.as_str()));
            most = most.max((used, page.name.as_str()));
            for (sum, spent) in
                sums.iter_mut()
                    .zip([own, time(dom_smoothie, page), time(trafilatura, page)])
            {
                *sum += spent;
            }
        }
        for (best, sum) in best.iter_mut().zip(sums) {
            *best = sum.min(*best);
        }
    }
    let bytes: usize = pages.iter().map(|page| page.body.len()).sum();
    let [own, smoothie, trafilatura] = best.map(|sum| pages.len() as f64 / sum.as_secs_f64());
    println!("{} pages, {} bytes each", pages.len(), bytes / pages.len());
    println!("  feedmill      {own:8.0} pages/s");
    say_ratio("dom_smoothie", smoothie, own, OF_DOM_SMOOTHIE);
    say_ratio("trafilatura", trafilatura, own, OF_TRAFILATURA);
    println!(
        "  slowest page  {:8.0} ms       wanted {:.0} at most   {}",
        slowest.0.as_secs_f64() * 1000.0,
        SLOWEST.as_secs_f64() * 1000.0,
        slowest.1
    );
    println!(
        "  memory        {:8.1} MB       wanted {:.0} at most   {}",
        most.0 as f64 / f64::from(1 << 20),
        MEMORY_MAX as f64 / f64::from(1 << 20),
        most.1
    );
}

fn say_ratio(name: &str, theirs: f64, ours: f64, wanted: f64) {
    let ratio = ours / theirs;
    println!("  {name:<13} {theirs:8.0} pages/s, ours are {ratio:.2} of that, wanted {wanted}");
}

fn main() {
    // Parsing may need the stack that the service gives it.
    let work = std::thread::Builder::new().stack_size(8 << 20).spawn(|| {
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pages");
        let folder = std::env::var_os("FEEDMILL_PAGES").map_or_else(own, PathBuf::from);
        measure(&pages(&folder));
    });
    work.expect("a thread").join().expect("measured");
}

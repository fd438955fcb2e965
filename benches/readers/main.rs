//! Eight readers of a large store while it is written: what they wait for, and what an article costs.
//!
//!     cargo bench --bench readers
//!     FEEDMILL_BENCH_ARTICLES=20000 FEEDMILL_BENCH_SECONDS=10 cargo bench --bench readers
//!
//! Fills a store with articles of 5 KB by the requests that the daemon makes (a poll, its pages, their
//! articles), then writes 200 a second while eight connections read, each its own question. Prints the
//! waits beside those that were measured when the store was designed, the size of the log, the bytes and the
//! processor time of an article, and what takes the room. Then each of the short questions is asked by one
//! reader alone beside the same writer: what is left is what the file costs, and what the first table has
//! above it is how the cores are shared. An error of any reader ends it with 1.
//! `FEEDMILL_BENCH_DIR` says where; the default is a temporary directory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench"
)]

mod ask;
mod feed;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use feedmill::store::{Settings, Store, open};

use crate::ask::{Asked, Question};

/// As the service has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Articles that are written a second while others read.
const RATE: u64 = 200;
/// The log may not outgrow this.
const WAL_MAX: u64 = 100 << 20;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(usual)
}

fn main() -> ExitCode {
    // Under "cargo test" a small store shows that it runs.
    let measured = std::env::args().any(|arg| arg == "--bench");
    let articles = setting(
        "FEEDMILL_BENCH_ARTICLES",
        if measured { 200_000 } else { 200 },
    );
    let seconds = setting("FEEDMILL_BENCH_SECONDS", if measured { 60 } else { 2 });
    let scratch = tempfile::tempdir().unwrap();
    let dir = std::env::var_os("FEEDMILL_BENCH_DIR")
        .map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    let path = dir.join("readers.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();

    let (store, writer) = Store::open(&path, Settings::default()).unwrap();
    let mut mill = feed::Mill::new(store);
    let began = Instant::now();
    let spent = cpu_of_the_writer();
    runtime.block_on(mill.fill(articles));
    let filling = cpu_of_the_writer().saturating_sub(spent);
    println!(
        "{articles} articles stored in {:.0} s; the writer took {:.2} ms of processor time for each",
        began.elapsed().as_secs_f64(),
        filling.as_secs_f64() * 1000.0 / articles as f64
    );
    drop(mill);
    writer.join().unwrap();
    let sound = sizes(&path, articles);

    let (store, writer) = Store::open(&path, Settings::default()).unwrap();
    let mut mill = feed::Mill::resumed(store, articles);
    let span = Duration::from_secs(seconds);
    let spent = cpu_of_the_writer();
    let together = runtime.block_on(beside_the_writer(&mut mill, &path, &Question::ALL, span));
    let writing = cpu_of_the_writer().saturating_sub(spent);
    println!(
        "\n{} articles written in {seconds} s beside the readers; {:.2} ms of processor time for each; log at most {} MB\n",
        together.written,
        writing.as_secs_f64() * 1000.0 / together.written.max(1) as f64,
        together.wal >> 20
    );
    ask::print("all at once", &together.asked);

    let mut alone = Vec::new();
    for question in Question::SHORT {
        let part = span / u32::try_from(Question::SHORT.len()).unwrap();
        let run = runtime.block_on(beside_the_writer(&mut mill, &path, &[question], part));
        alone.extend(run.asked);
    }
    println!();
    ask::print("each alone", &alone);
    drop(mill);
    writer.join().unwrap();

    let errors: Vec<&String> = together
        .asked
        .iter()
        .chain(&alone)
        .flat_map(|asked| &asked.errors)
        .collect();
    for error in errors.iter().take(5) {
        println!("error: {error}");
    }
    ExitCode::from(u8::from(
        !errors.is_empty() || together.wal > WAL_MAX || !sound,
    ))
}

/// What readers and the writer have in common.
#[derive(Debug)]
pub struct World {
    pub path: PathBuf,
    /// How many articles there are: ids run from 1.
    pub articles: AtomicI64,
    pub stop: AtomicBool,
}

/// What came of a time in which readers asked and the writer wrote.
#[derive(Debug)]
struct Run {
    written: u64,
    /// The largest size of the log, in bytes.
    wal: u64,
    asked: Vec<Asked>,
}

/// Has each of the questions asked by a reader of its own, while articles are written at the rate.
async fn beside_the_writer(
    mill: &mut feed::Mill,
    path: &Path,
    questions: &[Question],
    span: Duration,
) -> Run {
    let world = Arc::new(World {
        path: path.to_owned(),
        articles: AtomicI64::new(mill.written().cast_signed()),
        stop: AtomicBool::new(false),
    });
    let pause = if questions.len() > 1 {
        ask::PAUSE_AMONG_OTHERS
    } else {
        ask::PAUSE_ALONE
    };
    let readers: Vec<_> = questions
        .iter()
        .map(|&question| {
            let world = Arc::clone(&world);
            std::thread::spawn(move || ask::keep_asking(question, pause, &world))
        })
        .collect();
    let (written, wal) = write_at_rate(mill, &world, span).await;
    world.stop.store(true, Ordering::Relaxed);
    let asked = readers.into_iter().map(|reader| reader.join().unwrap());
    Run {
        written,
        wal,
        asked: asked.collect(),
    }
}

/// Writes at the rate, as long as asked; gives how many, and the largest size of the log.
async fn write_at_rate(mill: &mut feed::Mill, world: &World, span: Duration) -> (u64, u64) {
    const A_BATCH: u64 = 20;
    let began = Instant::now();
    let (mut written, mut wal) = (0, 0);
    while began.elapsed() < span {
        mill.fill(A_BATCH).await;
        written += A_BATCH;
        world
            .articles
            .fetch_add(A_BATCH.cast_signed(), Ordering::Relaxed);
        wal = wal
            .max(std::fs::metadata(open::beside(&world.path, "-wal")).map_or(0, |data| data.len()));
        let due = began + Duration::from_millis(written * 1000 / RATE);
        tokio::time::sleep_until(due.into()).await;
    }
    (written, wal)
}

/// Processor time that the thread of the writer has taken; zero where it cannot be told.
fn cpu_of_the_writer() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let is_writer = |task: &std::fs::DirEntry| {
        std::fs::read_to_string(task.path().join("comm"))
            .is_ok_and(|name| name.starts_with("feedmill-writer"))
    };
    let nanos = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(tasks.filter(is_writer).filter_map(nanos).sum())
}

/// Prints what takes the room; false when something is wrong with the file.
fn sizes(path: &Path, articles: u64) -> bool {
    let conn = open::reader(path).unwrap();
    let file: i64 = conn
        .query_row(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            [],
            |row| row.get(0),
        )
        .unwrap();
    println!(
        "{:.2} KB an article in a file of {} MB:",
        file as f64 / articles as f64 / 1000.0,
        file / 1_000_000
    );
    let mut select = conn
        .prepare("SELECT name, sum(pgsize), sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 24")
        .unwrap();
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
        ))
    });
    for (name, size, unused) in rows.unwrap().map(Result::unwrap) {
        let each = size as f64 / articles as f64;
        println!(
            "  {name:<32} {each:>8.0} B, {:>3} % unused",
            unused * 100 / size.max(1)
        );
    }
    let sound: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .unwrap();
    sound == "ok"
}

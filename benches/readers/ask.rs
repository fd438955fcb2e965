//! What eight programs ask of the file, each on a connection of its own, and how long they wait.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use feedmill::store::open;
use rusqlite::{Connection, params};

use crate::World;
use crate::feed::SITES;
use crate::words::{Sequence, word};

/// Between two questions of one reader among eight: nobody asks without pause, and eight that did would
/// measure how two cores are shared.
pub const PAUSE_AMONG_OTHERS: Duration = Duration::from_millis(50);
/// Between two questions of one that reads alone: hundreds of them in a few seconds.
pub const PAUSE_ALONE: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Point,
    Latest,
    Site,
    Newest,
    Ranked,
    Tail,
    Days,
    Scan,
}

impl Question {
    pub const ALL: [Self; 8] = [
        Self::Point,
        Self::Latest,
        Self::Site,
        Self::Newest,
        Self::Ranked,
        Self::Tail,
        Self::Days,
        Self::Scan,
    ];

    /// Those that a program asks again and again; the others read all there is.
    pub const SHORT: [Self; 6] = [
        Self::Point,
        Self::Latest,
        Self::Site,
        Self::Newest,
        Self::Ranked,
        Self::Tail,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Point => "one article with its text",
            Self::Latest => "latest 50 with text",
            Self::Site => "latest 50 of a site",
            Self::Newest => "search, newest 20",
            Self::Ranked => "search, best 20 with snippet",
            Self::Tail => "what changed since",
            Self::Days => "articles of each day",
            Self::Scan => "every text, read to the end",
        }
    }

    /// Median and 99th percentile that were measured when the store was designed, in milliseconds.
    const fn design(self) -> Option<(f64, f64)> {
        match self {
            Self::Point => Some((0.07, 14.0)),
            Self::Latest => Some((0.05, 0.37)),
            Self::Newest => Some((0.19, 10.0)),
            Self::Ranked => Some((17.0, 136.0)),
            Self::Tail => Some((0.003, 0.34)),
            Self::Site | Self::Days | Self::Scan => None,
        }
    }
}

/// How one reader fared.
#[derive(Debug)]
pub struct Asked {
    question: Question,
    /// By the clock, and less the time in which it stood ready and had no core.
    waits: Vec<(Duration, Duration)>,
    rows: usize,
    pub errors: Vec<String>,
}

pub fn keep_asking(question: Question, pause: Duration, world: &World) -> Asked {
    let conn = open::reader(&world.path).unwrap();
    let mut asked = Asked {
        question,
        waits: Vec::new(),
        rows: 0,
        errors: Vec::new(),
    };
    let mut dice = Sequence(question as u64);
    let mut cursor = world.articles.load(Ordering::Relaxed);
    while !world.stop.load(Ordering::Relaxed) {
        let articles = world.articles.load(Ordering::Relaxed).cast_unsigned();
        let (began, idle) = (Instant::now(), waited_for_a_core());
        let answer = ask(question, &conn, &mut dice, articles, &mut cursor);
        let wait = began.elapsed();
        let idle = waited_for_a_core().saturating_sub(idle);
        match answer {
            Ok(rows) => {
                asked.rows += rows;
                asked.waits.push((wait, wait.saturating_sub(idle)));
            }
            Err(error) => asked.errors.push(format!("{}: {error}", question.name())),
        }
        std::thread::sleep(pause);
    }
    asked
}

/// Time that this thread could have run and had no core for; zero where it cannot be told.
fn waited_for_a_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        stat.split(' ')
            .nth(1)
            .and_then(|nanos| nanos.parse().ok())
            .unwrap_or(0),
    )
}

fn ask(
    question: Question,
    conn: &Connection,
    dice: &mut Sequence,
    articles: u64,
    cursor: &mut i64,
) -> rusqlite::Result<usize> {
    // Not so frequent that it is in every text, not so rare that there is nothing to do.
    let term = word(300 + dice.below(3_000));
    match question {
        Question::Point => count(conn, "SELECT * FROM articles WHERE id = ?1", ((1 + dice.below(articles)).cast_signed(),)),
        Question::Latest => {
            count(conn, "SELECT id, site, title, text FROM articles ORDER BY sort_at DESC LIMIT 50", ())
        }
        Question::Site => count(
            conn,
            "SELECT id, title, sort_at FROM articles WHERE site = ?1 ORDER BY sort_at DESC LIMIT 50",
            (format!("site-{}.example", dice.below(SITES)),),
        ),
        Question::Newest => count(
            conn,
            "SELECT a.id, a.title FROM articles_fts f JOIN articles a ON a.id = f.rowid
             WHERE articles_fts MATCH ?1 ORDER BY f.rowid DESC LIMIT 20",
            (term,),
        ),
        Question::Ranked => count(
            conn,
            "SELECT a.id, a.title, snippet(articles_fts, 1, '[', ']', '…', 24) FROM articles_fts f JOIN articles a ON a.id = f.rowid
             WHERE articles_fts MATCH ?1 ORDER BY f.rank LIMIT 20",
            (term,),
        ),
        Question::Tail => {
            let mut select = conn
                .prepare_cached("SELECT seq, id, title, text FROM articles WHERE seq > ?1 ORDER BY seq LIMIT 500")?;
            let seqs: Vec<i64> = select.query_map(params![*cursor], |row| row.get(0))?.collect::<Result<_, _>>()?;
            *cursor = seqs.last().copied().unwrap_or(*cursor);
            Ok(seqs.len())
        }
        Question::Days => count(conn, "SELECT day, sum(articles) FROM days GROUP BY day", ()),
        Question::Scan => count(conn, "SELECT sum(length(text)) FROM article_text", ()),
    }
}

fn count(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<usize> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(values)?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        // Every column is fetched, as a program would.
        for column in 0..row.as_ref().column_count() {
            std::hint::black_box(row.get_ref(column)?);
        }
        found += 1;
    }
    Ok(found)
}

pub fn print(how: &str, asked: &[Asked]) {
    println!(
        "{:<30} {:>7} {:>7} {:>9} {:>9} {:>12} {:>18}",
        format!("milliseconds, {how}"),
        "asked",
        "rows",
        "p50",
        "p99",
        "p99 on core",
        "design p50/p99"
    );
    for asked in asked {
        let mut wall: Vec<Duration> = asked.waits.iter().map(|(wall, _)| *wall).collect();
        let mut core: Vec<Duration> = asked.waits.iter().map(|(_, core)| *core).collect();
        wall.sort_unstable();
        core.sort_unstable();
        let design = asked
            .question
            .design()
            .map_or_else(|| "-".to_owned(), |(p50, p99)| format!("{p50} / {p99}"));
        println!(
            "{:<30} {:>7} {:>7} {:>9.3} {:>9.3} {:>12.3} {:>18}",
            asked.question.name(),
            wall.len(),
            asked.rows,
            percentile(&wall, 50),
            percentile(&wall, 99),
            percentile(&core, 99),
            design
        );
    }
}

/// In milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted
        .get(at)
        .map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
}

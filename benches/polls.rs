//! What a poll costs when nothing is new: a hundred thousand feeds that all answer 304.
//!
//!     cargo bench --bench polls
//!     FEEDS=20000 SECONDS=20 cargo bench --bench polls
//!
//! The real program polls hosts of the loopback network, served by a process of its own
//! whose work is not counted. Printed are polls per second of feedmill's own processor
//! time, its memory, how late polls are, and what a restart does when all are overdue.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Feeds of one host.
const FEEDS_PER_HOST: u32 = 100;
/// Each feed is polled as often as the machine can bear; the due times of all are spread over it.
const INTERVAL: u32 = 25;
/// Ticks in a second of `/proc/PID/stat`, on every Linux.
const TICKS: f64 = 100.0;

fn main() -> Outcome<()> {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    let feeds = setting("FEEDS", 100_000);
    let seconds = setting("SECONDS", 60);
    let folder = tempfile::tempdir()?;
    let mut server = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .stdout(Stdio::piped())
        .spawn()?;
    let port = first_line(&mut server)?;
    write_configuration(folder.path(), feeds, port.trim())?;
    let done = measure(folder.path(), feeds, seconds);
    server.kill()?;
    server.wait()?;
    done
}

fn setting(name: &str, otherwise: u32) -> u32 {
    let value = std::env::var(name).ok();
    value
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

fn first_line(child: &mut Child) -> Outcome<String> {
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}

fn write_configuration(folder: &Path, feeds: u32, port: &str) -> Outcome<()> {
    let mut text = format!(
        "[store]\npath = \"{}/feedmill.db\"\n\
         [polling]\ninterval = \"{INTERVAL}s\"\nconfigured_floor = \"1s\"\nfloor = \"1s\"\nunconditional_floor = \"1s\"\n\
         startup_spread = \"{INTERVAL}s\"\njitter = 0.0\n\
         [fetch]\nhost_gap = \"0s\"\nhost_concurrency = 4\n",
        folder.display()
    );
    for feed in 0..feeds {
        let host = feed / FEEDS_PER_HOST;
        writeln!(
            text,
            "[[feed]]\nurl = \"http://127.1.{}.{}:{port}/{feed}\"\nallow_networks = [\"127.0.0.0/8\"]",
            host / 250,
            host % 250 + 1
        )?;
    }
    Ok(std::fs::write(folder.join("feedmill.toml"), text)?)
}

/// The program under test; killed when dropped.
struct Mill(Child);

impl Mill {
    fn start(folder: &Path) -> Outcome<Self> {
        let child = Command::new(env!("CARGO_BIN_EXE_feedmill"))
            .arg("--config")
            .arg(folder.join("feedmill.toml"))
            .arg("run")
            .env("FEEDMILL_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    /// Processor time used so far, in seconds.
    fn processor(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let mut fields = after_name.split_whitespace().skip(11);
        let user: f64 = fields.next().ok_or("no utime")?.parse()?;
        let system: f64 = fields.next().ok_or("no stime")?.parse()?;
        Ok((user + system) / TICKS)
    }

    /// A line of `/proc/PID/status`, in MiB.
    fn memory(&self, line: &str) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let value = status.lines().find_map(|text| text.strip_prefix(line));
        let kib = value.and_then(|text| text.split_whitespace().next());
        Ok(kib.ok_or("no such line")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Mill {
    fn drop(&mut self) {
        // SIGKILL: the next start finds a store that nobody closed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn measure(folder: &Path, feeds: u32, seconds: u32) -> Outcome<()> {
    let mill = Mill::start(folder)?;
    let began = Instant::now();
    let database = folder.join("feedmill.db");
    wait_until(|| {
        ask(
            &database,
            "SELECT count(*) FROM _feed WHERE last_poll_at IS NULL OR etag IS NULL",
        )
        .is_some_and(|waiting: i64| {
            waiting == 0
                && ask(&database, "SELECT count(*) FROM _feed").unwrap_or(0) == i64::from(feeds)
        })
    })?;
    println!(
        "{feeds} feeds, first pass with the whole document: {:.1} s",
        began.elapsed().as_secs_f64()
    );

    let polls = "SELECT sum(polls_304) FROM _feed";
    let (before, used, since) = (
        ask(&database, polls).unwrap_or(0_i64),
        mill.processor()?,
        Instant::now(),
    );
    std::thread::sleep(Duration::from_secs(u64::from(seconds)));
    let (after, using) = (ask(&database, polls).unwrap_or(0_i64), mill.processor()?);
    let (polled, processor) = ((after - before) as f64, using - used);
    println!(
        "304: {:.0} polls in {:.1} s, {:.0} a second; {:.1} s of processor: {:.0} polls per processor second",
        polled,
        since.elapsed().as_secs_f64(),
        polled / since.elapsed().as_secs_f64(),
        processor,
        polled / processor
    );
    println!(
        "memory: {} MiB now, {} MiB at most",
        mill.memory("VmRSS:")?,
        mill.memory("VmHWM:")?
    );
    let drift: (f64, f64, f64) = lateness(&database)?;
    println!(
        "late against the interval of {INTERVAL} s: median {:.2} s, 99 % {:.2} s, at most {:.2} s",
        drift.0, drift.1, drift.2
    );
    let bad: i64 = ask(&database, "SELECT count(*) FROM _feed WHERE failures > 0").unwrap_or(-1);
    println!("feeds that fail: {bad}");
    drop(mill);

    restart(folder, &database, feeds)
}

/// How much later than its interval each poll came, of the last full round: median, 99 % and most, in seconds.
fn lateness(database: &Path) -> Outcome<(f64, f64, f64)> {
    let conn = reader(database)?;
    let mut select = conn.prepare(
        "SELECT gap FROM (SELECT feed_id, (julianday(at) - julianday(lag(at) OVER (PARTITION BY feed_id ORDER BY id))) * 86400 AS gap
         FROM (SELECT id, feed_id, at FROM _fetch ORDER BY id DESC LIMIT 400000)) WHERE gap IS NOT NULL ORDER BY gap",
    )?;
    let gaps: Vec<f64> = select
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let late = |share: usize| {
        gaps.get((gaps.len() * share / 1000).min(gaps.len().saturating_sub(1)))
            .map_or(f64::NAN, |gap| gap - f64::from(INTERVAL))
    };
    Ok((late(500), late(990), late(1000)))
}

/// All are overdue by an hour: the first round is spread.
fn restart(folder: &Path, database: &Path, feeds: u32) -> Outcome<()> {
    let conn = Connection::open(database)?;
    conn.execute_batch("UPDATE _feed SET next_poll_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour'), lease = NULL, leased_until = NULL; DELETE FROM _fetch")?;
    drop(conn);
    let mill = Mill::start(folder)?;
    let began = Instant::now();
    let polled = "SELECT count(DISTINCT feed_id) FROM _fetch";
    wait_until(|| ask(database, polled).is_some_and(|count: i64| count >= i64::from(feeds)))?;
    let took = began.elapsed().as_secs_f64();
    let peak: i64 = ask(database, "SELECT max(n) FROM (SELECT count(*) AS n FROM _fetch WHERE id IN (SELECT min(id) FROM _fetch GROUP BY feed_id) GROUP BY substr(at, 1, 19))").unwrap_or(0);
    println!(
        "restart with {feeds} overdue: all polled after {took:.1} s, peak second {peak}, {:.2} of the mean; {} MiB at most",
        peak as f64 * took / f64::from(feeds),
        mill.memory("VmHWM:")?
    );
    Ok(())
}

fn reader(database: &Path) -> Outcome<Connection> {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    Ok(conn)
}

fn ask<T: rusqlite::types::FromSql>(database: &Path, query: &str) -> Option<T> {
    reader(database)
        .ok()?
        .query_row(query, [], |row| row.get(0))
        .ok()
}

fn wait_until(is_so: impl Fn() -> bool) -> Outcome<()> {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > Duration::from_secs(600) {
            return Err("it has not come to be within ten minutes".into());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// Answers every conditional request with 304, any other with a feed, on the whole loopback network.
#[tokio::main(flavor = "current_thread")]
async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind(("0.0.0.0", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        #[expect(clippy::disallowed_methods, reason = "ends with its connection")]
        tokio::spawn(async move { drop(answer(stream).await) });
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    const FEED: &str = "<rss version=\"2.0\"><channel><title>Quiet</title></channel></rss>";
    let whole = format!(
        "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n{FEED}",
        FEED.len()
    );
    let mut request = Vec::with_capacity(2048);
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let is_conditional = request
            .to_ascii_lowercase()
            .windows(14)
            .any(|part| part == b"if-none-match:");
        let reply = if is_conditional {
            "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"
        } else {
            whole.as_str()
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

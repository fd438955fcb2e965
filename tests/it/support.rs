//! A scripted site on loopback that records every request, and the program run against it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Hit {
    pub method: String,
    pub path: String,
    pub body: Vec<u8>,
    pub headers: HeaderMap,
    /// Which request to this path it is, from 0.
    pub nth: usize,
    pub at: Instant,
}

impl Hit {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What the site answers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Accepts and never answers.
    pub silent: bool,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            silent: false,
        }
    }

    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::new(200)
        }
    }

    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::ok(body).with("content-type", "text/html; charset=utf-8")
    }

    pub fn silence() -> Self {
        Self {
            silent: true,
            ..Self::new(200)
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

type Rest = Box<dyn Fn(&str) -> Option<Reply> + Send + Sync>;
type Script = Box<dyn Fn(&Hit) -> Reply + Send + Sync>;

#[derive(Default)]
struct State {
    scripts: Mutex<HashMap<String, Script>>,
    /// For paths without a script.
    rest: Mutex<Option<Rest>>,
    hits: Mutex<Vec<Hit>>,
    hit: Notify,
}

/// The site while it is up.
pub struct Site {
    pub base: String,
    state: Arc<State>,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    pub fn open() -> Self {
        Self::open_at(Ipv4Addr::LOCALHOST)
    }

    /// On a loopback address of its own, so that it is a site of its own.
    pub fn open_at(address: Ipv4Addr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind((address, 0)))
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, Arc::clone(&state)));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            base,
            state,
            runtime,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What is answered at a path from now on.
    pub fn on(&self, path: &str, script: impl Fn(&Hit) -> Reply + Send + Sync + 'static) {
        self.state
            .scripts
            .lock()
            .expect("scripts")
            .insert(path.to_owned(), Box::new(script));
    }

    /// What is answered at every path that has no script of its own; 404 to `None`.
    pub fn on_any(&self, script: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) {
        *self.state.rest.lock().expect("rest") = Some(Box::new(script));
    }

    pub fn hits(&self, path: &str) -> Vec<Hit> {
        self.state
            .hits
            .lock()
            .expect("hits")
            .iter()
            .filter(|hit| hit.path == path)
            .cloned()
            .collect()
    }

    /// The paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        let hits = self.state.hits.lock().expect("hits");
        hits.iter().map(|hit| hit.path.clone()).collect()
    }

    pub fn all_hits(&self) -> usize {
        self.state.hits.lock().expect("hits").len()
    }

    /// Waits until a path has been asked for so many times.
    pub fn wait_for_hits(&self, path: &str, count: usize) {
        let reached = async {
            loop {
                let notified = self.state.hit.notified();
                if self.hits(path).len() >= count {
                    return;
                }
                notified.await;
            }
        };
        let patience = Duration::from_secs(60);
        self.runtime
            .block_on(async { tokio::time::timeout(patience, reached).await })
            .unwrap_or_else(|_| {
                panic!("{path} was not asked for {count} times within {patience:?}")
            });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request
        .uri()
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec());
    let hit = {
        let mut hits = state.hits.lock().expect("hits");
        let nth = hits.iter().filter(|hit| hit.path == path).count();
        hits.push(Hit {
            method: head.method.to_string(),
            path: path.clone(),
            body: body.unwrap_or_default(),
            headers: head.headers,
            nth,
            at: Instant::now(),
        });
        hits.last().cloned().expect("just pushed")
    };
    state.hit.notify_waiters();
    let reply = state
        .scripts
        .lock()
        .expect("scripts")
        .get(&path)
        .map(|script| script(&hit));
    let rest = || {
        let rest = state.rest.lock().expect("rest");
        rest.as_ref().and_then(|script| script(&path))
    };
    let reply = reply.or_else(rest).unwrap_or_else(|| Reply::new(404));
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = reply.status.try_into().expect("a status");
    for (name, value) in reply.headers {
        response.headers_mut().append(
            HeaderName::from_static(name),
            HeaderValue::from_str(&value).expect("a value"),
        );
    }
    Ok(response)
}

/// A directory with a configuration and a database, and the program run in it.
pub struct Bench {
    pub dir: TempDir,
}

/// Short manners, so that policy does not make the tests wait.
pub const QUICK: &str = r#"
[polling]
floor = "1ms"
configured_floor = "1ms"
unconditional_floor = "1ms"
initial_interval = "1h"
startup_spread = "0s"
[fetch]
host_gap = "0s"
host_concurrency = 8
page_timeout = "1s"
feed_timeout = "2s"
"#;

impl Bench {
    pub fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let bench = Self { dir };
        bench.configure(config);
        bench
    }

    pub fn configure(&self, config: &str) {
        std::fs::write(self.path("feedmill.toml"), config).expect("written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path("feedmill.db")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feedmill"));
        command
            .current_dir(self.dir.path())
            .args(args)
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FEEDMILL_")) {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("the program starts"))
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    pub fn read(&self) -> Connection {
        open_read_only(&self.db())
    }

    /// The single value of a query, as text.
    pub fn ask(&self, sql: &str) -> String {
        self.rows(sql).join("\n")
    }

    /// Ends the test unless the file is sound, and what is kept beside the articles says what they do.
    pub fn check_whole(&self) {
        assert_eq!(self.ask("PRAGMA integrity_check"), "ok");
        assert_eq!(self.ask("PRAGMA foreign_key_check"), "");
        Connection::open(self.db())
            .unwrap()
            .execute_batch(
                "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)",
            )
            .unwrap();
        assert_eq!(
            self.rows("SELECT * FROM days ORDER BY day, site"),
            self.rows(
                "SELECT substr(sort_at, 1, 10) AS day, site, count(*), sum(NOT is_duplicate)
                 FROM articles GROUP BY day, site ORDER BY day, site"
            )
        );
    }

    /// A number that a query gives; nothing as long as it cannot be asked.
    pub fn count(&self, sql: &str) -> Option<i64> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let conn = Connection::open_with_flags(self.db(), flags).ok()?;
        conn.query_row(sql, [], |row| row.get(0)).ok()
    }

    /// Rows of a query, columns joined by `|`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let conn = self.read();
        let mut statement = conn.prepare(sql).expect("a query");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values: Result<Vec<String>, _> = (0..columns)
                .map(|column| {
                    row.get::<_, rusqlite::types::Value>(column)
                        .map(|value| show(&value))
                })
                .collect();
            Ok(values?.join("|"))
        });
        rows.expect("rows").collect::<Result<_, _>>().expect("rows")
    }
}

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, fact: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !fact() {
        assert!(Instant::now() < patience, "not so within a minute: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub fn open_read_only(path: &Path) -> Connection {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the database opens");
    conn.busy_timeout(Duration::from_secs(5)).expect("set");
    conn
}

fn show(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Real(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Blob(bytes) => format!("{bytes:02x?}"),
    }
}

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// An RSS document with items of (guid, link, title, description).
pub fn rss(items: &[(&str, &str, &str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(guid, link, title, description)| {
            format!(
                "<item><guid isPermaLink=\"false\">{guid}</guid><link>{link}</link><title>{title}</title><description>{description}</description><pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>News</title><link>https://news.example</link><description>d</description>{items}</channel></rss>"
    )
}

/// Paragraphs about the seed, in words that no other seed shares.
pub fn story(seed: &str) -> Vec<String> {
    let mut dice = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut word = || {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let syllables = [
            "ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su", "ta", "ve", "wi", "zo",
            "ka", "li",
        ];
        (0..3)
            .map(|n| syllables[usize::try_from(dice >> (40 + n * 6)).unwrap() % 16])
            .collect::<String>()
    };
    (0..6)
        .map(|_| {
            let words: Vec<String> = (0..40).map(|_| word()).collect();
            format!(
                "The report on {seed} says {}, and that is all there is to say for today.",
                words.join(" ")
            )
        })
        .collect()
}

/// A page of a site around paragraphs.
pub fn page_of(title: &str, paragraphs: &[String], around: &str) -> String {
    let paragraphs: String = paragraphs
        .iter()
        .map(|text| format!("<p>{text}</p>"))
        .collect();
    format!(
        "<!doctype html><html lang=en><head><title>{title} | News</title><meta property=article:published_time content=2026-11-02T08:00:00Z></head><body><nav><a href=/>{around}</a> <a href=/a>About</a></nav><article><h1>{title}</h1>{paragraphs}</article><footer>© 2026 {around}. All rights reserved.</footer></body></html>"
    )
}

/// A page with an article about the seed.
pub fn page(title: &str, seed: &str) -> String {
    page_of(title, &story(seed), "News")
}

/// An article with a note of its own, which only an operator would call one.
pub fn noted(seed: &str) -> String {
    let mut paragraphs = story(seed);
    let own: Vec<&str> = paragraphs[0].split(' ').skip(6).take(20).collect();
    let note = format!("The editors note that {}.", own.join(" "));
    paragraphs.push(note.clone());
    page_of(seed, &paragraphs, "News")
        .replace(&format!("<p>{note}"), &format!("<p class=note>{note}"))
}

/// A `[[feed]]` of the site.
pub fn feed(url: &str, more: &str) -> String {
    format!("[[feed]]\nurl = \"{url}\"\nallow_networks = [\"127.0.0.0/16\"]\n{more}\n")
}

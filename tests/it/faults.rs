//! Faults of the disk and of the neighbours: nothing is lost, and somebody is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use feedmill::model::{FeedId, Lease, Timestamp};
use feedmill::store::{self, FeedSpec, Held, HoldHost, PostponePoll, Store, StoreError, SyncFeeds};

use crate::service::Service;
use crate::support::{Bench, QUICK, Ran, Reply, Site, feed, page, rss};

/// Articles of the site: several megabytes with their index, more than the small disk has.
const ARTICLES: usize = 300;

fn site() -> Site {
    let site = Site::open();
    let links: Vec<(String, String)> = (0..ARTICLES)
        .map(|n| (format!("{n}"), site.url(&format!("/page-{n}"))))
        .collect();
    site.on("/feed", move |_| {
        let items: Vec<_> = links
            .iter()
            .map(|(n, link)| (n.as_str(), link.as_str(), n.as_str(), "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    for n in 0..ARTICLES {
        site.on(&format!("/page-{n}"), move |_| {
            Reply::html(page(&format!("Page {n}"), &format!("bird {n}")))
        });
    }
    site
}

/// Looks until it is so, for a minute.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::yield_now();
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// The service on a small disk of its own: a tmpfs that only its mount namespace sees.
struct SmallDisk<'a> {
    service: Child,
    bench: &'a Bench,
}

impl<'a> SmallDisk<'a> {
    /// `None` where this user may not make one.
    fn start(bench: &'a Bench) -> Option<Self> {
        std::fs::create_dir(bench.path("disk")).unwrap();
        let script = "mount -t tmpfs -o size=1500k,mode=0750 tmpfs disk && echo mounted && exec \"$0\" --db disk/feedmill.db run";
        let mut command = Command::new("unshare");
        command.arg(if is_root() { "-m" } else { "-Urm" });
        let mut service = command
            .args(["sh", "-c", script, env!("CARGO_BIN_EXE_feedmill")])
            .current_dir(bench.dir.path())
            .env_remove("NOTIFY_SOCKET")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = String::new();
        BufReader::new(service.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        if said.trim() != "mounted" {
            service.wait().unwrap();
            return None;
        }
        Some(Self { service, bench })
    }

    /// Runs a program where the disk is seen.
    fn run(&self, program: &str, args: &[&str]) -> Ran {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.service.id().to_string(), "--mount"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg(program).args(args);
        Ran::from(command.output().unwrap())
    }

    fn feedmill(&self, args: &[&str]) -> Ran {
        let db = self.bench.path("disk/feedmill.db");
        let args = [&["--db", db.to_str().unwrap()], args].concat();
        self.run(env!("CARGO_BIN_EXE_feedmill"), &args)
    }

    fn status(&self) -> serde_json::Value {
        let ran = self.feedmill(&["status", "--json"]);
        serde_json::from_str(&ran.stdout).unwrap_or_default()
    }
}

#[test]
fn a_full_disk_is_waited_out_and_nothing_is_lost() {
    let site = site();
    let bench = Bench::new(&format!(
        "{QUICK}{}",
        feed(&site.url("/feed"), "full_text = \"always\"")
    ));
    let Some(mut disk) = SmallDisk::start(&bench) else {
        // A disk that is full for one process only: the limit of the size of its files.
        eprintln!("no tmpfs can be mounted here: the size of files is limited instead");
        return a_limit_of_the_size_of_files_is_no_end(&bench);
    };
    wait_until("it says that it waits", || {
        disk.status()["waits"].is_string()
    });
    let told = disk.feedmill(&["status"]);
    assert_eq!(told.code, Some(2), "{}", told.stdout);
    assert!(
        told.stdout.contains("WAITING") && told.stdout.contains("full"),
        "{}",
        told.stdout
    );
    assert_eq!(disk.service.try_wait().unwrap(), None);

    // Room is made, and it goes on by itself.
    assert_eq!(
        disk.run(
            "mount",
            &[
                "-o",
                "remount,size=64m",
                bench.path("disk").to_str().unwrap()
            ]
        )
        .code,
        Some(0)
    );
    wait_until("every article is there, whole", || {
        let articles = &disk.status()["articles"];
        articles["all"] == ARTICLES && articles["feed_only"] == 0
    });
    assert!(disk.status()["waits"].is_null());
    disk.feedmill(&["check", "--deep"])
        .expect(78)
        .stdout
        .find("the file is whole")
        .unwrap();
    disk.service.kill().unwrap();
    disk.service.wait().unwrap();
}

fn a_limit_of_the_size_of_files_is_no_end(bench: &Bench) {
    let mut service = Command::new("prlimit");
    let service = service
        .arg("--fsize=1048576:unlimited")
        .arg(env!("CARGO_BIN_EXE_feedmill"))
        .arg("run")
        .current_dir(bench.dir.path())
        .stderr(Stdio::null())
        .spawn();
    let mut service = service.unwrap();
    wait_until("a database", || bench.db().exists());
    let killed = service.wait().unwrap();
    assert!(!killed.success());
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT count(*) FROM articles"),
        ARTICLES.to_string()
    );
}

/// Another program that opens the database and does not let go until it is told to.
struct Neighbour(Child);

impl Neighbour {
    fn hold(db: &Path, statement: &str) -> Self {
        let program = "import sqlite3, sys\n\
                       db = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                       db.execute(sys.argv[2]).fetchall()\n\
                       print('held', flush=True)\n\
                       sys.stdin.readline()\n";
        let mut child = Command::new("python3")
            .args(["-c", program])
            .arg(db)
            .arg(statement)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(said.trim(), "held");
        Self(child)
    }

    fn let_go(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_program_that_keeps_the_write_lock_is_named_and_waited_for() {
    let site = site();
    let bench = Bench::new(&format!(
        "{QUICK}[store]\nlock_warning = \"100ms\"\n{}",
        feed(&site.url("/feed"), "")
    ));
    // The database is there before the neighbour comes.
    bench.run(&["once", "nothing"]);
    let service = Service::start(&bench);
    service.wait_for("READY=1");
    let neighbour = Neighbour::hold(&bench.db(), "BEGIN IMMEDIATE");
    let process = neighbour.0.id();
    service.wait_for_log(&format!("(process {process})"));
    let told = bench.run(&["status"]);
    assert_eq!(told.code, Some(2));
    assert!(
        told.stdout.contains("WAITING") && told.stdout.contains(&format!("(process {process})")),
        "{}",
        told.stdout
    );
    neighbour.let_go();
    service.wait_for_log("can be written again");
    wait_until("every article is there", || {
        bench.ask("SELECT count(*) FROM articles") == ARTICLES.to_string()
    });
    assert!(!bench.run(&["status"]).stdout.contains("WAITING"));
    service.stop();
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
}

/// User ids that nobody here has, and their common group.
const WRITER: u32 = 64_201;
const READER: u32 = 64_202;
const GROUP: u32 = 64_200;

fn as_user(user: u32, bench: &Bench, args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .arg(format!("--regid={GROUP}"))
        .arg("--clear-groups")
        .arg(bench.path("feedmill"))
        .args(args)
        .current_dir(bench.dir.path())
        .env_remove("NOTIFY_SOCKET");
    command
}

#[test]
fn a_reader_of_the_group_reads_during_the_run_after_a_stop_and_after_a_kill() {
    if !is_root() {
        eprintln!(
            "only root can be other users: run this test as root, as .ci/run does in a container"
        );
        return;
    }
    let site = site();
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    std::fs::copy(env!("CARGO_BIN_EXE_feedmill"), bench.path("feedmill")).unwrap();
    let dir = bench.dir.path();
    chown(dir, Some(WRITER), Some(GROUP)).unwrap();
    let mode = |bits| std::fs::set_permissions(dir, std::fs::Permissions::from_mode(bits)).unwrap();
    mode(0o750);
    let tail = || {
        let mut command = as_user(READER, &bench, &["tail", "--since", "0", "--no-text"]);
        Ran::from(command.output().unwrap())
    };
    let reads = |when: &str| {
        let ran = tail();
        assert_eq!(ran.code, Some(0), "{when}: {}", ran.stderr);
        ran.stdout.lines().count()
    };
    let mut service = as_user(WRITER, &bench, &["run"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("a database", || tail().code == Some(0));
    wait_until("articles", || reads("during the run") > 10);
    let killed = |service: &mut Child, signal: &str| {
        let pid = service.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        service.wait().unwrap();
    };
    killed(&mut service, "-TERM");
    assert!(reads("after a stop") > 10);
    let mut service = as_user(WRITER, &bench, &["run"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("all of them", || reads("during the run") == ARTICLES);
    killed(&mut service, "-KILL");
    assert_eq!(reads("after a kill"), ARTICLES);

    // A reader who may make files there could lock the service out.
    mode(0o770);
    for command in ["run", "once", "check"] {
        let ran = Ran::from(as_user(WRITER, &bench, &[command]).output().unwrap());
        assert_eq!(ran.code, Some(78), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("chmod g-w"),
            "{command}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_deep_check_finds_what_is_wrong_and_disturbs_nobody() {
    let site = site();
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let service = Service::start(&bench);
    service.wait_for("READY=1");
    wait_until("articles", || {
        bench.ask("SELECT count(*) > 100 FROM articles") == "1"
    });
    let ran = bench.run(&["check", "--deep"]).expect(0);
    for part in [
        "integrity",
        "full text",
        "references",
        "permissions",
        "log ",
        "room",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    service.stop();
    let mode = |file: &str, bits| {
        std::fs::set_permissions(bench.path(file), std::fs::Permissions::from_mode(bits)).unwrap();
    };
    mode("feedmill.db.lock", 0o666);
    let ran = bench.run(&["check", "--deep"]).expect(78);
    assert!(ran.stderr.contains("chmod 640"), "{}", ran.stderr);
    mode("feedmill.db.lock", 0o640);
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM _feed; DROP TRIGGER _text_ad; DROP TRIGGER _bigrams_ad; DELETE FROM article_text WHERE id = 1").unwrap();
    drop(conn);
    let ran = bench.run(&["check", "--deep"]).expect(65);
    assert!(
        ran.stderr.contains("rows refer to what is not there"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("rebuild"), "{}", ran.stderr);
}

#[test]
fn a_request_that_is_refused_takes_nothing_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feedmill.db");
    let (store, writer) = Store::open(&path, store::Settings::default()).unwrap();
    let at = Timestamp::from_secs;
    let sync = SyncFeeds {
        feeds: vec![FeedSpec {
            url: "https://example.org/feed".to_owned(),
            host: "example.org".to_owned(),
            name: None,
            tags: Vec::new(),
            first_poll_at: at(100),
        }],
        at: at(0),
    };
    let stale = PostponePoll {
        feed: FeedId(1),
        lease: Lease(7),
        until: at(300),
        reason: "retry_after",
    };
    let hold = HoldHost {
        host: "example.org".to_owned(),
        until: at(200),
        queue: Held::Feeds {
            reason: "retry_after",
        },
    };
    // While another program holds the lock they gather, and become one transaction.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (synced, postponed, put_off, freed) = runtime.block_on(async {
        tokio::join!(
            store.write(sync),
            store.write(stale),
            store.write(hold),
            async { other.execute_batch("COMMIT") }
        )
    });
    assert!(synced.is_ok() && put_off.is_ok() && freed.is_ok());
    assert!(matches!(postponed, Err(StoreError::Stale)), "{postponed:?}");
    let next: String = other
        .query_row("SELECT next_poll_at FROM _feed", [], |row| row.get(0))
        .unwrap();
    assert_eq!(next, at(200).to_string());
    drop(store);
    writer.join().unwrap();
}

//! `feedmill run`: the service, and the signals it is told with.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::{Bench, QUICK, Reply, Site, feed, open_read_only, page, rss, wait_until};

/// The service with the socket of a service manager, and its log.
pub struct Service {
    pub child: Child,
    manager: UnixDatagram,
    log: std::sync::mpsc::Receiver<String>,
}

impl Service {
    pub fn start(bench: &Bench) -> Self {
        let socket = bench.path("notify.sock");
        let _ = std::fs::remove_file(&socket);
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut command = bench.command(&["run"]);
        let mut child = command
            .env("NOTIFY_SOCKET", &socket)
            .env("FEEDMILL_LOG", "debug")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, log) = std::sync::mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        Self {
            child,
            manager,
            log,
        }
    }

    /// Waits until the service manager has been told this.
    pub fn wait_for(&self, words: &str) {
        let mut buffer = [0; 4096];
        loop {
            let length = self
                .manager
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{words}: {error}"));
            if String::from_utf8_lossy(&buffer[..length])
                .lines()
                .any(|line| line == words)
            {
                return;
            }
        }
    }

    /// Waits until a line of the log contains this.
    pub fn wait_for_log(&self, words: &str) {
        while let Ok(line) = self.log.recv_timeout(Duration::from_secs(60)) {
            if line.contains(words) {
                return;
            }
        }
        panic!("the log never said {words}");
    }

    pub fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Stops it, and holds it to a clean end.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn the_service_says_when_it_is_ready_and_stops_cleanly_with_everything_stored() {
    let site = Site::open();
    let document = rss(&[("1", &site.url("/a"), "A", "s")]);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    site.on("/a", |_| Reply::html(page("A", "geese")));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let mut service = Service::start(&bench);
    service.wait_for("READY=1");
    site.wait_for_hits("/a", 1);
    service.signal("TERM");
    service.wait_for("STOPPING=1");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    // Readers that may not write the directory still need the two companion files.
    assert!(bench.path("feedmill.db-wal").exists() && bench.path("feedmill.db-shm").exists());
    assert_eq!(
        std::fs::metadata(bench.path("feedmill.db-wal"))
            .unwrap()
            .len(),
        0
    );
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
}

#[test]
fn a_reload_with_a_broken_file_changes_nothing_and_a_good_one_touches_only_what_changed() {
    let site = Site::open();
    for path in ["/one", "/two"] {
        site.on(path, |_| Reply::ok(rss(&[])));
    }
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/one"), "")));
    let mut service = Service::start(&bench);
    service.wait_for("READY=1");
    site.wait_for_hits("/one", 1);
    bench.configure("nonsense = ");
    service.signal("HUP");
    service.wait_for_log("the old one stays");
    bench.configure(&format!(
        "{QUICK}{}{}",
        feed(&site.url("/one"), ""),
        feed(&site.url("/two"), "")
    ));
    service.signal("HUP");
    service.wait_for("RELOADING=1");
    site.wait_for_hits("/two", 1);
    assert_eq!(site.hits("/one").len(), 1);
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_shorter_interval_is_heard_at_a_reload_and_at_a_start() {
    let site = Site::open();
    let config = |of_one: &str, of_two: &str| {
        let paced = |path: &str, interval: &str| {
            feed(&site.url(path), &format!("interval = \"{interval}\""))
        };
        format!("{QUICK}{}{}", paced("/one", of_one), paced("/two", of_two))
    };
    for path in ["/one", "/two"] {
        site.on(path, |_| Reply::ok(rss(&[])).with("etag", "\"1\""));
    }
    let bench = Bench::new(&config("1d", "1d"));
    let mut service = Service::start(&bench);
    service.wait_for("READY=1");
    wait_until("both are polled", || {
        bench.count("SELECT sum(polls) FROM feeds") == Some(2)
    });
    bench.configure(&config("1s", "1d"));
    service.signal("HUP");
    site.wait_for_hits("/one", 3);
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    assert_eq!(site.hits("/two").len(), 1);
    bench.configure(&config("1d", "1s"));
    let mut service = Service::start(&bench);
    site.wait_for_hits("/two", 3);
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_stop_does_not_wait_for_a_server_that_is_silent() {
    let site = Site::open();
    site.on("/feed", |_| Reply::silence());
    let bench = Bench::new(&format!(
        "{}{}",
        QUICK.replace("feed_timeout = \"2s\"", "feed_timeout = \"1h\""),
        feed(&site.url("/feed"), "")
    ));
    let mut service = Service::start(&bench);
    site.wait_for_hits("/feed", 1);
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn readers_see_whole_articles_while_the_service_writes() {
    let site = Site::open();
    let base = site.base.clone();
    site.on("/feed", move |_| {
        let links: Vec<(String, String)> = (0..40)
            .map(|n| (format!("{n}"), format!("{base}/page{n}")))
            .collect();
        let items: Vec<_> = links
            .iter()
            .map(|(n, link)| (n.as_str(), link.as_str(), n.as_str(), "s"))
            .collect();
        Reply::ok(rss(&items))
    });
    for n in 0..40 {
        site.on(&format!("/page{n}"), move |_| {
            Reply::html(page(&format!("Page {n}"), &format!("bird number {n}")))
        });
    }
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let mut service = Service::start(&bench);
    service.wait_for("READY=1");
    let conn = open_read_only(&bench.db());
    let mut cursor = 0_i64;
    let mut seen = 0;
    while seen < 40 {
        let mut statement = conn
            .prepare_cached("SELECT seq, text FROM articles WHERE seq > ?1 ORDER BY seq")
            .unwrap();
        let rows: Vec<(i64, String)> = statement
            .query_map([cursor], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (seq, text) in rows {
            assert_eq!(
                seq,
                cursor + 1,
                "changes are numbered in the order of commits, without a hole"
            );
            assert!(text.contains("bird number"));
            cursor = seq;
            seen += 1;
        }
    }
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reload_tells_the_network_its_new_manners() {
    let site = Site::open();
    for path in ["/one", "/two"] {
        site.on(path, |_| Reply::ok(rss(&[])));
    }
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/one"), "")));
    let mut service = Service::start(&bench);
    site.wait_for_hits("/one", 1);
    let told = QUICK.replace("[fetch]", "[fetch]\ncontact = \"https://example.org/bot\"");
    bench.configure(&format!(
        "{told}{}{}",
        feed(&site.url("/one"), ""),
        feed(&site.url("/two"), "")
    ));
    service.signal("HUP");
    site.wait_for_hits("/two", 1);
    assert!(
        site.hits("/two")[0]
            .header("user-agent")
            .is_some_and(|agent| agent.ends_with("(+https://example.org/bot)"))
    );
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_running_service_polls_a_feed_on_demand_inside_the_rules() {
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let config = QUICK.replace("configured_floor = \"1ms\"", "configured_floor = \"1h\"");
    let bench = Bench::new(&format!(
        "{config}{}",
        feed(&site.url("/feed"), "name = \"Example\"")
    ));
    let mut service = Service::start(&bench);
    site.wait_for_hits("/feed", 1);
    service.wait_for_log("polled");
    let refused = bench.run(&["poll", "Example"]).expect(1);
    assert!(refused.stdout.contains("not before"), "{}", refused.stdout);
    bench.run(&["poll", "Example", "--force"]).expect(0);
    site.wait_for_hits("/feed", 2);
    service.wait_for_log("polled");
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn another_program_that_opens_and_closes_the_file_takes_nothing_away() {
    use std::os::unix::fs::MetadataExt as _;
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let mut service = Service::start(&bench);
    service.wait_for_log("polled");
    let inode = || {
        std::fs::metadata(bench.path("feedmill.db-wal"))
            .unwrap()
            .ino()
    };
    let before = inode();
    // A process of its own, as the locks of a file are those of a process.
    let other = "import sqlite3,sys; db=sqlite3.connect(sys.argv[1]); print(db.execute('select count(*) from feeds').fetchone()[0]); db.close()";
    let answer = std::process::Command::new("python3")
        .args(["-c", other])
        .arg(bench.db())
        .output();
    // Where there is no Python the program itself is the other one.
    let told = answer.map_or_else(
        |_| bench.run(&["status"]).stdout,
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    assert!(!told.is_empty());
    assert_eq!(inode(), before);
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    assert_eq!(bench.ask("PRAGMA integrity_check"), "ok");
}

//! Following the store: each change once, in order, whoever is killed in between.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss};

const ARTICLES: usize = 120;

/// A feed of many articles, none of them fetched yet.
fn many() -> (Site, Bench) {
    let site = Site::open();
    let entries: Vec<(String, String)> = (0..ARTICLES)
        .map(|n| (format!("Story {n}"), site.url(&format!("/{n}"))))
        .collect();
    let items: Vec<_> = entries
        .iter()
        .map(|(title, url)| (title.as_str(), url.as_str(), title.as_str(), "s"))
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    for n in 0..ARTICLES {
        let body = page(&format!("Story {n}"), &format!("the birds of island {n}"));
        site.on(&format!("/{n}"), move |_| Reply::html(body.clone()));
    }
    // A database to follow, with nothing in it yet.
    site.on("/empty", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/empty"), "")));
    bench.run(&["once"]).expect(0);
    bench.configure(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    (site, bench)
}

/// Three articles, in the store.
fn few() -> (Site, Bench) {
    let site = Site::open();
    let entries: Vec<(String, String)> = (0..3)
        .map(|n| (format!("Story {n}"), site.url(&format!("/{n}"))))
        .collect();
    let items: Vec<_> = entries
        .iter()
        .map(|(title, url)| {
            (
                title.as_str(),
                url.as_str(),
                title.as_str(),
                "What was said of it.",
            )
        })
        .collect();
    let document = rss(&items);
    site.on("/feed", move |_| Reply::ok(document.clone()));
    let bench = Bench::new(&format!(
        "{QUICK}{}",
        feed(&site.url("/feed"), "full_text = \"never\"")
    ));
    bench.run(&["once"]).expect(0);
    (site, bench)
}

/// A tail at work, and its whole lines as they come.
struct Tail {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Tail {
    fn start(bench: &Bench, args: &[&str]) -> Self {
        let mut all = vec!["tail", "--follow", "--fields", "title"];
        all.extend(args);
        let mut child = bench.command(&all).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line, if there is a whole one before the end.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.ends_with('\n')
            .then(|| serde_json::from_str(&line).unwrap())
    }

    /// Kills it, and gives what it had written by then.
    fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }
}

fn seq(line: &Value) -> i64 {
    line["seq"].as_i64().unwrap()
}

/// Follows a service from its first poll until every article has been seen; both are killed on the
/// way, again and again. `resume` says how the next tail goes on after the last line that was read.
fn follow_through_kills(
    bench: &Bench,
    resume: impl Fn(Option<&Value>) -> Vec<String>,
) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    let mut kills = 0;
    let mut titles = std::collections::HashSet::new();
    let mut service = bench.spawn(&["run"]);
    while titles.len() < ARTICLES {
        let args = resume(seen.last());
        let mut tail = Tail::start(bench, &args.iter().map(String::as_str).collect::<Vec<_>>());
        let mut read = Vec::new();
        while read.len() < 7 && titles.len() + read.len() < ARTICLES {
            read.push(tail.next().expect("it follows until it is killed"));
        }
        read.extend(tail.kill());
        titles.extend(read.iter().map(|line| line["article"]["title"].to_string()));
        seen.extend(read);
        kills += 1;
        if kills % 4 == 0 {
            service.kill().unwrap();
            service.wait().unwrap();
            service = bench.spawn(&["run"]);
        }
    }
    service.kill().unwrap();
    service.wait().unwrap();
    seen
}

/// What was seen last of every article is what the store says now.
fn assert_complete(bench: &Bench, seen: &[Value]) {
    let latest: BTreeMap<i64, i64> = seen
        .iter()
        .map(|line| (line["article_id"].as_i64().unwrap(), seq(line)))
        .collect();
    let stored: Vec<String> = latest
        .iter()
        .map(|(id, seq)| format!("{id}|{seq}"))
        .collect();
    assert_eq!(
        bench.rows("SELECT id, seq FROM articles ORDER BY id"),
        stored
    );
    assert_eq!(latest.len(), ARTICLES);
}

#[test]
fn who_keeps_the_cursor_sees_every_change_once_through_any_number_of_kills() {
    let (_site, bench) = many();
    let seen = follow_through_kills(&bench, |last| {
        let cursor = last.map_or("0", |line| line["cursor"].as_str().unwrap());
        vec!["--since".to_owned(), cursor.to_owned()]
    });
    let numbers: Vec<i64> = seen.iter().map(seq).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert_complete(&bench, &seen);
}

#[test]
fn a_consumer_misses_nothing_through_any_number_of_kills() {
    let (_site, bench) = many();
    let seen = follow_through_kills(&bench, |_| {
        vec!["--consumer".to_owned(), "index".to_owned()]
    });
    assert_complete(&bench, &seen);
}

#[test]
fn a_consumer_goes_on_where_it_stopped_and_the_file_says_how_far_it_is() {
    let (_site, bench) = few();
    let tail = |more: &[&str]| {
        let mut args = vec!["tail", "--consumer", "index", "--fields", "title,url"];
        args.extend(more);
        bench.run(&args).expect(0).stdout.lines().count()
    };
    assert_eq!(tail(&[]), 3);
    assert_eq!(
        bench.ask("SELECT name, seq, behind FROM consumers"),
        "index|3|0"
    );
    assert_eq!(tail(&[]), 0);
    assert_eq!(tail(&["--restart"]), 3);
    assert_eq!(
        bench
            .run(&["tail", "--since", "0"])
            .expect(0)
            .stdout
            .lines()
            .count(),
        3
    );
}

#[test]
fn a_line_carries_the_columns_that_were_asked_for() {
    let (_site, bench) = few();
    let out = bench
        .run(&["tail", "--fields", "url,word_count"])
        .expect(0)
        .stdout;
    let line: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    let article: Vec<&String> = line["article"].as_object().unwrap().keys().collect();
    assert_eq!(article, ["url", "word_count"]);
    let refused = bench
        .run(&["tail", "--fields", "url,wordcount"])
        .expect(2)
        .stderr;
    assert!(
        refused.contains("\"wordcount\"") && refused.contains("word_count"),
        "{refused}"
    );
}

#[test]
fn an_article_whose_change_is_no_longer_in_the_log_is_seen_and_lost_deletions_are_said() {
    let (_site, bench) = few();
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute("DELETE FROM _change WHERE seq < 3", [])
        .unwrap();
    assert_eq!(
        bench
            .run(&["tail", "--since", "0"])
            .expect(0)
            .stdout
            .lines()
            .count(),
        3
    );
    let ran = bench.run(&["tail", "--since", "1"]).expect(0);
    assert_eq!(ran.stdout.lines().count(), 2);
    assert!(ran.stderr.contains("compare ids"), "{}", ran.stderr);
}

#[test]
fn a_cursor_of_another_life_is_refused_until_the_consumer_begins_again() {
    let (_site, bench) = few();
    let out = bench.run(&["tail", "--consumer", "index"]).expect(0).stdout;
    let last: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let cursor = last["cursor"].as_str().unwrap();
    assert_eq!(bench.run(&["tail", "--since", cursor]).expect(0).stdout, "");
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    conn.execute("UPDATE _meta SET value = value + 1 WHERE key = 'epoch'", [])
        .unwrap();
    assert!(
        bench
            .run(&["tail", "--since", cursor])
            .expect(65)
            .stderr
            .contains("begin again")
    );
    bench.run(&["tail", "--consumer", "index"]).expect(65);
    assert_eq!(
        bench
            .run(&["tail", "--consumer", "index", "--restart"])
            .expect(0)
            .stdout
            .lines()
            .count(),
        3
    );
    assert_eq!(
        bench.run(&["tail", "--consumer", "index"]).expect(0).stdout,
        ""
    );
}

#[test]
fn a_file_that_is_put_in_the_place_of_the_followed_one_is_noticed() {
    let (_site, bench) = few();
    bench.run(&["backup", "copy.db"]).expect(0);
    let copy = rusqlite::Connection::open(bench.path("copy.db")).unwrap();
    copy.execute("UPDATE _meta SET value = value + 1 WHERE key = 'epoch'", [])
        .unwrap();
    copy.close().unwrap();
    let mut tail = Tail::start(&bench, &["--since", "0"]);
    for _ in 0..3 {
        tail.next().expect("a line");
    }
    std::fs::rename(bench.path("copy.db"), bench.db()).unwrap();
    assert!(tail.next().is_none());
    assert_eq!(tail.child.wait().unwrap().code(), Some(65));
}

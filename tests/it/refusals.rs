//! What is refused, with one clear message for each problem and the right exit code.

use rusqlite::Connection;

use crate::support::{Bench, QUICK, Reply, Site, feed, rss};

fn lines(text: &str) -> usize {
    text.lines()
        .filter(|line| line.starts_with("feedmill: "))
        .count()
}

#[test]
fn every_problem_of_a_configuration_is_reported_at_once_with_its_line() {
    let bench = Bench::new(
        "colour = \"blue\"\n[polling]\ninterval = \"15\"\nflor = \"1m\"\njitter = 7\n[fetch]\nhost_concurrency = 0\n\
         [[feed]]\nurl = \"ftp://example.org/\"\n[[feed]]\nname = \"no address\"\n\
         [[feed]]\nurl = \"https://example.org/a\"\nschedule = \"61 * * * *\"\n\
         [[feed]]\nurl = \"https://example.org/b\"\nschedule = \"* * * * *\"\n\
         [[feed]]\nurl = \"https://example.org/a\"\nallow_networks = [\"10.0.0.0/99\"]\n",
    );
    for command in ["check", "once", "run"] {
        let ran = bench.run(&[command]).expect(78);
        assert_eq!(lines(&ran.stderr), 11, "{}", ran.stderr);
        for part in [
            "feedmill.toml:1: colour: there is no such key",
            "feedmill.toml:3: polling.interval: \"15\" is not",
            "feedmill.toml:4: polling.flor: there is no such key; did you mean \"floor\"?",
            "feedmill.toml:5: polling.jitter: 7 is not a number between 0 and 1",
            "feedmill.toml:7: fetch.host_concurrency: 0 is not a whole number between 1 and 64",
            "feedmill.toml:9: feed.url: \"ftp://example.org/\" is not an http or https URL",
            "feed.url: it is missing",
            "feed.schedule: \"61 * * * *\" is not a cron line",
            "is faster than polling.configured_floor, \"5m\"",
            "is listed twice",
            "\"10.0.0.0/99\" is not a network",
        ] {
            assert!(
                ran.stderr.contains(part),
                "{part} is not in\n{}",
                ran.stderr
            );
        }
    }
}

#[test]
fn addresses_that_ask_for_the_same_are_one_feed() {
    let bench = Bench::new(
        "include = [\"more.toml\", \"list.opml\"]\n[[feed]]\nurl = \"https://example.org/f\"\n",
    );
    std::fs::write(
        bench.path("more.toml"),
        "# More\n[[feed]]\nurl = \"https://Example.org/f#top\"\n",
    )
    .unwrap();
    std::fs::write(
        bench.path("list.opml"),
        "<opml version=\"2.0\"><body><outline text=\"A\" xmlUrl=\"https://example.org/f#a\"/>\
         <outline text=\"B\" xmlUrl=\"https://example.org/g#a\"/><outline text=\"C\" xmlUrl=\"https://example.org/g\"/></body></opml>",
    )
    .unwrap();
    let ran = bench.run(&["check"]).expect(78);
    assert_eq!(lines(&ran.stderr), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(
            "more.toml:2: feed.url: \"https://Example.org/f#top\" asks for the same as \"https://example.org/f\", which is listed at "
        ) && ran.stderr.contains("feedmill.toml:2"),
        "{}",
        ran.stderr
    );
    std::fs::write(bench.path("more.toml"), "").unwrap();
    let ran = bench.run(&["check"]).expect(0);
    assert!(ran.stdout.contains("2 feeds"), "{}", ran.stdout);
    let ran = bench.run(&["import", "list.opml"]).expect(0);
    assert_eq!(ran.stdout.matches("[[feed]]").count(), 2, "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains("https://example.org/g is listed twice; left out"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_a_problem_of_its_own() {
    let bench = Bench::new("[polling\n");
    let broken = bench.run(&["check"]).expect(78);
    assert!(
        broken.stderr.contains("feedmill.toml:1: not valid TOML"),
        "{}",
        broken.stderr
    );
    let missing = bench.run(&["--config", "absent.toml", "check"]).expect(78);
    assert!(
        missing.stderr.contains("absent.toml: it cannot be read"),
        "{}",
        missing.stderr
    );
}

#[test]
fn the_help_of_a_command_says_all_that_is_said_of_it() {
    let bench = Bench::new("");
    let list = bench.run(&["--help"]).expect(0).stdout;
    for (command, words) in [
        ("run", "SIGHUP reads the configuration again"),
        ("add", "Without --write nothing is changed"),
        ("status", "1 degraded: feeds are failing"),
        ("import", "The OPML file"),
    ] {
        let help = bench.run(&[command, "--help"]).expect(0).stdout;
        assert!(help.contains(words), "{help}");
        let first = help.lines().next().unwrap().trim_end_matches('.');
        assert!(list.contains(first), "{first} is not in\n{list}");
    }
}

#[test]
fn usage_is_exit_2_and_a_missing_database_says_how_to_make_one() {
    let bench = Bench::new("");
    assert_eq!(bench.run(&["frobnicate"]).code, Some(2));
    assert_eq!(bench.run(&["once"]).code, Some(2));
    let ran = bench.run(&["status"]).expect(1);
    assert!(
        ran.stderr.contains("there is no database") && ran.stderr.contains("feedmill once"),
        "{}",
        ran.stderr
    );
    let ran = bench.run(&["restore", "absent.db"]).expect(1);
    assert!(
        ran.stderr.contains("there is no backup at absent.db"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_database_that_is_not_ours_or_newer_or_damaged_is_left_as_it_is() {
    let site = Site::open();
    site.on("/feed", |_| Reply::ok(rss(&[])));
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let prepare = |sql: &str| {
        let _ = std::fs::remove_file(bench.db());
        Connection::open(bench.db())
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    };
    prepare("CREATE TABLE theirs (x)");
    let cases: [(&str, &dyn Fn()); 4] = [
        ("another application", &|| {
            prepare("CREATE TABLE theirs (x)");
        }),
        ("newer feedmill", &|| {
            prepare(
                "PRAGMA application_id = 0x46444d4c; PRAGMA user_version = 9999; CREATE TABLE future (x)",
            );
        }),
        ("not an SQLite file", &|| {
            std::fs::write(bench.db(), "Dear diary, this is no database at all.").unwrap();
        }),
        ("damaged", &|| {
            std::fs::write(
                bench.db(),
                b"SQLite format 3\0 and then nothing that makes sense",
            )
            .unwrap();
        }),
    ];
    for (words, prepare) in cases {
        prepare();
        let before = std::fs::read(bench.db()).unwrap();
        for command in ["once", "run", "status", "check"] {
            let ran = bench.run(&[command]).expect(65);
            assert!(ran.stderr.contains(words), "{command}: {}", ran.stderr);
            assert_eq!(lines(&ran.stderr), 1, "{}", ran.stderr);
        }
        assert_eq!(std::fs::read(bench.db()).unwrap(), before, "{words}");
    }
}

#[test]
fn a_directory_that_is_not_there_is_a_problem_of_the_configuration() {
    let bench = Bench::new(&format!(
        "[store]\npath = \"absent/feedmill.db\"\n{}",
        feed("http://127.0.0.1:9/feed", "")
    ));
    for command in ["once", "run", "check"] {
        let ran = bench.run(&[command]).expect(78);
        assert!(ran.stderr.contains("absent"), "{}", ran.stderr);
    }
}

#[test]
fn a_second_instance_is_refused_while_the_first_one_runs() {
    let site = Site::open();
    site.on("/feed", |_| Reply::silence());
    let bench = Bench::new(&format!("{QUICK}{}", feed(&site.url("/feed"), "")));
    let mut first = bench.spawn(&["run"]);
    site.wait_for_hits("/feed", 1);
    for command in ["once", "run"] {
        let ran = bench.run(&[command]).expect(75);
        assert!(
            ran.stderr.contains(&format!("(process {})", first.id())),
            "{}",
            ran.stderr
        );
    }
    first.kill().unwrap();
    first.wait().unwrap();
}

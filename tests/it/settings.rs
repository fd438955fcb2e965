//! Where settings come from, and that the example says what the code does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use feedmill::config::{Config, Feed, FullText, Sources, load};
use feedmill::schedule::Pace;

fn from_text(text: &str, variables: &[(&str, &str)]) -> Config {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let sources = Sources {
        text: Some(("test".to_owned(), text.to_owned())),
        variables,
        ..Sources::default()
    };
    load(&sources).expect("usable")
}

#[test]
fn the_example_shows_every_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/feedmill.example.toml");
    let text = std::fs::read_to_string(path).expect("the example");
    let mut example = from_text(&text, &[]);
    let mut defaults = from_text("", &[]);
    example.file = None;
    defaults.file = None;
    assert_eq!(format!("{example:#?}"), format!("{defaults:#?}"));
}

#[test]
fn the_example_names_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/feedmill.example.toml");
    let text = std::fs::read_to_string(path).expect("the example");
    // What a section knows is what it says when it is asked for nonsense.
    let nonsense = "[store]\n?=1\n[polling]\n?=1\n[fetch]\n?=1\n[articles]\n?=1\n[log]\n?=1\n[websub]\n?=1\n[[host]]\nname=\"a\"\n?=1\n[[feed]]\nurl=\"https://a.example/\"\n?=1\n";
    let nonsense = nonsense.replace('?', "zzzzzzzzzzzzzzzzzzzzzzzz");
    let sources = Sources {
        text: Some(("test".to_owned(), nonsense)),
        ..Sources::default()
    };
    let problems = load(&sources).expect_err("nonsense");
    assert_eq!(problems.0.len(), 8);
    for problem in &problems.0 {
        let (_, known) = problem.message.split_once("known here: ").expect("a list");
        for key in known.split(", ") {
            assert!(
                text.contains(&format!("{key} = ")) || text.contains(&format!("{key}=")),
                "{key} is not in the example"
            );
        }
    }
}

#[test]
fn what_is_installed_is_usable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/feedmill.toml");
    let config = load(&Sources {
        file: Some(path),
        ..Sources::default()
    })
    .expect("usable");
    assert_eq!(
        config.database,
        PathBuf::from("/var/lib/feedmill/feedmill.db")
    );
}

#[test]
fn the_environment_overrides_the_file_and_flags_override_both() {
    let file = "[polling]\nfloor = \"2m\"\n[articles]\nfull_text = \"never\"\n[store]\npath = \"from-file.db\"";
    let config = from_text(
        file,
        &[
            ("FEEDMILL_POLLING_FLOOR", "3m"),
            ("FEEDMILL_FETCH_HOST_CONCURRENCY", "2"),
            ("FEEDMILL_ARTICLES_RETRY", "[\"1m\"]"),
        ],
    );
    assert_eq!(config.schedule.floor, Duration::from_secs(180));
    assert_eq!(config.fetch.host_pace.concurrency, 2);
    assert_eq!(config.articles.retry, [Duration::from_secs(60)]);
    assert_eq!(config.articles.full_text, FullText::Never);
    assert_eq!(config.database, PathBuf::from("from-file.db"));
    let sources = Sources {
        text: Some(("test".to_owned(), file.to_owned())),
        database: Some(PathBuf::from("from-flag.db")),
        ..Sources::default()
    };
    assert_eq!(
        load(&sources).expect("usable").database,
        PathBuf::from("from-flag.db")
    );
    assert_eq!(
        from_text("", &[("STATE_DIRECTORY", "/var/lib/feedmill")]).database,
        PathBuf::from("/var/lib/feedmill/feedmill.db")
    );
}

#[test]
fn a_misspelt_variable_is_a_problem() {
    let variables = vec![
        ("FEEDMILL_POLING_FLOOR".to_owned(), "3m".to_owned()),
        ("FEEDMILL_POLLING_FLOR".to_owned(), "3m".to_owned()),
    ];
    let problems = load(&Sources {
        text: Some(("test".to_owned(), String::new())),
        variables,
        ..Sources::default()
    });
    let text = problems.expect_err("misspelt").to_string();
    assert!(
        text.contains("FEEDMILL_POLING_FLOOR: there is no such setting"),
        "{text}"
    );
    assert!(
        text.contains(
            "FEEDMILL_POLLING_FLOR: polling.flor: there is no such key; did you mean \"floor\"?"
        ),
        "{text}"
    );
}

#[test]
fn feeds_come_from_includes_and_opml_too() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("feeds.d")).expect("made");
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    write(
        "main.toml",
        "include = [\"feeds.d/*.toml\", \"list.opml\", \"absent.d/*.toml\"]\n[[feed]]\nurl = \"https://a.example/\"\n",
    );
    write(
        "feeds.d/b.toml",
        "[[feed]]\nurl = \"https://b.example/\"\ninterval = \"15m\"\nheaders = { accept-language = \"de\" }\n",
    );
    write(
        "feeds.d/c.toml",
        "[[feed]]\nurl = \"https://c.example/\"\nschedule = \"*/15 * * * *\"\ntimezone = \"Europe/Berlin\"\n",
    );
    write(
        "list.opml",
        "<opml version=\"2.0\"><head/><body><outline text=\"D\" xmlUrl=\"https://d.example/\"/><outline text=\"A\" xmlUrl=\"https://a.example/\"/></body></opml>",
    );
    let config = load(&Sources {
        file: Some(dir.path().join("main.toml")),
        ..Sources::default()
    })
    .expect("usable");
    let urls: Vec<&str> = config.feeds.iter().map(|feed| feed.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://a.example/",
            "https://b.example/",
            "https://c.example/",
            "https://d.example/"
        ]
    );
    assert_eq!(
        config.feeds[1].settings.pace,
        Some(Pace::Every(Duration::from_secs(900)))
    );
    assert!(matches!(config.feeds[2].settings.pace, Some(Pace::Cron(_))));
}

#[test]
fn a_list_of_any_length_is_read_and_every_fault_has_its_line() {
    let feed = |n: usize| {
        format!("[[feed]]\nurl = \"https://example.org/{n}\"\n[feed.headers]\nx-n = \"{n}\"\n")
    };
    let list = (0..1000).map(feed).collect::<Vec<_>>().concat();
    let config = from_text(&format!("[polling]\nfloor = \"5m\"\n{list}"), &[]);
    assert_eq!(config.schedule.floor, Duration::from_secs(300));
    let right = |(n, feed): (usize, &Arc<Feed>)| {
        feed.url == format!("https://example.org/{n}")
            && feed.settings.headers["x-n"] == n.to_string().as_str()
    };
    assert_eq!(config.feeds.len(), 1000);
    assert!(config.feeds.iter().enumerate().all(right));

    let text = format!("{list}{}[[feed]]\nurl = 7\n[polling]\nflour = 1\n", feed(3));
    let sources = Sources {
        text: Some(("test".to_owned(), text)),
        ..Sources::default()
    };
    let problems = load(&sources).expect_err("three faults").0;
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(4008), Some(4006), Some(4001)], "{problems:?}");
    assert!(problems[2].message.contains("first at test:13"));
}

#[test]
fn a_host_is_the_one_of_its_addresses_however_it_is_written_and_is_listed_once() {
    let text = "[[host]]\nname = \"B\u{fc}cher.Example\"\ngap = \"9s\"\n[[host]]\nname = \"[::1]\"\ngap = \"8s\"\n";
    let config = from_text(text, &[]);
    let mut hosts: Vec<_> = config.fetch.hosts.keys().map(String::as_str).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["[::1]", "xn--bcher-kva.example"]);
    for name in ["example.org:8080", "https://example.org", "::1", ""] {
        let twice = format!(
            "[[host]]\nname = \"a.example\"\n[[host]]\nname = \"A.example\"\n[[host]]\nname = \"{name}\"\n"
        );
        let sources = Sources {
            text: Some(("test".to_owned(), twice)),
            ..Sources::default()
        };
        let problems = load(&sources).expect_err("refused").to_string();
        let lines: Vec<_> = problems.lines().collect();
        assert_eq!(lines.len(), 2, "{problems}");
        assert!(
            lines[0].contains("test:3: host.name: \"a.example\" is listed twice"),
            "{problems}"
        );
        assert!(lines[1].contains("is not a host name"), "{problems}");
    }
}

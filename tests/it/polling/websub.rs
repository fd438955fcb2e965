//! Hubs (WebSub), played by the scripted site.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Child;

use aws_lc_rs::hmac;
use url::{Url, form_urlencoded};

use crate::support::{Bench, QUICK, Reply, Site, feed, page, rss, wait_until};

/// A service that hubs can call, and the address they call it at.
struct Called {
    bench: Bench,
    service: Child,
    listen: String,
}

impl Called {
    fn start(feeds: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = port.local_addr().unwrap().to_string();
        drop(port);
        let bench = Bench::new(&config(&listen, feeds));
        let service = bench.spawn(&["run"]);
        wait_until("it listens", || TcpStream::connect(&listen).is_ok());
        Self {
            bench,
            service,
            listen,
        }
    }

    /// One request of a hub.
    fn call(&self, method: &str, target: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.listen).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: feedmill\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is refused by its length may meet a closed door.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.get(9..12).unwrap_or_default().parse().unwrap_or(0);
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        (status, body.unwrap_or_default())
    }

    fn verify(&self, asked: &Asked, mode: &str, topic: &str, lease: u32) -> (u16, String) {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", topic)
            .append_pair("hub.challenge", "a challenge & more")
            .append_pair("hub.lease_seconds", &lease.to_string())
            .finish();
        self.call("GET", &format!("{}?{query}", asked.path), "", b"")
    }

    fn deliver(&self, asked: &Asked, secret: &str, document: &str) -> u16 {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature: String = hmac::sign(&key, document.as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let headers =
            format!("content-type: application/rss+xml\r\nx-hub-signature: sha256={signature}\r\n");
        self.call("POST", &asked.path, &headers, document.as_bytes())
            .0
    }

    fn state(&self) -> String {
        self.bench.rows("SELECT state FROM subscriptions").join(",")
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

fn config(listen: &str, feeds: &str) -> String {
    format!(
        "{QUICK}[websub]\nlisten = \"{listen}\"\ncallback_url = \"http://{listen}/hook/\"\nlease = \"1h\"\n{feeds}"
    )
}

/// What a hub was asked.
struct Asked {
    form: HashMap<String, String>,
    /// The path of the callback.
    path: String,
}

fn asked(site: &Site, nth: usize) -> Asked {
    site.wait_for_hits("/hub", nth + 1);
    let hit = &site.hits("/hub")[nth];
    assert_eq!(hit.method, "POST");
    assert_eq!(
        hit.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let form: HashMap<String, String> = form_urlencoded::parse(&hit.body).into_owned().collect();
    let path = Url::parse(&form["hub.callback"]).unwrap().path().to_owned();
    Asked { form, path }
}

/// A feed with a hub on the same site.
fn announced(site: &Site) -> String {
    let document = rss(&[("1", &site.url("/a"), "A", "s")]).replace(
        "<description>d</description>",
        &format!("<description>d</description><atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{}\"/>", site.url("/hub")),
    );
    site.on("/feed", move |hit| {
        if hit.header("if-none-match").is_some() {
            Reply::new(304)
        } else {
            Reply::ok(document.clone()).with("etag", "\"1\"")
        }
    });
    site.on("/a", |_| Reply::html(page("A", "geese")));
    site.on("/b", |_| Reply::html(page("B", "herons")));
    site.on("/hub", |_| Reply::new(202));
    feed(&site.url("/feed"), "")
}

#[test]
fn what_a_hub_delivers_is_stored_when_it_is_signed_and_polling_becomes_the_backstop() {
    let site = Site::open();
    let called = Called::start(&announced(&site));
    let topic = site.url("/feed");
    let asked = asked(&site, 0);
    assert_eq!(
        (asked.form["hub.mode"].as_str(), &asked.form["hub.topic"]),
        ("subscribe", &topic)
    );
    assert_eq!(asked.form["hub.lease_seconds"], "3600");
    let secret = asked.form["hub.secret"].clone();
    assert_eq!(secret.len(), 64);
    assert_eq!(
        called
            .verify(&asked, "subscribe", "https://other.example/", 60)
            .0,
        404
    );
    assert_eq!(called.verify(&asked, "unsubscribe", &topic, 60).0, 404);
    assert_eq!(
        called
            .call("GET", "/hook/unknown?hub.mode=subscribe", "", b"")
            .0,
        404
    );
    assert_eq!(called.call("POST", "/", "", b"x").0, 404);
    assert_eq!(
        called.verify(&asked, "subscribe", &topic, 600),
        (200, "a challenge & more".to_owned())
    );
    assert_eq!(called.state(), "active");

    let news = rss(&[("2", &site.url("/b"), "B", "s")]);
    assert_eq!(called.call("POST", &asked.path, "", news.as_bytes()).0, 202);
    assert_eq!(called.deliver(&asked, "not the secret", &news), 202);
    assert_eq!(
        called
            .bench
            .ask("SELECT count(*), (SELECT rejected FROM subscriptions) FROM entries"),
        "1|2"
    );
    assert_eq!(called.deliver(&asked, &secret, &news), 202);
    assert_eq!(
        called
            .bench
            .ask("SELECT count(*) FROM entries WHERE guid = '2'"),
        "1"
    );
    assert_eq!(
        called
            .bench
            .ask("SELECT deliveries, last_delivery_at IS NOT NULL FROM subscriptions"),
        "1|1"
    );
    assert_eq!(called.deliver(&asked, &secret, "no feed at all"), 202);
    assert_eq!(
        called
            .bench
            .ask("SELECT group_concat(outcome) FROM fetches WHERE kind = 'delivery'"),
        "changed,not_a_feed"
    );
    site.wait_for_hits("/b", 1);
    // A delivery that shows only what is new is no gap, and no poll.
    assert_eq!(
        called
            .bench
            .ask("SELECT (SELECT count(*) FROM gaps), polls, failures FROM feeds"),
        "0|1|0"
    );

    called.bench.run(&["poll", &topic, "--force"]).expect(0);
    site.wait_for_hits("/feed", 2);
    wait_until("it is polled", || {
        called.bench.count("SELECT polls FROM feeds") == Some(2)
    });
    assert_eq!(
        called.bench.ask("SELECT next_poll_reason, round((julianday(next_poll_at) - julianday(last_poll_at)) * 24) >= 6 FROM feeds"),
        "websub|1"
    );
}

#[test]
fn a_delivery_larger_than_a_feed_may_be_is_refused() {
    let site = Site::open();
    let called = Called::start(&announced(&site));
    let asked = asked(&site, 0);
    let large = vec![b'x'; (10 << 20) + 1];
    assert_eq!(called.call("POST", &asked.path, "", &large).0, 413);
}

#[test]
fn a_lease_is_renewed_before_it_ends_by_the_same_name_and_secret() {
    let site = Site::open();
    let called = Called::start(&announced(&site));
    let first = asked(&site, 0);
    assert_eq!(
        called.verify(&first, "subscribe", &site.url("/feed"), 2).0,
        200
    );
    let second = asked(&site, 1);
    assert_eq!(first.form, second.form);
    assert_eq!(called.state(), "active");
}

#[test]
fn a_feed_that_goes_is_unsubscribed() {
    let site = Site::open();
    let called = Called::start(&announced(&site));
    let first = asked(&site, 0);
    assert_eq!(
        called
            .verify(&first, "subscribe", &site.url("/feed"), 600)
            .0,
        200
    );
    site.on("/other", |_| Reply::ok(rss(&[])));
    called
        .bench
        .configure(&config(&called.listen, &feed(&site.url("/other"), "")));
    let hangup = std::process::Command::new("kill")
        .args(["-HUP", &called.service.id().to_string()])
        .status();
    assert!(hangup.unwrap().success());
    let second = asked(&site, 1);
    assert_eq!(second.form["hub.mode"], "unsubscribe");
    assert_eq!(second.form["hub.callback"], first.form["hub.callback"]);
    assert_eq!(
        called
            .verify(&second, "unsubscribe", &site.url("/feed"), 0)
            .0,
        200
    );
    assert_eq!(called.state(), "");
    assert_eq!(
        called
            .verify(&second, "subscribe", &site.url("/feed"), 60)
            .0,
        404
    );
}

#[test]
fn a_hub_that_refuses_or_may_not_be_asked_leaves_polling_as_it_was() {
    let site = Site::open();
    let forbidden = Site::open();
    let mut feeds = announced(&site);
    site.on("/hub", |_| Reply::new(500));
    let port = forbidden.base.rsplit(':').next().unwrap().to_owned();
    let outside = rss(&[]).replace("<description>", &format!("<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"http://127.9.9.9:{port}/hub\"/><description>"));
    site.on("/outside", move |_| {
        Reply::ok(outside.clone()).with("etag", "\"1\"")
    });
    feeds.push_str(&feed(&site.url("/outside"), ""));
    let called = Called::start(&feeds);
    wait_until("both have failed", || {
        called
            .bench
            .count("SELECT count(*) FROM subscriptions WHERE detail IS NOT NULL AND failures = 1")
            == Some(2)
    });
    assert_eq!(
        called.bench.rows(
            "SELECT state, detail LIKE 'HTTP 500' OR detail LIKE '%private%' FROM subscriptions"
        ),
        ["asked|1", "asked|1"]
    );
    assert_eq!(forbidden.all_hits(), 0);
    assert_eq!(
        called
            .bench
            .ask("SELECT count(*) FROM feeds WHERE next_poll_reason <> 'adaptive'"),
        "0"
    );
}

#[test]
fn without_a_callback_address_no_hub_is_asked() {
    let site = Site::open();
    let bench = Bench::new(&format!("{QUICK}{}", announced(&site)));
    bench.run(&["once"]).expect(0);
    assert_eq!(
        bench.ask("SELECT state, hub LIKE '%/hub', topic LIKE '%/feed' FROM subscriptions"),
        "wanted|1|1"
    );
    assert_eq!(site.hits("/hub").len(), 0);
    bench.configure("[websub]\ncallback_url = \"https://example.org/websub\"\n");
    let refused = bench.run(&["check"]).expect(78);
    assert!(
        refused.stderr.contains("websub.listen: it is missing"),
        "{}",
        refused.stderr
    );
}

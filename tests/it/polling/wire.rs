//! The network as no loopback can be: public hosts, names that change their addresses, another
//! origin behind https. A wire of the test's own takes the place of the real one.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use feedmill::config::{Sources, load};
use feedmill::fetch::{
    AUTHORIZATION, Fetcher, HeaderMap, HeaderName, HeaderValue, Hop, Internet, LookUp, Networks,
    Purpose, Request, Response, Timeouts, Wire, WireFailure,
};
use feedmill::model::{FailureKind, Timestamp, Validators};
use futures_util::future::BoxFuture;

type Answer = (u16, &'static [(&'static str, &'static str)]);

/// Answers by address, and remembers what was asked.
#[derive(Debug, Default)]
struct Scripted {
    answers: HashMap<&'static str, Answer>,
    asked: Mutex<Vec<Hop>>,
}

impl Wire for Scripted {
    fn exchange(&self, hop: Hop) -> BoxFuture<'_, Result<Response, WireFailure>> {
        let (status, lines) = self
            .answers
            .get(hop.url.as_str())
            .copied()
            .unwrap_or((404, &[]));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        self.asked.lock().expect("asked").push(hop);
        let body = b"<rss/>".to_vec();
        Box::pin(async move {
            Ok(Response {
                status,
                headers,
                body,
            })
        })
    }
}

/// A name server that gives every name one address.
#[derive(Debug)]
struct Everywhere(IpAddr);

impl LookUp for Everywhere {
    fn look_up(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let address = self.0;
        Box::pin(async move { Ok(vec![address]) })
    }
}

fn fetcher(answers: &[(&'static str, Answer)]) -> (Fetcher, Arc<Scripted>) {
    let config = load(&Sources {
        text: Some(("test".to_owned(), "[fetch]\nhost_gap = \"0s\"".to_owned())),
        ..Sources::default()
    })
    .expect("usable");
    let wire = Arc::new(Scripted {
        answers: answers.iter().copied().collect(),
        ..Scripted::default()
    });
    let look_up = Arc::new(Everywhere([93, 184, 215, 14].into()));
    let told: Arc<dyn Wire> = Arc::clone(&wire) as Arc<dyn Wire>;
    (Fetcher::new(config.fetch, 8, told, look_up), wire)
}

fn request(url: &str) -> Request {
    Request {
        url: url.to_owned(),
        purpose: Purpose::Feed,
        validators: Validators::default(),
        validators_url: String::new(),
        headers: HeaderMap::new(),
        home: url.to_owned(),
        form: None,
        networks: Networks::default(),
        now: Timestamp::from_secs(1_800_000_000),
    }
}

#[tokio::test(start_paused = true)]
async fn patience_asked_for_by_a_public_host_is_for_every_request_to_it() {
    for status in [429, 503] {
        let (fetcher, wire) = fetcher(&[
            (
                "https://a.example/feed",
                (status, &[("retry-after", "7200")]),
            ),
            ("https://b.example/feed", (200, &[])),
        ]);
        let first = fetcher
            .fetch(&request("https://a.example/feed"))
            .await
            .expect("an answer");
        assert_eq!(first.retry_after, Some(Duration::from_secs(7200)));
        let second = fetcher
            .fetch(&request("https://a.example/other"))
            .await
            .expect_err("held");
        assert_eq!(second.kind, FailureKind::Throttled);
        let until = second.not_before.expect("it says until when");
        assert!(until >= Timestamp::from_secs(1_800_007_190));
        assert!(
            fetcher
                .may_fetch(
                    "https://a.example/page",
                    &Networks::default(),
                    Timestamp::EPOCH
                )
                .await
                .verdict
                .is_err()
        );
        fetcher
            .fetch(&request("https://b.example/feed"))
            .await
            .expect("another host is another host");
        assert_eq!(wire.asked.lock().expect("asked").len(), 2);
        tokio::time::advance(Duration::from_secs(7201)).await;
        fetcher
            .fetch(&request("https://a.example/other"))
            .await
            .expect("an answer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_is_private_by_its_address_whatever_its_name() {
    let bad = "http://bridge.example.org/bad";
    let (_, wire) = fetcher(&[(bad, (503, &[("retry-after", "7200")]))]);
    let config = load(&Sources::default()).expect("usable");
    let inside: IpAddr = [192, 168, 7, 7].into();
    let look_up = Arc::new(Everywhere(inside));
    let fetcher = Fetcher::new(config.fetch, 8, wire, look_up);
    let asked = |url: &str| Request {
        networks: [inside].into_iter().collect(),
        ..request(url)
    };
    let first = fetcher.fetch(&asked(bad)).await.expect("an answer");
    assert_eq!(first.retry_after, Some(Duration::from_secs(7200)));
    let other = asked("http://bridge.example.org/good");
    fetcher.fetch(&other).await.expect("the others go on");
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_holds_its_host_until_it_is_filled_again() {
    let (fetcher, _) = fetcher(&[(
        "https://a.example/feed",
        (
            200,
            &[("ratelimit-remaining", "0"), ("ratelimit-reset", "600")],
        ),
    )]);
    fetcher
        .fetch(&request("https://a.example/feed"))
        .await
        .expect("an answer");
    assert!(
        fetcher
            .fetch(&request("https://a.example/feed"))
            .await
            .is_err()
    );
    tokio::time::advance(Duration::from_secs(601)).await;
    fetcher
        .fetch(&request("https://a.example/feed"))
        .await
        .expect("an answer");
}

#[tokio::test]
async fn a_redirect_to_a_private_address_in_any_notation_is_not_dialled() {
    for target in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest",
        "http://a.example:22/",
    ] {
        let lines: &'static [(&'static str, &'static str)] =
            Box::leak(Box::new([("location", target)]));
        let (fetcher, wire) = fetcher(&[("http://a.example/feed", (302, lines))]);
        let failure = fetcher
            .fetch(&request("http://a.example/feed"))
            .await
            .expect_err("blocked");
        assert_eq!(failure.kind, FailureKind::BlockedAddress, "{target}");
        assert_eq!(wire.asked.lock().expect("asked").len(), 1);
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_blocked_when_connecting() {
    for address in ["127.0.0.1", "10.0.0.7", "::1", "fd00::1"] {
        let look_up: Arc<dyn LookUp> = Arc::new(Everywhere(address.parse().expect("an address")));
        let failure = over_the_internet(&look_up).await;
        assert_eq!(failure, FailureKind::BlockedAddress, "{address}");
    }
}

/// How a fetch fails over the real wire, with names looked up so.
async fn over_the_internet(look_up: &Arc<dyn LookUp>) -> FailureKind {
    let config = load(&Sources {
        text: Some(("test".to_owned(), String::new())),
        ..Sources::default()
    })
    .expect("usable");
    let timeouts = Timeouts {
        connect: Duration::from_secs(5),
        read: Duration::from_secs(5),
    };
    let wire = Internet::new(timeouts, Arc::clone(look_up)).expect("a client");
    let fetcher = Fetcher::new(config.fetch, 1, Arc::new(wire), Arc::clone(look_up));
    let asked = fetcher.fetch(&request("http://rebound.example/feed")).await;
    asked.expect_err("a failure").kind
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_refused_and_secrets_stay_at_their_origin() {
    let (fetcher, wire) = fetcher(&[
        (
            "https://a.example/down",
            (301, &[("location", "http://a.example/feed")]),
        ),
        (
            "https://a.example/away",
            (307, &[("location", "https://b.example/feed")]),
        ),
        (
            "https://b.example/feed",
            (302, &[("location", "https://a.example/feed")]),
        ),
        ("https://a.example/feed", (200, &[])),
    ]);
    let failure = fetcher
        .fetch(&request("https://a.example/down"))
        .await
        .expect_err("refused");
    assert_eq!(failure.kind, FailureKind::BadRedirect);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
    headers.insert(
        HeaderName::from_static("x-api-key"),
        HeaderValue::from_static("secret"),
    );
    let secret = Request {
        headers,
        ..request("https://a.example/away")
    };
    fetcher.fetch(&secret).await.expect("an answer");
    let asked = wire.asked.lock().expect("asked");
    let told: Vec<(&str, bool)> = asked
        .iter()
        .skip(1)
        .map(|hop| {
            (
                hop.url.host_str().expect("a host"),
                hop.headers
                    .values()
                    .any(|value| value.to_str().is_ok_and(|text| text.contains("secret"))),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a.example", true),
            ("b.example", false),
            ("a.example", true)
        ]
    );
}

/// A name server that knows no name.
#[derive(Debug)]
struct Nowhere;

impl LookUp for Nowhere {
    fn look_up(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Err(io::Error::other("no such name")) })
    }
}

#[tokio::test]
async fn a_name_inside_that_cannot_be_looked_up_is_not_taken_for_one_outside() {
    let config = load(&Sources::default()).expect("usable");
    let wire = Arc::new(Scripted::default());
    let fetcher = Fetcher::new(config.fetch, 1, wire, Arc::new(Nowhere));
    let networks = Networks::parse(["10.0.0.0/8"]).expect("networks");
    let asked = Request {
        networks: networks.clone(),
        ..request("http://bridge.example:8600/feed")
    };
    let failure = fetcher.fetch(&asked).await.expect_err("no address");
    assert_eq!(failure.kind, FailureKind::Dns);
    assert!(fetcher.hosts().held("bridge.example").is_some());
    let url = asked.url.parse().expect("a URL");
    assert!(fetcher.is_inside(&url, &networks).await.is_err());
}

#[tokio::test]
async fn a_name_without_an_address_has_a_kind_of_its_own() {
    let look_up: Arc<dyn LookUp> = Arc::new(Nowhere);
    let failure = over_the_internet(&look_up).await;
    assert_eq!(failure, FailureKind::Dns);
}

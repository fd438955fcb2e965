//! Behind TLS: certificates, goodbyes that are not said, and HTTP/2.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{bench_of, one_at_a_time};
use crate::support::{Bench, Ran, feed, rss};

type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Somebody who signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Serves connections one after the other under a certificate of this authority; gives the
    /// address. The script is told which connection it is, from 0; when it returns the connection
    /// is closed without a goodbye.
    fn serve(
        &self,
        change: impl Fn(&mut CertificateParams),
        protocol: &[u8],
        script: impl Fn(usize, &mut Stream) -> std::io::Result<()> + Send + 'static,
    ) -> String {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.0).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder().with_no_client_auth();
        let mut config = config
            .with_single_cert(vec![signed.der().clone()], key.into())
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (nth, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let _ = script(nth, &mut StreamOwned::new(connection, stream));
            }
        });
        base
    }

    /// Runs the program where this authority, and nobody else, is trusted.
    fn once(&self, bench: &Bench) -> Ran {
        let trusted: PathBuf = bench.path("authority.pem");
        std::fs::write(&trusted, self.0.pem()).unwrap();
        let mut command = bench.command(&["once", "--force"]);
        command.env("SSL_CERT_FILE", trusted);
        Ran::from(command.output().unwrap())
    }
}

/// Reads a request of HTTP/1.1 and writes that.
fn answer(stream: &mut Stream, bytes: &str) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    stream.write_all(bytes.as_bytes())?;
    stream.flush()
}

fn whole(stream: &mut Stream) -> std::io::Result<()> {
    let body = rss(&[]);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}", body.len());
    answer(stream, &format!("{head}\r\n\r\n{body}"))
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_says_why() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let sites = [
        (
            ours.serve(|_| {}, b"http/1.1", |_, s| whole(s)),
            "unchanged",
        ),
        (
            ours.serve(
                |cert| cert.not_after = date_time_ymd(2020, 1, 1),
                b"http/1.1",
                |_, s| whole(s),
            ),
            "tls_expired",
        ),
        (
            ours.serve(
                |cert| cert.not_before = date_time_ymd(4000, 1, 1),
                b"http/1.1",
                |_, s| whole(s),
            ),
            "tls_expired",
        ),
        (
            ours.serve(
                |cert| cert.subject_alt_names.clear(),
                b"http/1.1",
                |_, s| whole(s),
            ),
            "tls_name",
        ),
        (
            theirs.serve(|_| {}, b"http/1.1", |_, s| whole(s)),
            "tls_untrusted",
        ),
        (ours.serve(|_| {}, b"spdy/1", |_, s| whole(s)), "tls"),
        (
            // Nothing is said to the first bytes.
            ours.serve(
                |_| {},
                b"http/1.1",
                |_, stream| {
                    stream.sock.shutdown(Shutdown::Write)?;
                    stream.sock.read_to_end(&mut Vec::new()).map(drop)
                },
            ),
            "connect",
        ),
    ];
    for (site, outcome) in sites {
        let bench = bench_of("", &feed(&format!("{site}/feed"), ""));
        ours.once(&bench);
        assert_eq!(bench.ask("SELECT outcome FROM fetches"), outcome);
    }
}

#[test]
fn without_a_goodbye_only_a_document_that_has_ended_is_whole() {
    let authority = Authority::new();
    let body = rss(&[("1", "https://example.org/1", "one", "s")]);
    let (half, _) = body.split_at(body.len() / 2);
    for (head, sent, outcome) in [
        ("", body.as_str(), "changed"),
        ("", half, "truncated"),
        ("content-length: 5000\r\n", half, "truncated"),
        ("content-length: 5000\r\n", &body, "truncated"),
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n{sent}");
        let site = authority.serve(|_| {}, b"http/1.1", move |_, s| answer(s, &bytes));
        let bench = bench_of("", &feed(&site, "full_text = \"never\""));
        authority.once(&bench);
        assert_eq!(bench.ask("SELECT outcome FROM fetches"), outcome, "{head}");
    }
}

#[test]
fn a_kept_connection_that_is_closed_without_a_goodbye_is_no_failure() {
    let authority = Authority::new();
    let site = authority.serve(
        |_| {},
        b"http/1.1",
        |_, stream| {
            whole(stream)?;
            // The next request is read, and the connection closed.
            stream.read(&mut [0]).map(drop)
        },
    );
    let feeds = ["a", "b", "c"].map(|name| feed(&format!("{site}/{name}"), ""));
    let bench = Bench::new(&one_at_a_time(&feeds.concat()));
    authority.once(&bench).expect(0);
}

/// Kinds of frames (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;

/// Reads frames of HTTP/2 until a request has come; gives its stream (RFC 9113 §4.1).
fn asked(stream: &mut Stream) -> std::io::Result<[u8; 4]> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [a, b, c, kind, _, id @ ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]);
        std::io::copy(&mut stream.take(length.into()), &mut std::io::sink())?;
        if kind == HEADERS {
            return Ok(id);
        }
    }
}

fn frame(kind: u8, flags: u8, id: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[a, b, c, kind, flags][..], &id, payload].concat()
}

#[test]
fn what_a_server_breaks_off_over_http2_has_its_kind_and_on_a_kept_connection_is_asked_again() {
    const INTERNAL_ERROR: u32 = 2;
    const ENHANCE_YOUR_CALM: u32 = 11;
    let authority = Authority::new();
    for (reason, is_refused, outcomes) in [
        (INTERNAL_ERROR, [false, true], ["unchanged", "unchanged"]),
        (INTERNAL_ERROR, [true, true], ["reset", "reset"]),
        (ENHANCE_YOUR_CALM, [false, true], ["unchanged", "throttled"]),
    ] {
        // Whether the first two requests of a connection are refused; later ones are answered.
        let site = authority.serve(
            |_| {},
            b"h2",
            move |_, stream| {
                stream.read_exact(&mut [0; 24])?;
                stream.write_all(&frame(SETTINGS, 0, [0; 4], &[]))?;
                for is_refused in is_refused.into_iter().chain(std::iter::repeat(false)) {
                    let id = asked(stream)?;
                    if is_refused {
                        stream.write_all(&frame(RST_STREAM, 0, id, &reason.to_be_bytes()))?;
                    } else {
                        // ":status: 200" is the 8th entry of the static table (RFC 7541 A).
                        stream.write_all(&frame(HEADERS, 4, id, &[0x88]))?;
                        stream.write_all(&frame(DATA, 1, id, rss(&[]).as_bytes()))?;
                    }
                    stream.flush()?;
                }
                Ok(())
            },
        );
        let feeds = ["a", "b"].map(|name| feed(&format!("{site}/{name}"), ""));
        let bench = Bench::new(&one_at_a_time(&feeds.concat()));
        authority.once(&bench);
        let got = bench.rows("SELECT outcome FROM fetches ORDER BY id");
        assert_eq!(got, outcomes, "{reason} {is_refused:?}");
    }
}

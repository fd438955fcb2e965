//! The simulated web: answers as its sites do, and remembers who asked for what, when and how.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use feedmill::daemon::Clock as _;
use feedmill::fetch::{
    HeaderMap, HeaderName, HeaderValue, Hop, LookUp, Response, Wire, WireFailure,
};
use feedmill::model::FailureKind;
use futures_util::future::BoxFuture;

use crate::Plan;
use crate::chance::Chance;
use crate::clock::{BEGINNING, Virtual};
use crate::site::{Manner, Site};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
/// When nothing at all can be reached from here.
pub const OUTAGE: std::ops::Range<i64> = 7 * DAY..7 * DAY + 3 * HOUR;
/// How long an answer takes.
const FASTEST: Duration = Duration::from_millis(40);
const SLOWEST_MORE: f64 = 0.4;

/// One request, as the web saw it.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Seconds from the beginning, in truth.
    pub at: i64,
    /// As the daemon's clock had it.
    pub told: i64,
    /// Which site; none for an address that is no feed.
    pub site: Option<u32>,
    pub host: String,
    pub status: u16,
    pub conditional: bool,
}

/// What a site sent last, and what is wrong with what it was asked.
#[derive(Debug, Default)]
struct Seen {
    etag: Option<String>,
    modified: Option<String>,
}

#[derive(Debug, Default)]
struct Log {
    hits: Vec<Hit>,
    /// By address: validators belong to it.
    seen: HashMap<String, Seen>,
    /// Until when a host has asked for patience, in seconds.
    patience: HashMap<String, i64>,
    /// When the limited host was last served.
    served: Option<i64>,
    offences: Vec<String>,
    trace: blake3::Hasher,
}

pub struct Web {
    clock: Arc<Virtual>,
    pub sites: Vec<Site>,
    chance: Mutex<Chance>,
    log: Mutex<Log>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").finish_non_exhaustive()
    }
}

impl Web {
    pub fn new(plan: Plan, clock: Arc<Virtual>) -> Self {
        let mut chance = Chance::new(plan.seed ^ 0xfeed);
        let sites = (0..plan.feeds)
            .map(|number| Site::new(number, plan.days, &mut chance))
            .collect();
        Self {
            clock,
            sites,
            chance: Mutex::new(chance),
            log: Mutex::default(),
        }
    }

    pub fn feeds(&self) -> impl Iterator<Item = String> {
        self.sites.iter().map(Site::url)
    }

    /// Everything that was asked, what was wrong with it, and a fingerprint of it all.
    pub fn take(&self) -> (Vec<Hit>, Vec<String>, String) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = log.trace.finalize().to_hex().to_string();
        (
            std::mem::take(&mut log.hits),
            std::mem::take(&mut log.offences),
            trace,
        )
    }

    /// Whether the site could be had from here at that time.
    pub fn is_reachable(site: &Site, at: i64) -> bool {
        let apart = match site.manner {
            Manner::Dead | Manner::Walled => false,
            Manner::Absent => !(4 * DAY..7 * DAY).contains(&at),
            Manner::Gone => at < 5 * DAY,
            Manner::Lost => !(3 * DAY..5 * DAY).contains(&at),
            Manner::Maintained => !(6 * DAY..7 * DAY).contains(&at),
            _ => true,
        };
        apart && !OUTAGE.contains(&at)
    }

    fn answer(&self, hop: &Hop, at: i64) -> Result<Response, WireFailure> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hop.url.host_str().unwrap_or_default().to_owned();
        let number = hop.url.path().strip_prefix("/feed/");
        let number: Option<usize> = number.and_then(|number| number.parse().ok());
        let site = number.and_then(|number| self.sites.get(number));
        let conditional = hop.headers.contains_key("if-none-match")
            || hop.headers.contains_key("if-modified-since");
        check(&mut log, hop, &host, at);
        let result = match site {
            None => Ok(response(404)),
            Some(site) => self.serve(&mut log, site, hop, at),
        };
        let status = result.as_ref().map_or(0, |response| response.status);
        log.trace.update(&self.clock.truth().millis().to_le_bytes());
        log.trace.update(hop.url.as_str().as_bytes());
        log.trace.update(&[u8::from(conditional)]);
        log.trace.update(&status.to_le_bytes());
        log.hits.push(Hit {
            at,
            told: self.clock.now().secs() - BEGINNING.secs(),
            site: site.map(|site| site.number),
            host,
            status,
            conditional,
        });
        result
    }

    fn serve(
        &self,
        log: &mut Log,
        site: &Site,
        hop: &Hop,
        at: i64,
    ) -> Result<Response, WireFailure> {
        if OUTAGE.contains(&at) {
            return Err(failure(FailureKind::Connect));
        }
        let hour = at / HOUR % 24;
        match site.manner {
            Manner::Dead => return Err(failure(FailureKind::Dns)),
            Manner::Absent if (4 * DAY..7 * DAY).contains(&at) => {
                return Err(failure(FailureKind::Timeout));
            }
            Manner::Limited => {
                let next = log.served.map_or(at, |served| served + 60);
                if at < next {
                    log.patience.insert("limited.example".to_owned(), next);
                    return Ok(with(response(429), "retry-after", &(next - at).to_string()));
                }
                log.served = Some(at);
            }
            Manner::Flaky if self.draw() < 0.1 => return Ok(response(500)),
            Manner::Busy if at / DAY % 3 == 2 && (6..9).contains(&hour) => {
                log.patience.insert(site.host(), at + HOUR);
                return Ok(with(response(503), "retry-after", "3600"));
            }
            Manner::Moving if at > 3 * DAY && hop.url.as_str() == site.url() => {
                return Ok(with(response(301), "location", &site.later_url()));
            }
            Manner::Gone if at >= 5 * DAY => return Ok(response(410)),
            Manner::Lost if (3 * DAY..5 * DAY).contains(&at) => return Ok(response(404)),
            Manner::Maintained if (6 * DAY..7 * DAY).contains(&at) => {
                let mut page = with(response(200), "content-type", "text/html");
                page.body = b"<!doctype html><html><head><title>Back soon</title></head><body><p>We are working on it.</p></body></html>".to_vec();
                return Ok(page);
            }
            Manner::Walled => {
                return Ok(with(response(403), "cf-mitigated", "challenge"));
            }
            _ => {}
        }
        Ok(document(log, site, hop, at))
    }

    fn draw(&self) -> f64 {
        self.chance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .share()
    }
}

/// The document, or 304, with what the site's manner says of caching.
fn document(log: &mut Log, site: &Site, hop: &Hop, at: i64) -> Response {
    let changed = site.changed(at);
    // Odd on purpose: what is echoed must be echoed to the byte.
    let etag = format!("W/\"v{changed}--gzip\"");
    let date = httpdate::fmt_http_date(
        std::time::UNIX_EPOCH + Duration::from_secs((changed + BEGINNING.secs()).unsigned_abs()),
    )
    .replacen(' ', "  ", 1);
    let etag = (!matches!(site.manner, Manner::ModifiedOnly | Manner::Bare)).then_some(etag);
    let modified = (!matches!(site.manner, Manner::EtagOnly | Manner::Bare)).then_some(date);
    let sent = |name: &str| hop.headers.get(name).and_then(|value| value.to_str().ok());
    let unchanged = match &etag {
        Some(etag) => sent("if-none-match") == Some(etag),
        None => modified.is_some() && sent("if-modified-since") == modified.as_deref(),
    };
    let mut reply = response(if unchanged { 304 } else { 200 });
    if !unchanged {
        reply.body = site.document(at).into_bytes();
        reply = with(reply, "content-type", "application/rss+xml");
    }
    if let Some(etag) = &etag {
        reply = with(reply, "etag", etag);
    }
    if let Some(modified) = &modified {
        reply = with(reply, "last-modified", modified);
    }
    if site.manner == Manner::Fresh {
        reply = with(reply, "cache-control", "max-age=1800");
    }
    log.seen
        .insert(hop.url.as_str().to_owned(), Seen { etag, modified });
    reply
}

/// What no request may ever be.
fn check(log: &mut Log, hop: &Hop, host: &str, at: i64) {
    let mut wrong = Vec::new();
    for name in ["cookie", "referer", "authorization"] {
        if hop.headers.contains_key(name) {
            wrong.push(format!("{name} sent to {}", hop.url));
        }
    }
    if hop.url.query().is_some() {
        wrong.push(format!("a query was added: {}", hop.url));
    }
    let known = log.seen.get(hop.url.as_str());
    let pairs = [
        ("if-none-match", known.and_then(|seen| seen.etag.as_deref())),
        (
            "if-modified-since",
            known.and_then(|seen| seen.modified.as_deref()),
        ),
    ];
    for (name, given) in pairs {
        let sent = hop.headers.get(name).map(HeaderValue::as_bytes);
        if sent.is_some() && sent != given.map(str::as_bytes) {
            wrong.push(format!("{name} of {} is not what it gave", hop.url));
        }
    }
    if let Some(until) = log.patience.get(host).filter(|until| at < **until) {
        wrong.push(format!(
            "{} asked {} s before its Retry-After had passed",
            hop.url,
            until - at
        ));
    }
    log.offences.extend(wrong);
}

fn response(status: u16) -> Response {
    Response {
        status,
        headers: HeaderMap::new(),
        body: Vec::new(),
    }
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    let value = HeaderValue::from_str(value).expect("a header");
    response
        .headers
        .insert(HeaderName::from_static(name), value);
    response
}

fn failure(kind: FailureKind) -> WireFailure {
    WireFailure {
        kind,
        detail: "simulated".to_owned(),
    }
}

impl Wire for Web {
    fn exchange(&self, hop: Hop) -> BoxFuture<'_, Result<Response, WireFailure>> {
        Box::pin(async move {
            let at = self.clock.truth().secs() - BEGINNING.secs();
            let latency = FASTEST + Duration::from_secs_f64(self.draw() * SLOWEST_MORE);
            let result = self.answer(&hop, at);
            tokio::time::sleep(latency).await;
            result
        })
    }
}

/// Nobody asks for names: the web is reached without.
#[derive(Debug)]
pub struct NoNames;

impl LookUp for NoNames {
    fn look_up(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

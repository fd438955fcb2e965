//! The network, and only the network.
//!
//! [`Fetcher::fetch`] makes one conditional GET: it asks the guard about every
//! address, waits for every host's turn, follows redirects itself (so that each hop
//! is checked, paced, and stripped of what belongs to another origin), and reads
//! the answer within byte and time limits. [`Fetcher::may_fetch`] asks robots.txt.
//!
//! What is never here: SQL, rules about when a feed is due, cookies, referrers,
//! proxies, or disguise. Validators are sent as they were received.
//!
//! How it fails: every failure has a kind ([`FailureKind`]), decided where it
//! happens. A host that asked for patience is held, and requests to it are refused
//! with the time of its return instead of being sent.

mod answer;
mod classify;
mod ending;
mod forbidden;
mod gate;
mod guard;
mod headers;
mod hosts;
mod inside;
mod lesson;
mod outage;
mod patience;
mod permission;
mod redact;
mod redirect;
mod request;
mod resolve;
mod robots;
mod robots_file;
mod settings;
mod verdict;
mod wire;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use crate::model::{FailureKind, FetchFailure, Fetched, Redirect, Timestamp};

use answer::{Trail, finish};
pub use guard::{Networks, UrlVerdict, check_url, is_public};
pub use headers::charset;
pub use hosts::{Hold, HostPace, Hosts};
pub use patience::Patience;
pub use permission::{Permission, Refusal};
pub use redact::redact;
use redirect::redirect_target;
use request::headers_for;
pub use request::{Purpose, Request, is_reserved_header};
pub use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
pub use resolve::{LookUp, ResolveError, System};
pub use robots::RobotsAnswer;
pub use settings::Settings;
pub use verdict::{failure, is_challenge};
pub use wire::{ClientError, Hop, Internet, Response, Timeouts, Wire, WireFailure};

/// Hops of one fetch.
const REDIRECTS_MAX: usize = 5;

/// What may be told anew while the fetcher is at work.
#[derive(Debug, Clone)]
struct Told {
    settings: Arc<Settings>,
    wire: Arc<dyn Wire>,
}

/// The network, with its manners. Shared by all tasks.
#[derive(Debug)]
pub struct Fetcher {
    told: RwLock<Told>,
    look_up: Arc<dyn LookUp>,
    hosts: Hosts,
    robots: robots::Cache,
    outage: outage::Outage,
    forbidden: forbidden::Forbidden,
    patience: Patience,
}

impl Fetcher {
    /// A fetcher over the given wire, with so many requests in flight at most.
    #[must_use]
    pub fn new(
        settings: Settings,
        concurrency: usize,
        wire: Arc<dyn Wire>,
        look_up: Arc<dyn LookUp>,
    ) -> Self {
        let hosts = Hosts::new(settings.host_pace, settings.hosts.clone(), concurrency);
        let told = RwLock::new(Told {
            settings: Arc::new(settings),
            wire,
        });
        Self {
            told,
            look_up,
            hosts,
            robots: robots::Cache::default(),
            outage: outage::Outage::default(),
            forbidden: forbidden::Forbidden::default(),
            patience: Patience::default(),
        }
    }

    /// A fetcher over the Internet.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn internet(settings: Settings, concurrency: usize) -> Result<Self, ClientError> {
        let system = System::new(concurrency).map_err(|error| ClientError(error.to_string()))?;
        let look_up: Arc<dyn LookUp> = Arc::new(system);
        let wire = internet(&settings, &look_up)?;
        Ok(Self::new(settings, concurrency, wire, look_up))
    }

    /// Tells a fetcher over the Internet something else. What it knows of hosts and of robots.txt stays.
    ///
    /// # Errors
    /// When no HTTP client can be made; then nothing has changed.
    pub fn tell(&self, settings: Settings) -> Result<(), ClientError> {
        let wire = internet(&settings, &self.look_up)?;
        self.hosts.tell(settings.host_pace, settings.hosts.clone());
        *self.told.write().unwrap_or_else(PoisonError::into_inner) = Told {
            settings: Arc::new(settings),
            wire,
        };
        Ok(())
    }

    fn told(&self) -> Told {
        self.told
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The gates of all hosts.
    #[must_use]
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The hosts that ask for patience.
    #[must_use]
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// One GET with its redirects.
    ///
    /// # Errors
    /// Whatever kept it from a final response, classified.
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, FetchFailure> {
        let began = Instant::now();
        let mut trail = Trail {
            url: request.url.clone(),
            redirects: Vec::new(),
            asking: Duration::ZERO,
        };
        let result = self.follow(request, &mut trail).await;
        result.map_err(|stop| FetchFailure {
            kind: stop.kind,
            detail: stop.detail,
            url: trail.url,
            redirects: trail.redirects,
            elapsed: began.elapsed(),
            not_before: stop.hold.map(|span| request.now.plus(span)),
        })
    }

    async fn follow(&self, request: &Request, trail: &mut Trail) -> Result<Fetched, Stop> {
        let first = Url::parse(&request.url)
            .map_err(|error| Stop::new(FailureKind::BadUrl, &error.to_string()))?;
        let home = Url::parse(&request.home).unwrap_or_else(|_| first.clone());
        let mut url = first.clone();
        let mut asked_again = false;
        loop {
            let response = match self.ask(request, &home, &url, trail).await {
                Err(stop) if stop.kind == FailureKind::Reset && !asked_again => {
                    if request.form.is_some() || !self.may_have_been_kept(&url) {
                        return Err(stop);
                    }
                    asked_again = true;
                    continue;
                }
                // What was on its way when the server ended an idle connection (RFC 9110 §15.5.9).
                Ok(Response { status: 408, .. })
                    if !asked_again && request.form.is_none() && self.may_have_been_kept(&url) =>
                {
                    asked_again = true;
                    continue;
                }
                answer => answer?,
            };
            // A form is sent on only where the method is to stay (RFC 9110 §15.4).
            let sent_on = request.form.is_none() || matches!(response.status, 307 | 308);
            if !sent_on || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                let settings = self.told().settings;
                let throttled = self.is_burst(&settings, request.purpose, &url, &response);
                let answer = finish(request, &url, trail, response, settings.retry_after_max);
                return Ok(Fetched {
                    throttled,
                    ..answer
                });
            }
            let next = redirect_target(&url, &response)
                .map_err(|(kind, detail)| Stop::new(kind, &detail))?;
            if trail.redirects.len() == REDIRECTS_MAX {
                return Err(Stop::new(
                    FailureKind::TooManyRedirects,
                    &format!("more than {REDIRECTS_MAX} redirects"),
                ));
            }
            // Without cookies the next round would be as this one.
            if next == first || trail.redirects.iter().any(|hop| hop.to == next.as_str()) {
                let detail = "redirects that lead in a circle";
                return Err(Stop::new(FailureKind::TooManyRedirects, detail));
            }
            trail.redirects.push(Redirect {
                status: response.status,
                to: next.to_string(),
            });
            url = next;
        }
    }

    /// Whether the connection to a host may have been one that was kept open. Servers close those when
    /// they like, also while a request is on its way: that says nothing of the server, and the request
    /// may be made again (RFC 9112 §9.3.1), once, in its turn.
    fn may_have_been_kept(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.hosts.answered_within(host, wire::IDLE_FOR)
    }

    /// One hop: guarded, paced, and within what is left of the total time.
    async fn ask(
        &self,
        request: &Request,
        home: &Url,
        url: &Url,
        trail: &mut Trail,
    ) -> Result<Response, Stop> {
        url.as_str().clone_into(&mut trail.url);
        let host = url.host_str().unwrap_or_default().to_owned();
        if let Err(stop) = self.guard(url, &request.networks).await {
            self.note_unreachable(&host, stop.kind);
            return Err(stop);
        }
        if let Some(wait) = self.forbidden.held(&host, request.purpose) {
            return Err(Stop::left_alone(&host, FailureKind::Throttled, wait));
        }
        let pass = self.hosts.pass(&host, request.purpose).await;
        let pass = pass.map_err(|hold| Stop::left_alone(&host, hold.kind, hold.remaining))?;
        if let Some(wait) = self.outage.wait() {
            return Err(Stop {
                kind: FailureKind::Connect,
                detail:
                    "no host can be reached; it is tried once a minute whether the network is back"
                        .to_owned(),
                hold: Some(wait),
            });
        }
        let Told { settings, wire } = self.told();
        let (timeout, max_bytes) = match request.purpose {
            Purpose::Feed => (settings.feed_timeout, settings.feed_bytes_max),
            Purpose::Page => (settings.page_timeout, settings.page_bytes_max),
            Purpose::Robots | Purpose::Hub => (settings.page_timeout, robots::BYTES_MAX),
        };
        let asked = Instant::now();
        let hop = Hop {
            url: url.clone(),
            form: request.form.clone(),
            headers: headers_for(&settings.user_agent, request, home, url),
            networks: request.networks.clone(),
            timeout: timeout.saturating_sub(trail.asking),
            max_bytes,
            truncate: matches!(request.purpose, Purpose::Robots | Purpose::Hub),
        };
        let result = wire.exchange(hop).await;
        trail.asking += asked.elapsed();
        match &result {
            Ok(response) => {
                let is_private =
                    matches!(response.status, 429 | 503) && !self.typed(url).await.is_empty();
                self.heed(&settings, &host, is_private, response, request.now);
                if self.outage.reached(&host) {
                    self.hosts.release(FailureKind::is_unreachable);
                }
            }
            Err(failure) => self.note_unreachable(&host, failure.kind),
        }
        // Only now may the next one pass: what this answer teaches is for it too.
        drop(pass);
        result.map_err(|failure| Stop::new(failure.kind, &failure.detail))
    }

    /// Counts a failure against the host, or against our own network, if that is what it tells of.
    fn note_unreachable(&self, host: &str, kind: FailureKind) {
        if kind.is_unreachable() {
            let settings = self.told().settings;
            self.outage
                .failed(host, settings.outage_hosts, settings.outage_window);
            self.hosts.hold(host, kind, settings.connect_backoff);
        }
    }

    /// Whether it is our own network that is down.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        self.outage.is_open()
    }

    /// True once after an outage has been recognised.
    #[must_use]
    pub fn outage_has_begun(&self) -> bool {
        self.outage.take_news()
    }

    /// How long nobody is worth asking because our own network is down; zero when it may be probed.
    #[must_use]
    pub fn outage_pause(&self) -> Option<Duration> {
        self.outage.pause()
    }

    /// True once after an outage has ended.
    #[must_use]
    pub fn outage_has_ended(&self) -> bool {
        self.outage.take_end()
    }
}

fn internet(settings: &Settings, look_up: &Arc<dyn LookUp>) -> Result<Arc<dyn Wire>, ClientError> {
    let timeouts = Timeouts {
        connect: settings.connect_timeout,
        read: settings.read_timeout,
    };
    Ok(Arc::new(Internet::new(timeouts, Arc::clone(look_up))?))
}

/// Why a fetch goes no further.
#[derive(Debug)]
struct Stop {
    kind: FailureKind,
    detail: String,
    hold: Option<Duration>,
}

impl Stop {
    fn new(kind: FailureKind, detail: &str) -> Self {
        Self {
            kind,
            detail: detail.to_owned(),
            hold: None,
        }
    }

    fn left_alone(host: &str, kind: FailureKind, wait: Duration) -> Self {
        Self {
            kind,
            detail: format!("{host} is left alone for another {} s", wait.as_secs()),
            hold: Some(wait),
        }
    }
}

fn system_time(at: Timestamp) -> std::time::SystemTime {
    std::time::SystemTime::UNIX_EPOCH + Timestamp::since(at, Timestamp::EPOCH)
}

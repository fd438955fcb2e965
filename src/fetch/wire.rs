//! The wire: one HTTP exchange, without redirects, through reqwest.
//!
//! [`Wire`] is the seam at which a simulated web can take the place of the real one;
//! everything above it (guard, pace, redirects, robots) is the same in both.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use reqwest::redirect::Policy;
use reqwest::{Client, Url, Version};
use thiserror::Error;

use super::classify::{classify, describe, is_bare_end};
use super::ending::has_ended;
use super::guard::Networks;
use super::resolve::{Guarded, LookUp};
use crate::model::FailureKind;

/// Sockets kept open to a host that nothing is asked of at the moment.
const IDLE_PER_HOST: usize = 1;
/// How long they are kept.
pub(super) const IDLE_FOR: Duration = Duration::from_secs(30);
/// Response headers, in bytes (HTTP/2) and in number (HTTP/1).
const HEADER_BYTES_MAX: u32 = 64 << 10;
const HEADERS_MAX: usize = 100;
/// One request.
#[derive(Debug, Clone)]
pub struct Hop {
    pub url: Url,
    /// Makes it a POST of this body instead of a GET.
    pub form: Option<String>,
    pub headers: HeaderMap,
    pub networks: Networks,
    /// For the whole exchange.
    pub timeout: Duration,
    /// Decoded.
    pub max_bytes: usize,
    /// Whether a larger body is read up to there instead of refused.
    pub truncate: bool,
}

/// One response.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    /// Decoded; empty for redirects and 304.
    pub body: Vec<u8>,
}

/// Why there was none.
#[derive(Debug, Clone)]
pub struct WireFailure {
    pub kind: FailureKind,
    pub detail: String,
}

/// Something that can carry out an exchange.
pub trait Wire: Send + Sync + fmt::Debug {
    /// Sends the request and reads the answer, within its limits.
    fn exchange(&self, hop: Hop) -> BoxFuture<'_, Result<Response, WireFailure>>;
}

/// The HTTP client cannot be made.
#[derive(Debug, Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct ClientError(pub(super) String);

/// The Internet.
#[derive(Debug)]
pub struct Internet {
    timeouts: Timeouts,
    look_up: Arc<dyn LookUp>,
    /// One client for each set of allowed networks, since the guard sits in the client's resolver.
    clients: Mutex<HashMap<Networks, Client>>,
}

/// Per phase; the total is each request's own.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    pub read: Duration,
}

impl Internet {
    /// A wire to the Internet.
    ///
    /// # Errors
    /// When no client can be made, for want of certificates.
    pub fn new(timeouts: Timeouts, look_up: Arc<dyn LookUp>) -> Result<Self, ClientError> {
        let internet = Self {
            timeouts,
            look_up,
            clients: Mutex::default(),
        };
        internet.client(&Networks::default())?;
        Ok(internet)
    }

    fn client(&self, networks: &Networks) -> Result<Client, ClientError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(networks) {
            return Ok(client.clone());
        }
        let guarded = Guarded {
            look_up: Arc::clone(&self.look_up),
            networks: networks.clone(),
        };
        let client = Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.timeouts.connect)
            .read_timeout(self.timeouts.read)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_FOR)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .http1_max_headers(HEADERS_MAX)
            // A line that nobody understands is no reason to do without the feed below it.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .dns_resolver(guarded)
            .build()
            .map_err(|error| {
                ClientError(format!(
                    "{}; feedmill needs the system's CA certificates (on Debian, the package ca-certificates)",
                    describe(error)
                ))
            })?;
        clients.insert(networks.clone(), client.clone());
        Ok(client)
    }
}

impl Wire for Internet {
    fn exchange(&self, hop: Hop) -> BoxFuture<'_, Result<Response, WireFailure>> {
        Box::pin(async move {
            let client = self
                .client(&hop.networks)
                .map_err(|error| failure(FailureKind::Tls, &error.to_string()))?;
            // The total deadline is what ends a body that trickles: no other timeout does.
            let answer = tokio::time::timeout(hop.timeout, exchange(&client, &hop)).await;
            answer.unwrap_or_else(|_| {
                let detail = format!("no complete answer within {} s", hop.timeout.as_secs_f32());
                Err(failure(FailureKind::Timeout, &detail))
            })
        })
    }
}

async fn exchange(client: &Client, hop: &Hop) -> Result<Response, WireFailure> {
    let request = match &hop.form {
        None => client.get(hop.url.clone()),
        Some(form) => client.post(hop.url.clone()).body(form.clone()),
    };
    let request = request.headers(hop.headers.clone()).send().await;
    let response = request.map_err(|error| failure(classify(&error), &describe(error)))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    if matches!(status, 301 | 302 | 303 | 304 | 307 | 308) {
        return Ok(Response {
            status,
            headers,
            body: Vec::new(),
        });
    }
    if !hop.truncate
        && response
            .content_length()
            .is_some_and(|length| length > hop.max_bytes as u64)
    {
        return Err(too_large(hop));
    }
    // The end of the connection is the end of such a body (RFC 9112 §6.3).
    let is_until_close = response.version() <= Version::HTTP_11
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING);
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = match chunk {
            // Some servers never say goodbye (close_notify). Then only the document itself can say
            // that it is whole (RFC 9112 §9.8).
            Err(error) if is_until_close && is_bare_end(&error) && has_ended(&body) => break,
            chunk => chunk.map_err(|error| failure(body_kind(&error), &describe(error)))?,
        };
        if body.len() + chunk.len() > hop.max_bytes {
            if !hop.truncate {
                return Err(too_large(hop));
            }
            body.extend(chunk.iter().take(hop.max_bytes - body.len()));
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// A break in the middle of a body is a body cut short, whatever broke.
fn body_kind(error: &reqwest::Error) -> FailureKind {
    match classify(error) {
        FailureKind::Protocol => FailureKind::Truncated,
        kind => kind,
    }
}

fn too_large(hop: &Hop) -> WireFailure {
    failure(
        FailureKind::TooLarge,
        &format!("the body is larger than {} bytes", hop.max_bytes),
    )
}

fn failure(kind: FailureKind, detail: &str) -> WireFailure {
    WireFailure {
        kind,
        detail: detail.to_owned(),
    }
}

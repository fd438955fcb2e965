//! The answer to one fetch, as far as anyone beyond the network needs to know it.

use std::time::Duration;

use super::{FailureKind, Timestamp, Validators};

/// One HTTP exchange, redirects included, that ended in a final response.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The address of the final response.
    pub url: String,
    pub redirects: Vec<Redirect>,
    pub status: u16,
    /// Decoded from its content coding, within the limit. Empty for 304.
    pub body: Vec<u8>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    pub validators: Validators,
    pub freshness: Freshness,
    /// `Retry-After`, already relative to the response: absent when negative, zero or garbage.
    pub retry_after: Option<Duration>,
    /// A 403 among so many of its host that it is about the rate.
    pub throttled: bool,
    /// The answer is a challenge for browsers (a bot wall), whatever its status.
    pub challenge: bool,
    /// `Link` headers, as received.
    pub links: Vec<String>,
    /// `X-Robots-Tag`, as received, each header a value; and `tdm-reservation` where the header of
    /// that name reserves text and data mining.
    pub robots_tags: Vec<String>,
    /// Whether the request carried validators.
    pub conditional: bool,
    /// Body bytes as they travelled, before decoding, where known; else after.
    pub wire_bytes: u64,
    pub elapsed: Duration,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    pub status: u16,
    /// Where it led, absolute.
    pub to: String,
}

impl Redirect {
    /// 301 and 308 promise to last (RFC 9110 §15.4.2, §15.4.9).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// How long a response says it stays fresh (RFC 9111 §4.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// `max-age` less `Age`, or `Expires` less `Date`; absent for `no-cache`, `no-store` and garbage.
    pub lifetime: Option<Duration>,
}

/// A fetch that had no final response.
#[derive(Debug, Clone)]
pub struct FetchFailure {
    pub kind: FailureKind,
    /// For the log and the fetch log: what happened, without secrets.
    pub detail: String,
    /// The address that failed: the last one asked.
    pub url: String,
    pub redirects: Vec<Redirect>,
    pub elapsed: Duration,
    /// When the host asked to be left alone until.
    pub not_before: Option<Timestamp>,
}

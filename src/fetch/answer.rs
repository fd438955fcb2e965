//! From a response to what the rest of the house reads of it.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, LINK};
use url::Url;

use super::request::Request;
use super::wire::Response;
use super::{headers, is_challenge, system_time};
use crate::model::{Fetched, Redirect};

/// Whether text and data mining is reserved (the TDM Reservation Protocol of W3C's community group).
const TDM_RESERVATION: HeaderName = HeaderName::from_static("tdm-reservation");

/// Where a fetch has got to.
#[derive(Debug)]
pub(super) struct Trail {
    pub url: String,
    pub redirects: Vec<Redirect>,
    /// Time spent in exchanges, as against waiting for turns.
    pub asking: Duration,
}

/// The final response, as far as anyone beyond the network needs to know it.
pub(super) fn finish(
    request: &Request,
    url: &Url,
    trail: &mut Trail,
    response: Response,
    longest_wait: Duration,
) -> Fetched {
    let headers = &response.headers;
    let text = |name: &HeaderName| headers::text(headers, name).map(str::to_owned);
    let all = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect()
    };
    let mut robots_tags: Vec<String> = all(&HeaderName::from_static("x-robots-tag"));
    if text(&TDM_RESERVATION).as_deref() == Some("1") {
        robots_tags.push(TDM_RESERVATION.to_string());
    }
    Fetched {
        url: url.to_string(),
        redirects: std::mem::take(&mut trail.redirects),
        status: response.status,
        content_type: text(&CONTENT_TYPE),
        throttled: false,
        challenge: is_challenge(response.status, headers, &response.body),
        validators: headers::validators(headers),
        freshness: headers::freshness(headers),
        retry_after: headers::retry_after(headers, system_time(request.now))
            .map(|wait| wait.min(longest_wait)),
        links: all(&LINK),
        robots_tags,
        conditional: !request.validators.is_empty() && url.as_str() == request.validators_url,
        wire_bytes: response.body.len() as u64,
        body: response.body,
        elapsed: trail.asking,
    }
}

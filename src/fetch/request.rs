//! What is asked for, and the headers it is asked with.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT,
};
use url::Url;

use super::Networks;
use crate::model::{Timestamp, Validators};

const ACCEPT_FEED: HeaderValue = HeaderValue::from_static(
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5",
);
const ACCEPT_PAGE: HeaderValue =
    HeaderValue::from_static("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5");
const ACCEPT_ANY: HeaderValue = HeaderValue::from_static("text/plain, */*;q=0.5");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const CODINGS: HeaderValue = HeaderValue::from_static("gzip, br, zstd");

/// What is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    Feed,
    Page,
    Robots,
    /// A hub of a feed (WebSub).
    Hub,
}

/// One fetch.
#[derive(Debug, Clone)]
pub struct Request {
    pub url: String,
    pub purpose: Purpose,
    pub validators: Validators,
    /// The address that gave the validators; they are sent to no other.
    pub validators_url: String,
    /// Configured for the feed; sent to the origin of `home` only.
    pub headers: HeaderMap,
    /// The address that `headers` were configured with: that of the configuration, while `url` may
    /// be an adopted one.
    pub home: String,
    /// Makes it a POST of this form (`application/x-www-form-urlencoded`) instead of a GET.
    pub form: Option<String>,
    pub networks: Networks,
    /// For reckoning Retry-After where the server sends no date.
    pub now: Timestamp,
}

/// The headers of one hop: what was configured goes to the origin it was configured for, and
/// validators to the address that gave them.
pub(super) fn headers_for(
    user_agent: &HeaderValue,
    request: &Request,
    home: &Url,
    url: &Url,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, user_agent.clone());
    headers.insert(ACCEPT_ENCODING, CODINGS);
    headers.insert(
        ACCEPT,
        match request.purpose {
            Purpose::Feed => ACCEPT_FEED,
            Purpose::Page => ACCEPT_PAGE,
            Purpose::Robots | Purpose::Hub => ACCEPT_ANY,
        },
    );
    if request.form.is_some() {
        headers.insert(CONTENT_TYPE, FORM);
    }
    if url.origin() == home.origin() {
        headers.extend(request.headers.clone());
    } else {
        // What was configured for one origin is nobody else's business, harmless headers apart.
        for name in [ACCEPT, USER_AGENT] {
            headers.extend(
                request
                    .headers
                    .get(&name)
                    .map(|value| (name, value.clone())),
            );
        }
    }
    if url.as_str() == request.validators_url {
        let validators = [
            (IF_NONE_MATCH, &request.validators.etag),
            (IF_MODIFIED_SINCE, &request.validators.last_modified),
        ];
        for (name, value) in validators {
            let value = value
                .as_deref()
                .and_then(|bytes| HeaderValue::from_bytes(bytes).ok());
            headers.extend(value.map(|value| (name, value)));
        }
    }
    headers
}

/// Headers that no configuration may set: they are feedmill's own business.
#[must_use]
pub fn is_reserved_header(name: &HeaderName) -> bool {
    [HOST, IF_NONE_MATCH, IF_MODIFIED_SINCE, ACCEPT_ENCODING].contains(name)
}

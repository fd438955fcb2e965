//! What a feed is asked with.

use super::credentials;
use super::mill::Orders;
use crate::config::Feed;
use crate::feed;
use crate::fetch::{HeaderMap, Purpose, Request};
use crate::model::{DueFeed, Timestamp, Validators};
use crate::schedule;

/// The request of a poll: conditional when it may be.
///
/// # Errors
/// Why the feed's credentials cannot be used.
pub(super) async fn request(
    orders: &Orders,
    told: &Feed,
    due: &DueFeed,
    variant: &[u8],
    now: Timestamp,
) -> Result<Request, String> {
    Ok(Request {
        url: due.url.clone(),
        purpose: Purpose::Feed,
        validators: match unconditional(orders, due, variant, now) {
            None => due.validators.clone(),
            Some(_) => Validators::default(),
        },
        validators_url: due.validators_url.clone().unwrap_or_default(),
        headers: own_headers(told).await?,
        home: due.configured_url.clone(),
        form: None,
        networks: told.settings.networks.clone(),
        now,
    })
}

/// The headers that are configured for a feed, with its credentials.
///
/// # Errors
/// Why the credentials cannot be used.
pub(super) async fn own_headers(told: &Feed) -> Result<HeaderMap, String> {
    let mut headers = told.settings.headers.clone();
    if let Some(path) = &told.settings.credentials {
        headers.extend(credentials::authorization(path).await?);
    }
    Ok(headers)
}

/// Why a feed is asked for its whole document, if it is; the log of requests keeps the word.
pub(super) fn unconditional(
    orders: &Orders,
    due: &DueFeed,
    variant: &[u8],
    now: Timestamp,
) -> Option<&'static str> {
    if due.last_full_at.is_none() {
        Some("first")
    } else if due.variant != variant {
        Some("variant")
    } else if due.distrusted {
        Some("distrusted")
    } else if schedule::revalidates(&orders.config.schedule, due, now) {
        Some("revalidate")
    } else if due.validators.is_empty() {
        Some("no_validators")
    } else {
        None
    }
}

/// What a request's answer depends on besides the server: validators are only sent with the same.
/// Which address gave them is kept beside them: a move changes nothing here.
pub(super) fn variant(orders: &Orders, told: &Feed) -> Vec<u8> {
    let mut digest = Digest::default();
    digest.add(orders.config.fetch.user_agent.as_bytes());
    digest.add(&feed::PARSER_VERSION.to_le_bytes());
    digest.add_own(told);
    digest.finish()
}

/// What a server that wants credentials looks at. Of the file only the time of its last change goes
/// in: the hash of a short password would give it away.
pub(super) async fn asked_with(orders: &Orders, told: &Feed) -> Vec<u8> {
    let mut digest = Digest::default();
    digest.add(orders.config.fetch.user_agent.as_bytes());
    digest.add_own(told);
    if let Some(path) = &told.settings.credentials {
        digest.add(&credentials::changed_at(path).await.to_le_bytes());
    }
    digest.finish()
}

/// A hash of parts, each with its length.
#[derive(Default)]
struct Digest(blake3::Hasher);

impl Digest {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// What is configured for the feed alone.
    fn add_own(&mut self, told: &Feed) {
        for (name, value) in &told.settings.headers {
            self.add(name.as_str().as_bytes());
            self.add(value.as_bytes());
        }
        let path = told.settings.credentials.as_ref();
        self.add(path.map_or(&[], |path| path.as_os_str().as_encoded_bytes()));
    }

    /// 128 bits of it.
    fn finish(&self) -> Vec<u8> {
        self.0
            .finalize()
            .as_bytes()
            .iter()
            .take(16)
            .copied()
            .collect()
    }
}

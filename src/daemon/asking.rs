//! What a feed is asked with.

use super::credentials;
use super::mill::Orders;
use crate::config::Feed;
use crate::feed;
use crate::fetch::{HeaderMap, Purpose, Request};
use crate::model::{DueFeed, Timestamp, Validators};

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
    let mut headers: HeaderMap = told.headers.clone();
    if let Some(path) = &told.credentials {
        headers.extend(credentials::authorization(path).await?);
    }
    // Some servers repeat an ETag for a changed feed: now and then the whole document is asked for.
    let settings = &orders.config.schedule;
    let overdue = due
        .last_full_at
        .is_none_or(|at| now.since(at) >= settings.revalidate_after);
    let conditional = due.variant == variant && !overdue;
    Ok(Request {
        url: due.url.clone(),
        purpose: Purpose::Feed,
        validators: if conditional {
            due.validators.clone()
        } else {
            Validators::default()
        },
        validators_url: due.validators_url.clone().unwrap_or_default(),
        headers,
        networks: told.networks.clone(),
        now,
    })
}

/// What a request's answer depends on besides the address: validators are only sent with the same.
pub(super) fn variant(orders: &Orders, told: &Feed, url: &str) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(url.as_bytes());
    add(orders.config.fetch.user_agent.as_bytes());
    add(&feed::PARSER_VERSION.to_le_bytes());
    for (name, value) in &told.headers {
        add(name.as_str().as_bytes());
        add(value.as_bytes());
    }
    add(told
        .credentials
        .as_ref()
        .map(|path| path.as_os_str().as_encoded_bytes())
        .unwrap_or_default());
    hasher
        .finalize()
        .as_bytes()
        .iter()
        .take(16)
        .copied()
        .collect()
}

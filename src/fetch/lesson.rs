//! What an answer teaches about its host: its rate, its patience, its quota.

use std::time::Duration;

use reqwest::Url;

use super::wire::Response;
use super::{Fetcher, Purpose, Settings, headers, is_challenge, system_time};
use crate::model::{FailureKind, Timestamp};

impl Fetcher {
    /// Whether a final response is one 403 of a burst, and so about the rate; then the gap grows.
    pub(super) fn is_burst(
        &self,
        settings: &Settings,
        purpose: Purpose,
        url: &Url,
        response: &Response,
    ) -> bool {
        let host = url.host_str().unwrap_or_default();
        let challenge = is_challenge(response.status, &response.headers, &response.body);
        match response.status {
            403 if !challenge && matches!(purpose, Purpose::Feed | Purpose::Page) => {
                let pauses = (settings.throttle_backoff, settings.max_interval);
                let burst = self.forbidden.refused(host, purpose, url.as_str(), pauses);
                if burst {
                    self.patience.asked(host, Duration::ZERO);
                }
                if burst && purpose == Purpose::Feed {
                    self.hosts.refused(host, None);
                }
                burst
            }
            0..400 => {
                self.forbidden.served(host, purpose);
                false
            }
            _ => false,
        }
    }

    /// What a response teaches about its host. A 429 is about the rate, and a spent quota too. A
    /// Retry-After is for every task, except on a private host: there, one path of a bridge says
    /// nothing of the others.
    pub(super) fn heed(
        &self,
        settings: &Settings,
        host: &str,
        is_private: bool,
        response: &Response,
        now: Timestamp,
    ) {
        let wait = headers::retry_after(&response.headers, system_time(now));
        match response.status {
            429 => {
                self.hosts.refused(host, wait);
                self.patience.asked(host, wait.unwrap_or_default());
            }
            0..400 => {
                self.hosts.served(host);
                self.patience.content(host);
            }
            _ => {}
        }
        if let Some(wait) = headers::quota_spent(&response.headers, system_time(now)) {
            self.hosts.hold(
                host,
                FailureKind::Throttled,
                wait.min(settings.retry_after_max),
            );
        }
        if let Some(wait) = wait.filter(|_| matches!(response.status, 429 | 503) && !is_private) {
            let wait = wait.min(settings.retry_after_max);
            self.hosts.hold(host, FailureKind::Throttled, wait);
            self.patience.asked(host, wait);
        }
    }
}

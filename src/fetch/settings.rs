//! What the network was told.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::HeaderValue;

use super::HostPace;

/// What the room was told.
#[derive(Debug, Clone)]
pub struct Settings {
    pub user_agent: HeaderValue,
    pub connect_timeout: Duration,
    pub read_timeout: Duration,
    /// For the whole exchange, redirects included.
    pub feed_timeout: Duration,
    pub page_timeout: Duration,
    /// Decoded.
    pub feed_bytes_max: usize,
    pub page_bytes_max: usize,
    pub host_pace: HostPace,
    pub hosts: HashMap<String, HostPace>,
    /// How long a host is left alone that could not be reached.
    pub connect_backoff: Duration,
    /// The pause after a burst of 403, doubled each time …
    pub throttle_backoff: Duration,
    /// … up to this.
    pub max_interval: Duration,
    /// So many distinct hosts unreachable within the window, and none reached, are our own outage.
    pub outage_hosts: u32,
    pub outage_window: Duration,
    /// The longest Retry-After that is believed.
    pub retry_after_max: Duration,
}

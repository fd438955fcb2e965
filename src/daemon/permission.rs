//! What a page may be asked with: networks beyond the guard's rule, and robots.txt.

use url::Url;

use super::mill::{Mill, Orders};
use crate::config::{Feed, Robots};
use crate::fetch::Networks;

/// Networks that are allowed for a feed hold for its pages only where the feed itself lies in
/// them: a public feed must not lead us into them.
pub(super) async fn networks(mill: &Mill, feed: Option<&Feed>) -> Networks {
    let Some(feed) = feed.filter(|feed| !feed.networks.is_empty()) else {
        return Networks::default();
    };
    let Ok(url) = Url::parse(&feed.url) else {
        return Networks::default();
    };
    if mill.fetcher.is_inside(&url, &feed.networks).await {
        feed.networks.clone()
    } else {
        Networks::default()
    }
}

/// Whether robots.txt is asked about a page: what is said of the feed comes first, then what is
/// said of the host.
pub(super) fn honours_robots(orders: &Orders, feed: Option<&Feed>, url: &str) -> bool {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let of_host = host.and_then(|host| orders.config.robots_by_host.get(&host).copied());
    let robots = feed
        .and_then(|feed| feed.robots)
        .or(of_host)
        .unwrap_or(orders.config.robots);
    robots == Robots::Honour
}

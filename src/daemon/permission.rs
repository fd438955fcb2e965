//! What a page may be asked with: networks beyond the guard's rule, and robots.txt. What a site
//! says there is kept in the store, so that it is asked once a day and not once a start.

use url::Url;

use super::mill::{Mill, Orders};
use crate::config::{Feed, Robots};
use crate::fetch::{Networks, Permission, Refusal, ResolveError, RobotsAnswer};
use crate::model::{FailureKind, FeedId, Timestamp};
use crate::store::{self, FetchRecord, KeepRobots, robots};

/// Networks that are allowed for a feed hold for its pages only where the feed itself lies in
/// them: a public feed must not lead us into them.
///
/// # Errors
/// When it cannot be looked up where the feed lies.
pub(super) async fn networks(mill: &Mill, feed: Option<&Feed>) -> Result<Networks, ResolveError> {
    let Some(feed) = feed.filter(|feed| !feed.settings.networks.is_empty()) else {
        return Ok(Networks::default());
    };
    let Ok(url) = Url::parse(&feed.url) else {
        return Ok(Networks::default());
    };
    let networks = &feed.settings.networks;
    Ok(if mill.fetcher.is_inside(&url, networks).await? {
        networks.clone()
    } else {
        Networks::default()
    })
}

/// Whether robots.txt is asked about a page: what is said of the feed comes first, then what is
/// said of the host.
pub(super) fn honours_robots(orders: &Orders, feed: Option<&Feed>, url: &str) -> bool {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let of_host = host.and_then(|host| orders.config.robots_by_host.get(&host).copied());
    let robots = feed
        .and_then(|feed| feed.settings.robots)
        .or(of_host)
        .unwrap_or(orders.config.robots);
    robots == Robots::Honour
}

/// Whether robots.txt lets us fetch a page, as remembered, as kept, or as the site says now.
///
/// # Errors
/// The refusal.
pub(super) async fn may_fetch(
    mill: &Mill,
    url: &str,
    feed: FeedId,
    networks: &Networks,
    now: Timestamp,
) -> Result<(), Refusal> {
    let site = Url::parse(url).map(|url| (url.origin().ascii_serialization(), url));
    if let Ok((site, url)) = site.as_ref()
        && !mill.fetcher.knows_robots(url)
    {
        let wanted = site.clone();
        let kept = mill
            .store
            .read(move |conn| robots::of(conn, &wanted, now))
            .await;
        // What cannot be read is asked for.
        if let Ok(Some(kept)) = kept {
            let answer = RobotsAnswer {
                status: kept.status,
                body: kept.body,
                kept_for: kept.until.since(now),
                elapsed: std::time::Duration::ZERO,
            };
            mill.fetcher.recall_robots(url, &answer);
        }
    }
    let Permission { verdict, asked } = mill.fetcher.may_fetch(url, networks, now).await;
    if let (Ok((site, _)), Some(answer)) = (site, asked) {
        keep(mill, site, feed, answer).await;
    }
    verdict
}

async fn keep(mill: &Mill, site: String, feed: FeedId, answer: RobotsAnswer) {
    let at = mill.clock.now();
    let record = FetchRecord {
        at,
        url: format!("{site}/robots.txt"),
        status: answer.status,
        outcome: match answer.status {
            Some(200..=299) => "ok",
            Some(_) => "http_status",
            None => FailureKind::RobotsUnknown.token(),
        },
        detail: None,
        conditional: false,
        unconditional: None,
        due: None,
        retry_after: None,
        bytes: answer.body.len() as u64,
        elapsed: answer.elapsed,
    };
    let kept = KeepRobots {
        site,
        feed,
        answer: store::RobotsAnswer {
            status: answer.status,
            until: at.plus(answer.kept_for),
            body: answer.body,
        },
        record,
    };
    if let Err(error) = mill.store.write(kept).await {
        tracing::debug!(%error, "robots.txt could not be kept, and will be asked for again");
    }
}

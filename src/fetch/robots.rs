//! robots.txt (RFC 9309): what a site asks of programs that fetch its pages.
//!
//! 2xx is read, up to 500 KiB; any 4xx but 429 allows everything; 429 and 5xx, and
//! a server that does not answer, disallow until it does. Kept for at most a day
//! and fetched once however many pages wait. Feeds are subscribed to by a person
//! and are not subject to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use texting_robots::Robot;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use crate::model::FailureKind;

/// The name under which rules are looked for.
const AGENT: &str = "feedmill";
/// How long an answer is believed (RFC 9309 §2.4).
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// How soon a server that failed to answer is asked again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);
/// The longest delay between requests that is honoured.
const CRAWL_DELAY_MAX: Duration = Duration::from_secs(120);
/// Sites remembered.
const REMEMBERED: usize = 10_000;
/// As much of the file as is read (RFC 9309 §2.5).
pub(super) const BYTES_MAX: usize = 500 << 10;

/// What a site's robots.txt said.
#[derive(Debug, Clone)]
pub enum Rules {
    AllowAll,
    /// No usable answer yet.
    Unknown,
    File(Arc<Robot>),
}

impl Rules {
    /// From the answer to the request for robots.txt; `None` when there was none.
    #[must_use]
    pub fn from_answer(answer: Option<(u16, &[u8])>) -> Self {
        match answer {
            Some((200..=299, body)) => {
                Robot::new(AGENT, body).map_or(Self::AllowAll, |robot| Self::File(Arc::new(robot)))
            }
            Some((429, _)) | None => Self::Unknown,
            Some((400..=499, _)) => Self::AllowAll,
            Some(_) => Self::Unknown,
        }
    }

    /// Why a page may not be fetched, if it may not: because the site says so, or because it cannot
    /// say at present.
    #[must_use]
    pub fn refusal(&self, url: &Url) -> Option<FailureKind> {
        match self {
            Self::AllowAll => None,
            Self::Unknown => Some(FailureKind::RobotsUnknown),
            Self::File(robot) => (!robot.allowed(url.as_str())).then_some(FailureKind::Robots),
        }
    }

    /// The delay that the site asks for between requests, within reason.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        let Self::File(robot) = self else { return None };
        let delay = Duration::try_from_secs_f32(robot.delay?).ok()?;
        Some(delay.min(CRAWL_DELAY_MAX))
    }

    fn kept_for(&self) -> Duration {
        if matches!(self, Self::Unknown) {
            ASKED_AGAIN_AFTER
        } else {
            KEPT_FOR
        }
    }
}

/// Rules by site (scheme, host and port).
#[derive(Debug, Default)]
pub struct Cache {
    sites: Mutex<HashMap<String, Site>>,
}

type Site = Arc<OnceCell<(Rules, Instant)>>;

impl Cache {
    /// The rules of the site of `url`, fetched with `ask` if they are not known: once, also when
    /// many pages of the site ask at the same time.
    pub async fn rules(&self, url: &Url, ask: impl AsyncFnOnce() -> Rules) -> Rules {
        let site = self.site(&url.origin().ascii_serialization());
        let known = site.get_or_init(async || {
            let rules = ask().await;
            let until = Instant::now() + rules.kept_for();
            (rules, until)
        });
        known.await.0.clone()
    }

    fn site(&self, origin: &str) -> Site {
        let now = Instant::now();
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if sites.len() > REMEMBERED {
            sites.clear();
        }
        let stale = |site: &Site| site.get().is_some_and(|(_, until)| *until <= now);
        if sites.get(origin).is_some_and(stale) {
            sites.remove(origin);
        }
        Arc::clone(sites.entry(origin.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(answer: Option<(u16, &[u8])>, path: &str) -> bool {
        let url = Url::parse("https://example.org")
            .and_then(|url| url.join(path))
            .expect("a URL");
        Rules::from_answer(answer).refusal(&url).is_none()
    }

    #[test]
    fn missing_rules_allow_and_a_failing_server_disallows() {
        assert!(allowed(Some((404, b"")), "/a"));
        assert!(allowed(Some((403, b"")), "/a"));
        assert!(!allowed(Some((503, b"")), "/a"));
        assert!(!allowed(Some((429, b"")), "/a"));
        assert!(!allowed(None, "/a"));
    }

    #[test]
    fn the_longest_match_for_our_name_decides() {
        let file: &[u8] = b"\xef\xbb\xbfUser-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 300\n\
            \nUser-agent: feedmill\nDisallow: /no$\nDisallow: /*.pdf$\nCrawl-delay: 7\n";
        assert!(allowed(Some((200, file)), "/private"));
        assert!(!allowed(Some((200, file)), "/no"));
        assert!(allowed(Some((200, file)), "/nothing"));
        assert!(!allowed(Some((200, file)), "/x/y.pdf"));
        assert_eq!(
            Rules::from_answer(Some((200, file))).crawl_delay(),
            Some(Duration::from_secs(7))
        );
        let others: &[u8] =
            b"User-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 300\n";
        assert!(!allowed(Some((200, others)), "/private/x"));
        assert!(allowed(Some((200, others)), "/private/open/x"));
        assert_eq!(
            Rules::from_answer(Some((200, others))).crawl_delay(),
            Some(CRAWL_DELAY_MAX)
        );
    }
}

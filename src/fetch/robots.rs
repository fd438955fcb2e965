//! robots.txt (RFC 9309): what a site asks of programs that fetch its pages.
//!
//! 2xx is read, its first 500 KiB; any 4xx but 429 allows everything; 429 and 5xx, and a
//! server that does not answer, disallow until it does. Kept for at most a day and
//! fetched once however many pages wait. Feeds are subscribed to by a person and are
//! not subject to it.
//!
//! Rules are matched one by one, without regular expressions: a hostile file costs no
//! more than its bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;

use super::robots_file::{self, RobotsFile};
use crate::model::FailureKind;

/// How long an answer is believed (RFC 9309 §2.4).
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// How soon a server that failed to answer is asked again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);
/// Sites remembered; beyond it those whose answer is the oldest are forgotten.
const REMEMBERED: usize = 10_000;
/// As much of the file as is read (RFC 9309 §2.5).
pub(super) const BYTES_MAX: usize = 500 << 10;

/// A site's answer to the request for robots.txt, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsAnswer {
    /// Absent when there was none.
    pub status: Option<u16>,
    pub body: Vec<u8>,
    /// How long it is believed from now on.
    pub kept_for: Duration,
    /// How long the exchange took.
    pub elapsed: Duration,
}

/// What a site's robots.txt said.
#[derive(Debug, Clone)]
pub enum Rules {
    AllowAll,
    /// No usable answer yet.
    Unknown,
    File(Arc<RobotsFile>),
}

impl Rules {
    /// From the answer to the request for robots.txt; `None` when there was none.
    #[must_use]
    pub fn from_answer(answer: Option<(u16, &[u8])>) -> Self {
        match answer {
            Some((200..=299, body)) => Self::File(Arc::new(robots_file::read(body))),
            Some((400..=428 | 430..=499, _)) => Self::AllowAll,
            Some(_) | None => Self::Unknown,
        }
    }

    /// Why a page may not be fetched, if it may not: because the site says so, or because it cannot
    /// say at present.
    #[must_use]
    pub fn refusal(&self, url: &Url) -> Option<FailureKind> {
        match self {
            Self::AllowAll => None,
            Self::Unknown => Some(FailureKind::RobotsUnknown),
            Self::File(file) => (!file.allows(url)).then_some(FailureKind::Robots),
        }
    }

    /// The delay that the site asks for between requests, within reason.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        match self {
            Self::File(file) => file.crawl_delay,
            Self::AllowAll | Self::Unknown => None,
        }
    }

    pub(super) fn kept_for(&self) -> Duration {
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
    /// many pages of the site ask at the same time. What could not even be asked is not kept.
    ///
    /// # Errors
    /// That of `ask`.
    pub async fn rules<E>(
        &self,
        url: &Url,
        ask: impl AsyncFnOnce() -> Result<Rules, E>,
    ) -> Result<Rules, E> {
        let site = self.site(&url.origin().ascii_serialization());
        let known = site.get_or_try_init(async || {
            let rules = ask().await?;
            let until = Instant::now() + rules.kept_for();
            Ok((rules, until))
        });
        Ok(known.await?.0.clone())
    }

    /// Whether the rules of a site are known, or are being asked for.
    #[must_use]
    pub fn knows(&self, url: &Url) -> bool {
        self.site(&url.origin().ascii_serialization())
            .get()
            .is_some()
    }

    /// Takes over what an earlier process was answered.
    pub fn recall(&self, url: &Url, rules: Rules, kept_for: Duration) {
        let until = Instant::now() + kept_for.min(rules.kept_for());
        // Somebody may have asked in the meantime: that answer is newer.
        let _ = self
            .site(&url.origin().ascii_serialization())
            .set((rules, until));
    }

    fn site(&self, origin: &str) -> Site {
        let now = Instant::now();
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let is_stale = |site: &Site| site.get().is_some_and(|(_, until)| *until <= now);
        if sites.get(origin).is_some_and(is_stale) {
            sites.remove(origin);
        }
        if sites.len() >= REMEMBERED && !sites.contains_key(origin) {
            let mut ends: Vec<Instant> = sites
                .values()
                .filter_map(|site| site.get().map(|(_, until)| *until))
                .collect();
            ends.sort_unstable();
            let half = ends.get(ends.len() / 2).copied().unwrap_or(now);
            sites.retain(|_, site| site.get().is_none_or(|(_, until)| *until > half));
        }
        Arc::clone(sites.entry(origin.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rules_allow_and_a_failing_server_disallows() {
        let url = Url::parse("https://example.org/a").expect("a URL");
        let refusal = |answer: Option<(u16, &[u8])>| Rules::from_answer(answer).refusal(&url);
        assert_eq!(refusal(Some((404, b""))), None);
        assert_eq!(refusal(Some((403, b""))), None);
        assert_eq!(refusal(Some((503, b""))), Some(FailureKind::RobotsUnknown));
        assert_eq!(refusal(Some((429, b""))), Some(FailureKind::RobotsUnknown));
        assert_eq!(refusal(None), Some(FailureKind::RobotsUnknown));
        assert_eq!(
            refusal(Some((200, b"User-agent: *\nDisallow: /a"))),
            Some(FailureKind::Robots)
        );
    }
}

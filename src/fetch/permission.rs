//! Whether a page may be fetched: the guard first, then robots.txt.

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::robots::{RobotsAnswer, Rules};
use super::{Fetcher, Networks, Purpose, Request, Stop};
use crate::model::{FailureKind, Timestamp, Validators};

/// Why a page may not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: FailureKind,
    pub detail: String,
    /// When it is worth asking again, where nothing could be asked for now.
    pub not_before: Option<Timestamp>,
}

impl Refusal {
    fn new(kind: FailureKind, detail: String) -> Self {
        Self {
            kind,
            detail,
            not_before: None,
        }
    }
}

/// Whether a page may be fetched, and what was asked to know it.
#[derive(Debug)]
pub struct Permission {
    /// The refusal of a host that is left alone at present says until when, and is not remembered.
    pub verdict: Result<(), Refusal>,
    /// The answer of the site, when this call has asked it: to be kept.
    pub asked: Option<RobotsAnswer>,
}

impl Fetcher {
    /// Whether what the site of `url` says in robots.txt is known.
    #[must_use]
    pub fn knows_robots(&self, url: &Url) -> bool {
        self.robots.knows(url)
    }

    /// Takes over a site's answer that was kept.
    pub fn recall_robots(&self, url: &Url, answer: &RobotsAnswer) {
        let rules = Rules::from_answer(answer.status.map(|status| (status, &*answer.body)));
        self.robots.recall(url, rules, answer.kept_for);
    }

    /// Whether the guard and robots.txt let us fetch a page; robots.txt is fetched when it is not known.
    pub async fn may_fetch(&self, url: &str, networks: &Networks, now: Timestamp) -> Permission {
        let mut asked = None;
        let verdict = match Url::parse(url) {
            Ok(url) => self.permitted(&url, networks, now, &mut asked).await,
            Err(error) => Err(Refusal::new(FailureKind::BadUrl, error.to_string())),
        };
        Permission { verdict, asked }
    }

    async fn permitted(
        &self,
        url: &Url,
        networks: &Networks,
        now: Timestamp,
        asked: &mut Option<RobotsAnswer>,
    ) -> Result<(), Refusal> {
        self.guard(url, networks)
            .await
            .map_err(|Stop { kind, detail, .. }| Refusal::new(kind, detail))?;
        let Ok(address) = url.join("/robots.txt") else {
            return Ok(());
        };
        let ask = async || {
            let request = Request {
                url: address.to_string(),
                purpose: Purpose::Robots,
                validators: Validators::default(),
                validators_url: String::new(),
                headers: HeaderMap::new(),
                home: String::new(),
                form: None,
                networks: networks.clone(),
                now,
            };
            let (rules, status, body, elapsed) = match Box::pin(self.fetch(&request)).await {
                Ok(answer) => (
                    Rules::from_answer(Some((answer.status, &answer.body))),
                    Some(answer.status),
                    answer.body,
                    answer.elapsed,
                ),
                Err(failure) if failure.not_before.is_some() => {
                    return Err(Refusal {
                        kind: failure.kind,
                        detail: failure.detail,
                        not_before: failure.not_before,
                    });
                }
                // More redirects than RFC 9309 §2.3.1.2 asks us to follow: as if there were no file.
                Err(failure) if failure.kind == FailureKind::TooManyRedirects => {
                    (Rules::AllowAll, Some(404), Vec::new(), failure.elapsed)
                }
                Err(failure) => (Rules::from_answer(None), None, Vec::new(), failure.elapsed),
            };
            *asked = Some(RobotsAnswer {
                status,
                body,
                kept_for: rules.kept_for(),
                elapsed,
            });
            Ok(rules)
        };
        let rules = self.robots.rules(url, ask).await?;
        if let (Some(delay), Some(host)) = (rules.crawl_delay(), url.host_str()) {
            self.hosts.set_crawl_delay(host, delay);
        }
        rules.refusal(url).map_or(Ok(()), |kind| {
            Err(Refusal::new(kind, kind.words().to_owned()))
        })
    }
}

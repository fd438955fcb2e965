//! Whether a page may be fetched: the guard first, then robots.txt.

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::robots::Rules;
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

impl Fetcher {
    /// Whether the guard and robots.txt let us fetch a page; robots.txt is fetched when it is not known.
    ///
    /// # Errors
    /// The refusal. That of a host that is left alone at present says until when, and is not remembered.
    pub async fn may_fetch(
        &self,
        url: &str,
        networks: &Networks,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let url = Url::parse(url)
            .map_err(|error| Refusal::new(FailureKind::BadUrl, error.to_string()))?;
        self.guard(&url, networks)
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
            match Box::pin(self.fetch(&request)).await {
                Ok(answer) => Ok(Rules::from_answer(Some((answer.status, &answer.body)))),
                Err(failure) if failure.not_before.is_some() => Err(Refusal {
                    kind: failure.kind,
                    detail: failure.detail,
                    not_before: failure.not_before,
                }),
                // More redirects than RFC 9309 §2.3.1.2 asks us to follow: as if there were no file.
                Err(failure) if failure.kind == FailureKind::TooManyRedirects => {
                    Ok(Rules::AllowAll)
                }
                Err(_) => Ok(Rules::from_answer(None)),
            }
        };
        let rules = self.robots.rules(&url, ask).await?;
        if let (Some(delay), Some(host)) = (rules.crawl_delay(), url.host_str()) {
            self.hosts.set_crawl_delay(host, delay);
        }
        rules.refusal(&url).map_or(Ok(()), |kind| {
            Err(Refusal::new(kind, kind.words().to_owned()))
        })
    }
}

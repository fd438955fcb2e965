//! The feeds of a site, from one of its pages.
//!
//! Everything that can be known without asking anybody: the page may be a feed itself; its
//! headers and `link` elements announce feeds; large platforms have rules; links in the page look
//! like feeds; and there are the paths where feeds usually are. The result is a list of places to
//! ask, best first and bounded. Whether a candidate is a feed is for others to find out, by
//! fetching it and parsing what comes; those that were announced or follow from a rule rarely
//! disappoint, those of the last kind mostly do.
//!
//! It makes no request, and it does not fail: a page without a hint has the usual paths.

pub(super) mod header;
mod page;
mod platforms;
mod well_known;

use std::borrow::Cow;

use url::Url;

use super::{Limits, decode, links};

/// Candidates of one page: enough for any site, few enough to be asked politely.
const MAX_CANDIDATES: usize = 40;

/// A place where a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Absolute, http or https.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
    /// The media type the page gives it.
    pub media_type: Option<String>,
    /// How it was found.
    pub why: Why,
}

/// How a candidate was found, the most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The document is a feed.
    Itself,
    /// A `Link` header announces it (RFC 8288).
    Header,
    /// A `link` element announces it.
    Element,
    /// The site's platform has a rule.
    Platform,
    /// A link in the page looks like a feed's.
    Anchor,
    /// Feeds usually are there.
    WellKnown,
}

impl Why {
    /// In words, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Itself => "the address is a feed",
            Self::Header => "announced in a header",
            Self::Element => "announced by the page",
            Self::Platform => "a rule of the platform",
            Self::Anchor => "linked from the page",
            Self::WellKnown => "a usual place",
        }
    }
}

/// The feed candidates of the page at `url`, given its bytes and its `Link` headers; best first,
/// each address once, feeds of comments last of their kind.
#[must_use]
pub fn candidates(url: &str, body: &[u8], link_headers: &[String]) -> Vec<Candidate> {
    let Some(address) = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
    else {
        return Vec::new();
    };
    let limits = Limits::default();
    // What is no text has nothing to find in it.
    let text = decode::decode(body.get(..limits.max_bytes).unwrap_or(body), None)
        .map_or_else(|_| "".into(), |decoded| decoded.text);
    let mut found = Vec::new();
    if super::read(&text, &limits).is_ok_and(|draft| !draft.entries.is_empty()) {
        found.push(Candidate {
            url: address.to_string(),
            title: None,
            media_type: None,
            why: Why::Itself,
        });
    }
    for header in link_headers {
        found.extend(header::feeds(header, &address));
    }
    let page = page::read(&text, &address);
    found.extend(platforms::feeds(&address, &text, page.generator.as_deref()));
    let base = page.base;
    found.extend(page.found);
    found.extend(well_known::feeds(&base));
    ranked(found)
}

fn ranked(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by_key(|candidate| (candidate.why, is_of_comments(candidate)));
    let mut seen = std::collections::HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.trim_end_matches('/').to_owned()));
    found.truncate(MAX_CANDIDATES);
    found
}

fn is_of_comments(candidate: &Candidate) -> bool {
    let title = candidate
        .title
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    ["comment", "kommentar", "comentario"]
        .iter()
        .any(|word| title.contains(word) || candidate.url.contains(word))
}

/// An address without the scheme `feed`, which stands for `scheme` or before the real one.
#[must_use]
pub fn web<'a>(href: &'a str, scheme: &str) -> Cow<'a, str> {
    match href.trim().strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("{scheme}:{rest}").into(),
        Some(rest) => rest.into(),
        None => href.into(),
    }
}

/// A candidate at an address relative to a base.
fn candidate(base: &Url, href: &str, why: Why) -> Option<Candidate> {
    let url = links::resolve(Some(base), &web(href, base.scheme()))?;
    let url = url.split('#').next().unwrap_or_default().to_owned();
    Some(Candidate {
        url,
        title: None,
        media_type: None,
        why,
    })
}

/// Whether a media type is one of feeds.
fn is_feed_type(media_type: &str) -> bool {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    matches!(
        essence.as_str(),
        "application/rss+xml"
            | "application/atom+xml"
            | "application/feed+json"
            | "application/rdf+xml"
            | "application/rss"
            | "application/atom"
            | "text/rss+xml"
            | "text/atom+xml"
            | "application/x.atom+xml"
            | "application/x-atom+xml"
            | "application/x-rss+xml"
            | "text/rss"
    )
}

#[cfg(test)]
mod tests;

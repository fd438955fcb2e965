//! The feeds of a site, from one of its pages. (Being written.)

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

/// How a candidate was found; the earlier the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The document is a feed itself.
    Itself,
    /// A `Link` header with `rel=alternate`.
    Header,
    /// A `link` element with `rel=alternate`.
    Element,
    /// The platform's rule.
    Platform,
    /// A link in the page that looks like a feed's.
    Anchor,
    /// A path where feeds usually are.
    WellKnown,
}

/// The feed candidates of the page at `url` with the given bytes and `Link` headers, best first.
#[must_use]
pub fn candidates(url: &str, body: &[u8], links: &[String]) -> Vec<Candidate> {
    let _ = (url, body, links);
    Vec::new()
}

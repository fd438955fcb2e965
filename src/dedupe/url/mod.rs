//! The identity of a URL: which spellings lead to the same article.
//!
//! [`url_key`] turns an address into a comparison key: two addresses of the same
//! article have the same key, two articles have different keys. Where both
//! cannot be had, a missed match is preferred to a false one, because the text is
//! compared as well and a false match loses an article.
//!
//! What it never does: ask the network. Short links and opaque redirectors
//! (`t.co`, `feedproxy.google.com`, `news.google.com/rss/articles`) keep a key of
//! their own; the address that they lead to is stored beside it as an alias once
//! the page has been fetched.
//!
//! How it fails: anything that is not an http or https address with a host, or is
//! longer than [`MAX_URL_BYTES`], has no key.

mod escape;
mod host;
mod path;
mod query;
mod sites;
mod trackers;
mod wrapper;
mod wrappers;

use std::borrow::Cow;

use ::url::Url;

pub(super) use host::registrable;
pub use wrapper::unwrap;

/// Addresses longer than this have no key, in bytes. RFC 9110 §4.1 asks everyone
/// to support 8,000; what is longer is a state dump or an attack.
pub const MAX_URL_BYTES: usize = 8 * 1024;

/// The comparison key of an http or https address: host, path, the query without
/// trackers, and the fragment where it is a route. No scheme, no user info.
///
/// `https://` and the key is an address with the same key.
#[must_use]
pub fn url_key(url: &str) -> Option<String> {
    let inner = unwrap(url);
    key_of(&parse(&inner)?)
}

/// The host of an http or https address in lower case (IDNA: `xn--`) without `www.`.
#[must_use]
pub fn site(url: &str) -> Option<String> {
    let url = parse(url)?;
    let host = host::plain(&url)?;
    Some(host::without_www(&host).to_owned())
}

/// The key of an address that has been read and unwrapped.
pub(super) fn key_of(url: &Url) -> Option<String> {
    let url = sites::moved(url);
    let host = host::key(&url)?;
    let site_rules = sites::rules(&host);
    let mut key = match url.port().filter(|port| !matches!(port, 80 | 443)) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    };
    let path = path::key(url.path());
    key.push_str(&path);
    query::push_key(&mut key, url.query().unwrap_or_default(), &site_rules);
    if let Some(route) = url.fragment().and_then(route) {
        key.push('#');
        key.push_str(&escape::normalise(route));
    }
    Some(key)
}

/// Reads an address as feeds and pages write it: padded, protocol-relative, with
/// `&amp;` for `&`. Only http and https with a host.
pub(super) fn parse(url: &str) -> Option<Url> {
    if url.len() > MAX_URL_BYTES {
        return None;
    }
    let url = Url::parse(&tidied(url)).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The address without padding and entities, with a scheme where only that is missing.
pub(super) fn tidied(url: &str) -> Cow<'_, str> {
    let mut url = Cow::Borrowed(url.trim());
    if url.starts_with("//") {
        url = Cow::Owned(format!("https:{url}"));
    }
    while url.contains("&amp;") {
        url = Cow::Owned(url.replace("&amp;", "&"));
    }
    url
}

/// A fragment that names a page of a single-page application (`#/…`, `#!/…`).
/// Any other is a place in the page, a text fragment or a tracker.
fn route(fragment: &str) -> Option<&str> {
    let rest = fragment.strip_prefix('!').unwrap_or(fragment);
    rest.strip_prefix('/')
        .is_some_and(|page| !page.is_empty())
        .then_some(fragment)
}

#[cfg(test)]
mod tests;

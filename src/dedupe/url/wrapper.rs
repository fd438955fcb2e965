//! Takes an address out of the wrappers around it.

use std::borrow::Cow;

use ::url::Url;

use super::sites::is_below;
use super::wrappers::{
    AMP_CACHES, AMP_VIEWERS, ARCHIVES, GOOGLE_REDIRECT, MARKED, Place, WRAPPERS, Wrapper,
};
use super::{host, parse};

/// Wrappers around wrappers that are followed. What is deeper is a game, and stays as it is.
const MAX_LEVELS: usize = 3;

/// The address inside link shims, search redirects, AMP caches and web archives, up to
/// three levels deep; the address itself if there is none, or if it is wrapped deeper.
#[must_use]
pub fn unwrap(url: &str) -> Cow<'_, str> {
    let Some(mut outer) = parse(url) else {
        return Cow::Borrowed(url);
    };
    let mut found = None;
    for _ in 0..MAX_LEVELS {
        let Some(inner) = inner(&outer) else {
            return found.map_or(Cow::Borrowed(url), |inner: Url| Cow::Owned(inner.into()));
        };
        found = Some(inner.clone());
        outer = inner;
    }
    match (inner(&outer), found) {
        (None, Some(found)) => Cow::Owned(found.into()),
        _ => Cow::Borrowed(url),
    }
}

/// The address one level down.
fn inner(url: &Url) -> Option<Url> {
    let host = host::key(url)?;
    in_parameter(&host, url)
        .or_else(|| in_amp_path(&host, url))
        .or_else(|| in_archive(&host, url))
        .or_else(|| between_marks(&host, url))
}

fn in_parameter(host: &str, url: &Url) -> Option<Url> {
    let wrapper = if url.path() == GOOGLE_REDIRECT.path && is_google(host) {
        &GOOGLE_REDIRECT
    } else {
        WRAPPERS
            .iter()
            .find(|wrapper| is_below(host, wrapper.host) && begins(url.path(), wrapper.path))?
    };
    match wrapper {
        Wrapper {
            place: Place::Query,
            ..
        } => address(url.query()?),
        Wrapper {
            place: Place::Parameter(names),
            ..
        } => names.iter().find_map(|name| {
            let (_, value) = url
                .query_pairs()
                .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
            address(&value).or_else(|| base64_address(&value))
        }),
    }
}

/// Whether a path is a folder or lies in it.
fn begins(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| {
        folder.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '.'])
    })
}

fn is_google(host: &str) -> bool {
    host::registrable(host).is_some_and(|domain| domain.starts_with("google."))
}

/// `/c/s/example.com/story`, `/amp/s/example.com/story`.
fn in_amp_path(host: &str, url: &Url) -> Option<Url> {
    let path = url.path().strip_prefix('/')?;
    let (kind, rest) = path.split_once('/')?;
    let is_cache =
        AMP_CACHES.iter().any(|cache| is_below(host, cache)) && matches!(kind, "c" | "v" | "a");
    let is_viewer = kind == "amp" && (is_google(host) || AMP_VIEWERS.contains(&host));
    if !is_cache && !is_viewer {
        return None;
    }
    let (scheme, rest) = match rest.strip_prefix("s/") {
        Some(rest) => ("https", rest),
        None => ("http", rest),
    };
    // A viewer's own pages have no host where the inner address would begin.
    rest.split('/').next().filter(|host| host.contains('.'))?;
    let mut inner = address(&format!("{scheme}://{rest}"))?;
    if inner.query().is_none() {
        inner.set_query(url.query());
    }
    Some(inner)
}

/// `/web/20200101000000/https://example.com/story?id=1`.
fn in_archive(host: &str, url: &Url) -> Option<Url> {
    ARCHIVES
        .iter()
        .find(|(archive, folder)| host == *archive && url.path().starts_with(folder))?;
    let path = url.path();
    let at = path
        .find("/http:/")
        .into_iter()
        .chain(path.find("/https:/"))
        .min()?;
    let (_, inner) = path.split_at_checked(at + 1)?;
    let mut inner = address(inner)?;
    if let Some(query) = url.query() {
        inner.set_query(Some(query));
    }
    Some(inner)
}

fn between_marks(host: &str, url: &Url) -> Option<Url> {
    let (gateway, opening, closing) = MARKED;
    let marked = url
        .path()
        .strip_prefix(opening)
        .filter(|_| host == gateway)?;
    let (inner, _) = marked.split_once(closing)?;
    let mut inner = address(inner)?;
    inner.set_query(url.query());
    Some(inner)
}

fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    let has_scheme = ["http:/", "https:/", "HTTP:/", "HTTPS:/"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if has_scheme { parse(text) } else { None }
}

/// Bing writes `a1` and the address in URL-safe base64 without padding.
fn base64_address(value: &str) -> Option<Url> {
    let digits = value.strip_prefix("a1")?;
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut width) = (0_u32, 0_u32);
    for digit in digits.bytes().filter(|digit| *digit != b'=') {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push(u8::try_from((bits >> width) & 0xff).unwrap_or_default());
        }
    }
    address(std::str::from_utf8(&bytes).ok()?)
}

//! Links as publishers write them, made absolute.

use std::borrow::Cow;

use url::Url;

/// Longer links are payloads.
const MAX_BYTES: usize = 4096;

/// Resolves a link against a base. Only http and https lead to pages.
pub(super) fn resolve(base: Option<&Url>, href: &str) -> Option<String> {
    let url = join(base, href)?;
    (matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty()))
    .then(|| url.into())
}

/// Whether a text is an http address by itself.
pub(super) fn is_http(text: &str) -> bool {
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.trim_start());
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// The base that an `xml:base` makes of an outer one; a useless one changes nothing.
pub(super) fn base<'a>(outer: Option<&'a Url>, href: Option<&str>) -> Option<Cow<'a, Url>> {
    href.and_then(|href| join(outer, href))
        .filter(|url| !url.cannot_be_a_base())
        .map(Cow::Owned)
        .or_else(|| outer.map(Cow::Borrowed))
}

fn join(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if href.is_empty() || href.len() > MAX_BYTES {
        return None;
    }
    match Url::parse(href) {
        Ok(url) => Some(url),
        Err(url::ParseError::RelativeUrlWithoutBase) => match base {
            Some(base) => base.join(href).ok(),
            None => without_base(href),
        },
        Err(_) => None,
    }
}

/// What can be said of a relative link without a base: `//host/path` and `www.host/path`.
fn without_base(href: &str) -> Option<Url> {
    if href.starts_with("//") {
        return Url::parse(&format!("https:{href}")).ok();
    }
    href.starts_with("www.")
        .then(|| Url::parse(&format!("http://{href}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_absolute_or_nothing() {
        let base = Url::parse("https://example.org/blog/feed.xml").expect("an address");
        for (href, expected) in [
            (" post\n", Some("https://example.org/blog/post")),
            ("/a b", Some("https://example.org/a%20b")),
            ("//cdn.example.org/x", Some("https://cdn.example.org/x")),
            ("http://other.example", Some("http://other.example/")),
            ("urn:uuid:1", None),
            ("mailto:a@example.org", None),
            ("javascript:alert(1)", None),
            ("", None),
            ("http://", None),
        ] {
            assert_eq!(resolve(Some(&base), href).as_deref(), expected, "{href}");
        }
        assert_eq!(
            resolve(None, "www.example.org/x").as_deref(),
            Some("http://www.example.org/x")
        );
        assert_eq!(resolve(None, "/x"), None);
    }
}

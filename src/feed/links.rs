//! Links as publishers write them, made absolute.

use std::borrow::Cow;

use url::{Position, Url};

use super::markup::attributes;

/// Longer links are payloads.
const MAX_BYTES: usize = 4096;

/// Resolves a link against a base. Only http and https lead to pages.
pub(super) fn resolve(base: Option<&Url>, href: &str) -> Option<String> {
    let url = join(base, href)?;
    is_web(&url).then(|| url.into())
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty())
}

/// What stands before a plain path on the site of a base: scheme, host, port.
pub(super) fn site(base: &Url) -> Option<&str> {
    is_web(base).then(|| &base[..Position::BeforePath])
}

/// Whether a link is a path to which nothing happens when it is resolved but that its site comes
/// before it: most links in bodies are, and resolving them takes longer than everything else that
/// is done to a body.
pub(super) fn is_plain_path(href: &str) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'/' | b'-' | b'_' | b'.' | b'~' | b'=' | b'?' | b'+' | b','
            )
            || matches!(byte, b';' | b':' | b'@' | b'!' | b'$' | b'*' | b'(' | b')')
    };
    let bytes = href.as_bytes();
    bytes.len() <= MAX_BYTES
        && bytes.first() == Some(&b'/')
        && bytes.get(1) != Some(&b'/')
        && bytes.iter().all(plain)
        && !bytes.windows(2).any(|pair| pair == b"/.")
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
    let href = anchored(href);
    let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if href.is_empty() || href.len() > MAX_BYTES {
        return None;
    }
    match Url::parse(href) {
        Err(url::ParseError::RelativeUrlWithoutBase) if names_host(base, href) => {
            let scheme = base.map_or("https", Url::scheme);
            Url::parse(&format!("{scheme}://{href}")).ok()
        }
        Ok(url) => Some(url),
        Err(url::ParseError::RelativeUrlWithoutBase) => match base {
            Some(base) => base.join(href).ok(),
            None => without_base(href),
        },
        Err(_) => None,
    }
}

/// The address in an anchor that stands where an address should.
fn anchored(href: &str) -> Cow<'_, str> {
    let tag = href.trim_start().strip_prefix("<a ");
    let tag = tag.and_then(|rest| rest.split_once('>'));
    tag.and_then(|(tag, _)| attributes::find(tag, "href"))
        .unwrap_or(Cow::Borrowed(href))
}

/// What can be said of a relative link without a base: `//host/path`.
fn without_base(href: &str) -> Option<Url> {
    if href.starts_with("//") {
        return Url::parse(&format!("https:{href}")).ok();
    }
    None
}

/// Whether a link begins with a host and only its scheme is missing: the host of the base, or for
/// want of one what can hardly be a file.
fn names_host(base: Option<&Url>, href: &str) -> bool {
    let (first, _) = href.split_once('/').unwrap_or((href, ""));
    if let Some(host) = base.and_then(Url::host_str) {
        let plain = |name: &str| {
            name.strip_prefix("www.")
                .unwrap_or(name)
                .to_ascii_lowercase()
        };
        return first.contains('.') && plain(first) == plain(host);
    }
    let letters = |label: &str| label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_domain = |(name, top): (&str, &str)| {
        let file = [
            "php", "html", "htm", "asp", "aspx", "jsp", "cgi", "xml", "shtml",
        ];
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            && top.len() >= 2
            && letters(top)
            && !file.contains(&top)
    };
    (href.len() > first.len() || first.starts_with("www."))
        && first.rsplit_once('.').is_some_and(is_domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_paths_need_nothing_but_their_site(href in "/[a-z/.~?&=:@!$*()+,;-]{0,12}") {
            let base = Url::parse("https://me@example.org:8080/a/b?c").expect("an address");
            prop_assume!(is_plain_path(&href));
            let whole = format!("{}{href}", site(&base).expect("a site"));
            prop_assert_eq!(resolve(Some(&base), &href), Some(whole));
        }
    }

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
        for (href, expected) in [
            ("example.org/x", Some("https://example.org/x")),
            ("www.example.org/x", Some("https://www.example.org/x")),
            ("index.php/x", None),
            ("post.html", None),
            ("1.2/x", None),
            ("/x", None),
        ] {
            assert_eq!(resolve(None, href).as_deref(), expected, "{href}");
        }
        let www = resolve(Some(&base), "www.example.org/x");
        assert_eq!(www.as_deref(), Some("https://www.example.org/x"));
    }
}

//! The host of a key: one spelling, and one host for the editions of a site.

use ::url::{Host, Url};

/// Labels of a site's editions for small screens. They are dropped before a
/// registrable domain, never from one: `m.example.com` is `example.com`,
/// `m.com` and `amp.dev` are themselves.
const EDITIONS: [&str; 5] = ["m", "mobile", "amp", "touch", "wap"];

/// The host as it stands in a key.
pub(super) fn key(url: &Url) -> Option<String> {
    let host = plain(url)?;
    let Some(domain) = registrable(&host) else {
        return Some(host);
    };
    let Some(labels) = host
        .strip_suffix(domain)
        .filter(|labels| !labels.is_empty())
    else {
        return Some(host);
    };
    let mut kept: Vec<&str> = labels
        .split('.')
        .filter(|label| !label.is_empty() && !EDITIONS.contains(label))
        .collect();
    while kept.first() == Some(&"www") {
        kept.remove(0);
    }
    kept.push(domain);
    Some(kept.join("."))
}

/// The host in lower case without a trailing dot; IPv6 in brackets.
pub(super) fn plain(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            (!name.is_empty()).then(|| name.to_ascii_lowercase())
        }
        Host::Ipv4(address) => Some(address.to_string()),
        Host::Ipv6(address) => Some(format!("[{address}]")),
    }
}

/// The registrable domain of a host by the public suffix list (publicsuffix.org,
/// its private section included: a blog platform's subdomains are sites of their
/// own). None for addresses and bare suffixes.
pub(crate) fn registrable(host: &str) -> Option<&str> {
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return None;
    }
    psl::domain_str(host)
}

/// The host without `www.`, where a registrable domain remains.
pub(super) fn without_www(host: &str) -> &str {
    match host.strip_prefix("www.") {
        Some(rest) if registrable(rest).is_some() => rest,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_dropped_only_while_a_registrable_domain_remains() {
        for (url, expected) in [
            ("https://www.example.com/", "example.com"),
            ("https://WWW.Example.COM./", "example.com"),
            ("https://m.example.co.uk/", "example.co.uk"),
            ("https://en.m.example.org/", "en.example.org"),
            ("https://www.m.example.org/", "example.org"),
            ("https://m.com/", "m.com"),
            ("https://amp.dev/", "amp.dev"),
            ("https://www.com/", "www.com"),
            ("https://com/", "com"),
            ("https://www2.example.com/", "www2.example.com"),
            ("https://m.blogspot.com/", "m.blogspot.com"),
            ("https://localhost/", "localhost"),
            ("https://127.0.0.1/", "127.0.0.1"),
            ("https://[::1]/", "[::1]"),
            ("https://münchen.example/", "xn--mnchen-3ya.example"),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(key(&url).as_deref(), Some(expected), "{url}");
        }
    }
}

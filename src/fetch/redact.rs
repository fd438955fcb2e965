//! URLs as they may be logged: without user info, and without query values that look like secrets.

use url::Url;

/// Parts of parameter names whose values are kept out of logs.
const SECRET: [&str; 13] = [
    "token",
    "key",
    "secret",
    "pass",
    "auth",
    "sig",
    "session",
    "credential",
    "code",
    "jwt",
    "pwd",
    "pw",
    "access",
];

/// The URL without what should not be read over somebody's shoulder.
#[must_use]
pub fn redact(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "(not a URL)".to_owned();
    };
    // These only fail for URLs that cannot have user info.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if url.query().is_some() {
        let secret = |name: &str| {
            SECRET
                .iter()
                .any(|part| name.to_ascii_lowercase().contains(part))
        };
        if url.query_pairs().any(|(name, _)| secret(&name)) {
            let pairs: Vec<(String, String)> = url
                .query_pairs()
                .map(|(name, value)| {
                    let value = if secret(&name) {
                        "***".to_owned()
                    } else {
                        value.into_owned()
                    };
                    (name.into_owned(), value)
                })
                .collect();
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_and_everything_else_stays() {
        for (url, shown) in [
            (
                "https://me:pw@example.org/feed?a=1",
                "https://example.org/feed?a=1",
            ),
            (
                "https://example.org/f?API_KEY=xyz&page=2",
                "https://example.org/f?API_KEY=***&page=2",
            ),
            ("https://example.org/f?x=%20", "https://example.org/f?x=%20"),
            ("nonsense", "(not a URL)"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }
}

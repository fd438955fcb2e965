//! What must hold of whatever is parsed.

use std::collections::HashSet;

use feedmill::feed::{Input, Limits, Settings, parse};

/// Parses a body twice and holds the results against each other and the limits.
pub fn check(body: &[u8]) {
    let settings = Settings {
        limits: Limits::default(),
        url_key: |url| Some(url.to_owned()),
    };
    let input = Input {
        url: Some("https://example.org/feed"),
        content_type: None,
        body,
    };
    let (one, two) = (parse(&input, &settings), parse(&input, &settings));
    let (Ok(one), Ok(two)) = (one, two) else {
        return;
    };
    assert_eq!(one.entries, two.entries, "the same bytes gave two feeds");
    assert!(one.entries.len() <= settings.limits.max_entries);
    let ids: HashSet<&str> = one.entries.iter().map(|entry| entry.uid.as_str()).collect();
    assert_eq!(ids.len(), one.entries.len(), "an id was given twice");
    for entry in &one.entries {
        assert!(entry.url.as_ref().is_none_or(|url| url.starts_with("http")));
    }
}

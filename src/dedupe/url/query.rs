//! The query of a key: parameters that choose the article, sorted; trackers dropped.

use super::escape;
use super::sites::SiteRules;
use super::trackers;

/// Appends `?` and the parameters that remain, or nothing.
pub(super) fn push_key(key: &mut String, query: &str, site: &SiteRules) {
    let mut kept: Vec<String> = query
        .split('&')
        .filter_map(|parameter| kept_parameter(parameter, site))
        .collect();
    kept.sort_unstable();
    kept.dedup();
    let mut separator = '?';
    for parameter in kept {
        key.push(separator);
        key.push_str(&parameter);
        separator = '&';
    }
}

/// The parameter in its one spelling, unless it says nothing about which article is meant.
fn kept_parameter(parameter: &str, site: &SiteRules) -> Option<String> {
    let mut parameter = parameter;
    // What is left of `&amp;` when its `&` was escaped apart from it.
    while let Some(rest) = parameter.strip_prefix("amp;") {
        parameter = rest;
    }
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let lower = escape::decode(name).to_ascii_lowercase();
    if lower.trim().is_empty() {
        return None;
    }
    let plain = escape::decode(value).to_ascii_lowercase();
    if trackers::is_tracker(&lower, &plain)
        || trackers::is_view(&lower, &plain)
        || site.drops(&lower)
    {
        return None;
    }
    let mut written = escape::normalise(&name.replace('+', "%20"));
    if !value.is_empty() {
        written.push('=');
        written.push_str(&escape::normalise(&value.replace('+', "%20")));
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(query: &str) -> String {
        let mut key = String::new();
        push_key(&mut key, query, &SiteRules::default());
        key
    }

    #[test]
    fn parameters_are_sorted_and_trackers_dropped() {
        for (query, expected) in [
            ("", ""),
            ("&", ""),
            ("=", ""),
            ("=x", ""),
            ("b=2&a=1", "?a=1&b=2"),
            ("id=4&id=4", "?id=4"),
            ("id=4&id=5", "?id=4&id=5"),
            ("id=", "?id"),
            ("q=a+b", "?q=a%20b"),
            ("id=1&amp;p=2", "?id=1&p=2"),
            ("UTM_Source=x&id=7", "?id=7"),
            ("ref=1001", "?ref=1001"),
            ("ref=rss", ""),
            ("source=rss-abc------2", ""),
            ("amp", ""),
            ("amp=2019", "?amp=2019"),
            ("print=1", ""),
            ("lang=de", "?lang=de"),
        ] {
            assert_eq!(key(query), expected, "{query}");
        }
    }
}

//! Under which addresses an article is known, and which of them is its own.

use crate::model::Extracted;

use super::{Canonical, judge_canonical, site, url_key};

/// What a page says of its own addresses: absolute, and not yet believed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claims<'a> {
    pub canonical: Option<&'a str>,
    /// Of its AMP edition.
    pub amp: Option<&'a str>,
}

impl<'a> Claims<'a> {
    /// Those of the page that an article was made of.
    #[must_use]
    pub fn of(made: &'a Extracted) -> Self {
        Self {
            canonical: made.canonical_url.as_deref(),
            amp: made.amp_url.as_deref(),
        }
    }
}

/// The addresses of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The one to show: the canonical address where it can be believed, else where the link led.
    pub url: Option<String>,
    /// The link as the feed gave it, when it is another.
    pub source_url: Option<String>,
    /// Where the link led, when that is another.
    pub final_url: Option<String>,
    /// The original's address on another site, when the page names one.
    pub syndicated_from: Option<String>,
    /// Host without `www.`; empty when there is no address.
    pub site: String,
    /// Comparison keys of the link and of where it led.
    pub keys: Vec<String>,
    /// Comparison key of the canonical address, when it is another: a claim of the page, to be
    /// believed only if the text bears it out.
    pub claimed: Option<String>,
    /// Comparison key of the AMP edition's address, when it is another: a claim like the other.
    pub amp: Option<String>,
}

/// Identifies an article by its link, where the link led, and what the page claims.
#[must_use]
pub fn identify(link: Option<&str>, final_url: Option<&str>, claims: Claims<'_>) -> Identity {
    let reached = final_url.or(link);
    let mut keys: Vec<String> = reached.and_then(url_key).into_iter().collect();
    let of_link = link.and_then(url_key).filter(|key| !keys.contains(key));
    keys.extend(of_link);
    let (mut url, mut claimed, mut syndicated_from) = (reached, None, None);
    if let (Some(page), Some(canonical)) = (reached, claims.canonical) {
        match judge_canonical(page, canonical) {
            Canonical::Own(key) => {
                claimed = Some(key).filter(|key| !keys.contains(key));
                url = Some(canonical);
            }
            Canonical::SyndicatedFrom(original) => syndicated_from = Some(original),
            Canonical::Ignored(_) => {}
        }
    }
    // What holds for a canonical address holds for that of the edition: of the same site, an article's.
    let edition = reached
        .zip(claims.amp)
        .map(|(page, amp)| judge_canonical(page, amp));
    let amp = match edition {
        Some(Canonical::Own(key)) => Some(key).filter(|key| !keys.contains(key)),
        _ => None,
    };
    let other = |address: Option<&str>| {
        address
            .filter(|address| Some(*address) != url)
            .map(str::to_owned)
    };
    Identity {
        source_url: other(link),
        final_url: other(final_url),
        syndicated_from,
        site: url.and_then(site).unwrap_or_default(),
        keys,
        claimed,
        amp,
        url: url.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_s_own_canonical_address_comes_first_and_another_site_s_never_is_the_identity() {
        let own = identify(
            Some("https://t.example.org/x1"),
            Some("https://www.example.org/news/story-one?utm_source=rss"),
            Claims {
                canonical: Some("https://www.example.org/news/story-one"),
                amp: None,
            },
        );
        assert_eq!(
            own.url.as_deref(),
            Some("https://www.example.org/news/story-one")
        );
        assert_eq!(own.site, "example.org");
        assert_eq!((own.keys.len(), own.claimed), (2, None));
        assert_eq!(own.source_url.as_deref(), Some("https://t.example.org/x1"));
        let copy = identify(
            Some("https://a.example.org/story"),
            None,
            Claims {
                canonical: Some("https://origin.example.net/news/the-story"),
                amp: None,
            },
        );
        assert_eq!(copy.url.as_deref(), Some("https://a.example.org/story"));
        assert_eq!(
            copy.syndicated_from.as_deref(),
            Some("https://origin.example.net/news/the-story")
        );
        assert_eq!(identify(None, None, Claims::default()), Identity::default());
    }

    #[test]
    fn an_amp_edition_is_the_page_s_own_only_on_its_own_site() {
        for (amp, expected) in [
            (
                "https://www.example.org/lite/17",
                Some("example.org/lite/17"),
            ),
            (
                "https://edition.example.org/lite/17",
                Some("edition.example.org/lite/17"),
            ),
            // The same key as the page's.
            ("https://amp.example.org/news/story-one/amp", None),
            (
                "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/news/story-one",
                None,
            ),
            ("https://other.example/lite/17", None),
            ("https://www.example.org/", None),
        ] {
            let claims = Claims {
                canonical: None,
                amp: Some(amp),
            };
            let found = identify(Some("https://www.example.org/news/story-one"), None, claims);
            assert_eq!(found.amp.as_deref(), expected, "{amp}");
        }
    }
}

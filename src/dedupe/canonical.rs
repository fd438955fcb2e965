//! When a page's `rel=canonical` may be believed.
//!
//! A canonical address is a claim of the page about itself. It is believed only
//! within the registrable domain and only while it looks like an article: the usual
//! mistakes of publishing systems are the home page, the section, a template that
//! was never filled in, the machine the page was written on (developers.google.com:
//! "5 common mistakes with rel=canonical"; RFC 6596 §3). Another site's address
//! says where the text was taken from and never becomes the identity.
//!
//! One lie cannot be seen on one page: a section's address as the canonical of all
//! of its pages. Who keeps the texts joins only those that agree (`store`'s judge).

use std::collections::BTreeSet;

use ::url::{Host, Url};

use super::url::{key_of, parse, registrable, tidied};

/// Canonical addresses of one page that are read. A page has one; beyond a handful
/// they are noise.
const MAX_CANONICALS: usize = 8;

/// Labels of machines that are not the public site.
const STAGING: &str = "\
    staging stage stg dev develop development test testing preview preprod qa uat \
    sandbox draft cms backend admin internal intranet edit author";

/// Domains that are never public (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476; customary `lan`, `corp`).
const PRIVATE_SUFFIXES: &str = "\
    localhost local internal lan corp intranet arpa alt onion";

/// Segments that a template leaves when it has nothing to fill in.
const PLACEHOLDERS: &str = "\
    undefined null nan none nil false";

/// Last segments of pages that say that there is no page.
const ERROR_PAGES: &str = "\
    404 403 410 500 503 404.html 404.php error errors not-found notfound not_found \
    page-not-found error404 error-404 error.html maintenance login signin sign-in";

/// Parameters that number articles: a canonical address that loses one names another page.
const ID_PARAMETERS: &str = "\
    id p aid nid pid sid cid tid uid article articleid article_id story storyid \
    story_id newsid news_id post postid post_id page_id docid contentid idx v a n artid \
    itemid num no seq key";

/// What is to be made of a canonical address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canonical {
    /// The page's own: its comparison key.
    Own(String),
    /// Another site's, absolute: where the text was first published.
    SyndicatedFrom(String),
    /// Not to be believed, and why.
    Ignored(&'static str),
}

/// Judges what a page calls its canonical address, absolute or relative to the page.
#[must_use]
pub fn judge_canonical(page_url: &str, canonical: &str) -> Canonical {
    weigh(page_url, canonical).unwrap_or_else(Canonical::Ignored)
}

/// Judges the canonical addresses of a page that has several: none of them is believed
/// unless they all say the same.
#[must_use]
pub fn judge_canonicals<'a>(
    page_url: &str,
    canonicals: impl IntoIterator<Item = &'a str>,
) -> Canonical {
    let mut keys = BTreeSet::new();
    let mut verdict = Canonical::Ignored("absent");
    for canonical in canonicals.into_iter().take(MAX_CANONICALS) {
        verdict = judge_canonical(page_url, canonical);
        keys.insert(
            resolve(page_url, canonical)
                .ok()
                .and_then(|url| key_of(&url)),
        );
    }
    if keys.len() > 1 {
        return Canonical::Ignored("several, and they differ");
    }
    verdict
}

fn weigh(page_url: &str, canonical: &str) -> Result<Canonical, &'static str> {
    let page = parse(&super::unwrap(page_url)).ok_or("the page has no address")?;
    let there = resolve(page_url, canonical)?;
    let page_key = key_of(&page).ok_or("the page has no address")?;
    let key = key_of(&there).ok_or("not an address")?;
    if key == page_key {
        return Ok(Canonical::Own(key));
    }
    let (here_host, there_host) = (host(&page), host(&there));
    if here_host != there_host {
        public(&there, &there_host)?;
    }
    article_like(&there)?;
    if site_of(&here_host) != site_of(&there_host) {
        return if there.path() == "/" && there.query().is_none() {
            Err("home page of another site")
        } else {
            Ok(Canonical::SyndicatedFrom(there.into()))
        };
    }
    not_above(&page_key, &key)?;
    Ok(Canonical::Own(key))
}

/// The canonical address, absolute.
fn resolve(page_url: &str, canonical: &str) -> Result<Url, &'static str> {
    let page = parse(&super::unwrap(page_url)).ok_or("the page has no address")?;
    let written = tidied(canonical);
    if written.is_empty() {
        return Err("empty");
    }
    if written.len() > super::MAX_URL_BYTES {
        return Err("too long");
    }
    if written.contains(['{', '<', '$']) && !written.contains("://") {
        return Err("placeholder");
    }
    if let Ok(url) = Url::parse(&written) {
        return parse(url.as_str()).ok_or("not an address");
    }
    if lacks_scheme(&written) {
        return Err("no scheme");
    }
    let joined = page.join(&written).map_err(|_| "not an address")?;
    parse(joined.as_str()).ok_or("not an address")
}

/// `example.com/story`: read as a relative address it would lead to a page that is not there.
fn lacks_scheme(written: &str) -> bool {
    let Some((first, _)) = written.split_once('/') else {
        return false;
    };
    first.starts_with("www.")
        || (first.contains('.')
            && psl::suffix(first.as_bytes()).is_some_and(|suffix| suffix.is_known()))
}

/// Refuses hosts that readers cannot reach.
fn public(url: &Url, host: &str) -> Result<(), &'static str> {
    if !matches!(url.host(), Some(Host::Domain(_))) || !host.contains('.') {
        return Err("private host");
    }
    if host
        .rsplit('.')
        .next()
        .is_some_and(|last| listed(PRIVATE_SUFFIXES, last))
    {
        return Err("private host");
    }
    let above = host.strip_suffix(site_of(host)).unwrap_or_default();
    let is_staging = above.split(['.', '-']).any(|label| {
        listed(
            STAGING,
            label.trim_end_matches(|c: char| c.is_ascii_digit()),
        )
    });
    if is_staging {
        Err("staging host")
    } else {
        Ok(())
    }
}

/// Refuses placeholders and error pages.
fn article_like(url: &Url) -> Result<(), &'static str> {
    let path = url.path().to_ascii_lowercase().replace("%20", " ");
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    if segments.clone().any(|segment| {
        listed(PLACEHOLDERS, segment)
            || segment.contains("%7b%7b")
            || segment.starts_with("[object")
    }) {
        return Err("placeholder");
    }
    if segments
        .next_back()
        .is_some_and(|last| listed(ERROR_PAGES, last))
    {
        return Err("error page");
    }
    Ok(())
}

/// Refuses the home page and the sections above a page. Both are keys of one site.
fn not_above(page: &str, canonical: &str) -> Result<(), &'static str> {
    let (page_path, page_query) = split(page);
    let (path, query) = split(canonical);
    if path.is_empty() && query.is_empty() {
        return Err("home page");
    }
    let lost_id = page_query.split('&').any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        listed(ID_PARAMETERS, name.to_ascii_lowercase().as_str())
            && value.bytes().any(|byte| byte.is_ascii_digit())
            && !canonical.contains(value)
    });
    if query.is_empty() && path == page_path && lost_id {
        return Err("loses the article's number");
    }
    if path.len() < page_path.len() && query.is_empty() {
        let is_prefix = page_path
            .iter()
            .zip(&path)
            .all(|(page, above)| page == above);
        let is_bare = path.last().is_none_or(|last| is_bare_word(last));
        if is_prefix || is_bare {
            return Err("section");
        }
    }
    Ok(())
}

/// The name of a section: no number, no slug of several words, no file.
fn is_bare_word(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a word is one of a list.
fn listed(words: &str, word: &str) -> bool {
    words.split(' ').any(|listed| listed == word)
}

/// The segments of a key's path, and its query.
fn split(key: &str) -> (Vec<&str>, &str) {
    let (key, _) = key.split_once('#').unwrap_or((key, ""));
    let (path, query) = key.split_once('?').unwrap_or((key, ""));
    (path.split('/').skip(1).collect(), query)
}

fn host(url: &Url) -> String {
    url.host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase()
}

/// The registrable domain; the host where there is none.
fn site_of(host: &str) -> &str {
    registrable(host).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pages, what they call canonical, and what is to be made of it.
    const CASES: &str = include_str!("../../tests/fixtures/dedupe/canonicals.txt");

    #[test]
    fn canonical_addresses_are_believed_only_where_they_name_the_article() {
        let mut cases = 0;
        for line in CASES.lines().filter(|line| line.starts_with("http")) {
            let parts: Vec<&str> = line.split(" | ").collect();
            let [page, canonical, expected] = parts[..] else {
                panic!("three parts: {line}");
            };
            let found = match judge_canonical(page, canonical) {
                Canonical::Own(key) => format!("own {key}"),
                Canonical::SyndicatedFrom(url) => format!("from {url}"),
                Canonical::Ignored(why) => format!("no {why}"),
            };
            assert_eq!(found, expected, "{line}");
            cases += 1;
        }
        assert!(cases > 20);
    }

    #[test]
    fn several_canonical_addresses_are_believed_only_if_they_agree() {
        let page = "https://paper.example/a-story?x=1";
        let (one, same) = (
            "https://paper.example/a-story",
            "http://www.paper.example/a-story/",
        );
        let own = Canonical::Own("paper.example/a-story".to_owned());
        assert_eq!(judge_canonicals(page, [one, same]), own);
        assert_eq!(
            judge_canonicals(page, [one, "https://paper.example/b-story"]),
            Canonical::Ignored("several, and they differ")
        );
        assert_eq!(judge_canonicals(page, []), Canonical::Ignored("absent"));
    }

    proptest! {
        #[test]
        fn any_canonical_is_judged(page in "https://paper\\.example/\\PC{0,20}", canonical in "\\PC{0,60}") {
            let _ = judge_canonical(&page, &canonical);
        }
    }
}

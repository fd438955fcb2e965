//! Where feeds usually are.

use url::Url;

use super::{Candidate, Why, candidate};

/// Below the root of a site: what `WordPress`, Ghost, Hugo, Jekyll, Drupal, Blogger, JSON Feed and
/// news sitemaps use, the most frequent first.
const BELOW_ROOT: &[&str] = &[
    "/feed/",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/rss",
    "/feed.json",
    "/feeds/posts/default",
    "/?feed=rss2",
    "/blog/feed/",
    "/blog/rss.xml",
    "/blog/index.xml",
    "/news/feed/",
    "/index.rdf",
    "/news-sitemap.xml",
    "/sitemap-news.xml",
];

/// Beside the page, for blogs in a folder of a larger site.
const BESIDE: &[&str] = &["feed/", "rss.xml", "feed.xml", "atom.xml", "index.xml"];

/// The usual places around a page.
pub(super) fn feeds(page: &Url) -> impl Iterator<Item = Candidate> {
    let beside = if page.path().trim_matches('/').is_empty() {
        &[]
    } else {
        BESIDE
    };
    // Beside a page means below it when its last part is a folder's name.
    let mut folder = page.clone();
    folder.set_query(None);
    let last = page.path().rsplit('/').next().unwrap_or_default();
    if !last.is_empty() && !last.contains('.') {
        folder.set_path(&format!("{}/", page.path()));
    }
    let places = beside.iter().map(move |href| (folder.clone(), *href));
    places
        .chain(BELOW_ROOT.iter().map(|href| (page.clone(), *href)))
        .filter_map(|(base, href)| candidate(&base, href, Why::WellKnown))
}

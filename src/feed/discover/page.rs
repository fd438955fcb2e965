//! What a page of HTML says of feeds.

use url::Url;

use super::super::draft::{Form, Words};
use super::super::markup::{Tag, Token, Tokens, attributes};
use super::super::{links, plain};
use super::{Candidate, Why, candidate, is_feed_type};

/// Tags of a page that are looked at.
const MAX_TAGS: usize = 200_000;

/// Feeds that are noted of a page: some link one for every topic.
const MAX_FOUND: usize = 200;

/// Words of links that lead to feeds, or to a page that lists them, and how long such a link is.
const FEED_WORDS: &[&str] = &["rss", "atom", "feed", "feeds"];
const MAX_ANCHOR_BYTES: usize = 40;

/// What was found on a page.
pub(super) struct Page {
    /// What its links are relative to.
    pub base: Url,
    pub generator: Option<String>,
    pub found: Vec<Candidate>,
    /// The link being read, unless its address has told already that it leads to a feed.
    anchor: Option<Candidate>,
}

/// Reads a page.
pub(super) fn read(text: &str, address: &Url) -> Page {
    let mut page = Page {
        base: address.clone(),
        generator: None,
        found: Vec::new(),
        anchor: None,
    };
    let mut tokens = Tokens::new(text);
    let mut sitemaps = false;
    let mut within_loc = false;
    for _ in 0..MAX_TAGS {
        let Some(token) = tokens.next(None) else {
            break;
        };
        match token {
            Token::Open(tag) => {
                sitemaps |= tag.name == "sitemapindex";
                within_loc = sitemaps && tag.name == "loc";
                page.tag(&tag);
            }
            Token::Text(text) | Token::Cdata(text) if within_loc => page.sitemap(text),
            Token::Text(text) => page.words(text),
            Token::Close("a" | "A") => page.anchor = None,
            _ => within_loc = false,
        }
    }
    page
}

impl Page {
    /// An index of sitemaps names many; the ones of news say so.
    fn sitemap(&mut self, href: &str) {
        if self.found.len() < MAX_FOUND && href.to_ascii_lowercase().contains("news") {
            self.found.extend(candidate(&self.base, href, Why::Element));
        }
    }

    /// Words in a link: "RSS", "Subscribe to our feed".
    fn words(&mut self, text: &str) {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        if self.anchor.is_some()
            && text.len() <= MAX_ANCHOR_BYTES
            && words.any(|word| FEED_WORDS.iter().any(|one| word.eq_ignore_ascii_case(one)))
        {
            self.found.extend(self.anchor.take());
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let attribute = |name: &str| {
            attributes::find(tag.attributes, name).filter(|value| !value.trim().is_empty())
        };
        if tag.name.eq_ignore_ascii_case("base") {
            if let Some(href) = attribute("href")
                && let Some(base) = links::base(Some(&self.base), Some(&href))
            {
                self.base = base.into_owned();
            }
        } else if tag.name.eq_ignore_ascii_case("meta") {
            let named =
                attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("generator"));
            if named && self.generator.is_none() {
                self.generator = attribute("content").map(|content| content.to_ascii_lowercase());
            }
            let refresh =
                attribute("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh"));
            if let Some(content) = attribute("content").filter(|_| refresh)
                && let Some((_, href)) = content.split_once('=')
            {
                let href = href.trim_matches(|c: char| c.is_whitespace() || c == '\'');
                self.found.extend(candidate(&self.base, href, Why::Anchor));
            }
        } else if tag.name.eq_ignore_ascii_case("frame") {
            let href = attribute("src").unwrap_or_default();
            self.found.extend(candidate(&self.base, &href, Why::Anchor));
        } else if tag.name.eq_ignore_ascii_case("img") && self.anchor.is_some() {
            self.words(&attribute("alt").unwrap_or_default());
        } else if self.found.len() < MAX_FOUND {
            let why = if tag.name.eq_ignore_ascii_case("link") {
                attribute("rel")
                    .is_some_and(|rel| {
                        announces(
                            &rel,
                            attribute("type").as_deref(),
                            attribute("href").as_deref(),
                        ) && attribute("hreflang").is_none_or(|_| attribute("type").is_some())
                    })
                    .then_some(Why::Element)
            } else if tag.name.eq_ignore_ascii_case("a") {
                self.anchor =
                    attribute("href").and_then(|href| candidate(&self.base, &href, Why::Anchor));
                let typed = attribute("type").is_some_and(|kind| is_feed_type(&kind));
                (typed || attribute("href").is_some_and(|href| looks_like_a_feed(&href)))
                    .then_some(Why::Anchor)
            } else {
                None
            };
            let found = why.and_then(|why| candidate(&self.base, &attribute("href")?, why));
            if found.is_some() {
                self.anchor = None;
            }
            self.found.extend(found.map(|mut found| {
                found.title = attribute("title")
                    .and_then(|title| plain::title(&Words::new(title.into_owned(), Form::Html)));
                found.media_type = attribute("type").map(|kind| kind.trim().to_ascii_lowercase());
                found
            }));
        }
    }
}

/// Whether a `link` element announces a feed: by its relation, or as an alternate of a feed's type.
/// JSON is a feed's type only where it does not look like a programming interface.
fn announces(rel: &str, media_type: Option<&str>, href: Option<&str>) -> bool {
    let mut rels = rel.split_ascii_whitespace();
    let kind = media_type.unwrap_or_default();
    let json = || {
        let href = href.unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
            && !href.contains("wp-json")
            && href.contains("feed")
    };
    // XML of no particular kind, and what says no type, is a feed where nothing else is offered.
    let xml = || matches!(kind.trim(), "text/xml" | "application/xml");
    let untyped = || media_type.is_none() && href.is_some_and(looks_like_a_feed);
    rels.any(|rel| {
        rel.eq_ignore_ascii_case("feed")
            || (rel.eq_ignore_ascii_case("alternate")
                && (is_feed_type(kind) || json() || xml() || untyped()))
    })
}

/// Whether an address looks like a feed's.
fn looks_like_a_feed(href: &str) -> bool {
    let href = href.trim().to_ascii_lowercase();
    let (path, query) = href.split_once('?').unwrap_or((&href, ""));
    let path = path
        .split('#')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let named = matches!(last, "feed" | "rss" | "atom" | "rss2" | "feeds" | "rdf")
        || [".rss", ".atom", ".rdf"]
            .iter()
            .any(|end| last.ends_with(end))
        || (last.rsplit('.').next() == Some("xml") && !last.contains("sitemap"))
        || last == "feed.json";
    let hosted = href.contains("//feeds.feedburner.com/") || href.contains("//feeds.");
    let asked = [
        "feed=rss",
        "feed=atom",
        "format=rss",
        "format=atom",
        "format=feed",
        "type=rss",
    ]
    .iter()
    .any(|part| query.contains(part));
    (named || hosted || asked) && !href.starts_with("mailto:") && !href.starts_with("javascript:")
}

//! What a page says of its article: title, people, dates, language, site, image.
//!
//! For: fusing what six places say (structured data, `OpenGraph`, `meta`, the visible
//! page, the address, the feed) into one answer each, by fixed orders of trust that
//! were chosen by measuring.
//!
//! Never: touches the text of the article, and never invents: what no place says is
//! absent.
//!
//! Fails: never. Broken declarations are skipped.

mod byline;
mod clock;
mod day;
pub mod head;
pub mod jsonld;
pub mod lang;
pub mod likeness;
mod marked;
mod names;
mod published;
mod stated;
mod title;
mod visible;
mod vocabulary;

use url::Url;

use crate::model::{Dated, FeedWords, Timestamp};

use super::page::{Page, text};
use super::wishes::{TDM_RESERVED, wishes};
use head::Head;
use jsonld::Described;

/// The longest description that is kept, in characters.
const MAX_DESCRIPTION_CHARS: usize = 400;

/// The most keywords of an article, and the longest one, in characters; what is longer is a sentence.
const MAX_KEYWORDS: usize = 64;
const MAX_KEYWORD_CHARS: usize = 80;

/// Everything but the text.
#[derive(Debug)]
pub struct Metadata {
    pub title: Option<String>,
    pub byline: Option<String>,
    pub published: Option<Dated>,
    pub modified: Option<Timestamp>,
    pub site_name: Option<String>,
    pub image: Option<String>,
    pub canonical_url: Option<String>,
    pub amp_url: Option<String>,
    pub description: Option<String>,
    pub section: Option<String>,
    pub keywords: Vec<String>,
    /// What the page asks of robots.
    pub robots: Vec<String>,
    /// The page's own declarations of its language, the closest to the article first.
    pub langs: Vec<String>,
    /// False when the page says that the article is not free to read.
    pub free: Option<bool>,
}

/// Gathers the metadata of a page found at `url`.
pub fn gather(
    page: &Page<'_>,
    head: &Head,
    described: &Described,
    url: &str,
    words: &FeedWords,
) -> Metadata {
    let site_name = site_name(head, described);
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str);
    let label = host.map(label_of);
    let named = [site_name.as_deref(), words.feed_title.as_deref()];
    let sites: Vec<&str> = named
        .into_iter()
        .chain([label.as_deref()])
        .flatten()
        .collect();
    let domain = host.and_then(|host| psl::domain_str(host));
    let signers: Vec<&str> = sites.iter().copied().chain(domain).collect();
    let title = title::decide(&title::Evidence {
        headings: title::headings(page),
        og: head.first(&["og:title", "twitter:title"]),
        declared: head.title.as_deref(),
        described: described.headline.as_deref(),
        feed: words.title.as_deref(),
        sites,
        address: url,
    });
    let lang = described.lang.clone().or_else(|| head.lang.clone());
    let month_first = head
        .lang
        .as_deref()
        .or(described.lang.as_deref())
        .is_none_or(|lang| {
            let lang = lang.to_ascii_lowercase();
            lang == "en" || lang.starts_with("en-us") || lang.starts_with("en_us")
        });
    let dates = published::decide(page, head, described, url, words, month_first);
    let absolute = |address: &str| {
        match &head.base {
            Some(base) => base.join(address).ok(),
            None => Url::parse(address).ok(),
        }
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(String::from)
    };
    Metadata {
        title,
        byline: byline::decide(page, head, described, &words.authors, &signers),
        published: dates.published,
        modified: dates.modified,
        image: head
            .first(&[
                "og:image",
                "og:image:url",
                "og:image:secure_url",
                "twitter:image",
                "twitter:image:src",
            ])
            .or(described.image.as_deref())
            .or(head.image_src.as_deref())
            .or(words.image_url.as_deref())
            .and_then(absolute),
        canonical_url: head
            .canonical
            .as_deref()
            .or_else(|| head.first(&["og:url"]))
            .and_then(absolute),
        amp_url: head.amp.as_deref().and_then(absolute),
        description: head
            .first(&["og:description", "description", "twitter:description"])
            .or(described.description.as_deref())
            .map(|text| text.chars().take(MAX_DESCRIPTION_CHARS).collect()),
        section: head
            .first(&["article:section"])
            .map(str::to_owned)
            .or_else(|| described.section.clone()),
        keywords: keywords(head, described),
        robots: robots(head),
        langs: lang
            .into_iter()
            .chain(
                head.first(&["content-language", "og:locale", "language"])
                    .map(str::to_owned),
            )
            .chain(words.lang.clone())
            .collect(),
        free: described.free.or_else(|| {
            head.first(&["article:content_tier"])
                .map(|tier| !matches!(tier, "locked" | "metered"))
        }),
        site_name,
    }
}

fn site_name(head: &Head, described: &Described) -> Option<String> {
    head.first(&[
        "og:site_name",
        "application-name",
        "apple-mobile-web-app-title",
        "twitter:app:name:iphone",
    ])
    .map(str::to_owned)
    .or_else(|| described.publisher.clone())
}

/// `www.the-daily.co.uk` → `the-daily`.
fn label_of(host: &str) -> String {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let suffix = psl::suffix_str(host).map_or(0, str::len);
    let labels = host
        .len()
        .checked_sub(suffix + 1)
        .and_then(|at| host.get(..at))
        .unwrap_or(host);
    labels.rsplit('.').next().unwrap_or(labels).to_owned()
}

fn robots(head: &Head) -> Vec<String> {
    let mut robots = wishes(head.all("robots").chain(head.all("feedmill")));
    if head.first(&[TDM_RESERVED]) == Some("1") {
        robots.push(TDM_RESERVED.to_owned());
    }
    robots
}

fn keywords(head: &Head, described: &Described) -> Vec<String> {
    let declared: Vec<&str> = head
        .all("article:tag")
        .chain(head.all("news_keywords").flat_map(|words| words.split(',')))
        .chain(head.all("keywords").flat_map(|words| words.split(',')))
        .collect();
    let mut found: Vec<String> = Vec::new();
    for word in described
        .keywords
        .iter()
        .map(String::as_str)
        .chain(declared)
    {
        let word = text::clean_line(word);
        if !word.is_empty()
            && word.chars().count() <= MAX_KEYWORD_CHARS
            && found.len() < MAX_KEYWORDS
            && !found.contains(&word)
        {
            found.push(word);
        }
    }
    found
}

//! From a draft to a feed: links resolved, titles made plain, bodies made HTML, identities assigned.

use std::borrow::Cow;
use std::collections::HashSet;

use url::Url;

use super::draft::{Draft, DraftEntry, File, Form, Link, Words};
use super::{Settings, bodies, identity, links, persons, plain, shared};
use crate::model::{Enclosure, FeedKind, ParsedEntry, ParsedFeed};

/// What stands before a relation that is written in full (RFC 4287 §4.2.7.2).
const REGISTRY: &str = "http://www.iana.org/assignments/relation/";

/// Drafts whose room is given back at a time, some 2 MB of it.
const DRAFTS_AT_ONCE: usize = 4096;

/// Settles a draft that came from `url`.
pub(super) fn settle(draft: Draft, url: Option<&str>, settings: &Settings) -> ParsedFeed {
    let origin = url.and_then(|url| Url::parse(url).ok());
    let base = links::base(origin.as_ref(), draft.base.as_deref());
    let site_url = site(&draft.links).and_then(|link| links::resolve(base.as_deref(), &link.href));
    let self_url =
        find(&draft.links, "self").and_then(|link| links::resolve(base.as_deref(), &link.href));
    // Without an address of its own, a feed's relative links can only be meant for its site.
    let base = base.or_else(|| {
        [&site_url, &self_url]
            .into_iter()
            .flatten()
            .find_map(|url| Url::parse(url).ok())
            .map(Cow::Owned)
    });
    let base = base.as_deref();
    let older = ["prev-archive", "next", "next_url"]
        .iter()
        .find_map(|rel| find(&draft.links, rel));
    let resolve = |link: &Link| links::resolve(base, &link.href);
    let mut hubs: Vec<String> = draft
        .links
        .iter()
        .filter(|link| has_rel(link, "hub"))
        .filter_map(resolve)
        .collect();
    hubs.dedup();
    let inherits = matches!(draft.kind, FeedKind::Atom | FeedKind::Json);
    let feed_authors = if inherits { draft.authors } else { Vec::new() };
    let settler = Settler {
        base,
        feed_authors,
        settings,
    };
    let mut seen = String::new();
    let mut entries = Vec::with_capacity(draft.entries.len());
    let mut drafts = draft.entries;
    // From the back, so that the drafts of a long list make room for its entries.
    drafts.reverse();
    while let Some(entry) = drafts.pop() {
        entries.push(settler.entry(entry, &mut seen));
        if drafts.len().is_multiple_of(DRAFTS_AT_ONCE) {
            drafts.shrink_to_fit();
        }
    }
    if draft.goes_on {
        identity::merge(&mut entries);
    }
    identity::assign(&mut entries);
    let home = site_url.as_deref().and_then(settings.url_key);
    shared::mark(&mut entries, home.as_deref());
    ParsedFeed {
        kind: draft.kind,
        repaired: draft.repaired,
        title: draft.title.as_ref().and_then(plain::title),
        description: draft.description.as_ref().and_then(plain::title),
        site_url,
        lang: draft.lang.as_deref().and_then(language),
        hints: draft.hints,
        entries,
        lost: draft.lost,
        older: older.and_then(resolve),
        hubs,
        self_url,
    }
}

struct Settler<'a> {
    base: Option<&'a Url>,
    feed_authors: Vec<String>,
    settings: &'a Settings,
}

impl Settler<'_> {
    /// Settles an entry. `seen` is a buffer for its visible words.
    fn entry(&self, draft: DraftEntry, seen: &mut String) -> ParsedEntry {
        let base = links::base(self.base, draft.base.as_deref());
        let base = base.as_deref();
        let resolve = |href: &str| links::resolve(base, href);
        let url = page(&draft, base);
        let guid = draft
            .guid
            .as_deref()
            .or(draft.about.as_deref())
            .map(str::trim)
            .filter(|guid| !guid.is_empty())
            .map(identity::unfolded);
        let title = draft.title.as_ref().and_then(plain::title);
        let enclosures = self.enclosures(&draft, base);
        let image = draft.image.as_deref().and_then(resolve).or_else(|| {
            let is_image = |file: &&Enclosure| {
                file.media_type
                    .as_deref()
                    .is_some_and(|kind| kind.starts_with("image/"))
            };
            enclosures
                .iter()
                .find(is_image)
                .map(|file| file.url.clone())
        });
        let mut authors = Vec::new();
        for author in draft.authors.iter().take(self.settings.limits.max_values) {
            persons::add(&mut authors, author);
        }
        if authors.is_empty() {
            for author in &self.feed_authors {
                persons::add(&mut authors, author);
            }
        }
        // A summary that repeats the content says nothing.
        let [short, long] = [&draft.summary, &draft.content]
            .map(|words| words.as_ref().map(|words| (words.form, words.text.trim())));
        let repeats = short == long;
        seen.clear();
        let content_base = links::base(base, draft.content_base.as_deref());
        let mut body =
            |words: Option<Words>, base: Option<&Url>| bodies::to_html(words?, base, seen);
        let summary = body(draft.summary.filter(|_| !repeats), base);
        let content = body(draft.content, content_base.as_deref());
        let mut entry = ParsedEntry {
            uid: String::new(),
            url_key: url.as_deref().and_then(self.settings.url_key),
            shares_page: false,
            guid: guid.map(Cow::into_owned),
            title,
            published: draft.published,
            updated: draft.updated,
            summary,
            content,
            authors,
            categories: self.categories(&draft.categories),
            enclosures,
            lang: draft.lang.as_deref().and_then(language),
            image_url: image,
            comments_url: draft.comments.as_deref().and_then(resolve),
            fingerprint: [0; 16],
            url,
        };
        entry.fingerprint = identity::fingerprint(&entry, seen);
        entry
    }

    fn categories(&self, drafts: &[String]) -> Vec<String> {
        let mut seen = HashSet::new();
        let lines = drafts
            .iter()
            .filter_map(|name| plain::title(&Words::new(name.as_str(), Form::Unsure)));
        lines
            .filter(|name| seen.insert(name.clone()))
            .take(self.settings.limits.max_values)
            .collect()
    }

    fn enclosures(&self, draft: &DraftEntry, base: Option<&Url>) -> Vec<Enclosure> {
        let linked = draft
            .links
            .iter()
            .filter(|link| has_rel(link, "enclosure"))
            .map(|link| File {
                href: link.href.clone(),
                media_type: link.media_type.clone(),
                length: link.length,
                duration: None,
            });
        let mut seen = HashSet::new();
        let files = draft
            .files
            .iter()
            .cloned()
            .chain(linked)
            .filter_map(|file| {
                Some(Enclosure {
                    url: links::resolve(base, &file.href)?,
                    media_type: file.media_type.filter(|kind| !kind.trim().is_empty()),
                    length: file.length.filter(|length| *length > 0),
                    duration: file.duration.filter(|duration| *duration > 0),
                })
            });
        files
            .filter(|file| seen.insert(file.url.clone()))
            .take(self.settings.limits.max_values)
            .collect()
    }
}

/// The page an entry is about: the address behind a counter, a link, an id that is one.
fn page(draft: &DraftEntry, base: Option<&Url>) -> Option<String> {
    let resolve = |href: &str| links::resolve(base, href);
    let guid = draft.guid.as_deref().filter(|guid| links::is_http(guid));
    let alternates = || draft.links.iter().filter(|link| has_rel(link, "alternate"));
    // RSS has one link, Atom perhaps one for each format.
    let linked = || {
        let own = draft.links.iter().filter(|link| link.rel.is_none());
        own.chain(alternates().filter(|link| kind(link).contains("html")))
            .chain(alternates().filter(|link| kind(link).is_empty()))
            .chain(alternates())
            .find_map(|link| resolve(&link.href))
    };
    draft
        .orig_link
        .as_deref()
        .filter(|link| links::is_http(link))
        .and_then(resolve)
        .or_else(linked)
        .or_else(|| {
            guid.filter(|_| draft.permalink != Some(false))
                .and_then(resolve)
        })
        .or_else(|| {
            draft
                .guid
                .as_deref()
                .filter(|_| draft.permalink == Some(true))
                .and_then(resolve)
        })
        .or_else(|| {
            draft
                .about
                .as_deref()
                .filter(|about| links::is_http(about))
                .and_then(resolve)
        })
        .or_else(|| guid.and_then(resolve))
        .or_else(|| draft.orig_link.as_deref().and_then(resolve))
}

/// The media type of what a link leads to, as far as it says.
fn kind(link: &Link) -> &str {
    link.media_type.as_deref().unwrap_or_default().trim()
}

fn has_rel(link: &Link, wanted: &str) -> bool {
    let mut rels = link
        .rel
        .iter()
        .flat_map(|rels| rels.split_ascii_whitespace());
    rels.any(|rel| {
        rel.strip_prefix(REGISTRY)
            .unwrap_or(rel)
            .eq_ignore_ascii_case(wanted)
    })
}

fn find<'a>(links: &'a [Link], rel: &str) -> Option<&'a Link> {
    links.iter().find(|link| has_rel(link, rel))
}

/// The feed's page: a link without a relation, or an alternate that is not the feed itself.
fn site(links: &[Link]) -> Option<&Link> {
    let plain = links
        .iter()
        .find(|link| link.rel.is_none() && !link.href.trim().is_empty());
    let is_page = |link: &&Link| {
        has_rel(link, "alternate")
            && link
                .media_type
                .as_deref()
                .is_none_or(|kind| kind.contains("html"))
    };
    plain
        .or_else(|| links.iter().find(is_page))
        .or_else(|| find(links, "alternate"))
}

/// A language tag, when it looks like one (BCP 47: letters, digits and hyphens).
fn language(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-");
    let shaped =
        (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (shaped && tag.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(tag)
}

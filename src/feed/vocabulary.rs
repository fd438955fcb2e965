//! The names that feeds use, in every dialect, and what we read them as.
//!
//! A dialect is a table: Atom 0.3, RSS 0.90 to 1.0, sitemaps and Microsoft's CDF differ from
//! RSS 2.0 and Atom 1.0 in names, and in little else that a reader sees.

/// The family a document's root puts it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// RSS of all versions, and CDF.
    Rss,
    Atom,
    Sitemap,
}

/// A namespace, however its address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ns {
    /// The vocabulary of the root, with or without a namespace of its own.
    Main,
    Atom,
    Rss,
    Content,
    Dc,
    DcTerms,
    Media,
    Itunes,
    Feedburner,
    Syndication,
    Wfw,
    News,
    Image,
    Rdf,
    Xhtml,
    Xml,
    /// None that we read.
    Foreign,
}

/// Namespaces: conventional prefix, the address feed-rs and the specifications know, and us.
pub(super) const KNOWN: &[(&str, &str, Ns)] = &[
    ("atom", "http://www.w3.org/2005/Atom", Ns::Atom),
    (
        "content",
        "http://purl.org/rss/1.0/modules/content/",
        Ns::Content,
    ),
    ("dc", "http://purl.org/dc/elements/1.1/", Ns::Dc),
    ("dcterms", "http://purl.org/dc/terms/", Ns::DcTerms),
    ("media", "http://search.yahoo.com/mrss/", Ns::Media),
    (
        "itunes",
        "http://www.itunes.com/dtds/podcast-1.0.dtd",
        Ns::Itunes,
    ),
    (
        "feedburner",
        "http://rssnamespace.org/feedburner/ext/1.0",
        Ns::Feedburner,
    ),
    (
        "sy",
        "http://purl.org/rss/1.0/modules/syndication/",
        Ns::Syndication,
    ),
    ("wfw", "http://wellformedweb.org/CommentAPI/", Ns::Wfw),
    (
        "news",
        "http://www.google.com/schemas/sitemap-news/0.9",
        Ns::News,
    ),
    (
        "image",
        "http://www.google.com/schemas/sitemap-image/1.1",
        Ns::Image,
    ),
    (
        "rdf",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        Ns::Rdf,
    ),
    ("rss", "http://purl.org/rss/1.0/", Ns::Rss),
    ("xhtml", "http://www.w3.org/1999/xhtml", Ns::Xhtml),
    ("xml", "http://www.w3.org/XML/1998/namespace", Ns::Xml),
];

/// Other addresses for the same, as [`address`] leaves them.
const ALIASES: &[(&str, Ns)] = &[
    ("purl.org/atom/ns", Ns::Atom),
    ("purl.org/atom", Ns::Atom),
    ("example.com/newformat", Ns::Atom),
    ("example.com/necho", Ns::Atom),
    ("purl.org/echo", Ns::Atom),
    ("uri/of/echo/namespace", Ns::Atom),
    ("purl.org/pie", Ns::Atom),
    ("w3.org/atom", Ns::Atom),
    ("w3.org/2005/atom", Ns::Atom),
    ("my.netscape.com/rdf/simple/0.9", Ns::Rss),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Ns::Rss),
    ("channel.netscape.com/rdf/simple/0.9", Ns::Rss),
    ("backend.userland.com", Ns::Rss),
    ("blogs.law.harvard.edu/tech/rss", Ns::Rss),
    ("purl.org/net/rss1.1", Ns::Rss),
    ("purl.org/rss/2.0", Ns::Rss),
    ("purl.org/dc/elements/1.0", Ns::Dc),
    ("search.yahoo.com/mrss", Ns::Media),
    ("video.search.yahoo.com/mrss", Ns::Media),
    ("tools.search.yahoo.com/mrss", Ns::Media),
    ("itunes.com/dtds/podcast-1.0.dtd", Ns::Itunes),
    ("itunes.com/dtds/podcast", Ns::Itunes),
    ("itunes.apple.com/dtds/podcast-1.0.dtd", Ns::Itunes),
    ("itunes.com/dtds/podcast-1.0", Ns::Itunes),
    ("feedburner.google.com/fb/feed/ext/1.0", Ns::Feedburner),
    ("sitemaps.org/schemas/sitemap/0.9", Ns::Main),
    ("google.com/schemas/sitemap/0.84", Ns::Main),
];

/// An address without what people get wrong: scheme, `www.`, case, slashes and hashes at the end.
fn address(uri: &str) -> String {
    let uri = uri.trim().to_ascii_lowercase();
    let uri = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
    uri.strip_prefix("www.")
        .unwrap_or(uri)
        .trim_end_matches(['/', '#'])
        .to_owned()
}

impl Ns {
    /// The namespace of an address, however written.
    pub fn of_uri(uri: &str) -> Option<Self> {
        if let Some((.., ns)) = KNOWN.iter().find(|(_, known, _)| *known == uri) {
            return Some(*ns);
        }
        let wanted = address(uri);
        let known = KNOWN
            .iter()
            .find(|(_, known, _)| address(known) == wanted)
            .map(|(.., ns)| *ns);
        let versioned = || {
            if wanted.starts_with("backend.userland.com") {
                Some(Self::Rss)
            } else {
                None
            }
        };
        known
            .or_else(|| {
                ALIASES
                    .iter()
                    .find(|(alias, _)| *alias == wanted)
                    .map(|(_, ns)| *ns)
            })
            .or_else(versioned)
    }

    /// The namespace that a prefix means by convention, for documents that forgot to say.
    pub fn of_prefix(prefix: &str) -> Option<Self> {
        let prefix = prefix.to_ascii_lowercase();
        let aliases = [
            ("a10", Self::Atom),
            ("dct", Self::DcTerms),
            ("html", Self::Xhtml),
            ("mrss", Self::Media),
            ("atom10", Self::Atom),
        ];
        let known = KNOWN
            .iter()
            .find(|(known, ..)| *known == prefix)
            .map(|(.., ns)| *ns);
        known.or_else(|| {
            aliases
                .iter()
                .find(|(alias, _)| *alias == prefix)
                .map(|(_, ns)| *ns)
        })
    }

    /// The prefix that repaired documents use.
    pub fn prefix(self) -> Option<&'static str> {
        KNOWN
            .iter()
            .find(|(.., ns)| *ns == self)
            .map(|(prefix, ..)| *prefix)
    }
}

/// What an element is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Root(Family),
    Channel,
    Entry,
    /// A text: short ones (titles, dates, ids) and bodies differ in what may stand in them.
    Text(&'static str, Length),
    /// An element that says everything in its attributes.
    Attributes(&'static str),
    /// A name, or an element with a name in it.
    Person,
    /// An element whose children count as children of its parent.
    Transparent,
    /// An element with fields of its own that are not the entry's.
    Opaque,
}

/// What a text may be expected to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Short,
    Body,
}

use Length::{Body, Short};

/// The role of a document's outermost elements; `name` without prefix, lower case.
pub(super) fn root(name: &str) -> Option<Family> {
    match name {
        "rss" | "rdf" => Some(Family::Rss),
        "feed" => Some(Family::Atom),
        "urlset" => Some(Family::Sitemap),
        _ => None,
    }
}

/// What an element is in a document of a family; `local` is lower case.
///
/// The names of a [`Role::Text`] and [`Role::Attributes`] are those of RSS 2.0 and Atom 1.0 with
/// their usual prefixes: what feed-rs and the survey read.
pub(super) fn role(family: Family, ns: Ns, local: &str) -> Option<Role> {
    let own = match family {
        Family::Rss => matches!(ns, Ns::Main | Ns::Rss),
        Family::Atom => matches!(ns, Ns::Main | Ns::Atom),
        Family::Sitemap => ns == Ns::Main,
    };
    if own && let Some(family) = root(local) {
        return Some(Role::Root(family));
    }
    match (family, ns) {
        (_, Ns::Rdf) if local == "rdf" => Some(Role::Root(Family::Rss)),
        (Family::Rss, Ns::Main | Ns::Rss) => rss(local),
        (Family::Atom, Ns::Main | Ns::Atom | Ns::Rss) => atom(local),
        (Family::Rss, Ns::Atom) => atom_in_rss(local),
        (Family::Sitemap, ns) => sitemap(ns, local),
        (family, ns) => module(family, ns, local),
    }
}

fn rss(local: &str) -> Option<Role> {
    Some(match local {
        "channel" => Role::Channel,
        "item" | "entry" => Role::Entry,
        "title" => Role::Text("title", Short),
        "link" => Role::Text("link", Short),
        "guid" | "id" => Role::Text("guid", Short),
        "description" | "summary" | "abstract" | "info" => Role::Text("description", Body),
        "subtitle" | "tagline" => Role::Text("itunes:subtitle", Short),
        "content" | "fullitem" | "body" | "fulltext" | "full-text" | "encoded"
        | "content_encoded" => Role::Text("content:encoded", Body),
        "author" | "creator" => Role::Person,
        "category" | "tag" => Role::Text("category", Short),
        "keywords" | "tags" => Role::Text("itunes:keywords", Short),
        "enclosure" => Role::Attributes("enclosure"),
        "pubdate" | "date" | "published" | "issued" | "created" | "publicationdate" => {
            Role::Text("pubDate", Short)
        }
        "updated" | "modified" | "lastmod" => Role::Text("atom:updated", Short),
        "lastbuilddate" => Role::Text("lastBuildDate", Short),
        "comments" => Role::Text("comments", Short),
        "language" => Role::Text("language", Short),
        "ttl" => Role::Text("ttl", Short),
        "skiphours" | "skipdays" | "categories" => Role::Transparent,
        "hour" => Role::Text("hour", Short),
        "day" => Role::Text("day", Short),
        "image" | "textinput" | "source" | "cloud" | "logo" => Role::Opaque,
        _ => return None,
    })
}

fn atom(local: &str) -> Option<Role> {
    Some(match local {
        "entry" | "item" => Role::Entry,
        "title" => Role::Text("title", Short),
        "subtitle" | "tagline" => Role::Text("subtitle", Short),
        "link" => Role::Attributes("link"),
        "id" | "guid" => Role::Text("id", Short),
        "summary" | "description" | "abstract" | "info" => Role::Text("summary", Body),
        "content" | "body" | "fullitem" => Role::Text("content", Body),
        "published" | "issued" | "created" | "pubdate" => Role::Text("published", Short),
        "updated" | "modified" | "lastbuilddate" => Role::Text("updated", Short),
        "author" => Role::Person,
        "category" => Role::Attributes("category"),
        "keywords" | "tags" => Role::Text("itunes:keywords", Short),
        "comments" => Role::Text("comments", Short),
        "enclosure" => Role::Attributes("enclosure"),
        "source" | "contributor" => Role::Opaque,
        _ => return None,
    })
}

fn atom_in_rss(local: &str) -> Option<Role> {
    Some(match local {
        "link" => Role::Attributes("atom:link"),
        "updated" | "modified" => Role::Text("atom:updated", Short),
        "published" | "issued" | "created" => Role::Text("atom:published", Short),
        "title" => Role::Text("atom:title", Short),
        "summary" => Role::Text("atom:summary", Body),
        "content" => Role::Text("atom:content", Body),
        "id" => Role::Text("atom:id", Short),
        "author" => Role::Person,
        "category" => Role::Attributes("atom:category"),
        "contributor" | "source" => Role::Opaque,
        _ => return None,
    })
}

fn sitemap(ns: Ns, local: &str) -> Option<Role> {
    Some(match (ns, local) {
        (Ns::Main, "url") => Role::Entry,
        (Ns::Main, "loc") => Role::Text("link", Short),
        (Ns::Main, "lastmod") => Role::Text("atom:updated", Short),
        (Ns::News, "news" | "publication") | (Ns::Image, "image") => Role::Transparent,
        (Ns::News, "title") => Role::Text("title", Short),
        (Ns::News, "publication_date") => Role::Text("pubDate", Short),
        (Ns::News, "keywords") => Role::Text("itunes:keywords", Short),
        (Ns::News, "language") => Role::Text("dc:language", Short),
        (Ns::Image, "loc") => Role::Text("image", Short),
        _ => return None,
    })
}

/// The extension modules, which mean the same everywhere.
fn module(family: Family, ns: Ns, local: &str) -> Option<Role> {
    let body = match family {
        Family::Atom => Role::Text("content", Body),
        _ => Role::Text("content:encoded", Body),
    };
    Some(match (ns, local) {
        (Ns::Content, "encoded") | (Ns::Xhtml, "body" | "div") => body,
        (Ns::Dc, "title") => Role::Text("dc:title", Short),
        (Ns::Dc, "creator" | "author") | (Ns::Itunes, "author") => Role::Person,
        (Ns::Dc, "date") => Role::Text("dc:date", Short),
        (Ns::Dc, "subject") => Role::Text("dc:subject", Short),
        (Ns::Dc, "description") => Role::Text("dc:description", Body),
        (Ns::Dc, "language") => Role::Text("dc:language", Short),
        (Ns::Dc, "identifier") => Role::Text("dc:identifier", Short),
        (Ns::DcTerms, "created") => Role::Text("dcterms:created", Short),
        (Ns::DcTerms, "issued") => Role::Text("dcterms:issued", Short),
        (Ns::DcTerms, "modified") => Role::Text("dcterms:modified", Short),
        (Ns::Media, "group") => Role::Transparent,
        (Ns::Media, "content") => Role::Attributes("media:content"),
        (Ns::Media, "thumbnail") => Role::Attributes("media:thumbnail"),
        (Ns::Media, "description") => Role::Text("media:description", Body),
        (Ns::Media, "keywords") => Role::Text("media:keywords", Short),
        (Ns::Media, "category") => Role::Text("media:category", Short),
        (Ns::Media, "title") => Role::Text("media:title", Short),
        (Ns::Itunes, "image") => Role::Attributes("itunes:image"),
        (Ns::Itunes, "category") => Role::Attributes("itunes:category"),
        (Ns::Itunes, "duration") => Role::Text("itunes:duration", Short),
        (Ns::Itunes, "keywords") => Role::Text("itunes:keywords", Short),
        (Ns::Itunes, "summary") => Role::Text("itunes:summary", Body),
        (Ns::Itunes, "subtitle") => Role::Text("itunes:subtitle", Short),
        (Ns::Feedburner, "origlink") => Role::Text("feedburner:origLink", Short),
        (Ns::Syndication, "updateperiod") => Role::Text("sy:updatePeriod", Short),
        (Ns::Syndication, "updatefrequency") => Role::Text("sy:updateFrequency", Short),
        _ => return None,
    })
}

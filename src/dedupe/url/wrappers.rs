//! Addresses that carry another address: who wraps, and where the inner one stands.

/// Where the inner address stands.
pub(super) enum Place {
    /// In the query, under one of these names.
    Parameter(&'static [&'static str]),
    /// The whole query.
    Query,
}

/// One site's wrapper.
pub(super) struct Wrapper {
    /// The host or the domain above it, as in a key: without `www.` and the like.
    pub host: &'static str,
    /// What the path begins with.
    pub path: &'static str,
    pub place: Place,
}

const fn wrapper(
    host: &'static str,
    path: &'static str,
    names: &'static [&'static str],
) -> Wrapper {
    Wrapper {
        host,
        path,
        place: Place::Parameter(names),
    }
}

/// Link shims and search redirects that say where they lead.
pub(super) const WRAPPERS: &[Wrapper] = &[
    // Social networks' and messengers' exits
    wrapper("facebook.com", "/l.php", &["u"]),
    wrapper("facebook.com", "/sharer", &["u"]),
    wrapper("instagram.com", "/", &["u"]),
    wrapper("l.messenger.com", "/", &["u"]),
    wrapper("l.threads.net", "/", &["u"]),
    wrapper("l.threads.com", "/", &["u"]),
    wrapper("l.workplace.com", "/", &["u"]),
    wrapper("out.reddit.com", "/", &["url"]),
    wrapper("t.umblr.com", "/redirect", &["z"]),
    wrapper("youtube.com", "/redirect", &["q"]),
    wrapper("linkedin.com", "/redir/redirect", &["url"]),
    wrapper("linkedin.com", "/safety/go", &["url"]),
    wrapper("vk.com", "/away.php", &["to"]),
    wrapper("ok.ru", "/dk", &["st.link"]),
    wrapper("steamcommunity.com", "/linkfilter", &["u", "url"]),
    wrapper("slack-redir.net", "/link", &["url"]),
    wrapper("go.bsky.app", "/redirect", &["u"]),
    wrapper("tiktok.com", "/link/v2", &["target"]),
    wrapper("pinterest.com", "/offsite", &["url"]),
    wrapper("deviantart.com", "/users/outgoing", &["url"]),
    wrapper("disq.us", "/url", &["url"]),
    wrapper("t.me", "/iv", &["url"]),
    wrapper("link.zhihu.com", "/", &["target"]),
    wrapper("link.csdn.net", "/", &["target"]),
    wrapper("link.juejin.cn", "/", &["target"]),
    wrapper("link.jianshu.com", "/", &["t"]),
    wrapper("douban.com", "/link2", &["url"]),
    // Search engines and portals
    wrapper("news.google.com", "/news/url", &["url"]),
    wrapper("duckduckgo.com", "/l", &["uddg"]),
    wrapper("bing.com", "/news/apiclick.aspx", &["url"]),
    wrapper("bing.com", "/ck/a", &["u"]),
    wrapper("yandex.ru", "/clck/jsredir", &["url"]),
    wrapper("apple.news", "/redirect", &["url"]),
    wrapper("getpocket.com", "/redirect", &["url"]),
    wrapper("flipboard.com", "/redirect", &["url"]),
    // Mail gateways
    wrapper("safelinks.protection.outlook.com", "/", &["url"]),
    wrapper("linkprotect.cudasvc.com", "/url", &["a"]),
    wrapper("urldefense.proofpoint.com", "/v1/url", &["u"]),
    // Affiliate networks
    wrapper("go.skimresources.com", "/", &["url"]),
    wrapper("go.redirectingat.com", "/", &["url"]),
    wrapper("redirect.viglink.com", "/", &["u"]),
    wrapper("click.linksynergy.com", "/", &["murl"]),
    wrapper("awin1.com", "/cread.php", &["ued", "p"]),
    wrapper("shareasale.com", "/r.cfm", &["urllink"]),
    wrapper("exit.sc", "/", &["url"]),
    // Referrer strippers
    Wrapper {
        host: "href.li",
        path: "/",
        place: Place::Query,
    },
    Wrapper {
        host: "anonym.to",
        path: "/",
        place: Place::Query,
    },
    Wrapper {
        host: "nullrefer.com",
        path: "/",
        place: Place::Query,
    },
];

/// Google's redirect is served on every one of its country domains.
pub(super) const GOOGLE_REDIRECT: Wrapper = wrapper("", "/url", &["q", "url"]);

/// AMP caches: `https://example-com.cdn.ampproject.org/c/s/example.com/story`
/// (amp.dev: AMP Cache URL format). The letter says what is served, `s` that it came over TLS.
pub(super) const AMP_CACHES: &[&str] = &["cdn.ampproject.org", "ampproject.net", "bing-amp.com"];

/// Hosts with viewers of AMP pages under `/amp/`, besides Google's: `https://www.bing.com/amp/s/example.com/story`.
pub(super) const AMP_VIEWERS: &[&str] = &["bing.com"];

/// A mail gateway that writes the address between marks: `/v3/__https://example.com/story__;!!…`
/// (Proofpoint URL Defense, version 3).
pub(super) const MARKED: (&str, &str, &str) = ("urldefense.com", "/v3/__", "__;");

/// Web archives: an address of theirs ends in the whole address of the page.
pub(super) const ARCHIVES: &[(&str, &str)] = &[
    ("web.archive.org", "/web/"),
    ("archive.org", "/web/"),
    ("wayback.archive-it.org", "/"),
    ("webarchive.nationalarchives.gov.uk", "/"),
    ("arquivo.pt", "/wayback/"),
    ("webarchive.org.uk", "/wayback/"),
    ("archive.today", "/"),
    ("archive.ph", "/"),
    ("archive.is", "/"),
    ("archive.vn", "/"),
    ("archive.fo", "/"),
    ("archive.md", "/"),
    ("archive.li", "/"),
];

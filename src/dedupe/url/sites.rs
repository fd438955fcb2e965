//! What is known of single sites: their own trackers and their second addresses.

use std::borrow::Cow;

use ::url::Url;

/// Parameters of a site that do not choose the article. The sites show the same
/// article with and without them (seen in their feeds and sharing buttons).
const DROPPED: &[(&str, &[&str])] = &[
    ("reuters.com", &["rpc", "virtualbrandchannel"]),
    (
        "medium.com",
        &["source", "sk", "gi", "responsesopen", "sortby"],
    ),
    (
        "bloomberg.com",
        &["sref", "leadsource", "cmpid", "in_source"],
    ),
    ("arstechnica.com", &["comments"]),
    (
        "nytimes.com",
        &[
            "partner",
            "emc",
            "referringsource",
            "pgtype",
            "action",
            "module",
            "region",
            "auth",
            "login",
        ],
    ),
    (
        "bbc.co.uk",
        &[
            "post_type",
            "pinned_post_asset_id",
            "pinned_post_locator",
            "pinned_post_type",
        ],
    ),
    (
        "bbc.com",
        &[
            "post_type",
            "pinned_post_asset_id",
            "pinned_post_locator",
            "pinned_post_type",
        ],
    ),
    ("wsj.com", &["mod", "reflink", "st", "tesla"]),
    (
        "ft.com",
        &["segmentid", "sharetype", "token", "accesstoken", "desktop"],
    ),
    (
        "washingtonpost.com",
        &[
            "tid",
            "hpid",
            "itid",
            "wpisrc",
            "wpmm",
            "noredirect",
            "nid",
            "pwapi_token",
            "tidr",
        ],
    ),
    ("theguardian.com", &["cmp", "filterkeyevents"]),
    ("npr.org", &["f", "ft", "sc", "t", "live"]),
    ("cnn.com", &["iid", "cid", "sr", "rss", "eref"]),
    ("forbes.com", &["sh", "ss", "streamindex"]),
    ("wired.com", &["esrc", "verso", "redirecturl"]),
    ("dailymail.co.uk", &["ico", "ns_mchannel"]),
    (
        "substack.com",
        &[
            "r",
            "publication_id",
            "post_id",
            "isfreemail",
            "triedredirect",
            "showwelcomeonshare",
            "s",
        ],
    ),
    ("blogspot.com", &["m", "showcomment"]),
    ("twitter.com", &["s", "t", "cxt"]),
    ("x.com", &["s", "t", "cxt"]),
    ("instagram.com", &["hl", "img_index", "taken-by"]),
    (
        "tiktok.com",
        &["_t", "_r", "is_from_webapp", "sender_device", "is_copy_url"],
    ),
    ("reddit.com", &["share_id", "rdt", "context", "sort"]),
    (
        "linkedin.com",
        &[
            "refid",
            "lipi",
            "midtoken",
            "midsig",
            "trkemail",
            "originalsubdomain",
        ],
    ),
    (
        "bilibili.com",
        &["spm_id_from", "vd_source", "share_source", "from_spmid"],
    ),
    ("spiegel.de", &["sara_ref", "sara_ecid"]),
    ("msn.com", &["li", "bbid", "form", "pc", "ei"]),
    ("aljazeera.com", &["traffic_source"]),
];

/// Hosts that answer for another: the same path leads to the same article.
const HOST_ALIASES: &[(&str, &str)] = &[
    ("twitter.com", "x.com"),
    ("old.reddit.com", "reddit.com"),
    ("np.reddit.com", "reddit.com"),
    ("new.reddit.com", "reddit.com"),
];

const VIDEO_HOSTS: &[&str] = &["youtube.com", "youtube-nocookie.com"];
const VIDEO_SHORT_HOST: &str = "youtu.be";
const VIDEO_PATHS: &[&str] = &["shorts", "embed", "live", "v"];

/// What holds on one host.
#[derive(Debug, Default)]
pub(super) struct SiteRules {
    dropped: Vec<&'static [&'static str]>,
}

impl SiteRules {
    /// Whether the host's articles do not depend on a parameter, in lower case.
    pub(super) fn drops(&self, name: &str) -> bool {
        self.dropped.iter().any(|names| names.contains(&name))
    }
}

/// The rules of a host and of the domains above it.
pub(super) fn rules(host: &str) -> SiteRules {
    let dropped = DROPPED
        .iter()
        .filter(|(site, _)| is_below(host, site))
        .map(|(_, names)| *names)
        .collect();
    SiteRules { dropped }
}

/// Whether a host is a site or below it.
pub(super) fn is_below(host: &str, site: &str) -> bool {
    host.strip_suffix(site)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The address under which a site keeps what it also shows elsewhere.
pub(super) fn moved(url: &Url) -> Cow<'_, Url> {
    let Some(host) = super::host::key(url) else {
        return Cow::Borrowed(url);
    };
    if let Some(id) = video(&host, url) {
        let mut watch = url.clone();
        let moved = watch.set_host(Some("youtube.com")).is_ok();
        watch.set_path("/watch");
        watch.set_query(Some(&format!("v={id}")));
        watch.set_fragment(None);
        return if moved {
            Cow::Owned(watch)
        } else {
            Cow::Borrowed(url)
        };
    }
    let Some((_, home)) = HOST_ALIASES.iter().find(|(alias, _)| host == *alias) else {
        return Cow::Borrowed(url);
    };
    let mut there = url.clone();
    if there.set_host(Some(home)).is_ok() {
        Cow::Owned(there)
    } else {
        Cow::Borrowed(url)
    }
}

/// The id of the video that an address is about.
fn video(host: &str, url: &Url) -> Option<String> {
    let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
    let id = if host == VIDEO_SHORT_HOST {
        segments.next()?.to_owned()
    } else if VIDEO_HOSTS.contains(&host) {
        let first = segments.next()?;
        if first == "watch" {
            url.query_pairs()
                .find(|(name, _)| name == "v")?
                .1
                .into_owned()
        } else if VIDEO_PATHS.contains(&first) {
            segments.next()?.to_owned()
        } else {
            return None;
        }
    } else {
        return None;
    };
    (!id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
    .then_some(id)
}

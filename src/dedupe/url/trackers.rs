//! Parameters that say where a reader came from, or how the page is to be shown,
//! and nothing about which article is meant.
//!
//! Each row names whose parameters they are; the names are those of the vendors'
//! own documentation. A name is listed only when it belongs to one product: what
//! sites also use for numbering their articles is in [`AMBIGUOUS`] and is judged
//! by its value.

/// Whole names, in lower case.
const NAMES: &[&[&str]] = &[
    // Google Ads, Campaign Manager, Analytics linker, Merchant Center, Discover, AMP viewer
    &[
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "gad_source",
        "gad_campaignid",
        "srsltid",
    ],
    &[
        "_ga",
        "_gl",
        "_gac",
        "usqp",
        "amp_gsa",
        "amp_js_v",
        "amp_markup",
        "amp_tf",
        "gws_rd",
    ],
    // Meta
    &[
        "fbclid",
        "fb_action_ids",
        "fb_action_types",
        "fb_source",
        "fb_ref",
        "igshid",
        "igsh",
        "mibextid",
        "sfnsn",
    ],
    &[
        "action_object_map",
        "action_type_map",
        "action_ref_map",
        "__tn__",
        "__xts__",
        "rdid",
    ],
    // Microsoft Advertising and MSN
    &["msclkid", "cvid", "ocid"],
    // X, TikTok, Snapchat, Pinterest, LinkedIn, Reddit
    &[
        "twclid",
        "__twitter_impression",
        "twitter_impression",
        "ref_src",
        "ref_url",
        "ttclid",
        "scclid",
        "sccid",
    ],
    &[
        "epik",
        "pp_clickid",
        "li_fat_id",
        "trk",
        "trkinfo",
        "trackingid",
        "rdt_cid",
        "rcm",
    ],
    // Yandex, Mail.ru, OpenStat
    &[
        "yclid",
        "ymclid",
        "ysclid",
        "yrclid",
        "_openstat",
        "frommail",
    ],
    // Naver, Alibaba, Baidu
    &["n_media", "nclick", "spm", "scm", "bd_vid"],
    // Mailchimp, MailerLite, Klaviyo, Marketo, Drip, Dotdigital, Beehiiv, Campaign Monitor, Omeda
    &[
        "mc_cid",
        "mc_eid",
        "mc_tc",
        "ml_subscriber",
        "ml_subscriber_hash",
        "_ke",
        "_kx",
        "mkt_tok",
        "__s",
    ],
    &[
        "dm_i",
        "dm_t",
        "_bhlid",
        "cm_mmc",
        "cm_mmca1",
        "cm_re",
        "cm_sp",
        "cm_ven",
        "oly_anon_id",
        "oly_enc_id",
    ],
    // HubSpot
    &[
        "_hsenc",
        "_hsmi",
        "__hstc",
        "__hssc",
        "__hsfp",
        "hsctatracking",
    ],
    // Adobe (Analytics, Advertising, Campaign), Oracle Eloqua and Responsys, Salesforce
    &[
        "s_cid", "sc_cid", "ef_id", "s_kwcid", "adobe_mc", "_ri_", "_ei_", "sfmc_sub", "et_rid",
        "et_cid",
    ],
    // Affiliate networks: Commission Junction, Impact, Awin, Tradedoubler, Zanox, Wicked Reports, Branch
    &[
        "cjevent",
        "cjdata",
        "irclickid",
        "irgwc",
        "awc",
        "tduid",
        "zanpid",
        "wickedid",
        "_branch_match_id",
    ],
    &[
        "_branch_referrer",
        "clickid",
        "click_id",
        "rb_clickid",
        "vgo_ee",
        "dicbo",
        "obclick",
        "tblci",
    ],
    // AT Internet (now Piano), Mapp Webtrekk, comScore
    &[
        "xtor",
        "xtref",
        "xtatc",
        "wt_mc",
        "wt_zmc",
        "wt.mc_id",
        "wt.mc_ev",
        "wt.tsrc",
        "comscorekw",
    ],
    // Publishers' campaign codes: Yahoo and AOL, CBS, CNN, Fairfax, Daily Mail, New York Times,
    // Condé Nast, Guardian, Gannett, Deutsche Welle, Wikimedia, Naver, The Economist, Le Monde
    &[
        "guccounter",
        "guce_referrer",
        "guce_referrer_sig",
        ".tsrc",
        "soc_src",
        "soc_trk",
        "ncid",
        "ftag",
    ],
    &[
        "hpt", "iref", "ito", "smid", "smtyp", "mbid", "bxid", "cndid", "gnt-cfr", "wprov", "fsrc",
        "maca",
    ],
    &[
        "cmpid",
        "cmp_id",
        "icid",
        "intcmp",
        "int_cmp",
        "intcid",
        "nr_email_referer",
        "taid",
        "echobox",
    ],
    &[
        "traffic_source",
        "traffic_medium",
        "sr_share",
        "smprod",
        "socialflow",
        "sms_ss",
        "awesm",
        "ftcamp",
    ],
    &[
        "feedtype",
        "feedname",
        "nl_id",
        "newsletterid",
        "email_hash",
        "user_email",
        "__source",
        "srnd",
    ],
    // WordPress: reply and moderation links; Jetpack's sharing counter
    &[
        "replytocom",
        "unapproved",
        "moderation-hash",
        "nb",
        "relatedposts_hit",
        "relatedposts_origin",
    ],
    &["relatedposts_position", "doing_wp_cron"],
    // Sessions: PHP, Java, ColdFusion, Perl
    &[
        "phpsessid",
        "jsessionid",
        "cfid",
        "cftoken",
        "sessionid",
        "session_id",
        "cgisessid",
    ],
];

/// Beginnings of names, in lower case.
const PREFIXES: &[&str] = &[
    // Google Analytics campaigns (Urchin), its copies for internal links
    "utm_",
    "itm_",
    "hsa_",
    "dclid_",
    "gtm_",
    // Matomo and Piwik campaigns
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    // AT Internet; comScore; Mapp Webtrekk; Vero; Eloqua; BlueConic; Bluecore
    "at_",
    "ns_",
    "wt_",
    "vero_",
    "elq",
    "bsft_",
    "bluecore_",
    // Adobe and ASP sessions
    "sc_camp",
    "aspsessionid",
    // Yahoo's consent hop, Meta's markers
    "guce_",
    "__cft__",
    "hmb_",
    "stm_",
    "oly_",
];

/// Names that are a tracker on one site and the number of an article on the next.
const AMBIGUOUS: &[&str] = &[
    "source",
    "src",
    "ref",
    "referer",
    "referrer",
    "sid",
    "cid",
    "mod",
    "from",
    "via",
    "campaign",
    "cmp",
    "partner",
    "share",
    "shared",
    "sharetype",
    "rss",
    "feed",
    "origin",
    "medium",
    "channel",
    "link",
    "tag",
    "cm",
    "eid",
    "mid",
    "tracking",
    "track",
    "traffic",
    "entry",
    "section",
    "rpc",
    "dlv",
    "esrc",
    "esid",
];

/// Words in the value of an ambiguous parameter that show it to be a tracker.
const TRACKER_WORDS: &[&str] = &[
    "rss",
    "rssfeed",
    "feed",
    "feeds",
    "atom",
    "feedburner",
    "feedly",
    "syndication",
    "twitter",
    "tw",
    "facebook",
    "fb",
    "instagram",
    "linkedin",
    "whatsapp",
    "telegram",
    "reddit",
    "pinterest",
    "tumblr",
    "youtube",
    "tiktok",
    "threads",
    "mastodon",
    "bluesky",
    "flipboard",
    "pocket",
    "google",
    "gnews",
    "googlenews",
    "bing",
    "yahoo",
    "msn",
    "applenews",
    "hackernews",
    "producthunt",
    "email",
    "mail",
    "newsletter",
    "newsletters",
    "nl",
    "push",
    "sms",
    "app",
    "ios",
    "android",
    "mobile",
    "desktop",
    "social",
    "socialmedia",
    "share",
    "sharing",
    "shared",
    "home",
    "homepage",
    "frontpage",
    "hp",
    "article",
    "inline",
    "sidebar",
    "footer",
    "header",
    "nav",
    "menu",
    "related",
    "recommended",
    "trending",
    "mostread",
    "mostpopular",
    "popular",
    "widget",
    "partner",
    "affiliate",
    "campaign",
    "promo",
    "organic",
    "paid",
    "cpc",
    "direct",
    "internal",
    "external",
    "search",
    "teaser",
    "banner",
    "button",
    "link",
    "top",
    "true",
    "tracking",
    "referral",
];

/// Names of switches that show the same article for a phone, for paper, for another program.
const VIEW_SWITCHES: &[&str] = &[
    "amp",
    "print",
    "printable",
    "printpage",
    "printview",
    "printer",
    "noamp",
    "mobile",
];
/// Values of such a switch that turn it on.
const SWITCHED_ON: &[&str] = &["", "1", "true", "yes", "on", "y", "mobile"];
/// Names that choose among views by value.
const VIEW_CHOICES: &[&str] = &[
    "output",
    "outputtype",
    "format",
    "view",
    "mode",
    "version",
    "layout",
    "type",
];
/// The values that choose the same article in another dress.
const VIEWS: &[&str] = &[
    "amp",
    "print",
    "printable",
    "printer",
    "print-friendly",
    "mobile",
];

/// Hexadecimal digits from which on a value can only be a session.
const SESSION_DIGITS: usize = 16;

/// Whether a parameter only says where the reader came from. Both in lower case, unescaped.
pub(super) fn is_tracker(name: &str, value: &str) -> bool {
    if NAMES.iter().any(|row| row.contains(&name))
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    {
        return true;
    }
    AMBIGUOUS.contains(&name) && looks_like_tracker(value)
}

/// Whether a parameter only says how the article is to be shown. Both in lower case, unescaped.
pub(super) fn is_view(name: &str, value: &str) -> bool {
    (VIEW_SWITCHES.contains(&name) && SWITCHED_ON.contains(&value))
        || (VIEW_CHOICES.contains(&name) && VIEWS.contains(&value))
}

/// A value that names a place on the web or a way of travelling, or is a session.
fn looks_like_tracker(value: &str) -> bool {
    if value.is_empty() || is_site(value) {
        return true;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_session =
        value.len() >= SESSION_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_session
        || value
            .split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| TRACKER_WORDS.contains(&word))
}

/// `news.example.com` or an address: some publishing systems tag links with the referring site.
fn is_site(value: &str) -> bool {
    if value.starts_with("http://") || value.starts_with("https://") {
        return true;
    }
    let host = value.strip_prefix("www.").unwrap_or(value);
    host.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && host.contains('.')
        && psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_names_are_trackers_only_by_their_value() {
        for (name, value, expected) in [
            ("utm_source", "x", true),
            ("fbclid", "", true),
            ("ref", "1001", false),
            ("ref", "rss", true),
            ("ref", "news.example.com", true),
            ("ref", "producthunt", true),
            ("source", "rss-abc------2", true),
            ("source", "reactor-4", false),
            ("cid", "31", false),
            ("sid", "0123456789abcdef0123456789abcdef", true),
            ("sid", "77", false),
            ("mod", "rss_world", true),
            ("mod", "viewthread", false),
            ("page", "2", false),
            ("id", "rss", false),
        ] {
            assert_eq!(is_tracker(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn every_name_is_in_lower_case_and_listed_once() {
        let mut seen = std::collections::BTreeSet::new();
        for name in NAMES
            .iter()
            .flat_map(|row| row.iter())
            .chain(PREFIXES)
            .chain(AMBIGUOUS)
        {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(seen.insert(name), "{name} twice");
        }
    }
}

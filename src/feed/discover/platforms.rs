//! The rules of large platforms, which have feeds that their pages do not always announce.

use url::Url;

use super::{Candidate, Why, candidate};

/// Identifiers in pages are short; what is longer is none.
const MAX_ID_BYTES: usize = 64;

/// The feeds that follow from a page's address, from ids in its text, or from its generator.
pub(super) fn feeds(address: &Url, text: &str, generator: Option<&str>) -> Vec<Candidate> {
    let host = address.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let parts: Vec<&str> = address
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let mut places = by_host(host, &parts, address, text);
    if places.is_empty() {
        places = by_domain(host, &parts);
    }
    places.extend(
        generator
            .into_iter()
            .flat_map(|generator| by_generator(generator, &parts)),
    );
    places
        .iter()
        .filter_map(|href| candidate(address, href, Why::Platform))
        .collect()
}

fn by_host(host: &str, parts: &[&str], address: &Url, text: &str) -> Vec<String> {
    match (host, parts) {
        ("youtube.com" | "m.youtube.com", _) => youtube(parts, address, text).into_iter().collect(),
        ("reddit.com" | "old.reddit.com", ["r", name, ..]) => vec![format!("/r/{name}/.rss")],
        ("reddit.com" | "old.reddit.com", ["user" | "u", name, ..]) => {
            vec![format!("/user/{name}/.rss")]
        }
        ("reddit.com" | "old.reddit.com", []) => vec!["/.rss".to_owned()],
        ("github.com", [owner, repository, ..]) => ["releases", "commits", "tags"]
            .map(|what| format!("/{owner}/{repository}/{what}.atom"))
            .into(),
        ("github.com", [owner]) => vec![format!("/{owner}.atom")],
        ("gitlab.com", [owner, repository, ..]) => vec![
            format!("/{owner}/{repository}.atom"),
            format!("/{owner}/{repository}/-/tags?format=atom"),
        ],
        ("codeberg.org", [owner, repository, ..]) => vec![
            format!("/{owner}/{repository}/releases.rss"),
            format!("/{owner}/{repository}.rss"),
        ],
        ("medium.com" | "dev.to", [name, ..]) => vec![format!("/feed/{name}")],
        ("bsky.app", ["profile", name, ..]) => vec![format!("/profile/{name}/rss")],
        ("vimeo.com", [name, ..]) => vec![format!("/{name}/videos/rss")],
        ("dailymotion.com", [name]) => vec![format!("/rss/user/{name}")],
        ("pinterest.com", [name, board]) => vec![format!("/{name}/{board}.rss")],
        ("pinterest.com", [name]) => vec![format!("/{name}/feed.rss")],
        ("news.ycombinator.com" | "lobste.rs", []) => vec!["/rss".to_owned()],
        ("lobste.rs", ["t", tag, ..]) => vec![format!("/t/{tag}.rss")],
        ("arxiv.org", ["list", subject, ..]) => {
            vec![format!("https://rss.arxiv.org/rss/{subject}")]
        }
        ("soundcloud.com", _) => between(text, "soundcloud:users:", |byte| byte.is_ascii_digit())
            .map(|id| {
                format!("https://feeds.soundcloud.com/users/soundcloud:users:{id}/sounds.rss")
            })
            .into_iter()
            .collect(),
        (host, ["questions", "tagged", tag, ..])
            if host == "stackoverflow.com" || host.ends_with(".stackexchange.com") =>
        {
            vec![format!("/feeds/tag/{tag}")]
        }
        _ => Vec::new(),
    }
}

/// Platforms that give every publication a host of its own.
fn by_domain(host: &str, parts: &[&str]) -> Vec<String> {
    let rules = [
        (".substack.com", "/feed"),
        (".tumblr.com", "/rss"),
        (".wordpress.com", "/feed/"),
        (".medium.com", "/feed"),
        (".blogspot.com", "/feeds/posts/default"),
        (".livejournal.com", "/data/rss"),
        (".dreamwidth.org", "/data/rss"),
        (".hashnode.dev", "/rss.xml"),
        (".ghost.io", "/rss/"),
        (".bearblog.dev", "/feed/"),
        (".micro.blog", "/feed.xml"),
        (".buttondown.email", "/rss"),
        (".itch.io", "/devlog.rss"),
    ];
    let rule = rules
        .iter()
        .find(|(domain, _)| host.ends_with(domain))
        .map(|(_, path)| (*path).to_owned());
    // Blogger has a domain for every country.
    let blogger = host
        .contains(".blogspot.")
        .then(|| "/feeds/posts/default".to_owned());
    // The profiles of the fediverse: Mastodon and its kin.
    let profile = match parts {
        [name] if name.starts_with('@') => Some(format!("/{name}.rss")),
        _ => None,
    };
    rule.or(blogger).or(profile).into_iter().collect()
}

fn by_generator(generator: &str, parts: &[&str]) -> Vec<String> {
    let rules: [(&str, &str); 11] = [
        ("wordpress", "/feed/"),
        ("ghost", "/rss/"),
        ("hugo", "/index.xml"),
        ("jekyll", "/feed.xml"),
        ("drupal", "/rss.xml"),
        ("blogger", "/feeds/posts/default"),
        ("squarespace", "?format=rss"),
        ("wix", "/blog-feed.xml"),
        ("joomla", "?format=feed&type=rss"),
        ("typepad", "/atom.xml"),
        ("discourse", "/latest.rss"),
    ];
    let found = rules.iter().filter(|(name, _)| generator.contains(name));
    let mastodon = match parts {
        [name] if name.starts_with('@') && generator.contains("mastodon") => {
            Some(format!("/{name}.rss"))
        }
        _ => None,
    };
    found
        .map(|(_, path)| (*path).to_owned())
        .chain(mastodon)
        .collect()
}

/// Channels and playlists have feeds; handles have to be looked up in the page.
fn youtube(parts: &[&str], address: &Url, text: &str) -> Option<String> {
    let feed = |key: &str, id: &str| format!("https://www.youtube.com/feeds/videos.xml?{key}={id}");
    if let Some((_, list)) = address.query_pairs().find(|(key, _)| key == "list") {
        return Some(feed("playlist_id", &list));
    }
    match parts {
        ["channel", id, ..] => Some(feed("channel_id", id)),
        ["user", name, ..] => Some(feed("user", name)),
        _ => {
            let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            ["\"externalId\":\"", "\"channelId\":\"", "/channel/"]
                .iter()
                .find_map(|mark| between(text, mark, is_id))
                .map(|id| feed("channel_id", id))
        }
    }
}

/// The id behind a mark in a page.
fn between<'a>(text: &'a str, mark: &str, is_id: impl Fn(u8) -> bool) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    let len = rest
        .bytes()
        .take(MAX_ID_BYTES)
        .take_while(|byte| is_id(*byte))
        .count();
    rest.get(..len).filter(|id| !id.is_empty())
}

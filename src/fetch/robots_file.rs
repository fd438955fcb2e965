//! The file itself: which of its rules are for us, and what they say of a path (RFC 9309 §2.2).

use std::fmt::Write as _;
use std::time::Duration;

use url::Url;

/// The name under which rules are looked for; those for everybody hold where there are none for it.
const AGENT: &str = "feedmill";
/// The longest delay between requests that is honoured.
const CRAWL_DELAY_MAX: f32 = 120.0;
/// Rules that are kept of a file; the largest honest ones have a few hundred.
const RULES_MAX: usize = 2_000;
/// Bytes of a rule; a longer one could hardly match anything.
const RULE_BYTES_MAX: usize = 2_000;

/// The rules of a file that are for us.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RobotsFile {
    rules: Vec<Rule>,
    /// What is asked for between two requests, within reason.
    pub crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allow: bool,
    /// Between the stars.
    parts: Vec<String>,
    /// Whether the pattern ended in `$`.
    to_the_end: bool,
    /// Of the pattern: the longest that matches decides.
    length: usize,
}

/// Reads a file; what cannot be understood is passed over.
#[must_use]
pub fn read(bytes: &[u8]) -> RobotsFile {
    let text = String::from_utf8_lossy(bytes);
    let (mut ours, mut everybody) = (None, RobotsFile::default());
    let (mut for_us, mut for_everybody, mut in_rules) = (false, false, false);
    for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "user-agent" {
            if in_rules {
                (for_us, for_everybody, in_rules) = (false, false, false);
            }
            for_us |= is_our_name(value);
            for_everybody |= value == "*";
            if for_us {
                ours.get_or_insert_with(RobotsFile::default);
            }
            continue;
        }
        if matches!(name.as_str(), "allow" | "disallow" | "crawl-delay") {
            in_rules = true;
            if let Some(file) = ours.as_mut().filter(|_| for_us) {
                file.take(&name, value);
            }
            if for_everybody {
                everybody.take(&name, value);
            }
        }
    }
    ours.unwrap_or(everybody)
}

/// A product token may be followed by a version that nobody should have written.
fn is_our_name(value: &str) -> bool {
    let token: String = value
        .chars()
        .take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'))
        .collect();
    token.eq_ignore_ascii_case(AGENT)
}

impl RobotsFile {
    /// Whether a page may be fetched: the longest rule that matches decides, and "allow" where two
    /// are equally long.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        let path = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let path = normalised(&path);
        let matching = self.rules.iter().filter(|rule| rule.matches(&path));
        matching
            .max_by_key(|rule| (rule.length, rule.allow))
            .is_none_or(|rule| rule.allow)
    }

    fn take(&mut self, name: &str, value: &str) {
        if name == "crawl-delay" {
            let seconds = value
                .parse::<f32>()
                .ok()
                .map(|seconds| seconds.min(CRAWL_DELAY_MAX));
            self.crawl_delay =
                seconds.and_then(|seconds| Duration::try_from_secs_f32(seconds).ok());
        } else if !value.is_empty() && value.len() <= RULE_BYTES_MAX && self.rules.len() < RULES_MAX
        {
            self.rules.push(Rule::new(name == "allow", value));
        }
    }
}

impl Rule {
    fn new(allow: bool, pattern: &str) -> Self {
        let (open, to_the_end) = pattern
            .strip_suffix('$')
            .map_or((pattern, false), |open| (open, true));
        let open = normalised(open);
        let length = open.len();
        Self {
            allow,
            parts: open.split('*').map(str::to_owned).collect(),
            to_the_end,
            length,
        }
    }

    /// The first part begins the path, the others follow in order, and with `$` the last one ends it.
    fn matches(&self, path: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some(mut rest) = path.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, between)) = others.split_last() else {
            return !self.to_the_end || rest.is_empty();
        };
        for part in between {
            let Some((_, after)) = rest.split_once(part.as_str()) else {
                return false;
            };
            rest = after;
        }
        if self.to_the_end {
            rest.ends_with(last.as_str())
        } else {
            rest.contains(last.as_str())
        }
    }
}

/// One spelling for both sides of a comparison (RFC 9309 §2.2.2): what is not ASCII is escaped, what
/// need not be escaped is not, and escapes are in capitals.
fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let escaped = (byte == b'%')
            .then(|| Some(hex(ahead.next()?)? * 16 + hex(ahead.next()?)?))
            .flatten();
        if escaped.is_some() {
            bytes = ahead;
        }
        match (escaped, byte) {
            (Some(byte), _) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            (Some(byte), _) | (None, byte @ 0x80..) => drop(write!(out, "%{byte:02X}")),
            (None, byte) => out.push(char::from(byte)),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        let url = Url::parse("https://example.org")
            .and_then(|url| url.join(path))
            .expect("a URL");
        read(file.as_bytes()).allows(&url)
    }

    #[test]
    fn the_longest_match_decides_and_allow_wins_a_tie() {
        for (rules, path, allowed) in [
            (
                "Disallow: /private\nAllow: /private/open",
                "/private/open/x",
                true,
            ),
            (
                "Disallow: /private\nAllow: /private/open",
                "/private/x",
                false,
            ),
            ("Disallow: /page\nAllow: /page", "/page", true),
            ("Disallow:", "/anything", true),
            ("Disallow: /", "/", false),
            ("Disallow: /*.pdf$", "/a/b.pdf", false),
            ("Disallow: /*.pdf$", "/a/b.pdf?x", true),
            ("Disallow: /a*b*c", "/a1b2c3", false),
            ("Disallow: /a*b*c", "/a1c2b3", true),
            ("Disallow: /no$", "/no", false),
            ("Disallow: /no$", "/nothing", true),
            ("Disallow: /*?print=", "/story?print=1", false),
            ("Disallow: /caf%c3%a9", "/café/menu", false),
            ("Disallow: /café", "/caf%C3%A9/menu", false),
            ("disallow : /x # a comment", "/x", false),
            ("Disallow: *", "/x", false),
        ] {
            assert_eq!(
                allows(&format!("User-agent: *\n{rules}\n"), path),
                allowed,
                "{rules} {path}"
            );
        }
    }

    #[test]
    fn our_own_group_takes_the_place_of_everybody_s_and_groups_of_one_name_are_one() {
        let file = "\u{feff}User-agent: *\r\nDisallow: /\r\n\r\nuser-agent: Feedmill/1.0\nUser-Agent: other\nDisallow: /no\nCrawl-delay: 7\n\
            \nUser-agent: feedmillion\nDisallow: /million\n\nUser-agent: FEEDMILL\nDisallow: /neither\nSitemap: https://example.org/s.xml\n";
        assert!(allows(file, "/yes") && allows(file, "/million"));
        assert!(!allows(file, "/no") && !allows(file, "/neither"));
        assert_eq!(
            read(file.as_bytes()).crawl_delay,
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            read(b"User-agent: *\nCrawl-delay: 300").crawl_delay,
            Some(Duration::from_secs(120))
        );
        assert_eq!(read(b"User-agent: *\nCrawl-delay: -1").crawl_delay, None);
    }

    #[test]
    fn a_hostile_file_stays_within_its_bounds() {
        let file: String = std::iter::once("User-agent: *\n".to_owned())
            .chain((0..50_000).map(|n| format!("Disallow: /*{n}*a*b$\n")))
            .collect();
        assert_eq!(read(file.as_bytes()).rules.len(), RULES_MAX);
        assert!(allows(&file, &format!("/{}", "a".repeat(5000))));
    }
}

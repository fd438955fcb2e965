//! What a page asks of programs that read it: `X-Robots-Tag`, `<meta name=robots>` and the
//! reservation of text and data mining (`TDMRep`, a W3C community report).
//!
//! It is recorded with the article for those who use the text; nothing here obeys it.

/// The name under which a page could speak to us alone.
const AGENT: &str = "feedmill";
/// Directives that have a value after a colon; any other word before one is the name of a robot.
const WITH_VALUE: [&str; 4] = [
    "unavailable_after",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
];
/// What is granted anyhow is no wish.
const NO_WISH: [&str; 5] = ["", "all", "index", "follow", "archive"];
/// The token for a reservation of text and data mining.
pub const TDM_RESERVED: &str = "tdm-reservation";
/// Wishes kept of a page, and letters of one: an honest page has three.
const WISHES_MAX: usize = 16;
const LETTERS_MAX: usize = 64;

/// The wishes in header or `content` values, for everybody or for us; lower case, each once, in order.
#[must_use]
pub fn wishes<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut wishes: Vec<String> = Vec::new();
    for value in values {
        let mut ours = true;
        for part in value.split(',') {
            let part = part.trim().to_ascii_lowercase();
            let named = part
                .split_once(':')
                .map(|(name, rest)| (name.trim(), rest.trim()))
                .filter(|(name, _)| !WITH_VALUE.contains(name));
            let wish = named.map_or(part.as_str(), |(name, rest)| {
                // A name holds for the rest of its value.
                ours = name == AGENT;
                rest
            });
            let known = NO_WISH.contains(&wish) || wishes.iter().any(|known| known == wish);
            if ours && !known && wish.len() <= LETTERS_MAX && wishes.len() < WISHES_MAX {
                wishes.push(wish.to_owned());
            }
        }
    }
    wishes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_for_everybody_and_for_us_are_read_and_those_for_others_are_not() {
        let cases: [(&[&str], &[&str]); 6] = [
            (
                &["noindex, NoAI", "noai , noimageai"],
                &["noindex", "noai", "noimageai"],
            ),
            (&["index, follow, all"], &[]),
            (
                &["googlebot: noindex, nofollow", "nosnippet"],
                &["nosnippet"],
            ),
            (&["otherbot: noindex, feedmill: noarchive"], &["noarchive"]),
            (
                &["max-snippet:50, max-image-preview: large"],
                &["max-snippet:50", "max-image-preview: large"],
            ),
            (&["", ",,:"], &[]),
        ];
        for (values, expected) in cases {
            assert_eq!(wishes(values.iter().copied()), expected, "{values:?}");
        }
        let many: Vec<String> = (0..100).map(|n| format!("no{n}")).collect();
        assert_eq!(wishes([many.join(",").as_str()]).len(), WISHES_MAX);
    }
}

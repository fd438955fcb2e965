//! The path of a key: one spelling, without the tails of a page's other views.

use super::escape;

/// File names of a folder's own page (the defaults of the usual web servers).
const INDEX_STEMS: [&str; 2] = ["index", "default"];
const INDEX_EXTENSIONS: [&str; 12] = [
    "html", "htm", "shtml", "xhtml", "php", "php5", "asp", "aspx", "jsp", "cfm", "cgi", "phtml",
];

/// Last segments that name another view of the page before them: AMP and print
/// editions, and WordPress's endpoints (developer.wordpress.org: rewrite endpoints).
const VIEW_TAILS: [&str; 8] = [
    "amp",
    "print",
    "printable",
    "feed",
    "embed",
    "trackback",
    "amp.html",
    "print.html",
];

/// Kinds of a WordPress comment feed: `/post/feed/atom`.
const FEED_KINDS: [&str; 4] = ["rss", "rss2", "atom", "rdf"];

/// Segments that begin a path to the AMP edition: `/amp/story`.
const VIEW_HEADS: [&str; 1] = ["amp"];

/// Path parameters that carry a session (Java servlets, PHP).
const SESSION_PARAMETERS: [&str; 3] = ["jsessionid=", "phpsessid=", "sid="];

/// The end of some AMP editions' file names: `story.amp.html` is `story.html`.
const VIEW_FILE: &str = ".amp.html";

/// The path with its leading `/`, or nothing for the root.
pub(super) fn key(path: &str) -> String {
    let mut key = without_views(&escape::normalise(path));
    while let Some(story) = key.strip_suffix(VIEW_FILE) {
        key = without_views(&format!("{story}.html"));
    }
    key
}

fn without_views(normal: &str) -> String {
    let mut segments: Vec<&str> = normal
        .split('/')
        .map(without_session)
        .filter(|segment| !segment.is_empty() && !is_session(segment))
        .collect();
    while drop_tail(&mut segments) {}
    while segments.len() > 1
        && segments
            .first()
            .is_some_and(|first| is_one_of(first, &VIEW_HEADS))
    {
        segments.remove(0);
        while drop_tail(&mut segments) {}
    }
    let mut key = String::with_capacity(normal.len());
    for segment in segments {
        key.push('/');
        key.push_str(segment);
    }
    key
}

/// Drops one tail; true if there was one.
fn drop_tail(segments: &mut Vec<&str>) -> bool {
    let count = segments.len();
    let Some(&last) = segments.last() else {
        return false;
    };
    let before = count
        .checked_sub(2)
        .and_then(|at| segments.get(at))
        .copied();
    let is_feed_kind = is_one_of(last, &FEED_KINDS) && before == Some("feed") && count > 2;
    let is_view = count > 1 && (is_one_of(last, &VIEW_TAILS) || is_comment_page(last));
    if is_index(last) || is_feed_kind || is_view {
        segments.pop();
        return true;
    }
    match without_amp_suffix(last) {
        Some(story) => {
            segments.pop();
            segments.push(story);
            true
        }
        None => false,
    }
}

fn is_index(segment: &str) -> bool {
    segment.rsplit_once('.').is_some_and(|(stem, extension)| {
        is_one_of(stem, &INDEX_STEMS) && is_one_of(extension, &INDEX_EXTENSIONS)
    })
}

/// WordPress: `/post/comment-page-2/` is the post with other comments below it.
fn is_comment_page(segment: &str) -> bool {
    segment
        .strip_prefix("comment-page-")
        .is_some_and(|page| !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `story.amp` is `story`.
fn without_amp_suffix(segment: &str) -> Option<&str> {
    segment
        .strip_suffix(".amp")
        .filter(|story| !story.is_empty())
}

/// The segment up to a path parameter that carries a session.
fn without_session(segment: &str) -> &str {
    let Some((name, parameters)) = segment.split_once(';') else {
        return segment;
    };
    let parameters = parameters.to_ascii_lowercase();
    if SESSION_PARAMETERS
        .iter()
        .any(|session| parameters.starts_with(session))
    {
        name
    } else {
        segment
    }
}

/// ASP.NET's sessions without cookies: `/(S(lit3py55t21z5v55vlm25s55))/`.
fn is_session(segment: &str) -> bool {
    segment.starts_with("(S(") && segment.ends_with("))")
}

fn is_one_of(segment: &str, names: &[&str]) -> bool {
    names.iter().any(|name| segment.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_other_views_are_dropped_and_nothing_else() {
        for (path, expected) in [
            ("/", ""),
            ("/a/b/", "/a/b"),
            ("//a///b", "/a/b"),
            ("/a/index.html", "/a"),
            ("/Default.aspx", ""),
            ("/index-funds", "/index-funds"),
            ("/story/amp/", "/story"),
            ("/amp/story", "/story"),
            ("/amp", "/amp"),
            ("/amp/amp", "/amp"),
            ("/story.amp", "/story"),
            ("/story.amp.html", "/story.html"),
            ("/a/index.amp.amp.html/amp", "/a"),
            ("/amplifier", "/amplifier"),
            ("/story/print/", "/story"),
            ("/printers", "/printers"),
            ("/post/feed/", "/post"),
            ("/post/feed/atom/", "/post"),
            ("/feed/", "/feed"),
            ("/feed/atom", "/feed/atom"),
            ("/post/comment-page-3/", "/post"),
            ("/story/2/", "/story/2"),
            ("/x.jsp;jsessionid=0A1B", "/x.jsp"),
            ("/x;v=2", "/x;v=2"),
            ("/(S(abc123))/x.aspx", "/x.aspx"),
            ("/a%2Fb", "/a%2Fb"),
        ] {
            assert_eq!(key(path), expected, "{path}");
        }
    }
}

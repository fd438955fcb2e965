//! As much of HTML as a feed needs: which tags are HTML's, where a tag ends, what a text would be without them.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::scan;

/// Elements of HTML that occur in feeds' texts. A tag of any other name is not taken for markup.
const ELEMENTS: &str = "\
    a abbr acronym address amp-img area article aside audio b base bdi bdo big blockquote \
    body br button canvas caption center cite code col colgroup dd del details dfn dialog \
    dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 \
    h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li main \
    map mark marquee menu meta meter nav nobr noframes noscript o:p object ol optgroup \
    option output p param picture pre progress q rp rt ruby s samp script section select \
    small span strike strong style sub sup svg table tbody td template textarea tfoot th \
    thead time tr track tt u ul var video wbr";

static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| ELEMENTS.split(' ').collect());

/// Elements that show something without a word in them.
const MEDIA: &[&str] = &[
    "amp-img", "audio", "canvas", "embed", "frame", "iframe", "img", "math", "object", "svg",
    "video",
];

/// Longest name looked up.
const MAX_NAME_BYTES: usize = 16;

/// Whether HTML has an element of this name, in any case.
pub(super) fn is_element(name: &str) -> bool {
    if name.len() > MAX_NAME_BYTES {
        return false;
    }
    // The most frequent of all.
    if let [letter] = name.as_bytes() {
        return b"abipqsu".contains(&letter.to_ascii_lowercase());
    }
    let lower = name.bytes().all(|byte| !byte.is_ascii_uppercase());
    if lower {
        NAMES.contains(name)
    } else {
        NAMES.contains(name.to_ascii_lowercase().as_str())
    }
}

/// The element name of the tag that `text` begins with (`<p …` or `</p …`), as written.
pub(super) fn tag_name(text: &str) -> Option<&str> {
    let start = match text.as_bytes() {
        [b'<', b'/', ..] => 2,
        [b'<', ..] => 1,
        _ => return None,
    };
    let rest = text.get(start..)?;
    let end = rest
        .bytes()
        .position(|byte| {
            !(byte.is_ascii_alphanumeric()
                || matches!(byte, b':' | b'-' | b'_' | b'.')
                || byte >= 0x80)
        })
        .unwrap_or(rest.len());
    let mut name = rest.get(..end)?;
    // There are spaces beyond ASCII, and signs that nobody sees.
    if !name.is_ascii() {
        let is_space = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}');
        name = name.split(is_space).next()?;
    }
    Some(name).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// Bytes of the tag or comment that `text` begins with; `None` when it begins with neither.
pub(super) fn tag_len(text: &str) -> Option<usize> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(
            comment
                .find("-->")
                .map_or(text.len(), |end| end.saturating_add(7)),
        );
    }
    if let Some(rest) = text.strip_prefix("<!").or_else(|| text.strip_prefix("<?")) {
        let end = rest.find(['<', '>'])?;
        return rest
            .get(end..)?
            .starts_with('>')
            .then(|| end.saturating_add(3));
    }
    let start = text
        .as_bytes()
        .get(1)
        .filter(|byte| **byte != b'/')
        .or_else(|| text.as_bytes().get(2));
    if !start.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return None;
    }
    let mut rest = text.as_bytes().get(1..)?;
    while let Some(at) = rest
        .iter()
        .position(|byte| matches!(byte, b'>' | b'<' | b'"' | b'\''))
    {
        let (found, after) = rest.get(at..)?.split_first()?;
        match found {
            b'>' => return Some(text.len().saturating_sub(after.len())),
            b'<' => return None,
            quote => match scan::find(after, *quote) {
                Some(end) => rest = after.get(end.saturating_add(1)..)?,
                None => break,
            },
        }
    }
    // A quote that is never closed: the tag ends where it would without quotes. Each kind of
    // quote can come here once in a text, so that scanning a text stays linear.
    Some(text.find('>')?.saturating_add(1))
}

/// Whether a text carries a tag of HTML.
pub(super) fn has_tags(text: &str) -> bool {
    let closed = text.rfind('>').unwrap_or(0);
    text.match_indices('<')
        .take_while(|(at, _)| *at < closed)
        .filter_map(|(at, _)| text.get(at..))
        .any(|tag| tag_name(tag).is_some_and(is_element))
}

/// Whether a text shows something without words: a picture, a film.
pub(super) fn has_media(text: &str) -> bool {
    let mut tags = text.match_indices('<').filter_map(|(at, _)| text.get(at..));
    tags.any(|tag| {
        tag_name(tag).is_some_and(|name| MEDIA.iter().any(|media| name.eq_ignore_ascii_case(media)))
    })
}

/// A text without HTML's tags and comments; a block's tag leaves a space.
pub(super) fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, _)) = rest.split_once('<') {
        out.push_str(before);
        let tag = rest.get(before.len()..).unwrap_or_default();
        let name = tag_name(tag);
        let is_markup = name.is_some_and(is_element) || tag.starts_with("<!--");
        let skip = tag_len(tag).filter(|_| is_markup);
        if skip.is_none() {
            out.push('<');
        } else if name.is_some_and(|name| {
            ["br", "p", "div", "li", "tr", "td"]
                .iter()
                .any(|b| name.eq_ignore_ascii_case(b))
        }) {
            out.push(' ');
        }
        rest = tag.get(skip.unwrap_or(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_of_the_list_is_found_in_any_case() {
        assert!(
            ELEMENTS
                .split(' ')
                .all(|name| is_element(name) && is_element(&name.to_uppercase()))
        );
        assert!(!is_element("title") && !is_element("t") && !is_element(""));
    }

    #[test]
    fn only_tags_of_html_are_taken_for_tags() {
        assert_eq!(
            without_tags("a<br/>b <T> <b title='>'>c</b><!-- x --> 1 < 2 <"),
            "a b <T> c 1 < 2 <"
        );
        assert!(has_tags("x <p>") && has_tags("</p>") && !has_tags("x <T>") && !has_tags("a < b>"));
    }

    #[test]
    fn a_tag_ends_behind_its_quotes() {
        for (text, len) in [
            ("<a b='>'>c", Some(9)),
            ("<a b='>c", Some(7)),
            ("<a b", None),
            ("< a>", None),
            ("<!-- > -->x", Some(10)),
            ("<!-- x", Some(6)),
            ("<!doctype x>y", Some(12)),
        ] {
            assert_eq!(tag_len(text), len, "{text}");
        }
    }
}

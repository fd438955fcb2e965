//! The canonical form: what repaired documents look like.

use super::super::entities;
use super::super::vocabulary::{Family, KNOWN};

/// Appends text so that XML reads it back unchanged; forbidden characters are dropped.
pub(super) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"') || is_doubtful(byte))
    {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some(c) if entities::is_allowed(c) => out.push(c),
            _ => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// Whether a byte is a forbidden character, or may begin one: U+FFFE and U+FFFF begin with `EF`.
const fn is_doubtful(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || matches!(byte, 0x7f | 0xef)
}

/// Whether XML allows every character. Most texts are cleared by their bytes, looked at chunk by
/// chunk without an early exit, so that the compiler can look at many at once.
fn is_allowed(text: &str) -> bool {
    let doubtful = |found: bool, byte: &u8| found | is_doubtful(*byte);
    let mut chunks = text.as_bytes().chunks(1024);
    !chunks.any(|chunk| chunk.iter().fold(false, doubtful))
        || text.chars().all(entities::is_allowed)
}

/// Appends an element with text in it; markup and references go into a section, where they cost
/// nobody anything.
pub(super) fn element(out: &mut String, name: &str, attributes: &[(&str, &str)], text: &str) {
    start(out, name, attributes);
    out.push('>');
    // Brackets are rare, and a byte is found sooner than a row of them.
    let ends = || text.contains(']') && text.contains("]]>");
    let nests = || text.contains('[') && text.contains("<![CDATA[");
    if text.contains(['<', '&']) && !ends() && !nests() && is_allowed(text) {
        out.push_str("<![CDATA[");
        out.push_str(text);
        out.push_str("]]>");
    } else {
        escape(out, text);
    }
    end(out, name);
}

/// Appends an element without text.
pub(super) fn empty(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    start(out, name, attributes);
    out.push_str("/>");
}

/// Appends an opening tag up to its `>`.
pub(super) fn start(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(out, value);
        out.push('"');
    }
}

/// Appends a closing tag.
pub(super) fn end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// What stands before the fields of the feed: the root with every namespace bound.
pub(super) fn head(family: Family, attributes: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let own = if family == Family::Atom {
        ("feed", "xmlns", "http://www.w3.org/2005/Atom")
    } else {
        ("rss", "version", "2.0")
    };
    start(&mut out, own.0, &[(own.1, own.2)]);
    for (prefix, uri, _) in KNOWN.iter().filter(|(prefix, ..)| *prefix != "xml") {
        out.push_str(" xmlns:");
        out.push_str(prefix);
        out.push_str("=\"");
        out.push_str(uri);
        out.push('"');
    }
    let mut rest = String::new();
    start(&mut rest, "", attributes);
    out.push_str(rest.get(1..).unwrap_or_default());
    out.push('>');
    if family != Family::Atom {
        out.push_str("<channel>");
    }
    out
}

/// What stands behind the last entry.
pub(super) const fn tail(family: Family) -> &'static str {
    match family {
        Family::Atom => "</feed>",
        Family::Rss | Family::Sitemap => "</channel></rss>",
    }
}

/// The element of an entry.
pub(super) const fn entry(family: Family) -> &'static str {
    match family {
        Family::Atom => "entry",
        Family::Rss | Family::Sitemap => "item",
    }
}

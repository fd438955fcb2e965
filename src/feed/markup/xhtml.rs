//! Markup that stands in a feed as markup, written so that HTML reads it.

use super::super::html;

/// Elements that HTML never closes; of all others it does not know that a tag closes itself.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
];

/// Appends an opening tag, without the prefix that it may have in XML.
pub(in crate::feed) fn open(raw: &str, out: &mut String) {
    let written = html::tag_name(raw).unwrap_or_default();
    let attributes = raw
        .get(written.len().saturating_add(1)..)
        .unwrap_or_default();
    let attributes = attributes.strip_suffix('>').unwrap_or(attributes);
    let empty = attributes.ends_with('/');
    let attributes = attributes.strip_suffix('/').unwrap_or(attributes);
    let name = local(written);
    let is_void = || VOID.iter().any(|void| void.eq_ignore_ascii_case(name));
    out.push('<');
    out.push_str(name);
    out.push_str(attributes);
    if !empty {
        out.push('>');
    } else if is_void() {
        out.push_str("/>");
    } else {
        out.push('>');
        close(name, out);
    }
}

/// Appends a closing tag.
pub(in crate::feed) fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(local(name));
    out.push('>');
}

/// Text that is not markup.
pub(in crate::feed) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// HTML has one name with a colon, and drawings and formulas are written without.
fn local(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((_, local)) if !html::is_element(name) => local,
        _ => name,
    }
}

/// XHTML in Atom comes in one `div` that is not part of the text (RFC 4287 §3.1.1.3).
pub(in crate::feed) fn unwrapped(text: &str) -> &str {
    let inner = text.trim();
    let Some(inner) = inner
        .strip_prefix("<div")
        .and_then(|rest| rest.strip_suffix("</div>"))
    else {
        return text;
    };
    let Some((_, inner)) = inner.split_once('>') else {
        return text;
    };
    // Only if the last closing tag belongs to the first opening one.
    let mut depth = 0_i64;
    for (at, _) in inner.match_indices('<') {
        let tag = inner.get(at..).unwrap_or_default();
        if tag.starts_with("<div") {
            depth = depth.saturating_add(1);
        } else if tag.starts_with("</div") {
            depth = depth.saturating_sub(1);
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::super::{Token, Tokens};
    use super::*;

    #[test]
    fn what_xml_writes_html_reads() {
        for (text, expected) in [
            ("<xhtml:p class='a'>", "<p class='a'>"),
            ("<br/>", "<br/>"),
            ("<a name=\"x\" />", "<a name=\"x\" ></a>"),
            ("<svg:circle r='1'/>", "<circle r='1'></circle>"),
            ("<o:p>", "<o:p>"),
            ("</h:p>", "</p>"),
        ] {
            let mut out = String::new();
            match Tokens::new(text).next(None) {
                Some(Token::Open(tag)) => open(tag.raw, &mut out),
                Some(Token::Close(name)) => close(name, &mut out),
                other => panic!("{other:?}"),
            }
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn only_a_div_around_everything_is_taken_away() {
        for (text, expected) in [
            (" <div class='x'><p>a</p></div> ", "<p>a</p>"),
            ("<div><div>a</div></div>", "<div>a</div>"),
            ("<div>a</div><div>b</div>", "<div>a</div><div>b</div>"),
            ("<p>a</p>", "<p>a</p>"),
        ] {
            assert_eq!(unwrapped(text), expected);
        }
    }
}

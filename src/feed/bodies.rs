//! The texts of entries as HTML, with absolute links.

use std::borrow::Cow;

use url::Url;

use super::draft::{Form, Words};
use super::visible::Visible;
use super::{entities, html, links, mojibake, scan, tag};

/// Relative addresses of one body that are resolved: pages have hundreds, bombs a million.
const MAX_RESOLVED: usize = 10_000;

/// What absolute addresses add to most bodies, in bytes.
const ROOM_FOR_ADDRESSES: usize = 512;

/// A body as HTML. Plain text is escaped, markup escaped once too often is unescaped, and links
/// are made absolute; `None` when nothing is there to read or look at. What is visible of it is
/// appended to `seen`, for comparison.
pub(super) fn to_html(words: Words, base: Option<&Url>, seen: &mut String) -> Option<String> {
    if words.is_blank() {
        return None;
    }
    let Words { text, form } = words;
    let text = match mojibake::undo(&text) {
        Cow::Owned(undone) => undone,
        Cow::Borrowed(_) => text,
    };
    let text = if html::has_tags(&text) {
        text
    } else {
        untagged(text, form)
    };
    let before = seen.len();
    let absolute = match walk(&text, base, seen) {
        Cow::Owned(absolute) => absolute,
        Cow::Borrowed(_) => text,
    };
    if seen.len() == before && html::has_tags(&absolute) && !html::has_media(&absolute) {
        return None;
    }
    let mut trimmed = absolute;
    trimmed.truncate(trimmed.trim_end().len());
    let blank = trimmed.len().saturating_sub(trimmed.trim_start().len());
    trimmed.drain(..blank);
    Some(trimmed)
}

/// A text without a single tag: escaped markup, or words.
fn untagged(text: String, form: Form) -> String {
    if text.contains("&lt;") {
        let decoded = entities::decode(&text);
        if html::has_tags(&decoded) {
            return decoded.into_owned();
        }
    }
    if form == Form::Plain && text.contains(['&', '<']) {
        return text.replace('&', "&amp;").replace('<', "&lt;");
    }
    text
}

/// The same HTML with every relative address resolved, in one pass with the visible text.
fn walk<'a>(text: &'a str, base: Option<&Url>, seen: &mut String) -> Cow<'a, str> {
    let mut out = String::new();
    let mut visible = Visible::new(text, seen);
    let site = base.and_then(links::site);
    let mut relative = Vec::new();
    let mut resolved = 0_usize;
    let mut copied = 0_usize;
    let mut at = 0_usize;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| scan::find_either(rest, b'<', b'&'))
    {
        at = at.saturating_add(found);
        // Of a reference the byte behind it tells nearly always that it is none.
        if text.as_bytes().get(at) == Some(&b'&') {
            at = at.saturating_add(visible.reference(at));
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let Some(len) = tag::read(rest, &mut relative) else {
            at = at.saturating_add(1);
            continue;
        };
        visible.end(at);
        for value in relative.drain(..) {
            if base.is_none() || resolved >= MAX_RESOLVED {
                break;
            }
            resolved = resolved.saturating_add(1);
            let (start, end) = (at.saturating_add(value.start), at.saturating_add(value.end));
            let value = text.get(start..end).unwrap_or_default();
            let site = site.filter(|_| links::is_plain_path(value));
            let url = match site {
                Some(_) => Cow::Borrowed(value),
                None => match links::resolve(base, &entities::decode(value)) {
                    Some(url) => Cow::Owned(escaped(url)),
                    None => continue,
                },
            };
            if out.capacity() == 0 {
                out.reserve(text.len().saturating_add(ROOM_FOR_ADDRESSES));
            }
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(site.unwrap_or_default());
            out.push_str(&url);
            copied = end;
        }
        at = at.saturating_add(len);
        visible.begin(at);
    }
    visible.end(text.len());
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// An address as the value of an attribute.
fn escaped(url: String) -> String {
    if !url.contains(['&', '"', '\'']) {
        return url;
    }
    url.replace('&', "&amp;")
        .replace('"', "%22")
        .replace('\'', "%27")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn html(text: &str, form: Form) -> Option<String> {
        let base = Url::parse("https://example.org/blog/").expect("an address");
        to_html(Words::new(text, form), Some(&base), &mut String::new())
    }

    #[test]
    fn links_in_bodies_are_absolute() {
        for (text, expected) in [
            (
                r#"<a href="/x?a=1&amp;b=2">l</a>"#,
                r#"<a href="https://example.org/x?a=1&amp;b=2">l</a>"#,
            ),
            (
                "<img alt='' SRC=i.png> <img src = 'j.png'>",
                "<img alt='' SRC=https://example.org/blog/i.png> <img src = 'https://example.org/blog/j.png'>",
            ),
            (
                r##"<a href="#top"><a href="mailto:a@b"><a href='https://e/'>l"##,
                r##"<a href="#top"><a href="mailto:a@b"><a href='https://e/'>l"##,
            ),
            (r#"<p title="href=x">no</p>"#, r#"<p title="href=x">no</p>"#),
            ("1 < 2 <p>x", "1 < 2 <p>x"),
        ] {
            assert_eq!(html(text, Form::Html).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn plain_text_is_escaped_and_double_escaping_undone() {
        for (text, form, expected) in [
            ("a < b & c", Form::Plain, Some("a &lt; b &amp; c")),
            ("&lt;p&gt;x&lt;/p&gt;", Form::Unsure, Some("<p>x</p>")),
            ("use &lt;T&gt;", Form::Html, Some("use &lt;T&gt;")),
            ("  \n", Form::Html, None),
            ("<p>&nbsp;</p><br/>", Form::Html, None),
            (
                "<p><IMG alt=''></p>",
                Form::Html,
                Some("<p><IMG alt=''></p>"),
            ),
        ] {
            assert_eq!(html(text, form).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_visible_has_no_markup_and_no_space_around_it() {
        let mut seen = String::new();
        let words = "<p class='a>b'> One <b>two</b>&nbsp;3 &lt; 4<!-- five > --> a < b</p";
        to_html(Words::new(words, Form::Html), None, &mut seen);
        assert_eq!(seen, "Onetwo3 < 4a < b</p");
    }

    proptest! {
        #[test]
        fn no_markup_panics(text in "[<>a-c/ =\"'hrefs.:é#&]{0,80}") {
            let _ = html(&text, Form::Unsure);
        }
    }
}

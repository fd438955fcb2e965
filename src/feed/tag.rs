//! One tag of HTML in a body: where it ends, and where the addresses in it stand.
//!
//! Every tag of every body comes by here, so it is one pass that looks at a byte once.

use std::ops::Range;

use super::{html, scan};

/// Attributes that carry an address.
const ADDRESSES: &[&str] = &[
    "href",
    "src",
    "poster",
    "cite",
    "background",
    "longdesc",
    "data-src",
];

/// Bytes of the tag or comment that `text` begins with, as [`html::tag_len`] counts them; `None`
/// when it begins with neither. Where in it relative addresses stand goes into `relative`.
pub(super) fn read(text: &str, relative: &mut Vec<Range<usize>>) -> Option<usize> {
    relative.clear();
    let bytes = text.as_bytes();
    let first = bytes.get(1)?;
    if !first.is_ascii_alphabetic() {
        return closing(bytes).or_else(|| html::tag_len(text));
    }
    let mut at = 2_usize;
    // The equals sign of an attribute that waits for its value.
    let mut equals = None;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' => return Some(at.saturating_add(1)),
            b'<' => return None,
            b'=' if equals.is_none() => equals = Some(at),
            quote @ (b'"' | b'\'') => {
                let start = at.saturating_add(1);
                let Some(len) = bytes.get(start..).and_then(|rest| scan::find(rest, *quote)) else {
                    return html::tag_len(text);
                };
                at = start.saturating_add(len);
                address(text, equals.take(), start..at, relative);
            }
            _ if equals.is_some() && !byte.is_ascii_whitespace() => {
                let end = bytes
                    .get(at..)?
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>'));
                let end = end.map_or(bytes.len(), |len| at.saturating_add(len));
                address(text, equals.take(), at..end, relative);
                at = end;
                continue;
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    // It is cut off, unless a quote swallowed its end.
    html::tag_len(text)
}

/// Bytes of a closing tag with nothing but a name in it, which nearly all are.
fn closing(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"</")?;
    let len = rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    let named = rest.first()?.is_ascii_alphabetic() && rest.get(len) == Some(&b'>');
    named.then(|| len.saturating_add(3))
}

/// Takes down a value if it is a relative address. `equals` is where its equals sign stands.
fn address(
    text: &str,
    equals: Option<usize>,
    value: Range<usize>,
    relative: &mut Vec<Range<usize>>,
) {
    if equals.is_some_and(|equals| is_address(text.as_bytes().get(..equals).unwrap_or_default()))
        && text.get(value.clone()).is_some_and(is_relative)
    {
        relative.push(value);
    }
}

/// Whether the attribute at the end of a piece of a tag holds an address.
fn is_address(tag: &[u8]) -> bool {
    let tag = tag.trim_ascii_end();
    // The last letters of those names, in either case: most attributes are others.
    let last = tag.last().map(|byte| byte | 0x20);
    if !matches!(last, Some(b'f' | b'c' | b'r' | b'e' | b'd')) {
        return false;
    }
    let name = tag
        .iter()
        .rposition(|byte| !byte.is_ascii_alphabetic() && *byte != b'-')
        .and_then(|at| tag.get(at.saturating_add(1)..))
        .unwrap_or(tag);
    ADDRESSES
        .iter()
        .any(|address| name.eq_ignore_ascii_case(address.as_bytes()))
}

/// Fragments stay as they are: they lead within the text itself.
fn is_relative(value: &str) -> bool {
    if value.starts_with("http") {
        return value.bytes().all(|byte| byte != b':');
    }
    let value = value.trim();
    let scheme = value.split([':', '/', '?', '#']).next().unwrap_or_default();
    !value.is_empty()
        && !value.starts_with('#')
        && (scheme.len() == value.len()
            || !value
                .get(scheme.len()..)
                .is_some_and(|rest| rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn relative_addresses_are_found_however_they_are_written() {
        for (tag, expected) in [
            ("<a class=x href=\"/a b\">x", &["/a b"][..]),
            ("<IMG SRC = 'b.png' alt='src=/no'>", &["b.png"]),
            ("<img src=c.png data-src=d?src=e>", &["c.png", "d?src=e"]),
            ("<a href=\"https://e/\" href='mailto:a' href='#f'>", &[]),
            ("<a title href=>", &[]),
            ("<a href='unclosed>", &[]),
            ("</a href='/x'>", &[]),
        ] {
            let mut relative = Vec::new();
            assert!(read(tag, &mut relative).is_some(), "{tag}");
            let found: Vec<_> = relative.into_iter().filter_map(|at| tag.get(at)).collect();
            assert_eq!(found, expected, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_ends_where_html_says(text in "<[a/!?][ a=\"'<>é]{0,20}") {
            let mut relative = Vec::new();
            prop_assume!(!has_odd_value(&text));
            prop_assert_eq!(read(&text, &mut relative), html::tag_len(&text));
        }
    }

    /// Whether a quote stands in a value without quotes, where it is one of its letters.
    fn has_odd_value(text: &str) -> bool {
        text.split('=').skip(1).any(|value| {
            let value = value.trim_start();
            !value.starts_with(['"', '\''])
                && value
                    .split(|c: char| c.is_ascii_whitespace() || c == '>')
                    .next()
                    .is_some_and(|value| value.contains(['"', '\'', '=']))
        })
    }
}

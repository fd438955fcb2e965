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

/// Attributes that carry several, each with what it is for behind it (HTML §2.3.11).
const ADDRESS_LISTS: &[&str] = &["srcset", "data-srcset"];

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

/// Takes down what there is of relative addresses in a value. `equals` is where its equals sign stands.
fn address(
    text: &str,
    equals: Option<usize>,
    value: Range<usize>,
    relative: &mut Vec<Range<usize>>,
) {
    let name = equals.and_then(|equals| text.as_bytes().get(..equals));
    let name = name.and_then(attribute).unwrap_or_default();
    let Some(written) = text.get(value.clone()) else {
        return;
    };
    if is_one_of(ADDRESSES, name) {
        relative.extend(Some(value).filter(|_| is_relative(written)));
    } else if is_one_of(ADDRESS_LISTS, name) {
        let at = |offset: usize| value.start.saturating_add(offset);
        let addresses = listed(written).into_iter();
        relative.extend(
            addresses
                .filter(|one| written.get(one.clone()).is_some_and(is_relative))
                .map(|one| at(one.start)..at(one.end)),
        );
    }
}

/// The attribute's name at the end of a piece of a tag, if it may be one that carries addresses.
fn attribute(tag: &[u8]) -> Option<&[u8]> {
    let tag = tag.trim_ascii_end();
    // The last letters of those names, in either case: most attributes are others.
    let last = tag.last().map(|byte| byte | 0x20);
    if !matches!(last, Some(b'f' | b'c' | b'r' | b'e' | b'd' | b't')) {
        return None;
    }
    let name = tag
        .iter()
        .rposition(|byte| !byte.is_ascii_alphabetic() && *byte != b'-')
        .and_then(|at| tag.get(at.saturating_add(1)..));
    Some(name.unwrap_or(tag))
}

fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names
        .iter()
        .any(|listed| name.eq_ignore_ascii_case(listed.as_bytes()))
}

/// Where the addresses of a list stand. One ends at a space, or with the comma before it.
fn listed(list: &str) -> Vec<Range<usize>> {
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let mut found = Vec::new();
    let mut at = 0_usize;
    while let Some(rest) = list.as_bytes().get(at..)
        && let Some(skipped) = rest.iter().position(|byte| !is_between(byte))
    {
        let start = at.saturating_add(skipped);
        let written = rest.get(skipped..).unwrap_or_default();
        let len = written.iter().position(u8::is_ascii_whitespace);
        let written = written
            .get(..len.unwrap_or(written.len()))
            .unwrap_or_default();
        let commas = written
            .iter()
            .rev()
            .take_while(|byte| **byte == b',')
            .count();
        at = start.saturating_add(written.len());
        found.push(start..at.saturating_sub(commas));
        if commas == 0 {
            let behind = list.as_bytes().get(at..).unwrap_or_default();
            at = at.saturating_add(scan::find(behind, b',').unwrap_or(behind.len()));
        }
    }
    found
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
            (
                "<img srcset='/s.png 1x, data:a,b 2x,\nl.png, ,https://e/x.png'>",
                &["/s.png", "l.png"],
            ),
            ("<source data-SrcSet=one,two alt=three>", &["one,two"]),
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

    /// Whether a quote or an equals sign stands in a value without quotes, where it is one of its letters.
    fn has_odd_value(text: &str) -> bool {
        text.match_indices('=').any(|(at, _)| {
            let value = text.get(at + 1..).unwrap_or_default().trim_start();
            !value.starts_with(['"', '\''])
                && value
                    .split(|c: char| c.is_ascii_whitespace() || c == '>')
                    .next()
                    .is_some_and(|value| value.contains(['"', '\'', '=']))
        })
    }
}

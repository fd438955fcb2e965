//! Character references: the named ones of HTML, numeric ones with the liberties people take.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::scan;

/// The names of the HTML standard (§13.5) and their code points, one a line, without `;`.
const TABLE: &str = include_str!("entities.txt");

/// Longest name of the table; whatever is longer is no reference.
const MAX_NAME_BYTES: usize = 32;

static NAMED: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter_map(|line| {
            let (name, points) = line.split_once(' ')?;
            let text = points
                .split(' ')
                .filter_map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
            Some((name, text.collect()))
        })
        .collect()
});

/// Code points 80 to 9F, which people write when they mean windows-1252 (HTML standard §13.2.5.80).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A reference at the start of a text, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// Bytes of the reference, `&` and `;` included.
    pub len: usize,
    /// False for a number without `;`, or one that is meant in windows-1252.
    pub exact: bool,
    pub meaning: Meaning<'a>,
}

/// What a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// One of the five that XML knows.
    Predefined(char),
    Char(char),
    /// A name of HTML.
    Named(&'static str),
    /// A character that must not occur: nothing.
    Forbidden,
    /// A name that nobody but the document itself may know.
    Unknown(&'a str),
}

impl Reference<'_> {
    /// Whether any parser of XML reads it, and reads it like us.
    pub fn is_xml(&self) -> bool {
        match self.meaning {
            Meaning::Predefined(_) => true,
            Meaning::Char(_) => self.exact,
            _ => false,
        }
    }
}

/// The references that make up nearly all: their length and what they stand for.
const fn predefined(text: &[u8]) -> Option<(usize, char)> {
    match text {
        [b'&', b'l', b't', b';', ..] => Some((4, '<')),
        [b'&', b'g', b't', b';', ..] => Some((4, '>')),
        [b'&', b'a', b'm', b'p', b';', ..] => Some((5, '&')),
        [b'&', b'q', b'u', b'o', b't', b';', ..] => Some((6, '"')),
        [b'&', b'a', b'p', b'o', b's', b';', ..] => Some((6, '\'')),
        _ => None,
    }
}

/// Reads the reference that `text` begins with; `None` when the `&` stands for itself.
#[inline]
pub(super) fn reference(text: &str) -> Option<Reference<'_>> {
    reference_at(text, 0)
}

/// The same for the reference that begins `at` a place. The byte behind the `&` nearly always
/// tells when it is none.
#[inline]
pub(super) fn reference_at(text: &str, at: usize) -> Option<Reference<'_>> {
    let next = text.as_bytes().get(at.saturating_add(1))?;
    if next.is_ascii_alphabetic() || matches!(next, b'#' | b'_' | b':') {
        whole(text.get(at..)?)
    } else {
        None
    }
}

fn whole(text: &str) -> Option<Reference<'_>> {
    if let Some((len, c)) = predefined(text.as_bytes()) {
        return Some(Reference {
            len,
            exact: true,
            meaning: Meaning::Predefined(c),
        });
    }
    let rest = text.strip_prefix('&')?;
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number);
    }
    let end = rest
        .bytes()
        .take(MAX_NAME_BYTES)
        .position(|byte| !byte.is_ascii_alphanumeric() && !b"._-:".contains(&byte))?;
    let (name, after) = rest.split_at_checked(end)?;
    if !after.starts_with(';') {
        return None;
    }
    let meaning = NAMED
        .get(name)
        .map_or(Meaning::Unknown(name), |text| Meaning::Named(text));
    Some(Reference {
        len: end.saturating_add(2),
        exact: true,
        meaning,
    })
}

fn numeric(number: &str) -> Option<Reference<'static>> {
    let (radix, digits, lead) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (16, hex, 3),
        None => (10, number, 2),
    };
    let count = digits
        .bytes()
        .take_while(|byte| char::from(*byte).is_digit(radix))
        .count();
    let (digits, after) = digits.split_at_checked(count)?;
    if digits.is_empty() {
        return None;
    }
    let ends = after.starts_with(';');
    let len = lead + count + usize::from(ends);
    let point = u32::from_str_radix(digits, radix).ok();
    let exact = ends && !point.is_some_and(|point| (0x80..0xa0).contains(&point));
    let meaning = point
        .and_then(character)
        .map_or(Meaning::Forbidden, Meaning::Char);
    Some(Reference {
        len,
        exact,
        meaning,
    })
}

fn character(point: u32) -> Option<char> {
    let legacy = point
        .checked_sub(0x80)
        .and_then(|at| WINDOWS_1252.get(usize::try_from(at).ok()?));
    legacy
        .copied()
        .or_else(|| char::from_u32(point))
        .filter(|c| is_allowed(*c))
}

/// The byte of a character in the upper half of windows-1252's difference from Latin-1.
pub(super) fn windows_1252(c: char) -> Option<u8> {
    let at = WINDOWS_1252.iter().position(|known| *known == c)?;
    u8::try_from(at.saturating_add(0x80)).ok()
}

/// Whether XML 1.0 (§2.2) and good manners allow a character in a document.
pub(super) const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        || matches!(c, '\u{80}'..='\u{9f}')
}

/// Resolves every reference once; unknown ones stay as they are.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if scan::find(text, b'&').is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    decode_into(text, &mut out);
    Cow::Owned(out)
}

/// The same for text in which XML alone must understand every reference; `None` if it does not.
pub(super) fn decode_xml(text: &str) -> Option<Cow<'_, str>> {
    let Some(first) = scan::find(text, b'&') else {
        return Some(Cow::Borrowed(text));
    };
    let (before, mut rest) = text.split_at_checked(first)?;
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    while !rest.is_empty() {
        let found = reference(rest).filter(Reference::is_xml)?;
        match found.meaning {
            Meaning::Predefined(c) | Meaning::Char(c) => out.push(c),
            Meaning::Named(_) | Meaning::Forbidden | Meaning::Unknown(_) => return None,
        }
        rest = rest.get(found.len..)?;
        let plain = scan::find(rest, b'&').unwrap_or(rest.len());
        let (text, more) = rest.split_at_checked(plain)?;
        out.push_str(text);
        rest = more;
    }
    Some(Cow::Owned(out))
}

/// The same, appended to `out`.
pub(super) fn decode_into(text: &str, out: &mut String) {
    let (mut copied, mut at) = (0_usize, 0_usize);
    let bytes = text.as_bytes();
    while let Some(found) = bytes.get(at..).and_then(|rest| scan::find(rest, b'&')) {
        at = at.saturating_add(found);
        let Some(Reference { len, meaning, .. }) = reference_at(text, at) else {
            at = at.saturating_add(1);
            continue;
        };
        let end = at.saturating_add(len);
        if !matches!(meaning, Meaning::Unknown(_)) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            copied = end;
        }
        match meaning {
            Meaning::Predefined(c) | Meaning::Char(c) => out.push(c),
            Meaning::Named(text) => out.push_str(text),
            Meaning::Forbidden | Meaning::Unknown(_) => {}
        }
        at = end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_are_resolved_once() {
        for (text, plain) in [
            ("AT&amp;T", "AT&T"),
            ("AT&T & R&D", "AT&T & R&D"),
            ("&amp;amp;", "&amp;"),
            ("caf&eacute;&mdash;&rsquo;&nbsp;x", "café—’\u{a0}x"),
            ("don&#146;t &#x2019; &#8217 x", "don’t ’ ’ x"),
            ("&#0;&#x1F;&#xFFFFFFF;&#xD800;.", "."),
            ("&foo; &; &#; &#x; &", "&foo; &; &#; &#x; &"),
            ("&#99999999999999999999999;", ""),
        ] {
            assert_eq!(decode(text), plain, "{text}");
        }
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(NAMED.len(), TABLE.lines().count());
        assert!(
            NAMED
                .iter()
                .all(|(name, text)| name.len() < MAX_NAME_BYTES && !text.is_empty())
        );
    }

    proptest! {
        #[test]
        fn decoding_never_panics_nor_grows(text in "[&#xX;a-z0-9é<> ]{0,60}") {
            prop_assert!(decode(&text).len() <= text.len() * 3);
        }
    }
}

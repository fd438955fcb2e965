//! Percent-encoding in one spelling (RFC 3986 §6.2.2).
//!
//! Escapes of unreserved characters are decoded, all other escapes are written in
//! upper case, and everything beyond ASCII is brought to NFC and escaped, so that
//! `caf%c3%a9`, `café` and `cafe` with a combining accent are one. Escaped
//! delimiters stay escaped: `a%2Fb` is one segment, `a/b` are two.

use unicode_normalization::UnicodeNormalization;

/// One component of an address in its one spelling. Idempotent.
pub(super) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // What stands between two delimiters: an accent may join the letter before it.
    let mut word = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, escaped, tail)) = next_byte(rest) {
        rest = tail;
        if byte >= 0x80 || is_unreserved(byte) {
            word.push(byte);
        } else {
            push_word(&word, &mut out);
            word.clear();
            if !escaped && is_delimiter(byte) {
                out.push(char::from(byte));
            } else {
                push_escaped(byte, &mut out);
            }
        }
    }
    push_word(&word, &mut out);
    out
}

/// The text that a component stands for; `+` is left alone.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, _, tail)) = next_byte(rest) {
        rest = tail;
        bytes.push(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The next byte, whether it was written as an escape, and what follows.
fn next_byte(bytes: &[u8]) -> Option<(u8, bool, &[u8])> {
    if let [b'%', high, low, rest @ ..] = bytes
        && let (Some(high), Some(low)) = (nibble(*high), nibble(*low))
    {
        return Some((high << 4 | low, true, rest));
    }
    let (first, rest) = bytes.split_first()?;
    Some((*first, false, rest))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn push_word(word: &[u8], out: &mut String) {
    if let Ok(text) = std::str::from_utf8(word) {
        let mut buffer = [0; 4];
        for character in text.nfc() {
            push_bytes(character.encode_utf8(&mut buffer).as_bytes(), out);
        }
    } else {
        push_bytes(word, out);
    }
}

fn push_bytes(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        if is_unreserved(*byte) {
            out.push(char::from(*byte));
        } else {
            push_escaped(*byte, out);
        }
    }
}

fn push_escaped(byte: u8, out: &mut String) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from(if nibble < 10 {
            b'0' + nibble
        } else {
            b'A' + nibble - 10
        }));
    }
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986 §2.2, with the `%` that begins no escape.
fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b':' | b'/'
            | b'?'
            | b'@'
            | b'!'
            | b'$'
            | b'&'
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_component_become_one() {
        for (written, normal) in [
            ("caf%c3%a9", "caf%C3%A9"),
            ("café", "caf%C3%A9"),
            ("cafe\u{301}", "caf%C3%A9"),
            ("%7Ebob", "~bob"),
            ("a%2fb", "a%2Fb"),
            ("a/b", "a/b"),
            ("100%", "100%25"),
            ("%zz", "%25zz"),
            ("%ff", "%FF"),
            ("'", "%27"),
        ] {
            assert_eq!(normalise(written), normal, "{written}");
        }
        assert_eq!(decode("caf%C3%A9%20%"), "café %");
    }

    proptest! {
        #[test]
        fn a_normal_component_stays_as_it_is(text in "(%[0-9a-fA-F]{2}|\\PC|[a-z/?&=;\u{300}-\u{310}\u{37e}\u{212a}]){0,40}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}

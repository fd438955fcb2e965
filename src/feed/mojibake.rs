//! Undoing UTF-8 that somebody took for Latin-1 and encoded again: `Ã©` for `é`.

use std::borrow::Cow;

use super::{entities, scan};

/// The text as it was before, or as it is.
///
/// Only a text of which every character has a byte in Latin-1 or windows-1252, and whose bytes
/// are valid UTF-8, can have been through this; hardly any text that has not is such by chance.
pub(super) fn undo(text: &str) -> Cow<'_, str> {
    let Some(ascii) = scan::beyond_ascii(text) else {
        return Cow::Borrowed(text);
    };
    // Nearly every text fails at its first letter beyond ASCII, or the one behind it.
    let start = text.get(ascii..).unwrap_or_default();
    let mut start = start.chars().map(byte);
    let first = start
        .next()
        .flatten()
        .is_some_and(|first| (0xc2..=0xf4).contains(&first));
    if !first
        || !start
            .next()
            .flatten()
            .is_some_and(|second| (0x80..=0xbf).contains(&second))
    {
        return Cow::Borrowed(text);
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map_or(Cow::Borrowed(text), Cow::Owned)
}

fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c))
        .ok()
        .or_else(|| entities::windows_1252(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_that_was_encoded_twice_is_decoded() {
        for (text, expected) in [
            ("cafÃ©", "café"),
            ("Itâ€™s", "It’s"),
            ("ÐœÐ¾Ñ\u{81}ÐºÐ²Ð°", "Москва"),
            ("Â£31", "£31"),
            ("café", "café"),
            ("Ã la carte", "Ã la carte"),
            ("日本語", "日本語"),
            ("Ünï © 2020", "Ünï © 2020"),
            ("", ""),
        ] {
            assert_eq!(undo(text), expected, "{text}");
        }
    }
}

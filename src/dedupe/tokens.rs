//! Tokens: the words of a text, or its characters where a script has no spaces.

use super::hash;
use super::normalise::DIGIT_JOINER;

/// A token, as far as comparison needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub hash: u64,
    /// A character of a script that is written without spaces.
    pub is_sign: bool,
    pub is_number: bool,
}

/// The tokens of a normalised text, in order.
pub(super) fn tokens(normal: &[u8]) -> impl Iterator<Item = Token> {
    let mut begin = 0;
    memchr::memchr_iter(b' ', normal).map(move |end| {
        let rest = normal.get(begin..).unwrap_or_default();
        let len = end - begin;
        begin = end + 1;
        let (hash, is_number) = hash::token(rest, len);
        Token {
            hash,
            is_sign: is_sign(rest),
            is_number,
        }
    })
}

/// Whether a text begins with a sign. Words have none in them.
fn is_sign(text: &[u8]) -> bool {
    // The first byte of FIRST_UNSPACED in UTF-8, and the bytes of a character.
    text.first().is_some_and(|first| *first >= 0xe0)
        && text
            .get(..4)
            .unwrap_or(text)
            .utf8_chunks()
            .next()
            .is_some_and(|chunk| chunk.valid().starts_with(is_unspaced))
}

/// Letters, digits and the marks that belong to letters (vowel signs, viramas).
pub(super) fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric()
        || character == DIGIT_JOINER
        || unicode_normalization::char::is_combining_mark(character)
}

/// Nothing below is a character of the scripts that follow.
const FIRST_UNSPACED: char = '\u{e00}';

/// Scripts that put no spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer,
/// Kana, Bopomofo, Han, Yi (Unicode 16, chapter 6.2, "word boundaries", and the scripts' blocks).
/// Hangul is written with spaces.
pub(super) fn is_unspaced(character: char) -> bool {
    character >= FIRST_UNSPACED
        && matches!(
            character,
            '\u{e00}'..='\u{eff}'
                | '\u{f00}'..='\u{fff}'
                | '\u{1000}'..='\u{109f}'
                | '\u{1780}'..='\u{17ff}'
                | '\u{2e80}'..='\u{2fdf}'
                | '\u{3005}'..='\u{3007}'
                | '\u{3021}'..='\u{312f}'
                | '\u{31a0}'..='\u{31bf}'
                | '\u{31f0}'..='\u{31ff}'
                | '\u{3400}'..='\u{4dbf}'
                | '\u{4e00}'..='\u{9fff}'
                | '\u{a000}'..='\u{a4cf}'
                | '\u{a9e0}'..='\u{a9ff}'
                | '\u{aa60}'..='\u{aa7f}'
                | '\u{f900}'..='\u{faff}'
                | '\u{1b000}'..='\u{1b16f}'
                | '\u{20000}'..='\u{3ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_signs_and_numbers_are_told_apart() {
        let found: Vec<(bool, bool)> = tokens("one 3·5 年 한국어 b2 में ".as_bytes())
            .map(|token| (token.is_sign, token.is_number))
            .collect();
        let (word, number, sign) = ((false, false), (false, true), (true, false));
        assert_eq!(found, [word, number, sign, word, number, word]);
    }
}

//! Tokens: the words of a text, or its characters where a script has no spaces.

use super::normalise::DIGIT_JOINER;

/// One token of a normalised text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    /// A character of a script that is written without spaces.
    Sign(char),
}

impl<'a> Token<'a> {
    /// The token as text.
    pub(super) fn written(self, buffer: &'a mut [u8; 4]) -> &'a str {
        match self {
            Self::Word(word) => word,
            Self::Sign(sign) => sign.encode_utf8(buffer),
        }
    }
}

/// The tokens of a normalised text, in order. Punctuation and space are none.
pub(super) fn tokens(normal: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = normal;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character| !is_part_of_word(character));
        let first = rest.chars().next()?;
        if is_unspaced(first) {
            rest = rest.strip_prefix(first)?;
            return Some(Token::Sign(first));
        }
        let end = rest
            .find(|character| !is_part_of_word(character) || is_unspaced(character))
            .unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(end)?;
        rest = tail;
        Some(Token::Word(word))
    })
}

/// Letters, digits and the marks that belong to letters (vowel signs, viramas).
fn is_part_of_word(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric()
    } else {
        character.is_alphanumeric()
            || character == DIGIT_JOINER
            || unicode_normalization::char::is_combining_mark(character)
    }
}

/// Nothing below is a character of the scripts that follow.
const FIRST_UNSPACED: char = '\u{e00}';

/// Scripts that put no spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer,
/// Kana, Bopomofo, Han, Yi (Unicode 16, chapter 6.2, "word boundaries", and the scripts' blocks).
/// Hangul is written with spaces.
fn is_unspaced(character: char) -> bool {
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
    fn words_are_whole_and_signs_are_single() {
        for (text, expected) in [
            ("one, two—three", "one|two|three"),
            ("3·5 percent", "3·5|percent"),
            ("今日は2024年", "今|日|は|2024|年"),
            ("한국어 기사", "한국어|기사"),
            ("हिन्दी में", "हिन्दी|में"),
            (" … ", ""),
        ] {
            let found: Vec<String> = tokens(text)
                .map(|token| match token {
                    Token::Word(word) => word.to_owned(),
                    Token::Sign(sign) => sign.to_string(),
                })
                .collect();
            assert_eq!(found.join("|"), expected, "{text}");
        }
    }
}

//! The text as it is compared: compatibility forms folded, lower case, invisible
//! characters and punctuation gone, numbers in one piece, a space after each token.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::tokens::{is_part_of_word, is_unspaced};

/// Characters that are read of a text: what a page at its size limit can hold. One
/// character may become eighteen by NFKC, so the limit holds before and after it.
const MAX_CHARS: usize = 12 << 20;

/// Written between the digits of one number for a point or comma, whichever stood there.
pub(super) const DIGIT_JOINER: char = '·';

/// The tokens of the text in NFKC and lower case without invisible characters, each with a
/// space after it: UTF-8.
pub(super) fn normalise(text: &str) -> Vec<u8> {
    let text = folded(text);
    let mut normal = Normal::default();
    let mut rest: &str = &text;
    while let Some(first) = rest.chars().next() {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii());
        let (run, tail) = rest
            .split_at_checked(ascii.unwrap_or(rest.len()))
            .unwrap_or_default();
        if run.is_empty() {
            normal.push(first);
            rest = tail.strip_prefix(first).unwrap_or_default();
        } else {
            normal.push_ascii(run.as_bytes());
            rest = tail;
        }
    }
    normal.finish()
}

/// The text in NFKC; most texts are in it already.
fn folded(text: &str) -> Cow<'_, str> {
    let beyond = (text.len() > MAX_CHARS).then(|| text.char_indices().nth(MAX_CHARS));
    let text = beyond
        .flatten()
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text);
    let visible = text.chars().filter(|character| !is_invisible(*character));
    if text.is_ascii() || is_nfkc_quick(visible.clone()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(visible.nfkc().take(MAX_CHARS).collect())
    }
}

/// A text in the making. Keeps numbers together: of 1,250 and 1,300 it matters that they
/// differ, not that both have a 1.
#[derive(Default)]
struct Normal {
    /// Written as far as `len`.
    text: Vec<u8>,
    len: usize,
    state: State,
}

/// What came before the next character.
#[derive(Clone, Copy, Default)]
struct State {
    in_word: bool,
    after_digit: bool,
    /// A point or comma after a digit.
    after_point: bool,
}

impl Normal {
    /// Characters that are all ASCII.
    fn push_ascii(&mut self, run: &[u8]) {
        // A point may become two bytes, and end a word from before.
        self.text.resize(self.len + 2 * run.len() + 2, b' ');
        let (mut state, mut at) = (self.state, self.len);
        let mut write = |byte: u8, is_kept: bool| {
            if let Some(place) = self.text.get_mut(at) {
                *place = byte;
            }
            at += usize::from(is_kept);
        };
        for byte in run {
            let is_digit = byte.is_ascii_digit();
            if state.after_point {
                state.after_point = false;
                if is_digit {
                    let mut joiner = [0; 2];
                    DIGIT_JOINER.encode_utf8(&mut joiner);
                    for byte in joiner {
                        write(byte, true);
                    }
                } else {
                    write(b' ', true);
                    state.in_word = false;
                }
            }
            if state.after_digit && matches!(byte, b'.' | b',') {
                state.after_point = true;
            } else {
                // Where words end is as good as random, so it must not be a branch: each byte
                // is written, and the next one in its place if it is not kept.
                let is_word = byte.is_ascii_alphanumeric();
                let written = if is_word {
                    byte.to_ascii_lowercase()
                } else {
                    b' '
                };
                write(written, is_word | state.in_word);
                state.in_word = is_word;
            }
            state.after_digit = is_digit;
        }
        (self.state, self.len) = (state, at);
    }

    /// A character that is not ASCII.
    fn push(&mut self, character: char) {
        if is_invisible(character) {
            return;
        }
        if self.state.after_point {
            self.end_word();
        }
        for lower in character.to_lowercase() {
            if lower.is_ascii() {
                self.push_ascii(lower.encode_utf8(&mut [0; 4]).as_bytes());
            } else if !is_part_of_word(lower) {
                self.end_word();
            } else if is_unspaced(lower) {
                self.end_word();
                self.write(lower);
                self.end_word();
            } else {
                self.write(lower);
            }
        }
        self.state.after_digit = false;
    }

    /// Writes a character of a word, as it is.
    fn write(&mut self, character: char) {
        self.text.truncate(self.len);
        let mut buffer = [0; 4];
        let written = character.encode_utf8(&mut buffer);
        self.text.extend_from_slice(written.as_bytes());
        self.len = self.text.len();
        self.state.in_word = true;
    }

    fn end_word(&mut self) {
        if self.state.in_word {
            self.write(' ');
        }
        self.state = State::default();
    }

    fn finish(mut self) -> Vec<u8> {
        self.end_word();
        self.text.truncate(self.len);
        self.text
    }
}

/// Soft hyphens, zero-width and direction marks, variation selectors: present in one
/// copy of a text and lost in the next.
fn is_invisible(character: char) -> bool {
    !character.is_ascii()
        && matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_text_become_one() {
        for (written, normal) in [
            ("Hello", "hello "),
            ("co\u{ad}op\u{200b}eration", "cooperation "),
            ("ﬁne", "fine "),
            ("１２３", "123 "),
            ("ｶﾞ", "ガ "),
            ("cafe\u{301}", "café "),
            ("ÀÉ", "àé "),
            ("İx", "i\u{307}x "),
            ("1,250.50 or 1.250,50", "1·250·50 or 1·250·50 "),
            ("in 1987, 3. and .5, 6.", "in 1987 3 and 5 6 "),
            ("7.é 8,\u{200b}9 1..2 3.4.", "7 é 8·9 1 2 3·4 "),
            ("one, two—three", "one two three "),
            ("今日は2024年", "今 日 は 2024 年 "),
            ("한국어 기사", "한국어 기사 "),
            ("हिन्दी में", "हिन्दी में "),
            (" … ", ""),
        ] {
            assert_eq!(String::from_utf8(normalise(written)).unwrap(), normal);
        }
    }
}

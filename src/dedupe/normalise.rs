//! The text as it is compared: compatibility forms folded, lower case, invisible
//! characters gone, numbers in one piece.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters that are read of a text: what a page at its size limit can hold. One
/// character may become eighteen by NFKC, so the limit holds before and after it.
const MAX_CHARS: usize = 12 << 20;

/// Written between the digits of one number for a point or comma, whichever stood there.
pub(super) const DIGIT_JOINER: char = '·';

/// The text in NFKC and lower case without invisible characters.
pub(super) fn normalise(text: &str) -> String {
    let mut out = Normal {
        text: String::with_capacity(text.len()),
        before: ' ',
        point: None,
    };
    let visible = text
        .chars()
        .take(MAX_CHARS)
        .filter(|character| !is_invisible(*character));
    if text.is_ascii() || is_nfkc_quick(visible.clone()) == IsNormalized::Yes {
        visible.for_each(|character| out.push(character));
    } else {
        let folded = visible.nfkc().take(MAX_CHARS);
        folded.for_each(|character| out.push(character));
    }
    out.finish()
}

/// A text in the making. Keeps numbers together: of 1,250 and 1,300 it matters that they
/// differ, not that both have a 1.
struct Normal {
    text: String,
    before: char,
    /// A point or comma after a digit, not yet written.
    point: Option<char>,
}

impl Normal {
    fn push(&mut self, character: char) {
        if let Some(point) = self.point.take() {
            let joins = character.is_ascii_digit();
            self.text.push(if joins { DIGIT_JOINER } else { point });
        }
        if matches!(character, '.' | ',') && self.before.is_ascii_digit() {
            self.point = Some(character);
        } else if character.is_ascii() {
            self.text.push(character.to_ascii_lowercase());
        } else {
            self.text.extend(character.to_lowercase());
        }
        self.before = character;
    }

    fn finish(mut self) -> String {
        self.text.extend(self.point);
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
            ("Hello", "hello"),
            ("co\u{ad}op\u{200b}eration", "cooperation"),
            ("ﬁne", "fine"),
            ("１２３", "123"),
            ("ｶﾞ", "ガ"),
            ("cafe\u{301}", "café"),
            ("ÀÉ", "àé"),
            ("1,250.50 or 1.250,50", "1·250·50 or 1·250·50"),
            ("in 1987, 3. and .5", "in 1987, 3. and .5"),
        ] {
            assert_eq!(normalise(written), normal);
        }
    }
}

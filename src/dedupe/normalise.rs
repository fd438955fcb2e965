//! The text as it is compared: compatibility forms folded, lower case, invisible
//! characters gone.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters that are read of a text. What is beyond says nothing more about which
/// article it is: the longest articles of the press are under 200,000.
pub(super) const MAX_CHARS: usize = 1_000_000;

/// The text in NFKC and lower case without invisible characters, cut at [`MAX_CHARS`].
pub(super) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * MAX_CHARS));
    let visible = text
        .chars()
        .take(MAX_CHARS)
        .filter(|character| !is_invisible(*character));
    if is_nfkc_quick(visible.clone()) == IsNormalized::Yes {
        out.extend(visible.flat_map(char::to_lowercase));
    } else {
        out.extend(visible.nfkc().take(MAX_CHARS).flat_map(char::to_lowercase));
    }
    joined(&out)
}

fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if matches!(c, '.' | ',') && before.is_ascii_digit() && rest.peek().is_some_and(char::is_ascii_digit) {
            out.push('·');
        } else { out.push(c); }
        before = c;
    }
    out
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
        ] {
            assert_eq!(normalise(written), normal);
        }
    }

    #[test]
    fn a_text_beyond_the_limit_is_cut() {
        // One character that NFKC makes eighteen of.
        let text = "\u{fdfa}".repeat(MAX_CHARS / 2);
        assert_eq!(normalise(&text).chars().count(), MAX_CHARS);
    }
}

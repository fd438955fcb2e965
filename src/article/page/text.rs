//! Text as a reader sees it: white space collapsed, nothing invisible.

/// True for characters that must never reach a stored text: controls, bidirectional
/// overrides and isolates (they can make a line read as something else, Unicode
/// TR 36 §2.5), zero-width fillers, byte order marks, soft hyphens.
pub fn is_unsafe(c: char) -> bool {
    match c {
        // Joiners shape letters in Persian and Hindi and hold emoji together.
        '\n' | '\t' | '\u{200c}' | '\u{200d}' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// Appends `piece` to `out`, every run of white space becoming one space and none at
/// the start of a line.
pub fn push_collapsed(out: &mut String, piece: &str) {
    let mut rest = piece;
    loop {
        let plain = rest
            .bytes()
            .position(|b| !b.is_ascii_graphic())
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.push_str(run);
        let mut chars = after.chars();
        match chars.next() {
            None => return,
            Some(c) if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
            Some(c) if !is_unsafe(c) => out.push(c),
            Some(_) => {}
        }
        rest = chars.as_str();
    }
}

/// Appends `piece` as it is, as in `pre`: lines and spaces kept, unsafe characters gone.
pub fn push_verbatim(out: &mut String, piece: &str) {
    out.extend(piece.chars().filter(|&c| !is_unsafe(c) && c != '\r'));
}

/// Ends the line: spaces before the break go.
pub fn push_break(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    if !out.is_empty() {
        out.push('\n');
    }
}

/// As much of a text as fits into `bytes`.
pub fn beginning(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// One line of clean text from any string.
pub fn clean_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    out
}

/// Scripts written without spaces between words: there a character counts as a word.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Marks that a sentence ends with.
pub const fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '।' | '۔')
}

/// The words of a text: runs of letters and digits; a character each in scripts without spaces.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            if is_unspaced(first) {
                let (word, after) = rest.split_at_checked(first.len_utf8())?;
                rest = after;
                return Some(word);
            }
            if is_word(first) {
                let end = end_of_word(rest);
                let (word, after) = rest.split_at_checked(end)?;
                rest = after;
                return Some(word);
            }
            rest = rest.split_at_checked(first.len_utf8())?.1;
        }
    })
}

/// Where the word at the start of a text ends, in bytes. Most words are ASCII.
fn end_of_word(text: &str) -> usize {
    let plain = text
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'_'))
        .unwrap_or(text.len());
    match text.split_at_checked(plain) {
        Some((_, rest)) if !rest.starts_with(|c: char| c.is_ascii()) => rest
            .find(|c: char| !is_word(c) || is_unspaced(c))
            .map_or(text.len(), |more| plain + more),
        _ => plain,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many words a text has, as [`words`] counts them.
pub fn count_words(text: &str) -> usize {
    words(text).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_collapses_and_the_invisible_goes() {
        for (raw, clean) in [
            ("  a\n\tb  ", "a b"),
            ("a\u{a0}\u{202e}b\u{200b}c", "a bc"),
            ("co\u{ad}operate\u{0}", "cooperate"),
            ("👩\u{200d}👩", "👩\u{200d}👩"),
            ("", ""),
        ] {
            assert_eq!(clean_line(raw), clean);
        }
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        for (text, bytes, expected) in [("aéb", 2, "a"), ("aéb", 3, "aé"), ("aéb", 9, "aéb")] {
            assert_eq!(beginning(text, bytes), expected);
        }
    }

    #[test]
    fn words_are_counted_in_every_script() {
        for (text, count) in [
            ("It's 3 o'clock", 5),
            ("日本語 text", 4),
            ("", 0),
            ("— … —", 0),
            ("ภาษา", 4),
        ] {
            assert_eq!(count_words(text), count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn clean_lines_stay_clean(text: String) {
            let clean = clean_line(&text);
            prop_assert!(!clean.contains('\n') && !clean.chars().any(is_unsafe));
            prop_assert_eq!(clean_line(&clean), clean);
        }
    }
}

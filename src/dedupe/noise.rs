//! Whether two versions of a text differ in anything that was written.
//!
//! A page that is fetched twice is seldom the same twice: a counter has gone up, a
//! teaser has been exchanged. Such differences are in short pieces that are no
//! sentences. Whatever touches a sentence, or is longer than a label, is an edit.

use std::collections::HashMap;

/// A piece of more words than this is not a label, a counter or a teaser's headline.
const LABEL_WORDS: usize = 8;

/// True when everything that differs between two texts (paragraphs separated by blank lines) is noise.
#[must_use]
pub fn is_noise(before: &str, after: &str) -> bool {
    let mut balance: HashMap<String, i64> = HashMap::new();
    let mut words: HashMap<String, &str> = HashMap::new();
    for (text, sign) in [(before, -1), (after, 1)] {
        for piece in text
            .split('\n')
            .map(str::trim)
            .filter(|piece| !piece.is_empty())
        {
            let key = piece.split_whitespace().collect::<Vec<_>>().join(" ");
            words.insert(key.clone(), piece);
            *balance.entry(key).or_default() += sign;
        }
    }
    balance
        .iter()
        .filter(|(_, count)| **count != 0)
        .all(|(key, _)| words.get(key).is_some_and(|piece| is_label(piece)))
}

/// No sentence: short, and without the full stop that ends one.
fn is_label(piece: &str) -> bool {
    let ends_a_sentence =
        piece.ends_with(['.', '!', '?', '…', '。', '！', '？', '"', '”', '»', ':']);
    piece.split_whitespace().count() <= LABEL_WORDS
        && !ends_a_sentence
        && piece.chars().count() <= LABEL_WORDS * 12
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The ferry runs all winter.\n\n123 comments\n\nIt costs 41,000 crowns.\n\nMore from the harbour";

    #[test]
    fn counters_and_teasers_are_noise_and_sentences_are_not() {
        for (after, noise) in [
            (TEXT.to_owned(), true),
            (TEXT.replace("123 comments", "124 comments"), true),
            (
                TEXT.replace("More from the harbour", "Gig crew wins the cup"),
                true,
            ),
            (TEXT.replace("123 comments\n\n", ""), true),
            (TEXT.replace("41,000", "14,000"), false),
            (
                format!("{TEXT}\n\nCorrection: the cost was misstated."),
                false,
            ),
            (TEXT.replace("The ferry runs all winter.\n\n", ""), false),
            (
                format!(
                    "{TEXT}\n\na line of verse without any stop that goes on and on for a while"
                ),
                false,
            ),
        ] {
            assert_eq!(is_noise(TEXT, &after), noise, "{after}");
        }
    }
}

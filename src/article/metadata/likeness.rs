//! How titles are compared with one another and with the address of the page.

use std::collections::HashSet;

use url::Url;

use crate::article::page::block::ratio;
use crate::article::page::text;

/// Titles that share this much of their words are versions of one another.
const VERSION: f32 = 0.5;

/// …if these are at least so many.
const MIN_SHARED_WORDS: usize = 3;

/// The shortest key that says which title is meant, in bytes.
pub const MIN_KEY_BYTES: usize = 12;

/// The fewest words by which an address says which title is meant.
const MIN_SPELLED_WORDS: usize = 4;

/// Letters and digits only, lower case.
pub fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// True when two titles differ in nothing but case, spaces and marks.
pub fn is_same(a: &str, b: &str) -> bool {
    let key_of_a = key(a);
    !key_of_a.is_empty() && key_of_a == key(b)
}

/// True when two titles are the same, one is a part of the other, or they are versions of one another.
pub fn are_versions(a: &str, b: &str) -> bool {
    let (short, long) = (key(a), key(b));
    let (short, long) = if short.len() <= long.len() {
        (short, long)
    } else {
        (long, short)
    };
    if short.is_empty() {
        return false;
    }
    if short == long || (short.len() >= MIN_KEY_BYTES && long.contains(&short)) {
        return true;
    }
    let words = |title: &str| {
        text::words(title)
            .map(str::to_lowercase)
            .collect::<HashSet<String>>()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    shared >= MIN_SHARED_WORDS && ratio(shared, a.len().min(b.len())) >= VERSION
}

/// True when a segment of the address has the title's words, all and in order. How a word with other
/// than ASCII letters is written there differs from site to site, so that any word stands for it.
pub fn is_spelled_by(title: &str, address: &str) -> bool {
    let title = slug_words(title);
    let plain = title.iter().filter(|word| word.is_ascii()).count();
    if plain < MIN_SPELLED_WORDS {
        return false;
    }
    let Ok(address) = Url::parse(address) else {
        return false;
    };
    address
        .path_segments()
        .into_iter()
        .flatten()
        .any(|segment| {
            slug_words(segment).windows(title.len()).any(|there| {
                there
                    .iter()
                    .zip(&title)
                    .all(|(there, word)| there == word || !word.is_ascii())
            })
        })
}

/// The words of a title as addresses have them: lower case, without apostrophes.
fn slug_words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace(['\'', '’', '‘'], "")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_spells_a_title_word_by_word() {
        for (title, address, expected) in [
            (
                "Bees: Don’t keep them in town",
                "https://e.org/2024/bees-dont-keep-them-in-town-12.html",
                true,
            ),
            (
                "Bienen für die Stadt – wer zahlt das?",
                "https://e.org/bienen-fuer-die-stadt-wer-zahlt-das",
                true,
            ),
            (
                "Bees: Don't keep them in town",
                "https://e.org/bees-keep-them-in-town",
                false,
            ),
            ("Bees in town", "https://e.org/bees-in-town", false),
            ("Bees in our old town", "bees-in-our-old-town", false),
            ("Пчёлы в нашем городе", "https://e.org/a-b-c-d", false),
        ] {
            assert_eq!(is_spelled_by(title, address), expected, "{title} {address}");
        }
    }

    #[test]
    fn titles_that_share_half_of_their_words_are_versions() {
        for (a, b, expected) in [
            ("It’s a Headline", "its a headline", true),
            (
                "Bees belong in town",
                "Why bees belong in town, and where",
                true,
            ),
            ("Bees belong in town", "Town and bees belong together", true),
            ("Bees belong in town", "Wasps in town", false),
            ("", "", false),
        ] {
            assert_eq!(are_versions(a, b), expected, "{a} / {b}");
        }
    }
}

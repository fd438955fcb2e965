//! Words that give a block away: what stubs, labels and boxes say in a dozen languages.

use std::sync::LazyLock;

use crate::article::lookup::{Vocabulary, Words};
use crate::article::page::text;

/// What a short text is likely to be, by its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    ReadMore,
    Share,
    Subscribe,
    Picture,
    By,
    Updated,
    Rights,
    Advert,
    Comments,
    Topics,
    AboutAuthor,
    Source,
    Consent,
    Login,
    Chrome,
}

impl Say {
    /// Every kind, in the order of the features.
    pub const ALL: [Self; 15] = [
        Self::ReadMore,
        Self::Share,
        Self::Subscribe,
        Self::Picture,
        Self::By,
        Self::Updated,
        Self::Rights,
        Self::Advert,
        Self::Comments,
        Self::Topics,
        Self::AboutAuthor,
        Self::Source,
        Self::Consent,
        Self::Login,
        Self::Chrome,
    ];
}

/// How far into a block a giveaway is looked for, in characters.
const WINDOW: usize = 90;

type Index = Vocabulary<[char; 2], Vec<(&'static str, usize)>>;

/// Phrases and their kinds, by their first two characters: a block is looked up a few
/// times, not compared with five hundred phrases.
static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for line in include_str!("lexicon.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let Some((name, phrases)) = line.split_once(": ") else {
            continue;
        };
        let Some(number) = Say::ALL.iter().position(|kind| format!("{kind:?}") == name) else {
            continue;
        };
        for phrase in phrases.split('|') {
            index.entry(key(phrase)).or_default().push((phrase, number));
        }
    }
    index
});

fn key(text: &str) -> [char; 2] {
    let mut chars = text.chars();
    [chars.next().unwrap_or(' '), chars.next().unwrap_or(' ')]
}

/// For each kind: 2 when the text begins with such a phrase, 1 when one begins a word near its start, else 0.
pub fn says(text: &str) -> [u8; Say::ALL.len()] {
    let mut start = String::with_capacity(WINDOW);
    for c in text
        .chars()
        .skip_while(|c| !c.is_alphanumeric() && *c != '©' && *c != '(')
        .take(WINDOW)
    {
        if c.is_ascii() {
            start.push(c.to_ascii_lowercase());
        } else {
            start.extend(c.to_lowercase());
        }
    }
    let mut found = [0; Say::ALL.len()];
    let mut inside = false;
    for (at, c) in start.char_indices() {
        let word = c.is_alphanumeric();
        let begins = at == 0 || (word && (!inside || text::is_unspaced(c))) || c == '©';
        inside = word;
        let Some((_, rest)) = start.split_at_checked(at).filter(|_| begins) else {
            continue;
        };
        // One-character phrases are followed by anything.
        for key in [key(rest), [c, ' ']] {
            for (phrase, kind) in INDEX.get(&key).into_iter().flatten() {
                if rest.starts_with(phrase)
                    && let Some(level) = found.get_mut(*kind)
                {
                    *level = (*level).max(if at == 0 { 2 } else { 1 });
                }
            }
        }
    }
    found
}

/// The longest function word that is looked up, in bytes.
const MAX_FUNCTION_BYTES: usize = 7;

/// True for words that hold sentences together and that labels and menus do without, in whatever case.
pub fn is_function_word(word: &str) -> bool {
    let mut bytes = [0; MAX_FUNCTION_BYTES];
    let Some(lower) = bytes.get_mut(..word.len()) else {
        return false;
    };
    if word.is_ascii() {
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        return FUNCTION_WORDS.contains(&*lower);
    }
    FUNCTION_WORDS.contains(word.to_lowercase().as_bytes())
}

static FUNCTION_WORDS: LazyLock<Words<&[u8]>> = LazyLock::new(|| {
    include_str!("function_words.txt")
        .split_whitespace()
        .map(str::as_bytes)
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Vec<Say> {
        let says = says(text);
        Say::ALL
            .into_iter()
            .zip(says)
            .filter(|(_, level)| *level == 2)
            .map(|(kind, _)| kind)
            .collect()
    }

    #[test]
    fn stubs_are_told_by_their_first_words() {
        assert!(kind("» Read more: the other story").contains(&Say::ReadMore));
        assert!(kind("Lesen Sie auch").contains(&Say::ReadMore));
        assert!(kind("© 2020 The Daily").contains(&Say::Rights));
        assert!(kind("A plain sentence about nothing.").is_empty());
        assert!(
            Say::ALL
                .iter()
                .enumerate()
                .all(|(number, _)| { INDEX.values().flatten().any(|(_, known)| *known == number) })
        );
        assert!(is_function_word("Und") && !is_function_word("bundestag"));
        assert!(is_function_word("Что") && is_function_word("и"));
    }

    #[test]
    fn every_word_and_phrase_can_be_found() {
        assert!(
            FUNCTION_WORDS
                .iter()
                .all(|word| word.len() <= MAX_FUNCTION_BYTES)
        );
        for (phrase, kind) in INDEX.values().flatten() {
            let shorter = INDEX
                .values()
                .flatten()
                .find(|(other, of)| of == kind && other != phrase && phrase.starts_with(other));
            assert_eq!(shorter, None, "covers {phrase}");
        }
    }
}

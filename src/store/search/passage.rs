//! The passage of a text in which words stand, for texts that FTS5 cannot take one from.

use std::ops::Range;

/// Characters shown before the first match, and in all.
const BEFORE: usize = 24;
const LENGTH: usize = 96;

/// The first passage with one of the words, every match between the marks; the beginning of the
/// text when none is there.
pub(super) fn around(text: &str, words: &[String], marks: (&str, &str)) -> String {
    let folded: Vec<char> = text.chars().map(fold).collect();
    let words: Vec<Vec<char>> = words
        .iter()
        .map(|word| word.chars().map(fold).collect())
        .collect();
    let first = (0..folded.len())
        .find(|at| match_at(&folded, *at, &words).is_some())
        .unwrap_or(0);
    let from = first.saturating_sub(BEFORE);
    let shown = from..(from + LENGTH).min(folded.len());
    let mut out = String::new();
    if shown.start > 0 {
        out.push('…');
    }
    write(text, &folded, &words, shown.clone(), marks, &mut out);
    if shown.end < folded.len() {
        out.push('…');
    }
    out
}

fn write(
    text: &str,
    folded: &[char],
    words: &[Vec<char>],
    shown: Range<usize>,
    marks: (&str, &str),
    out: &mut String,
) {
    let mut marked_to = None;
    for (at, c) in text.chars().enumerate().take(shown.end).skip(shown.start) {
        if marked_to == Some(at) {
            out.push_str(marks.1);
            marked_to = None;
        }
        if let (None, Some(length)) = (marked_to, match_at(folded, at, words)) {
            out.push_str(marks.0);
            marked_to = Some(at + length);
        }
        out.push(if c.is_whitespace() { ' ' } else { c });
    }
    if marked_to.is_some() {
        out.push_str(marks.1);
    }
}

/// The length of the longest word that stands at a place.
fn match_at(text: &[char], at: usize, words: &[Vec<char>]) -> Option<usize> {
    let rest = text.get(at..)?;
    words
        .iter()
        .filter(|word| !word.is_empty() && rest.starts_with(word))
        .map(Vec::len)
        .max()
}

/// One character for one, so that places stay what they are.
fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        around(text, &words, ("[", "]"))
    }

    #[test]
    fn the_first_match_is_shown_and_every_one_marked() {
        assert_eq!(
            of("新款iPhone电池", &["iphone", "电池"]),
            "新款[iPhone][电池]"
        );
        assert_eq!(of("東京都と東京", &["東京"]), "[東京]都と[東京]");
        assert_eq!(of("一\n二", &["三"]), "一 二");
        let long = format!("{}図書館{}", "あ".repeat(100), "い".repeat(200));
        let shown = of(&long, &["図書館"]);
        assert!(shown.starts_with("…あ") && shown.contains("[図書館]い") && shown.ends_with('…'));
        assert_eq!(shown.chars().count(), LENGTH + 4);
    }
}

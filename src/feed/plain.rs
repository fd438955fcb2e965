//! From markup to plain text: titles for people, and the visible words for comparison.

use super::draft::{Form, Words};
use super::entities;
use super::html;
use super::mojibake;

/// Longer titles are cut: somebody put the article there.
const MAX_TITLE_CHARS: usize = 1_000;

/// What is looked at of a title, markup included.
const MAX_TITLE_BYTES: usize = 16 << 10;

/// A title: no markup, references resolved, white space collapsed; `None` when nothing is left.
///
/// Publishers escape titles once too often more than they write about markup, so all but texts
/// declared plain are resolved twice; only tags that HTML has are taken for tags.
pub(super) fn title(words: &Words) -> Option<String> {
    let (start, _) = words
        .text
        .split_at(words.text.floor_char_boundary(MAX_TITLE_BYTES));
    let mut text = mojibake::undo(start);
    let rounds = if words.form == Form::Plain { 1 } else { 2 };
    for _ in 0..rounds {
        if text.contains('<') {
            text = html::without_tags(&text).into();
        }
        if text.contains('&') {
            text = entities::decode(&text).into_owned().into();
        }
    }
    if text.contains('<') {
        text = html::without_tags(&text).into();
    }
    line(&text)
}

/// One line of plain text: control characters dropped, white space collapsed, bounded; `None` when empty.
pub(super) fn line(text: &str) -> Option<String> {
    let mut line = String::with_capacity(text.len().min(MAX_TITLE_CHARS));
    for word in text
        .split(|c: char| c.is_whitespace() || c == '\u{feff}')
        .filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()));
        if line.len() > MAX_TITLE_CHARS * 4 {
            break;
        }
    }
    if let Some((at, _)) = line.char_indices().nth(MAX_TITLE_CHARS) {
        line.truncate(at);
    }
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_plain() {
        for (text, form, plain) in [
            ("  A\n title ", Form::Unsure, Some("A title")),
            (
                "<b>Bold</b> &amp; brave",
                Form::Unsure,
                Some("Bold & brave"),
            ),
            (
                "Twice &amp;amp; &amp;#8217;",
                Form::Unsure,
                Some("Twice & ’"),
            ),
            ("&lt;i&gt;Slanted&lt;/i&gt;", Form::Html, Some("Slanted")),
            ("Vec<T> and a < b", Form::Unsure, Some("Vec<T> and a < b")),
            ("if a <b then c> d", Form::Plain, Some("if a d")),
            ("\u{1}x\u{7f}", Form::Plain, Some("x")),
            ("<img src=x>", Form::Html, None),
            (" ", Form::Plain, None),
        ] {
            assert_eq!(title(&Words::new(text, form)).as_deref(), plain, "{text}");
        }
    }
}

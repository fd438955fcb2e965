//! Attributes as they come: quoted, unquoted, valueless, twice.

use std::borrow::Cow;

use super::super::entities;

/// Attributes of one tag that are looked at.
const MAX_ATTRIBUTES: usize = 64;

/// The attributes of a tag, in order: names as written, values resolved.
pub(in crate::feed) fn iter(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | ','));
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() && after.is_empty() {
            return None;
        }
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            return Some((name, Cow::Borrowed("")));
        };
        let after = after.trim_start();
        let quoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| after.strip_prefix(quote)?.split_once(quote));
        // A value that ends where the next one begins was not closed.
        let quoted = quoted
            .filter(|(value, _)| !(value.ends_with('=') && value.contains(char::is_whitespace)));
        let (value, more) = quoted.unwrap_or_else(|| {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            let (value, more) = after.split_at_checked(end).unwrap_or((after, ""));
            (value.trim_matches(is_quote), more)
        });
        rest = more;
        Some((name, entities::decode(value)))
    })
    .take(MAX_ATTRIBUTES)
}

/// Quotes, and what people take for them.
const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’' | '\\')
}

/// The first attribute of a name, in any case.
pub(in crate::feed) fn find<'a>(text: &'a str, name: &str) -> Option<Cow<'a, str>> {
    iter(text)
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_however_they_are_written() {
        let text = r#" a="1 &amp; 2" b = 'x"y' c=d checked e="" a="again" f="open"#;
        let read: Vec<_> = iter(text)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            read,
            [
                "a=1 & 2", "b=x\"y", "c=d", "checked=", "e=", "a=again", "f=open"
            ]
        );
        for (text, expected) in [
            (" href=\"https://e/a rel=\"alternate\"", "https://e/a"),
            (" href=https://e/a\" rel=\"b\"", "https://e/a"),
            (" href='https://e/a\" rel='b'", "https://e/a"),
            (" href=“https://e/a” rel=“b”", "https://e/a"),
            (" href=\\\"https://e/a\\\"", "https://e/a"),
            (" href=\"https://e/?a=\"", "https://e/?a="),
        ] {
            assert_eq!(find(text, "href").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(find(text, "A").as_deref(), Some("1 & 2"));
        assert_eq!(iter("=").count(), 1);
        assert_eq!(iter("== = \" '").count(), 2);
    }
}

//! Names of people out of the ways feeds write them.

use super::{entities, mojibake, plain};

/// Longer texts are no names; papers have dozens of authors in one field.
const MAX_CHARS: usize = 1_000;

/// A person's name: `a@example.org (Jane Doe)`, `Jane Doe <a@example.org>`, `Jane Doe`; an e-mail
/// address where there is nothing else.
pub(super) fn name(text: &str) -> Option<String> {
    let line = plain::line(&entities::decode(&mojibake::undo(text)))?;
    let named = bracketed(&line)
        .or_else(|| before_address(&line))
        .unwrap_or(&line);
    let named = named.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | ',' | '(' | ')' | '<' | '>')
    });
    let named = named.strip_prefix("mailto:").unwrap_or(named);
    (!named.is_empty() && named.chars().count() <= MAX_CHARS).then(|| named.to_owned())
}

/// `address (Name)`, or the other way round.
fn bracketed(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once('(')?;
    let (inside, _) = rest.rsplit_once(')')?;
    let (before, inside) = (before.trim(), inside.trim());
    if is_address(before) && !inside.is_empty() {
        return Some(inside);
    }
    (is_address(inside) && !before.is_empty()).then_some(before)
}

/// `Name <address>`.
fn before_address(line: &str) -> Option<&str> {
    let (name, address) = line.split_once('<')?;
    (address.contains('@') && !name.trim().is_empty()).then_some(name)
}

fn is_address(text: &str) -> bool {
    text.contains('@') && !text.contains(' ')
}

/// Adds a name that is not there yet.
pub(super) fn add(names: &mut Vec<String>, text: &str) {
    if let Some(name) = name(text)
        && !names.contains(&name)
    {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        for (text, expected) in [
            ("a@example.org (Jane Doe)", Some("Jane Doe")),
            ("Jane Doe <a@example.org>", Some("Jane Doe")),
            ("Jane Doe (a@example.org)", Some("Jane Doe")),
            ("Jane (JD) Doe", Some("Jane (JD) Doe")),
            ("a@example.org", Some("a@example.org")),
            ("a@b.co（山田）", Some("a@b.co（山田）")),
            ("R&amp;D", Some("R&D")),
            ("()", None),
        ] {
            assert_eq!(name(text).as_deref(), expected, "{text}");
        }
    }
}

//! What an unknown key was meant to be, or where it belongs.

/// Every key in its table.
const EXAMPLE: &str = include_str!("../../config/feedmill.example.toml");

/// For a key that its table does not know, and those that it knows.
pub fn hint(key: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|known| (distance(known, key), *known))
        .min()
        .filter(|(far, _)| *far <= 3);
    let homes = homes(key);
    if !homes.is_empty() {
        format!("it belongs in {}", homes.join(" or "))
    } else if let Some((_, known)) = near {
        format!("did you mean \"{known}\"?")
    } else {
        format!("known here: {}", known.join(", "))
    }
}

/// The tables that have such a key, as they are written.
fn homes(key: &str) -> Vec<&'static str> {
    let (mut table, mut homes) = ("the head of the file", Vec::new());
    for line in EXAMPLE.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if line.starts_with('[') {
            table = line;
        } else if line
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(" = "))
        {
            homes.push(table);
        }
    }
    homes
}

/// Edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_table_is_sent_there_and_a_mistyped_one_is_guessed() {
        for (key, known, said) in [
            (
                "allow_networks",
                ["robots", "contact"],
                "it belongs in [[feed]]",
            ),
            (
                "include",
                ["robots", "contact"],
                "it belongs in the head of the file",
            ),
            (
                "interval",
                ["robots", "contact"],
                "it belongs in [polling] or [[feed]]",
            ),
            ("robts", ["robots", "contact"], "did you mean \"robots\"?"),
            (
                "colour",
                ["robots", "contact"],
                "known here: robots, contact",
            ),
        ] {
            assert_eq!(hint(key, &known), said, "{key}");
        }
    }
}

//! Printing for people: safe, plain where nobody looks, with colour where somebody does.

use std::io::{IsTerminal, Write as _, stderr, stdout};

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{ContentArrangement, Table};

use crate::model::Timestamp;

/// Text that came from outside, without control characters (they steer terminals) and without
/// bidirectional overrides (they make text read other than it is).
#[must_use]
pub fn safe(text: &str) -> String {
    let unsafe_char = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
    };
    text.chars()
        .map(|c| if c == '\t' || c == '\n' { ' ' } else { c })
        .filter(|c| !unsafe_char(*c))
        .collect()
}

/// Writes a line to standard output. A reader that has seen enough closes the pipe: what is left
/// to say is then nobody's business, and no fault.
pub fn print_line(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(stdout(), "{line}");
}

/// `println!` that does not panic when nobody reads.
macro_rules! say {
    () => { $crate::cli::screen::print_line(format_args!("")) };
    ($($words:tt)*) => { $crate::cli::screen::print_line(format_args!($($words)*)) };
}
pub(crate) use say;

/// Whether standard output is read by a person.
#[must_use]
pub fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// Whether progress may be drawn.
#[must_use]
pub fn is_progress_wanted() -> bool {
    stderr().is_terminal()
}

/// Whether colours may be used (no-color.org).
#[must_use]
pub fn is_colour_wanted() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A table: ruled on a terminal, plain columns in a pipe.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    if is_terminal() {
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.load_style(NOTHING);
    }
    if !is_colour_wanted() {
        table.force_no_tty();
    }
    table.set_header(header);
    table
}

/// An instant to the second.
#[must_use]
pub fn when(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "never".to_owned(),
        |at| at.utc().format("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// A size, to the tenth of a larger unit.
#[must_use]
pub fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(safe("a\u{1b}[31mb\u{7}\u{202e}c\r\nd"), "a[31mbc d");
    }
}

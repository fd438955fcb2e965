//! What is wrong with a cron line: which field, where it stands, and what could stand there.

use std::fmt;

/// The field of a cron line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronFault {
    /// So many fields make no line; `column` is where the first one too many begins, or the end.
    Count {
        found: usize,
        column: usize,
    },
    Nickname,
    Field {
        /// From 1.
        number: usize,
        name: &'static str,
        /// In characters, from 1.
        column: usize,
        text: String,
        remedy: &'static str,
    },
    /// Each field for itself is in order.
    Whole,
}

impl fmt::Display for CronFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found, column } => write!(
                f,
                "column {column}: {found} fields; it takes five (minute, hour, day of month, month, day of week), as in \"*/15 6-22 * * mon-fri\", six with seconds first, or seven with a year last"
            ),
            Self::Nickname => write!(
                f,
                "column 1: there are @hourly, @daily, @weekly, @monthly and @yearly"
            ),
            Self::Field {
                number,
                name,
                column,
                text,
                remedy,
            } => write!(
                f,
                "field {number} ({name}), column {column}: \"{text}\" cannot be read; {remedy}"
            ),
            Self::Whole => write!(f, "its fields do not go together"),
        }
    }
}

type Field = (&'static str, &'static str);

const SECOND: Field = ("second", "use 0 to 59, as in 0 or */30");
const YEAR: Field = ("year", "use years of four digits, as in 2027 or 2026-2030");
const FIVE: [Field; 5] = [
    ("minute", "use 0 to 59, as in 0, */15 or 5,35"),
    ("hour", "use 0 to 23, as in 6, 6-22 or */2"),
    (
        "day of month",
        "use 1 to 31, as in 1, 1-7 or L for the last",
    ),
    ("month", "use 1 to 12 or jan to dec, as in 6 or mar-oct"),
    (
        "day of week",
        "use 0 to 7 (0 and 7 are Sunday) or sun to sat, as in 1-5 or mon-fri",
    ),
];

/// Finds the fault of a line that cannot be read, given what can.
pub(super) fn find(line: &str, can_be_read: impl Fn(&str) -> bool) -> CronFault {
    if line.trim_start().starts_with('@') {
        return CronFault::Nickname;
    }
    let fields = fields(line);
    let names: Vec<Field> = match fields.len() {
        5 => FIVE.to_vec(),
        6 => [SECOND].into_iter().chain(FIVE).collect(),
        7 => [SECOND].into_iter().chain(FIVE).chain([YEAR]).collect(),
        found => {
            let end = line.chars().count() + 1;
            let column = fields.get(7).map_or(end, |(column, _)| *column);
            return CronFault::Count { found, column };
        }
    };
    let alone = |number: usize, text: &str| {
        let mut all = vec!["*"; fields.len()];
        if let Some(one) = all.get_mut(number) {
            *one = text;
        }
        all.join(" ")
    };
    let wrong = (0..)
        .zip(&fields)
        .zip(&names)
        .find(|((number, field), _)| !can_be_read(&alone(*number, field.1)));
    wrong.map_or(
        CronFault::Whole,
        |((number, (column, text)), (name, remedy))| CronFault::Field {
            number: number + 1,
            name,
            column: *column,
            text: (*text).to_owned(),
            remedy,
        },
    )
}

/// The fields of a line, each with the column (in characters, from 1) at which it begins.
fn fields(line: &str) -> Vec<(usize, &str)> {
    let mut rest = line;
    let mut column = 1;
    let mut fields = Vec::new();
    loop {
        let text = rest.trim_start();
        column += rest.chars().count() - text.chars().count();
        let Some(field) = text.split_whitespace().next() else {
            return fields;
        };
        fields.push((column, field));
        column += field.chars().count();
        rest = text.get(field.len()..).unwrap_or_default();
    }
}

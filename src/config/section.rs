//! A table of a TOML file as it is being read: every value taken by name and type, every fault
//! noted with its line, and whatever nobody asked for reported at the end.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::hint::hint;
use super::problem::Problems;
use super::units;

/// A file, for turning places in it into lines.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub name: &'a str,
    /// Where the piece that is read begins: places are counted from there.
    pub start: usize,
    /// Of its text: counting the lines before each of a hundred thousand feeds takes minutes.
    pub line_ends: &'a [usize],
}

/// Where the lines of a text end, in bytes.
pub fn line_ends(text: &str) -> Vec<usize> {
    text.bytes()
        .enumerate()
        .filter_map(|(at, byte)| (byte == b'\n').then_some(at))
        .collect()
}

impl Source<'_> {
    /// The line of a byte of the piece, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.line_ends.partition_point(|end| *end < self.start + at) + 1
    }
}

/// One table, and who is told of its problems.
#[derive(Debug)]
pub struct Section<'a, 'p> {
    source: Source<'a>,
    /// "polling", "feed"; empty for the top.
    path: String,
    start: usize,
    values: BTreeMap<String, (Range<usize>, Spanned<DeValue<'a>>)>,
    asked: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'a, 'p> Section<'a, 'p> {
    /// A table of `source`.
    pub fn new(
        source: Source<'a>,
        path: &str,
        start: usize,
        table: DeTable<'a>,
        problems: &'p mut Problems,
    ) -> Self {
        let values = table
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), (key.span(), value)))
            .collect();
        Self {
            source,
            path: path.to_owned(),
            start,
            values,
            asked: Vec::new(),
            problems,
        }
    }

    /// Takes a value out, whatever its type.
    pub fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.asked.push(key);
        self.values.remove(key).map(|(_, value)| value)
    }

    /// Notes a problem at a value.
    pub fn complain(&mut self, at: &Range<usize>, key: &str, message: impl Display) {
        let key = self.name(key);
        self.problems.add(
            self.source.name,
            Some(self.source.line(at.start)),
            format!("{key}: {message}"),
        );
    }

    /// Notes a problem of the whole table.
    pub fn complain_here(&mut self, key: &str, message: impl Display) {
        let start = self.start;
        self.complain(&(start..start), key, message);
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// A value read by `read`, which gives `None` for what it cannot use.
    pub fn read<T>(
        &mut self,
        key: &'static str,
        expected: impl Display,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let result = read(value.get_ref());
        if result.is_none() {
            let found = show(value.get_ref());
            self.complain(&value.span(), key, format!("{found} is not {expected}"));
        }
        result
    }

    /// A string.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        self.read(key, "a text in quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// true or false.
    pub fn flag(&mut self, key: &'static str, into: &mut bool) {
        if let Some(value) = self.read(key, "true or false", DeValue::as_bool) {
            *into = value;
        }
    }

    /// A duration within limits.
    pub fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        into: &mut Duration,
    ) {
        let expected = format!(
            "a duration between \"{}\" and \"{}\", such as \"200ms\", \"15m\", \"24h\" or \"7d\"",
            units::show(*range.start()),
            units::show(*range.end())
        );
        let value = self.read(key, expected, |value| {
            value
                .as_str()
                .and_then(units::duration)
                .filter(|span| range.contains(span))
        });
        if let Some(value) = value {
            *into = value;
        }
    }

    /// A list of durations.
    pub fn durations(&mut self, key: &'static str, into: &mut Vec<Duration>) {
        let value = self.read(
            key,
            "a list of durations, such as [\"5m\", \"3h\"]",
            |value| {
                let items = value.as_array()?.iter();
                items
                    .map(|item| item.get_ref().as_str().and_then(units::duration))
                    .collect::<Option<Vec<_>>>()
            },
        );
        if let Some(value) = value {
            *into = value;
        }
    }

    /// A size in bytes within limits.
    pub fn size(&mut self, key: &'static str, range: RangeInclusive<usize>, into: &mut usize) {
        let expected = format!(
            "a size between {} and {} bytes, such as \"10MiB\"",
            range.start(),
            range.end()
        );
        let value = self.read(key, expected, |value| {
            value
                .as_str()
                .and_then(units::size)
                .filter(|size| range.contains(size))
        });
        if let Some(value) = value {
            *into = value;
        }
    }

    /// A whole number within limits.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<u32>, into: &mut u32) {
        let expected = format!(
            "a whole number between {} and {}",
            range.start(),
            range.end()
        );
        let value = self.read(key, expected, |value| {
            let number = value.as_integer().filter(|number| number.radix() == 10)?;
            number
                .as_str()
                .parse()
                .ok()
                .filter(|number| range.contains(number))
        });
        if let Some(value) = value {
            *into = value;
        }
    }

    /// A share between 0 and 1.
    pub fn share(&mut self, key: &'static str, into: &mut f64) {
        let value = self.read(key, "a number between 0 and 1", |value| {
            let text = value
                .as_float()
                .map(toml::de::DeFloat::as_str)
                .or_else(|| value.as_integer().map(toml::de::DeInteger::as_str))?;
            text.parse()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
        });
        if let Some(value) = value {
            *into = value;
        }
    }

    /// A list of strings.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.read(
            key,
            "a list of texts in quotes, such as [\"a\", \"b\"]",
            |value| {
                value
                    .as_array()?
                    .iter()
                    .map(|item| item.get_ref().as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
            },
        )
    }

    /// One of several words.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<String> = choices
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        self.read(key, format!("one of {}", words.join(", ")), |value| {
            let word = value.as_str()?;
            choices
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, choice)| *choice)
        })
    }

    /// A table inside this one.
    pub fn table(&mut self, key: &'static str) -> Option<Section<'a, '_>> {
        let value = self.take(key)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => {
                let path = self.name(key);
                Some(Section::new(
                    self.source,
                    &path,
                    span.start,
                    table,
                    self.problems,
                ))
            }
            other => {
                let found = show(&other);
                self.complain(
                    &span,
                    key,
                    format!("{found} is not a table; write it as [{key}]"),
                );
                None
            }
        }
    }

    /// The tables of `[[key]]`, each with where it starts.
    pub fn tables(&mut self, key: &'static str) -> Vec<(usize, DeTable<'a>)> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            self.complain(
                &span,
                key,
                format!("it is not a list of tables; write each as [[{key}]]"),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(table) => tables.push((span.start, table)),
                other => self.complain(
                    &span,
                    key,
                    format!("{} is not a table; write each as [[{key}]]", show(&other)),
                ),
            }
        }
        tables
    }

    /// The source, and who is told of problems: for reading what [`Section::tables`] gave.
    pub fn parts(&mut self) -> (Source<'a>, &mut Problems) {
        (self.source, self.problems)
    }

    /// The line where the table stands.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line(self.start)
    }

    /// What is left that nobody asked for, as strings by key: for tables whose keys are free.
    pub fn free_strings(&mut self) -> Vec<(String, String, Range<usize>)> {
        let mut pairs = Vec::new();
        for (key, (span, value)) in std::mem::take(&mut self.values) {
            if let Some(text) = value.get_ref().as_str() {
                pairs.push((key, text.to_owned(), span));
            } else {
                self.complain(&span, &key, "it is not a text in quotes");
            }
        }
        pairs
    }

    /// Reports every key that nobody asked for.
    pub fn finish(mut self) {
        for (key, (span, _)) in std::mem::take(&mut self.values) {
            let hint = hint(&key, &self.asked);
            self.complain(&span, &key, format!("there is no such key; {hint}"));
        }
    }
}

/// A value as a person would recognise it.
fn show(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        other => format!("this {}", other.type_str()),
    }
}

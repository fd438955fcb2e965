//! Partitions as text: JSON lines and CSV.

use std::io::Write;

use serde_json::{Map, Value};

use super::Sheet;
use crate::cli::Failure;
use crate::store::export::Column;

/// One JSON object a line.
#[derive(Debug)]
pub(super) struct JsonLines<W> {
    out: W,
    names: Vec<String>,
}

impl<W: Write> JsonLines<W> {
    pub(super) fn new(out: W, columns: &[Column]) -> Self {
        let names = columns.iter().map(|column| column.name.clone()).collect();
        Self { out, names }
    }
}

impl<W: Write> Sheet for JsonLines<W> {
    fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        let line: Map<String, Value> = self
            .names
            .iter()
            .cloned()
            .zip(values.iter().cloned())
            .collect();
        writeln!(self.out, "{}", Value::Object(line))?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

/// Comma-separated values (RFC 4180) with a header; NULL is an empty field.
#[derive(Debug)]
pub(super) struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W, columns: &[Column]) -> Result<Self, Failure> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(columns.iter().map(|column| column.name.as_str()))
            .map_err(Failure::runtime)?;
        Ok(Self(csv))
    }
}

impl<W: Write> Sheet for Csv<W> {
    fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        let fields = values.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        self.0.write_record(fields).map_err(Failure::runtime)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        Ok(self.0.flush()?)
    }
}

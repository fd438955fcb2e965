//! Partitions as Parquet: columns with types, compressed with zstd.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use super::Sheet;
use crate::cli::Failure;
use crate::model::Timestamp;
use crate::store::export::{Column, Kind};

/// Articles of one row group: with their texts some 20 MB, which are held until it is full.
const ROWS: usize = 2_000;

/// One Parquet file.
pub(super) struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    kinds: Vec<Kind>,
    rows: Vec<Vec<Value>>,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(out: W, columns: &[Column]) -> Result<Self, Failure> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let file = schema(columns)
            .and_then(|schema| {
                SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
            })
            .map_err(Failure::runtime)?;
        Ok(Self {
            file,
            kinds: columns.iter().map(|column| column.kind).collect(),
            rows: Vec::new(),
        })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for (index, kind) in self.kinds.iter().enumerate() {
            let values = self
                .rows
                .iter()
                .map(|row| row.get(index).unwrap_or(&Value::Null));
            let Some(mut column) = group.next_column()? else {
                break;
            };
            match kind {
                Kind::Integer => fill::<Int64Type>(&mut column, values.map(Value::as_i64))?,
                Kind::Real => fill::<DoubleType>(&mut column, values.map(Value::as_f64))?,
                Kind::Boolean => {
                    let truths = values.map(|value| value.as_i64().map(|number| number != 0));
                    fill::<BoolType>(&mut column, truths)?;
                }
                Kind::Instant => fill::<Int64Type>(&mut column, values.map(millis))?,
                Kind::Text => {
                    let texts = values.map(|value| value.as_str().map(ByteArray::from));
                    fill::<ByteArrayType>(&mut column, texts)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

impl<W: Write + Send> Sheet for Parquet<W> {
    fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        self.rows.push(values.to_vec());
        if self.rows.len() >= ROWS {
            self.write_group().map_err(Failure::runtime)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        if !self.rows.is_empty() {
            self.write_group().map_err(Failure::runtime)?;
        }
        self.file.close().map_err(Failure::runtime)?;
        Ok(())
    }
}

/// Every column may be NULL, as in the view.
fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.kind {
            Kind::Integer => (Physical::INT64, None),
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Boolean => (Physical::BOOLEAN, None),
            Kind::Instant => {
                let unit = TimeUnit::MILLIS;
                let utc = LogicalType::timestamp(true, unit);
                (Physical::INT64, Some(utc))
            }
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        Type::primitive_type_builder(&column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    });
    Type::group_type_builder("articles")
        .with_fields(fields.collect::<Result<_, _>>()?)
        .build()
}

fn fill<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let mut present = Vec::new();
    let mut levels = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    column
        .typed::<T>()
        .write_batch(&present, Some(&levels), None)?;
    Ok(())
}

fn millis(value: &Value) -> Option<i64> {
    let at: Timestamp = value.as_str()?.parse().ok()?;
    Some(at.millis())
}

//! Copies of the articles for tools that read files: a folder with a file for each day.
//!
//! `DIR/date=2026-01-31/articles.parquet`, as DuckDB, polars, pandas and Spark know it. What has been
//! written is remembered in `DIR/_feedmill.json`, day by day, each after its file is in place; so a run
//! that is broken off goes on where it was, one that finds nothing new writes nothing, and a day whose
//! articles changed is written anew and put in the place of the old file at once.
//!
//! What is never here: SQL, and rules about articles.

mod ledger;
mod lines;
#[cfg(feature = "parquet")]
mod parquet;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::ledger::Ledger;
use super::Failure;
use crate::model::Timestamp;
use crate::store::export::{self, Column};
use crate::store::{Connection, open, tail};

/// How a partition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    #[cfg(feature = "parquet")]
    Parquet,
    JsonLines,
    Csv,
}

impl Format {
    const fn suffix(self) -> &'static str {
        match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    fn sheet(self, file: File, columns: &[Column]) -> Result<Box<dyn Sheet>, Failure> {
        let out = BufWriter::new(file);
        Ok(match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(parquet::Parquet::new(out, columns)?),
            Self::JsonLines => Box::new(lines::JsonLines::new(out, columns)),
            Self::Csv => Box::new(lines::Csv::new(out, columns)?),
        })
    }
}

/// A file that takes articles.
trait Sheet {
    fn row(&mut self, values: &[Value]) -> Result<(), Failure>;
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// What is to be written, and where.
#[derive(Debug)]
pub(super) struct Order {
    pub database: PathBuf,
    pub folder: PathBuf,
    pub format: Format,
    /// Columns of `articles`; all when empty.
    pub fields: Vec<String>,
    /// Days before this one are left as they are.
    pub since: Option<Timestamp>,
}

/// What was done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub written: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub articles: usize,
}

/// Brings the folder to the state of the database.
pub(super) fn write(order: &Order) -> Result<Done, Failure> {
    let conn = open::reader(&order.database)?;
    let columns = chosen(export::columns(&conn)?, &order.fields)?;
    fs::create_dir_all(&order.folder)?;
    let _alone = ledger::lock(&order.folder)?;
    let mut ledger = opened(order, &columns, &tail::Life::of(&conn)?.to_string())?;
    let since = order.since.map_or_else(String::new, date_of);
    let days = export::days(&conn, &since)?;
    let mut done = Done::default();
    for day in &days {
        let path = file(order, &day.date);
        if ledger.days.get(&day.date) == Some(&day.mark) && path.exists() {
            done.unchanged += 1;
            continue;
        }
        let (mark, articles) = write_day(&conn, order.format, &columns, &day.date, &path)?;
        ledger.days.insert(day.date.clone(), mark);
        ledger.write(&order.folder)?;
        done.written += 1;
        done.articles += articles;
    }
    let gone: Vec<String> = ledger
        .days
        .keys()
        .filter(|date| **date >= since && !days.iter().any(|day| day.date == **date))
        .cloned()
        .collect();
    for date in gone {
        remove(&file(order, &date))?;
        ledger.days.remove(&date);
        done.removed += 1;
    }
    ledger.write(&order.folder)?;
    Ok(done)
}

/// Writes a day beside its place, and puts it there when it is on disk. Gives its mark and the number of
/// its articles.
fn write_day(
    conn: &Connection,
    format: Format,
    columns: &[Column],
    date: &str,
    path: &Path,
) -> Result<(String, usize), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    let file = File::create(&part)?;
    let mut sheet = format.sheet(file.try_clone()?, columns)?;
    let mut articles = 0;
    let mark = export::articles_of(conn, date, columns, |values| {
        articles += 1;
        sheet.row(values)
    })?;
    sheet.finish()?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    Ok((mark, articles))
}

fn chosen(all: Vec<Column>, fields: &[String]) -> Result<Vec<Column>, Failure> {
    if fields.is_empty() {
        return Ok(all);
    }
    let column = |field: &String| {
        all.iter()
            .find(|column| column.name == *field)
            .cloned()
            .ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(|column| column.name.as_str()).collect();
                Failure::usage(format!(
                    "articles have no column \"{field}\"; there are: {}",
                    known.join(", ")
                ))
            })
    };
    fields.iter().map(column).collect()
}

/// The record of the folder, which must be one of the same kind. That of another life of the database
/// says nothing of this one; its days stay listed so that those which are gone are removed.
fn opened(order: &Order, columns: &[Column], life: &str) -> Result<Ledger, Failure> {
    let wanted = Ledger {
        life: life.to_owned(),
        format: order.format.suffix().to_owned(),
        fields: columns.iter().map(|column| column.name.clone()).collect(),
        ..Ledger::default()
    };
    let Some(mut found) = Ledger::read(&order.folder)? else {
        return Ok(wanted);
    };
    if (&found.format, &found.fields) != (&wanted.format, &wanted.fields) {
        return Err(Failure::usage(format!(
            "{} holds {} with the columns {}; choose another folder, or ask for the same",
            order.folder.display(),
            found.format,
            found.fields.join(",")
        )));
    }
    if found.life != wanted.life {
        found.life = wanted.life;
        found.days.values_mut().for_each(String::clear);
    }
    Ok(found)
}

fn file(order: &Order, date: &str) -> PathBuf {
    order
        .folder
        .join(format!("date={date}"))
        .join(format!("articles.{}", order.format.suffix()))
}

/// Removes a partition, and its folder if nothing else is in it.
fn remove(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    if let Some(folder) = path.parent() {
        // What somebody else has put there stays.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

fn date_of(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

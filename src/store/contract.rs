//! The public contract: its views, and its documentation, from one source.
//!
//! `migrations/contract_v1.sql` is that source. Its comments are the descriptions
//! of views and columns; this file reads them, and the `docs` view,
//! docs/schema.md and `feedmill schema` are all made from what it returns.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use serde_json::{Map, Value, json};

use super::{StoreError, migrate};

const SOURCE: &str = include_str!("../../migrations/contract_v1.sql");

/// A public table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub name: String,
    pub description: String,
    pub columns: Vec<Column>,
}

/// A column of an [`Object`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub description: String,
}

/// Every public object, in the order of the source.
#[must_use]
pub fn objects() -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    for line in SOURCE.lines() {
        if let Some(name) = line.strip_prefix("--! ") {
            objects.push(Object {
                name: name.to_owned(),
                description: String::new(),
                columns: Vec::new(),
            });
            continue;
        }
        let Some(object) = objects.last_mut() else {
            continue;
        };
        if let Some(rest) = line.strip_prefix("--: ") {
            let (name, description) = rest.split_once(' ').unwrap_or((rest, ""));
            object.columns.push(column(name, description));
        } else if let Some(text) = line.strip_prefix("-- ") {
            text.clone_into(&mut object.description);
        } else if let Some((expression, description)) = line.split_once(" -- ") {
            let name = expression.trim().trim_end_matches(',');
            let name = name.rsplit([' ', '.']).next().unwrap_or(name);
            object.columns.push(column(name, description));
        }
    }
    objects
}

fn column(name: &str, description: &str) -> Column {
    Column {
        name: name.to_owned(),
        description: description.trim().to_owned(),
    }
}

/// Makes the views and the documentation as the source says, if they are not so already.
/// Views and tables of the user's own are left alone.
///
/// # Errors
/// Of SQLite; the transaction is then rolled back by its owner.
pub fn refresh(conn: &mut Connection) -> Result<(), StoreError> {
    let hash = blake3::hash(SOURCE.as_bytes()).to_hex().to_string();
    let stored: Option<String> = conn
        .query_row(
            "SELECT value FROM _meta WHERE key = 'contract_hash'",
            [],
            |row| row.get(0),
        )
        .ok();
    if stored.as_deref() == Some(hash.as_str()) {
        return Ok(());
    }
    let tx = conn.transaction()?;
    apply(&tx)?;
    tx.commit()?;
    Ok(())
}

/// Makes the views and the documentation, within a transaction of somebody else's.
///
/// # Errors
/// Of SQLite.
pub(super) fn apply(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let hash = blake3::hash(SOURCE.as_bytes()).to_hex().to_string();
    let objects = objects();
    for object in objects
        .iter()
        .filter(|object| SOURCE.contains(&format!("CREATE VIEW {} AS", object.name)))
    {
        tx.execute_batch(&format!("DROP VIEW IF EXISTS \"{}\"", object.name))?;
    }
    tx.execute_batch(SOURCE)?;
    document(tx, &objects)?;
    tx.execute(
        "INSERT INTO _meta VALUES ('contract_hash', ?1) ON CONFLICT DO UPDATE SET value = excluded.value",
        [hash],
    )?;
    Ok(())
}

fn document(tx: &Transaction<'_>, objects: &[Object]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM _doc", [])?;
    let mut insert = tx.prepare("INSERT INTO _doc VALUES (?1, ?2, ?3, ?4)")?;
    for object in objects {
        insert.execute(params![object.name, "", 0, object.description])?;
        for (position, column) in (1_i64..).zip(&object.columns) {
            insert.execute(params![
                object.name,
                column.name,
                position,
                column.description
            ])?;
        }
    }
    Ok(())
}

/// docs/schema.md.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(PREFACE);
    for object in objects() {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n## {}\n\n{}\n\n| column | what it holds |\n|---|---|\n",
            object.name, object.description
        );
        for column in &object.columns {
            let _ = writeln!(
                out,
                "| `{}` | {} |",
                column.name,
                column.description.replace('|', "\\|")
            );
        }
    }
    out
}

const PREFACE: &str = "# The contract: what readers of the file may rely on

Made by `feedmill schema` from `migrations/contract_v1.sql`; the same text is in the file itself, in the view `docs`.

- Only what is listed here is public. Names that start with `_` are private and may change in any release.
- The contract is additive: columns and views are added, never removed, renamed or given another meaning. A breaking change would be a new view beside the old one for a year.
- Instants are UTC text, `2026-01-31T08:09:10.123Z`: they sort as text and parse everywhere. Lists are JSON.
- Readers open the file read-only (`file:feedmill.db?mode=ro`) with SQLite 3.37 or later; they never block the writer, and the writer never blocks them.
- To follow the store, remember `seq`: `SELECT seq, id, title, text FROM articles WHERE seq > :cursor ORDER BY seq LIMIT 500`. Each article appears once, in its latest state. Deletions: `SELECT * FROM changes WHERE op = 'delete' AND seq > :cursor`. Keep `db_id` and `epoch` of `about` with the cursor: if either differs, it is another database or another life of it, and the cursor starts again.
";

/// The contract as JSON: `{object: {description, columns: {name: description}}}`.
#[must_use]
pub fn json() -> Value {
    let mut all = Map::new();
    for object in objects() {
        let columns: Map<String, Value> = object
            .columns
            .into_iter()
            .map(|column| (column.name, Value::String(column.description)))
            .collect();
        all.insert(
            object.name,
            json!({"description": object.description, "columns": columns}),
        );
    }
    Value::Object(all)
}

/// Metadata for Datasette, for a database served under `name`; what is private is not on its first page.
///
/// # Errors
/// Of SQLite.
pub fn datasette(name: &str) -> Result<Value, StoreError> {
    let mut tables = Map::new();
    if let Value::Object(objects) = json() {
        tables.extend(objects);
    }
    if let Some(Value::Object(text)) = tables.get_mut("article_text") {
        text.insert("fts_table".to_owned(), json!("articles_fts"));
        text.insert("fts_pk".to_owned(), json!("id"));
    }
    if let Some(Value::Object(articles)) = tables.get_mut("articles") {
        articles.insert("fts_table".to_owned(), json!("articles_fts"));
        articles.insert("fts_pk".to_owned(), json!("id"));
        articles.insert("sort_desc".to_owned(), json!("sort_at"));
    }
    for table in private_tables()? {
        tables.insert(table, json!({"hidden": true}));
    }
    Ok(json!({"databases": {name: {"tables": tables}}}))
}

/// The tables that readers leave alone.
fn private_tables() -> Result<Vec<String>, StoreError> {
    let mut conn = Connection::open_in_memory()?;
    migrate::migrate(&mut conn, Path::new(":memory:"))?;
    let mut select = conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB '[_]*' OR name = 'sqlite_sequence')",
    )?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_and_column_is_described() {
        let objects = objects();
        assert!(objects.len() >= 12);
        for object in &objects {
            assert!(object.description.len() > 20, "{}", object.name);
            for column in &object.columns {
                assert!(
                    column.description.ends_with('.'),
                    "{}.{}",
                    object.name,
                    column.name
                );
            }
        }
    }

    #[test]
    fn the_description_lists_exactly_the_columns_of_the_database() {
        let mut conn = Connection::open_in_memory().expect("memory");
        super::super::migrate::migrate(&mut conn, std::path::Path::new("memory"))
            .expect("migrations");
        refresh(&mut conn).expect("contract");
        for object in objects() {
            let mut info = conn
                .prepare("SELECT name FROM pragma_table_info(?1)")
                .expect("pragma");
            let real: Vec<String> = info
                .query_map([&object.name], |row| row.get(0))
                .expect("query")
                .collect::<Result<_, _>>()
                .expect("rows");
            let described: Vec<String> = object
                .columns
                .into_iter()
                .map(|column| column.name)
                .collect();
            assert_eq!(real, described, "{}", object.name);
        }
    }
}

//! The change feed: what changed after a given `seq`, in commit order.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

use super::StoreError;

/// Changes after `seq`, oldest first, at most `limit`, each with the article as it is now. An
/// article that changed again later appears only there. Returns them with the last `seq` looked at.
///
/// # Errors
/// Of SQLite.
pub fn changes(
    conn: &Connection,
    seq: i64,
    limit: u32,
    text: bool,
) -> Result<(Vec<Value>, i64), StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT c.seq AS change_seq, c.at AS change_at, c.op AS change_op, c.article_id AS change_article, a.*
         FROM changes c LEFT JOIN articles a ON a.id = c.article_id
         WHERE c.seq > ?1 AND (c.op = 'delete' OR a.seq = c.seq) ORDER BY c.seq LIMIT ?2",
    )?;
    let names: Vec<String> = select.column_names().map(str::to_owned).collect();
    let mut rows = select.query(params![seq, limit])?;
    let mut lines = Vec::new();
    let mut last = seq;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        let op: String = row.get(2)?;
        let mut line = Map::new();
        line.insert("seq".to_owned(), json!(last));
        line.insert("at".to_owned(), json(row.get_ref(1)?));
        line.insert("op".to_owned(), json!(op));
        line.insert("article_id".to_owned(), json(row.get_ref(3)?));
        if op != "delete" {
            let mut article = Map::new();
            for (index, name) in names.iter().enumerate().skip(4) {
                if name != "seq" && (text || !matches!(name.as_str(), "text" | "markdown")) {
                    article.insert(name.clone(), json(row.get_ref(index)?));
                }
            }
            line.insert("article".to_owned(), Value::Object(article));
        }
        lines.push(Value::Object(line));
    }
    Ok((lines, last))
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) => json!(number),
        ValueRef::Real(number) => json!(number),
        ValueRef::Text(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
    }
}

//! What retention would take away: the question, asked of a reading connection.
//!
//! An article goes as a whole, with its entries, when every feed that showed it has kept it long
//! enough since it showed it. The primary of a cluster is kept as long as the cluster has others, so
//! that a `cluster_id` always names an article that is there and every text keeps its place.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rusqlite::{Connection, params};

use super::StoreError;
use super::rows::number;
use crate::model::{ArticleId, EntryId, FeedId, Timestamp};

/// For how long something is kept; `None` is for ever.
pub type Span = Option<Duration>;

/// For how long articles are kept, counted from when feedmill first saw them.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// For feeds that say nothing themselves, and for those that are no longer listed.
    pub usual: Spans,
    /// By the address in the configuration.
    pub feeds: HashMap<String, Spans>,
}

/// For how long the articles of a feed are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spans {
    /// Articles with everything that belongs to them.
    pub articles: Span,
    /// Their texts, when these are to go earlier.
    pub texts: Span,
}

/// What was first seen before these instants goes; `None` lets nothing go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    pub feed: FeedId,
    pub articles: Option<Timestamp>,
    pub texts: Option<Timestamp>,
}

/// What goes now: under which horizons, and out of how many bytes in use. Beyond `max_bytes` in use,
/// the oldest go although they would be kept.
///
/// # Errors
/// Of SQLite.
pub fn look(
    conn: &Connection,
    keep: &Keep,
    max_bytes: Option<u64>,
    now: Timestamp,
) -> Result<(Vec<Horizon>, Vec<Doomed>, u64), StoreError> {
    let used = used_bytes(conn)?;
    let mut horizons = horizons(conn, keep, now)?;
    let mut doomed = doom(conn, &horizons)?;
    if let Some(max) = max_bytes.filter(|max| used > *max) {
        let excess = excess(conn, used, max)?;
        let floor = floor_for(conn, excess)?;
        for horizon in &mut horizons {
            horizon.articles = horizon.articles.max(floor);
        }
        let by_age: HashSet<Target> = doomed.iter().map(|doomed| doomed.target).collect();
        let mut room: u64 = doomed.iter().map(|doomed| doomed.bytes).sum();
        for oldest in doom(conn, &horizons)? {
            if room < excess && !by_age.contains(&oldest.target) {
                room += oldest.bytes;
                doomed.push(oldest);
            }
        }
    }
    Ok((horizons, doomed, used))
}

/// The horizon of every feed that the store knows.
fn horizons(conn: &Connection, keep: &Keep, now: Timestamp) -> Result<Vec<Horizon>, StoreError> {
    let mut select = conn.prepare("SELECT id, url FROM _feed")?;
    let rows = select.query_map([], |row| {
        let spans = keep.feeds.get(&row.get::<_, String>(1)?);
        let spans = spans.unwrap_or(&keep.usual);
        let before = |span: Span| span.map(|span| now.minus(span));
        Ok(Horizon {
            feed: row.get(0)?,
            articles: before(spans.articles),
            texts: before(spans.texts),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What goes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An article with its text, entries, revisions and all.
    Article(ArticleId),
    /// The text of an article, with its revisions.
    Text(ArticleId),
    /// An entry that has no article.
    Entry(EntryId),
}

/// Something that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doomed {
    pub target: Target,
    /// The feed that carried it first.
    pub feed: FeedId,
    /// About what it takes in the file, full-text index included.
    pub bytes: u64,
}

/// Gives `conn` the horizons as a table of its own, for [`ARTICLE_GOES`] and its like.
pub(super) fn set_horizons(conn: &Connection, horizons: &[Horizon]) -> Result<(), StoreError> {
    conn.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS horizon (feed_id INTEGER PRIMARY KEY, articles TEXT, texts TEXT); DELETE FROM horizon",
    )?;
    let mut insert = conn.prepare_cached("INSERT INTO horizon VALUES (?1, ?2, ?3)")?;
    for horizon in horizons {
        insert.execute(params![horizon.feed, horizon.articles, horizon.texts])?;
    }
    Ok(())
}

/// Holds for an article `a` that goes: no feed keeps it, and nobody's `cluster_id` is its id.
pub(super) const ARTICLE_GOES: &str = "
    NOT EXISTS (SELECT 1 FROM _entry e LEFT JOIN temp.horizon x ON x.feed_id = e.feed_id
                WHERE e.article_id = a.id AND (x.articles IS NULL OR e.first_seen_at >= x.articles))
    AND NOT EXISTS (SELECT 1 FROM _article m WHERE m.cluster_id = a.id AND m.id <> a.id)";

/// Holds for an article `a` whose text goes: no feed keeps it, and no other of its cluster needs it.
pub(super) const TEXT_GOES: &str = "
    NOT EXISTS (SELECT 1 FROM _entry e LEFT JOIN temp.horizon x ON x.feed_id = e.feed_id
                WHERE e.article_id = a.id AND (x.texts IS NULL OR e.first_seen_at >= x.texts))
    AND NOT EXISTS (SELECT 1 FROM _article m JOIN article_text o ON o.id = m.id WHERE m.cluster_id = a.id AND m.id <> a.id)";

/// About what the text `t` of an article takes, with its words in the full-text index: measured, the
/// index takes three quarters of the text.
const TEXT_BYTES: &str =
    "coalesce(octet_length(t.text) * 7 / 4 + coalesce(octet_length(t.markdown), 0), 0)";
/// What the rest of an article takes, with its entry, keys and indexes (measured, 200,000 articles).
const REST_BYTES: u32 = 2_300;

/// What goes under these horizons, the oldest first: a run that is stopped has then taken what is
/// most overdue.
fn doom(conn: &Connection, horizons: &[Horizon]) -> Result<Vec<Doomed>, StoreError> {
    set_horizons(conn, horizons)?;
    let mut doomed = Vec::new();
    let mut collect = |sql: &str, target: fn(i64) -> Target| -> Result<(), StoreError> {
        let mut select = conn.prepare(sql)?;
        let rows = select.query_map([], |row| {
            Ok(Doomed {
                target: target(row.get(0)?),
                feed: row.get(1)?,
                bytes: number(row, 2)?,
            })
        })?;
        for row in rows {
            doomed.push(row?);
        }
        Ok(())
    };
    let goes =
        format!("h.articles IS NOT NULL AND a.first_seen_at < h.articles AND {ARTICLE_GOES}");
    collect(
        &format!(
            "SELECT a.id, a.feed_id, {REST_BYTES} + {TEXT_BYTES}
             FROM temp.horizon h JOIN _article a ON a.feed_id = h.feed_id LEFT JOIN article_text t ON t.id = a.id
             WHERE {goes} ORDER BY a.id"
        ),
        |id| Target::Article(ArticleId(id)),
    )?;
    collect(
        &format!(
            "SELECT a.id, a.feed_id, {TEXT_BYTES}
             FROM temp.horizon h JOIN _article a ON a.feed_id = h.feed_id JOIN article_text t ON t.id = a.id
             WHERE h.texts IS NOT NULL AND a.first_seen_at < h.texts AND {TEXT_GOES} AND NOT ({goes}) ORDER BY a.id"
        ),
        |id| Target::Text(ArticleId(id)),
    )?;
    collect(
        "SELECT e.id, e.feed_id, 0 FROM _entry e JOIN temp.horizon h ON h.feed_id = e.feed_id
         WHERE e.article_id IS NULL AND e.first_seen_at < h.articles ORDER BY e.id",
        |id| Target::Entry(EntryId(id)),
    )?;
    Ok(doomed)
}

/// Bytes of the file that hold something.
///
/// # Errors
/// Of SQLite.
pub fn used_bytes(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn.query_row(
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        [],
        |row| number(row, 0),
    )?)
}

/// How much has to go until no more than `max` bytes are in use, in the terms of the estimates: of
/// what all articles are estimated at, the share that is too much.
fn excess(conn: &Connection, used: u64, max: u64) -> Result<u64, StoreError> {
    let all = format!(
        "SELECT coalesce(sum({REST_BYTES} + {TEXT_BYTES}), 0) FROM _article a LEFT JOIN article_text t ON t.id = a.id"
    );
    let all: u64 = conn.query_row(&all, [], |row| number(row, 0))?;
    let share = u128::from(all) * u128::from(used.saturating_sub(max)) / u128::from(used.max(1));
    Ok(u64::try_from(share).unwrap_or(u64::MAX))
}

/// An instant before which so much was first seen; `None` when there is nothing.
fn floor_for(conn: &Connection, excess: u64) -> Result<Option<Timestamp>, StoreError> {
    let mut select = conn.prepare(&format!(
        "SELECT a.first_seen_at, {REST_BYTES} + {TEXT_BYTES} FROM _article a LEFT JOIN article_text t ON t.id = a.id ORDER BY a.id"
    ))?;
    let mut rows = select.query([])?;
    let (mut room, mut floor) = (0, None);
    while room < excess
        && let Some(row) = rows.next()?
    {
        let seen: Timestamp = row.get(0)?;
        floor = floor.max(Some(seen.plus(Duration::from_millis(1))));
        room += number(row, 1)?;
    }
    Ok(floor)
}

//! Entries: what a feed said, and which page each leads to.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, pages, rows};
use crate::model::{
    ArticleId, EntryEdit, EntryId, FeedId, KnownEntry, PageId, ParsedEntry, Timestamp,
};

/// The stored entries of a feed that share an identity or a link with the given ones, and those of
/// their identities that retention took away. Those go by the identity alone: a link may be that of
/// every issue of a digest, and the next issue is new.
///
/// An entry that is found by its link alone has an empty `uid`: identities are stored as hashes,
/// and that it differs from all of the given ones is all there is to know.
///
/// # Errors
/// Of SQLite.
pub fn known(
    conn: &Connection,
    feed: FeedId,
    entries: &[ParsedEntry],
) -> Result<Vec<KnownEntry>, StoreError> {
    let uids: HashMap<[u8; 16], &str> = entries
        .iter()
        .map(|entry| (rows::key(&entry.uid), entry.uid.as_str()))
        .collect();
    let keys: HashMap<[u8; 16], &str> = entries
        .iter()
        .filter_map(|entry| entry.url_key.as_deref())
        .map(|key| (rows::key(key), key))
        .collect();
    let mut by_uid = conn.prepare_cached(
        "SELECT id, uid, url_key, fingerprint, first_seen_at FROM _entry WHERE feed_id = ?1 AND uid = ?2",
    )?;
    let mut by_key = conn
        .prepare_cached("SELECT id, uid, url_key, fingerprint, first_seen_at FROM _entry WHERE feed_id = ?1 AND url_key = ?2 LIMIT 8")?;
    let mut purged =
        conn.prepare_cached("SELECT 1 FROM _purged WHERE feed_id = ?1 AND uid = ?2")?;
    let mut gone = Vec::new();
    let mut found: HashMap<EntryId, KnownEntry> = HashMap::new();
    let read = |row: &rusqlite::Row<'_>| {
        let uid: Vec<u8> = row.get(1)?;
        let url_key: Option<Vec<u8>> = row.get(2)?;
        let id: EntryId = row.get(0)?;
        let entry = KnownEntry {
            id: Some(id),
            uid: uids
                .get(&rows::bytes16(&uid))
                .map_or_else(String::new, |text| (*text).to_owned()),
            url_key: url_key.and_then(|key| {
                keys.get(&rows::bytes16(&key))
                    .map(|text| (*text).to_owned())
            }),
            fingerprint: rows::bytes16(&row.get::<_, Vec<u8>>(3)?),
            first_seen_at: row.get(4)?,
        };
        Ok((id, entry))
    };
    for (uid, text) in &uids {
        if let Some((id, entry)) = by_uid.query_row(params![feed, uid], read).optional()? {
            found.insert(id, entry);
        } else if purged.exists(params![feed, uid])? {
            gone.push(KnownEntry {
                id: None,
                uid: (*text).to_owned(),
                url_key: None,
                fingerprint: [0; 16],
                first_seen_at: Timestamp::EPOCH,
            });
        }
    }
    for key in keys.keys() {
        for entry in by_key.query_map(params![feed, key], read)? {
            let (id, entry) = entry?;
            found.insert(id, entry);
        }
    }
    Ok(found.into_values().chain(gone).collect())
}

/// Stores a new entry and queues its page; false when the feed already has an entry of that identity,
/// or had: both may have come about since the poll looked.
pub(super) fn insert(
    conn: &Connection,
    feed: FeedId,
    entry: &ParsedEntry,
    fetch_page: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let url_key = entry.url_key.as_deref().map(rows::key);
    let id: Option<EntryId> = conn
        .prepare_cached(
            "INSERT INTO _entry (feed_id, uid, url_key, guid, url, title, summary, authors, categories, enclosures,
                                 image_url, comments_url, lang, published_at, updated_at, first_seen_at, fingerprint)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17
             WHERE NOT EXISTS (SELECT 1 FROM _purged WHERE feed_id = ?1 AND uid = ?2)
             ON CONFLICT (feed_id, uid) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                feed,
                rows::key(&entry.uid),
                url_key,
                guid(entry),
                entry.url,
                entry.title,
                entry.summary,
                rows::strings(&entry.authors),
                rows::strings(&entry.categories),
                rows::enclosures(&entry.enclosures),
                entry.image_url,
                entry.comments_url,
                entry.lang,
                entry.published,
                entry.updated,
                at,
                entry.fingerprint,
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(false) };
    if let Some(alias) = page_key(entry)
        .map(|key| article_of(conn, key))
        .transpose()?
        .flatten()
        .filter(|alias| alias.claim != Claim::Canonical)
    {
        let article = alias.article;
        conn.prepare_cached("UPDATE _entry SET article_id = ?2 WHERE id = ?1")?
            .execute(params![id, article])?;
        return Ok(true);
    }
    store_content(conn, id, entry.content.as_deref())?;
    let page = pages::enqueue(conn, &wanted(feed, id, entry, fetch_page, None, at))?;
    conn.prepare_cached("UPDATE _entry SET page_id = ?2 WHERE id = ?1")?
        .execute(params![id, page])?;
    Ok(true)
}

/// Stores what an entry says now; if its words changed, its article is made again.
pub(super) fn edit(
    conn: &Connection,
    feed: FeedId,
    edit: &EntryEdit,
    fetch_page: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    let entry = &edit.entry;
    conn.prepare_cached(
        "UPDATE OR IGNORE _entry
         SET uid = ?2, url_key = ?3, guid = ?4, url = ?5, title = ?6, summary = ?7, authors = ?8, categories = ?9,
             enclosures = ?10, image_url = ?11, comments_url = ?12, lang = ?13, published_at = ?14, updated_at = ?15,
             fingerprint = ?16
         WHERE id = ?1",
    )?
    .execute(params![
        edit.id,
        rows::key(&entry.uid),
        entry.url_key.as_deref().map(rows::key),
        guid(entry),
        entry.url,
        entry.title,
        entry.summary,
        rows::strings(&entry.authors),
        rows::strings(&entry.categories),
        rows::enclosures(&entry.enclosures),
        entry.image_url,
        entry.comments_url,
        entry.lang,
        entry.published,
        entry.updated,
        entry.fingerprint,
    ])?;
    if !edit.text_changed {
        return Ok(());
    }
    let stored: Option<(Option<ArticleId>, Option<PageId>)> = conn
        .prepare_cached("SELECT article_id, page_id FROM _entry WHERE id = ?1")?
        .query_row([edit.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // Retention may have taken it away since the poll looked.
    let Some((article, page)) = stored else {
        return Ok(());
    };
    store_content(conn, edit.id, entry.content.as_deref())?;
    if let Some(page) = page {
        // Whoever works on it has the words as they were: it is made again.
        conn.prepare_cached("UPDATE _page SET lease = NULL, leased_until = NULL WHERE id = ?1")?
            .execute([page])?;
    }
    if article.is_some() || page.is_none() {
        pages::enqueue(conn, &wanted(feed, edit.id, entry, fetch_page, article, at))?;
    }
    Ok(())
}

/// The guid as it is stored: empty where it is the link, as it mostly is, so that it does not stand
/// there twice. The view `entries` fills it in.
fn guid(entry: &ParsedEntry) -> Option<&str> {
    let guid = entry.guid.as_deref()?;
    let is_link = entry.url.as_deref() == Some(guid);
    Some(if is_link { "" } else { guid })
}

/// The key of the page that is the entry's article.
fn page_key(entry: &ParsedEntry) -> Option<[u8; 16]> {
    let key = entry.url_key.as_deref().filter(|_| !entry.shares_page);
    key.map(rows::key)
}

fn wanted(
    feed: FeedId,
    id: EntryId,
    entry: &ParsedEntry,
    fetch_page: bool,
    article: Option<ArticleId>,
    at: Timestamp,
) -> pages::Wanted {
    pages::Wanted {
        url_key: page_key(entry),
        url: entry.url.clone(),
        feed,
        entry: id,
        fetch: fetch_page && page_key(entry).is_some(),
        article,
        at,
    }
}

fn store_content(conn: &Connection, id: EntryId, content: Option<&str>) -> Result<(), StoreError> {
    if let Some(content) = content {
        conn.prepare_cached("INSERT OR REPLACE INTO _entry_content VALUES (?1, ?2)")?
            .execute(params![id, content])?;
    } else {
        conn.prepare_cached("DELETE FROM _entry_content WHERE entry_id = ?1")?
            .execute([id])?;
    }
    Ok(())
}

/// An article that is stored under an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alias {
    pub article: ArticleId,
    pub claim: Claim,
}

/// Who says that an address is an article's. Of a canonical one that nobody has been at yet the page is
/// fetched: pages of a broken template name another article's. An AMP edition is believed until then:
/// its article is one that is known by its main address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It has led there.
    Reached = 0,
    /// Its page, of its canonical address.
    Canonical = 1,
    /// Its page, of its AMP edition.
    Amp = 2,
}

/// The article that is stored under an address.
pub(super) fn article_of(conn: &Connection, key: [u8; 16]) -> Result<Option<Alias>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT a.id, k.claim FROM _alias k JOIN _article a ON a.id = k.article_id WHERE k.key = ?1",
    )?;
    let found = select.query_row([key], |row| {
        let claim = match row.get(1)? {
            0 => Claim::Reached,
            1 => Claim::Canonical,
            _ => Claim::Amp,
        };
        let article = row.get(0)?;
        Ok(Alias { article, claim })
    });
    Ok(found.optional()?)
}

//! Who an entry is: the same bytes give the same ids, and so does the next edition of the feed.
//!
//! In order: the publisher's own id; with the link where a document repeats the id; the key of
//! the link; a hash of title and date, or of the words. An id never depends on the order of
//! entries, except between copies that nothing else tells apart.

use std::collections::{HashMap, HashSet};

use crate::model::ParsedEntry;

/// Longer ids are replaced by their hash: an id is a key, not a payload.
const MAX_UID_BYTES: usize = 512;

/// Gives every entry its uid, unique within the document.
pub(super) fn assign(entries: &mut [ParsedEntry]) {
    let mut bearers: HashMap<String, usize> = HashMap::new();
    for guid in entries.iter().filter_map(|entry| entry.guid.clone()) {
        *bearers.entry(guid).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let mut copies: HashMap<String, usize> = HashMap::new();
    for entry in entries {
        let repeated = entry
            .guid
            .as_ref()
            .is_some_and(|guid| bearers.get(guid).copied().unwrap_or(0) > 1);
        let mut uid = bounded(uid(entry, repeated));
        if taken.contains(&uid) {
            uid = bounded(format!("{uid} {}", words_hash(entry)));
        }
        let mut unique = uid.clone();
        while !taken.insert(unique.clone()) {
            let copy = copies.entry(uid.clone()).or_insert(1);
            *copy = copy.saturating_add(1);
            unique = format!("{uid} {copy}");
        }
        entry.uid = unique;
    }
}

fn uid(entry: &ParsedEntry, repeated: bool) -> String {
    match (&entry.guid, &entry.url_key) {
        (Some(guid), Some(key)) if repeated => format!("{guid} {key}"),
        (Some(guid), _) => guid.clone(),
        (None, Some(key)) => key.clone(),
        (None, None) => format!("hash:{}", words_hash(entry)),
    }
}

fn bounded(uid: String) -> String {
    if uid.len() <= MAX_UID_BYTES {
        uid
    } else {
        format!("hash:{}", hex(&blake3::hash(uid.as_bytes())))
    }
}

/// Of title and date; without a date of title and words.
fn words_hash(entry: &ParsedEntry) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(entry.title.as_deref().unwrap_or_default().as_bytes());
    match entry.published.or(entry.updated) {
        Some(at) if entry.title.is_some() => hasher.update(&at.millis().to_le_bytes()),
        _ => hasher.update(&entry.fingerprint),
    };
    hex(&hasher.finalize())
}

fn hex(hash: &blake3::Hash) -> String {
    hash.to_hex().chars().take(32).collect()
}

/// The comparison key of what a reader sees: `seen` is the text of the entry without its markup.
/// Of title and files their words and addresses, less the queries, count as well.
pub(super) fn fingerprint(entry: &ParsedEntry, mut seen: Vec<u8>) -> [u8; 16] {
    seen.push(0);
    seen.extend(entry.title.as_deref().unwrap_or_default().bytes());
    for file in &entry.enclosures {
        seen.push(0);
        seen.extend(
            file.url
                .bytes()
                .take_while(|byte| !matches!(byte, b'?' | b'#')),
        );
    }
    let mut print = [0; 16];
    for (to, from) in print.iter_mut().zip(blake3::hash(&seen).as_bytes()) {
        *to = *from;
    }
    print
}

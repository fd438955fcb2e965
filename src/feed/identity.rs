//! Who an entry is: the same bytes give the same ids, and so does the next edition of the feed.
//!
//! In order: the publisher's own id; with the link where a document repeats the id; the key of
//! the link; a hash of title and date, or of the words. An id never depends on the order of
//! entries, except between copies that nothing else tells apart.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::links;
use crate::model::ParsedEntry;

/// Longer ids are replaced by their hash: an id is a key, not a payload.
const MAX_UID_BYTES: usize = 512;

/// How an id begins that is a hash.
const HASHED: &str = "hash:";

/// Leaves out entries that repeat an earlier one in everything that names or shows it, which is
/// right where a document was written twice.
pub(super) fn merge(entries: &mut Vec<ParsedEntry>) {
    let mut seen = HashSet::with_capacity(entries.len());
    let copies: Vec<bool> = entries
        .iter()
        .map(|entry| {
            let dated = entry.published.or(entry.updated);
            !seen.insert((entry.fingerprint, &entry.guid, &entry.url_key, dated))
        })
        .collect();
    let mut copies = copies.into_iter();
    entries.retain(|_| !copies.next().unwrap_or(false));
}

/// An id that is an address, without the line breaks that a program folded it with.
pub(super) fn unfolded(guid: &str) -> Cow<'_, str> {
    if links::is_http(guid) && guid.contains(['\n', '\r']) {
        guid.lines().map(str::trim).collect::<String>().into()
    } else {
        guid.into()
    }
}

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
            // What is named by its words has been hashed already.
            let nameless = entry.guid.is_none() && entry.url_key.is_none();
            let hash = uid.strip_prefix(HASHED).filter(|_| nameless);
            let hash = hash.map_or_else(|| words_hash(entry), str::to_owned);
            uid = bounded(format!("{uid} {hash}"));
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
        (None, None) => format!("{HASHED}{}", words_hash(entry)),
    }
}

fn bounded(uid: String) -> String {
    if uid.len() <= MAX_UID_BYTES {
        uid
    } else {
        format!("{HASHED}{}", hex(&blake3::hash(uid.as_bytes())))
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
    hash.to_hex().get(..32).unwrap_or_default().to_owned()
}

/// The comparison key of what a reader sees: `seen` is the text of the entry without its markup.
/// Of title and files their words and addresses, less the queries, count as well.
/// They are appended to it, since one long text is hashed sooner than several short ones.
pub(super) fn fingerprint(entry: &ParsedEntry, seen: &mut String) -> [u8; 16] {
    seen.push('\0');
    seen.push_str(entry.title.as_deref().unwrap_or_default());
    for file in &entry.enclosures {
        seen.push('\0');
        seen.push_str(file.url.split(['?', '#']).next().unwrap_or_default());
    }
    let mut print = [0; 16];
    for (to, from) in print
        .iter_mut()
        .zip(blake3::hash(seen.as_bytes()).as_bytes())
    {
        *to = *from;
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use proptest::prelude::*;

    fn entry(guid: u8, url: u8, title: u8, day: u8) -> ParsedEntry {
        let some = |n: u8, text: &str| (n > 0).then(|| format!("{text}{n}"));
        ParsedEntry {
            uid: String::new(),
            url_key: some(url, "example.org/"),
            shares_page: false,
            guid: some(guid, "guid"),
            url: None,
            title: some(title, "Title "),
            published: (day > 0).then(|| Timestamp::from_secs(i64::from(day) * 86_400)),
            updated: None,
            summary: None,
            content: None,
            authors: Vec::new(),
            categories: Vec::new(),
            enclosures: Vec::new(),
            lang: None,
            image_url: None,
            comments_url: None,
            fingerprint: [title; 16],
        }
    }

    fn ids(mut entries: Vec<ParsedEntry>) -> Vec<String> {
        assign(&mut entries);
        entries.into_iter().map(|entry| entry.uid).collect()
    }

    #[test]
    fn an_id_is_the_best_name_an_entry_has() {
        let ids = ids(vec![
            entry(1, 1, 1, 1),
            entry(2, 2, 2, 2),
            entry(2, 3, 3, 3),
            entry(0, 4, 4, 4),
            entry(0, 0, 5, 5),
        ]);
        let expected = [
            "guid1",
            "guid2 example.org/2",
            "guid2 example.org/3",
            "example.org/4",
        ];
        assert_eq!(
            ids.iter().take(4).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        assert!(ids.last().is_some_and(|id| id.starts_with("hash:")));
    }

    #[test]
    fn long_ids_are_hashed_and_stay_apart() {
        let mut entries = vec![entry(1, 0, 0, 0), entry(2, 0, 0, 0)];
        for (entry, end) in entries.iter_mut().zip(["a", "b"]) {
            entry.guid = Some(format!("{}{end}", "x".repeat(10_000)));
        }
        let ids = ids(entries);
        assert!(ids.iter().all(|id| id.len() < 64) && ids.first() != ids.last());
    }

    #[test]
    fn an_entry_that_is_there_twice_is_one_and_others_of_its_id_are_not() {
        let mut entries = vec![entry(1, 1, 1, 1), entry(1, 1, 1, 1), entry(1, 1, 2, 1)];
        merge(&mut entries);
        let titles: Vec<_> = entries
            .iter()
            .filter_map(|entry| entry.title.as_deref())
            .collect();
        assert_eq!(titles, ["Title 1", "Title 2"]);
    }

    #[test]
    fn an_edit_changes_the_fingerprint_and_a_tracked_file_does_not() {
        let mut entry = entry(1, 1, 1, 1);
        let file = |query: &str| crate::model::Enclosure {
            url: format!("https://example.org/a.mp3{query}"),
            media_type: None,
            length: None,
            duration: None,
        };
        entry.enclosures = vec![file("?session=1")];
        let before = fingerprint(&entry, &mut "words".to_owned());
        entry.enclosures = vec![file("?session=2")];
        assert_eq!(fingerprint(&entry, &mut "words".to_owned()), before);
        assert_ne!(fingerprint(&entry, &mut "other words".to_owned()), before);
    }

    proptest! {
        #[test]
        fn ids_are_unique_and_those_of_distinct_entries_do_not_depend_on_their_order(
            names in proptest::collection::hash_set((0_u8..4, 0_u8..4, 0_u8..4, 0_u8..4), 0..30),
        ) {
            let entries: Vec<_> = names.iter().map(|(guid, url, title, day)| entry(*guid, *url, *title, *day)).collect();
            let forward = ids(entries.clone());
            let unique: HashSet<_> = forward.iter().collect();
            prop_assert_eq!(unique.len(), forward.len());
            // Entries without id, address and title of their own are told apart by nothing.
            let whole: Vec<_> = entries.into_iter().filter(|entry| entry.guid.is_some() && entry.url_key.is_some()).collect();
            let mut names: HashSet<_> = HashSet::new();
            let whole: Vec<_> = whole.into_iter().filter(|entry| names.insert((entry.guid.clone(), entry.url_key.clone()))).collect();
            let (forward, mut backward) = (ids(whole.clone()), ids(whole.into_iter().rev().collect()));
            backward.reverse();
            prop_assert_eq!(forward, backward);
        }
    }
}

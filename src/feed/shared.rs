//! Entries that lead to one page: notices, episodes, posts of a day. Its text is not any one's
//! article; each has its own words.

use std::collections::{HashMap, HashSet};

use crate::model::ParsedEntry;

/// Two entries with one link may be one story told twice; so many that read differently are not.
const MANY: usize = 3;

/// Marks the entries of a document that share a page: with the feed itself, of which `home` is the
/// comparison key, with an entry that leads to another place in it, or with many others.
pub(super) fn mark(entries: &mut [ParsedEntry], home: Option<&str>) {
    let mut pages: HashMap<&str, Page<'_>> = HashMap::new();
    for entry in &*entries {
        let Some(key) = entry.url_key.as_deref() else {
            continue;
        };
        let page = pages.entry(key).or_default();
        page.places.extend(place(entry));
        page.words.insert(entry.fingerprint);
    }
    let shared: HashSet<String> = pages
        .into_iter()
        .filter(|(key, page)| home == Some(key) || page.is_shared())
        .map(|(key, _)| key.to_owned())
        .collect();
    for entry in entries {
        let key = entry.url_key.as_ref();
        entry.shares_page = key.is_some_and(|key| shared.contains(key));
    }
}

/// What leads to a page.
#[derive(Default)]
struct Page<'a> {
    /// The places in it.
    places: HashSet<&'a str>,
    /// The fingerprints of the entries.
    words: HashSet<[u8; 16]>,
}

impl Page<'_> {
    fn is_shared(&self) -> bool {
        self.words.len() >= MANY || self.words.len() > 1 && self.places.len() > 1
    }
}

/// The place within the page that an entry leads to.
fn place(entry: &ParsedEntry) -> Option<&str> {
    let (_, place) = entry.url.as_deref()?.split_once('#')?;
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::entry;
    use super::*;

    /// Which entries with these links and words share their page.
    fn marked(links: &[(&str, u8)], home: Option<&str>) -> Vec<bool> {
        let of = |(url, words): &(&str, u8)| {
            let mut entry = entry(&format!("{url} {words}"), url, *words);
            entry.url = Some((*url).to_owned());
            entry.url_key = url.split('#').next().map(str::to_owned);
            entry
        };
        let mut entries: Vec<_> = links.iter().map(of).collect();
        mark(&mut entries, home);
        entries.iter().map(|entry| entry.shares_page).collect()
    }

    #[test]
    fn a_page_is_shared_with_the_feed_with_other_places_in_it_or_with_many() {
        for (links, home, expected) in [
            (vec![("a", 1), ("b", 2)], Some("b"), vec![false, true]),
            (vec![("a", 1), ("a", 2)], None, vec![false; 2]),
            (vec![("a", 1), ("a", 2), ("a", 3)], None, vec![true; 3]),
            (vec![("a", 1), ("a", 1), ("a", 2)], None, vec![false; 3]),
            (
                vec![("d#1", 1), ("d#2", 2), ("e#1", 3)],
                None,
                vec![true, true, false],
            ),
            (vec![("d#1", 1), ("d#2", 1)], None, vec![false; 2]),
        ] {
            assert_eq!(marked(&links, home), expected, "{links:?}");
        }
    }
}

//! Stored entries and parsed ones in; what one poll would write out.
//!
//! An entry is recognised by its uid, and failing that by the key of its address, provided that
//! the address means one entry on both sides. So a feed that re-issues all its GUIDs, moves to
//! https or drops its ids is re-mapped entry by entry and announces nothing.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{EntryEdit, FeedChanges, KnownEntry, ParsedEntry, Timestamp};

/// Publishers in other time zones write tomorrow's date; later than that is a mistake or a promise.
const FUTURE_TOLERANCE: Duration = Duration::from_hours(24);

/// 1971-01-01: an instant before it is a zero that went through some time zone.
const EARLIEST: Timestamp = Timestamp::from_secs(31_536_000);

/// What else a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    pub before: Before,
    pub now: Timestamp,
    /// New entries to take at most in one poll.
    pub max_new: usize,
}

/// What there is of the feed to hold a document against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it has not been read since it was configured then.
    Unread(Timestamp),
    /// Nothing: it was empty, or is not to be judged.
    Nothing,
    /// It has had entries: stored, or taken away by retention since.
    Entries,
}

impl Before {
    /// Whether entries may have come and gone unseen, when none of those that are shown is known.
    fn may_have_missed(self, shown: &[ParsedEntry]) -> bool {
        let is_later =
            |entry: &ParsedEntry, since| entry.published.is_some_and(|published| published > since);
        match self {
            Self::Unread(since) => shown.iter().all(|entry| is_later(entry, since)),
            Self::Nothing => false,
            Self::Entries => true,
        }
    }
}

/// What a poll would write of `entries`, which are in document order.
///
/// `known` are the stored entries of this feed that share a uid or an address key with any of them.
/// Dates that cannot be true (1970, or more than a day after `now`) are dropped.
/// An unchanged feed yields an empty plan.
#[must_use]
pub fn plan(entries: Vec<ParsedEntry>, known: &[KnownEntry], context: &Context) -> FeedChanges {
    let shown = !entries.is_empty();
    let recognised = Recognised::new(&entries, known);
    let mut changes = FeedChanges::default();
    let mut copies = HashSet::new();
    for mut entry in entries {
        entry.published = plausible(entry.published, context.now);
        entry.updated = plausible(entry.updated, context.now);
        match recognised.find(&entry) {
            Some(old) if is_same(old, &entry) => changes.unchanged += 1,
            Some(old) => match old.id {
                Some(id) => changes.edited.push(EntryEdit {
                    id,
                    text_changed: old.fingerprint != entry.fingerprint,
                    entry,
                }),
                None => changes.unchanged += 1,
            },
            // A document that lists an entry twice, id and words alike, has it once.
            None if !copies.insert((
                entry.guid.clone(),
                entry.url_key.clone(),
                entry.fingerprint,
            )) =>
            {
                changes.unchanged += 1;
            }
            None => changes.new.push(entry),
        }
    }
    changes.gap = shown
        && changes.edited.is_empty()
        && changes.unchanged == 0
        && context.before.may_have_missed(&changes.new);
    oldest_first(&mut changes.new);
    changes.deferred = changes.new.len().saturating_sub(context.max_new);
    changes.new.truncate(context.max_new);
    changes
}

fn plausible(at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    at.filter(|at| *at >= EARLIEST && *at <= now.plus(FUTURE_TOLERANCE))
}

fn is_same(old: &KnownEntry, entry: &ParsedEntry) -> bool {
    old.uid == entry.uid && old.url_key == entry.url_key && old.fingerprint == entry.fingerprint
}

/// The stored entries, by the two names an entry goes by.
struct Recognised<'a> {
    by_uid: HashMap<&'a str, &'a KnownEntry>,
    /// Only where one stored entry and one parsed entry bear the address, and neither is
    /// recognised by its uid already.
    by_url: HashMap<&'a str, &'a KnownEntry>,
}

impl<'a> Recognised<'a> {
    fn new(entries: &[ParsedEntry], known: &'a [KnownEntry]) -> Self {
        let by_uid: HashMap<&str, &KnownEntry> =
            known.iter().map(|old| (old.uid.as_str(), old)).collect();
        let present: HashSet<&str> = entries.iter().map(|entry| entry.uid.as_str()).collect();
        let mut bearers: HashMap<&str, usize> = HashMap::new();
        for entry in entries
            .iter()
            .filter(|entry| !by_uid.contains_key(entry.uid.as_str()))
        {
            if let Some(key) = &entry.url_key {
                *bearers.entry(key).or_default() += 1;
            }
        }
        let mut by_url: HashMap<&str, Option<&KnownEntry>> = HashMap::new();
        for old in known
            .iter()
            .filter(|old| !present.contains(old.uid.as_str()))
        {
            if let Some(key) = old
                .url_key
                .as_deref()
                .filter(|key| bearers.get(key) == Some(&1))
            {
                by_url
                    .entry(key)
                    .and_modify(|one| *one = None)
                    .or_insert(Some(old));
            }
        }
        let by_url = by_url
            .into_iter()
            .filter_map(|(key, old)| Some((key, old?)))
            .collect();
        Self { by_uid, by_url }
    }

    fn find(&self, entry: &ParsedEntry) -> Option<&'a KnownEntry> {
        let by_url = || {
            entry
                .url_key
                .as_deref()
                .and_then(|key| self.by_url.get(key))
        };
        self.by_uid.get(entry.uid.as_str()).or_else(by_url).copied()
    }
}

/// Sorts by date, so that ids grow with publication. Feeds list the newest first, so the last
/// entry of the document counts as the oldest, and an undated one as its older neighbour's age.
fn oldest_first(entries: &mut Vec<ParsedEntry>) {
    let mut age = Timestamp::EPOCH;
    let mut aged: Vec<(Timestamp, ParsedEntry)> = std::mem::take(entries)
        .into_iter()
        .rev()
        .map(|entry| {
            age = entry.published.or(entry.updated).unwrap_or(age);
            (age, entry)
        })
        .collect();
    aged.sort_by_key(|(age, _)| *age);
    entries.extend(aged.into_iter().map(|(_, entry)| entry));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::EntryId;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    pub(in super::super) fn entry(uid: &str, url: &str, words: u8) -> ParsedEntry {
        ParsedEntry {
            uid: uid.to_owned(),
            url_key: (!url.is_empty()).then(|| url.to_owned()),
            shares_page: false,
            guid: Some(uid.to_owned()),
            url: None,
            title: None,
            published: None,
            updated: None,
            summary: None,
            content: None,
            authors: Vec::new(),
            categories: Vec::new(),
            enclosures: Vec::new(),
            lang: None,
            image_url: None,
            comments_url: None,
            fingerprint: [words; 16],
        }
    }

    fn stored(entries: &[ParsedEntry]) -> Vec<KnownEntry> {
        (0..)
            .zip(entries)
            .map(|(id, entry)| KnownEntry {
                id: Some(EntryId(id)),
                uid: entry.uid.clone(),
                url_key: entry.url_key.clone(),
                fingerprint: entry.fingerprint,
                first_seen_at: NOW,
            })
            .collect()
    }

    fn context(before: Before) -> Context {
        Context {
            before,
            now: NOW,
            max_new: 100,
        }
    }

    #[test]
    fn reissued_guids_are_remapped_and_announce_nothing() {
        let old = [entry("1", "a", 1), entry("2", "b", 2)];
        let new = vec![entry("x", "b", 2), entry("y", "a", 9)];
        let changes = plan(new, &stored(&old), &context(Before::Entries));
        assert!(changes.new.is_empty() && !changes.gap);
        let edits: Vec<_> = changes
            .edited
            .iter()
            .map(|edit| (edit.id.0, edit.text_changed))
            .collect();
        assert_eq!(edits, [(1, false), (0, true)]);
    }

    #[test]
    fn an_address_shared_by_several_entries_recognises_none_of_them() {
        let old = [entry("1", "home", 1), entry("2", "home", 2)];
        let new = vec![entry("3", "home", 3), entry("1", "home", 1)];
        let changes = plan(new, &stored(&old), &context(Before::Entries));
        assert_eq!(
            (changes.new.len(), changes.unchanged, changes.edited.len()),
            (0, 1, 1)
        );
        let changes = plan(
            vec![entry("3", "home", 3), entry("4", "home", 4)],
            &stored(&old),
            &context(Before::Entries),
        );
        assert_eq!((changes.new.len(), changes.edited.len()), (2, 0));
    }

    #[test]
    fn an_entry_beside_the_known_one_at_its_address_is_new() {
        let old = [entry("1", "home", 1)];
        let changes = plan(
            vec![entry("2", "home", 2), entry("1", "home", 1)],
            &stored(&old),
            &context(Before::Entries),
        );
        assert_eq!((changes.new.len(), changes.unchanged), (1, 1));
    }

    #[test]
    fn a_moved_entry_is_an_edit_without_a_change_of_text() {
        let old = [entry("1", "a", 1)];
        let changes = plan(
            vec![entry("1", "b", 1)],
            &stored(&old),
            &context(Before::Entries),
        );
        assert!(changes.edited.iter().all(|edit| !edit.text_changed));
        assert_eq!(changes.edited.len(), 1);
    }

    #[test]
    fn what_retention_took_away_stays_away_however_it_is_edited() {
        let mut gone = stored(&[entry("1", "a", 1)]);
        for old in &mut gone {
            old.id = None;
        }
        let changes = plan(
            vec![entry("1", "a", 2), entry("2", "b", 1)],
            &gone,
            &context(Before::Entries),
        );
        assert_eq!(
            (changes.new.len(), changes.edited.len(), changes.unchanged),
            (1, 0, 1)
        );
        assert!(!plan(vec![entry("1", "b", 3)], &gone, &context(Before::Entries)).gap);
    }

    #[test]
    fn no_overlap_with_a_feed_that_had_entries_is_a_gap() {
        assert!(plan(vec![entry("2", "b", 2)], &[], &context(Before::Entries)).gap);
        assert!(!plan(vec![entry("2", "b", 2)], &[], &context(Before::Nothing)).gap);
        assert!(!plan(Vec::new(), &[], &context(Before::Entries)).gap);
    }

    #[test]
    fn a_first_document_that_is_all_newer_than_the_subscription_is_a_gap() {
        let dated = |at: i64| ParsedEntry {
            published: Some(Timestamp::from_secs(at)),
            ..entry(&at.to_string(), &at.to_string(), 1)
        };
        let configured = Context {
            now: Timestamp::from_secs(1_800_000_000),
            ..context(Before::Unread(Timestamp::from_secs(1_799_990_000)))
        };
        let gap = |entries| plan(entries, &[], &configured).gap;
        assert!(gap(vec![dated(1_799_995_000), dated(1_799_993_000)]));
        assert!(!gap(vec![dated(1_799_995_000), dated(1_799_980_000)]));
        assert!(!gap(vec![dated(1_799_995_000), entry("1", "a", 1)]));
    }

    #[test]
    fn impossible_dates_become_none() {
        for (at, kept) in [
            (Timestamp::EPOCH, false),
            (Timestamp::from_secs(-86_400), false),
            (NOW, true),
            (NOW.plus(FUTURE_TOLERANCE), true),
            (NOW.plus(FUTURE_TOLERANCE + Duration::from_secs(1)), false),
        ] {
            let mut dated = entry("1", "a", 1);
            (dated.published, dated.updated) = (Some(at), Some(at));
            let new = plan(vec![dated], &[], &context(Before::Nothing)).new;
            let held: Vec<_> = new
                .iter()
                .map(|entry| (entry.published.is_some(), entry.updated.is_some()))
                .collect();
            assert_eq!(held, [(kept, kept)], "{at}");
        }
    }

    #[test]
    fn new_entries_come_oldest_first_and_the_rest_is_deferred() {
        let dates = [Some(300), None, Some(100), Some(200)];
        let entries: Vec<_> = (0..)
            .zip(dates)
            .map(|(n, secs)| {
                let mut entry = entry(&format!("{n}"), &format!("{n}"), n);
                entry.published = secs.map(|secs| Timestamp::from_secs(1_700_000_000 + secs));
                entry
            })
            .collect();
        let all = plan(entries.clone(), &[], &context(Before::Nothing));
        let order: Vec<_> = all.new.iter().map(|e| e.uid.as_str()).collect();
        assert_eq!(order, ["2", "1", "3", "0"]);
        let some = plan(
            entries,
            &[],
            &Context {
                max_new: 3,
                ..context(Before::Nothing)
            },
        );
        assert_eq!((some.new.len(), some.deferred), (3, 1));
    }

    #[test]
    fn an_entry_listed_twice_is_new_once() {
        let changes = plan(
            vec![entry("1", "a", 1), {
                let mut e = entry("1", "a", 1);
                e.uid.push('~');
                e
            }],
            &[],
            &context(Before::Nothing),
        );
        assert_eq!((changes.new.len(), changes.unchanged), (1, 1));
    }

    proptest! {
        #[test]
        fn an_unchanged_feed_has_an_empty_plan(names in proptest::collection::hash_set(0u8..50, 0..30)) {
            let entries: Vec<_> = names.iter().map(|n| entry(&n.to_string(), &(n % 7).to_string(), *n)).collect();
            let changes = plan(entries.clone(), &stored(&entries), &context(Before::Entries));
            prop_assert!(changes.is_empty() && !changes.gap);
            prop_assert_eq!(changes.unchanged, entries.len());
        }

        #[test]
        fn every_entry_is_accounted_for_once(
            old in proptest::collection::hash_map(0u8..20, (0u8..20, 0u8..4), 0..15),
            new in proptest::collection::hash_map(0u8..20, (0u8..20, 0u8..4), 0..15),
        ) {
            let make = |all: &std::collections::HashMap<u8, (u8, u8)>| -> Vec<_> {
                all.iter().map(|(uid, (url, words))| entry(&uid.to_string(), &url.to_string(), *words)).collect()
            };
            let new = make(&new);
            let count = new.len();
            let changes = plan(new, &stored(&make(&old)), &context(Before::Entries));
            prop_assert_eq!(changes.new.len() + changes.edited.len() + changes.unchanged + changes.deferred, count);
            let ids: HashSet<_> = changes.edited.iter().map(|edit| edit.id).collect();
            prop_assert_eq!(ids.len(), changes.edited.len());
        }
    }
}

//! Whether a server's 304 can be believed: some repeat their validators although the feed has changed.
//!
//! Nobody can tell from a 304. So after nothing but 304 for `revalidate_after` the whole document is
//! asked for once, and what comes then is evidence: the validators of before with other entries, or
//! an entry that was published before the last 304 said that there was none.

use super::Settings;
use crate::model::{DueFeed, FeedChanges, Timestamp, Validators};

/// Whether the whole document is due although the feed can be asked conditionally.
#[must_use]
pub fn revalidates(settings: &Settings, feed: &DueFeed, now: Timestamp) -> bool {
    let Some(full) = feed.last_full_at else {
        return true;
    };
    // A feed that is polled once a week has had no 304 yet when its second poll is due.
    feed.last_ok_at.is_some_and(|ok| ok > full) && now.since(full) >= settings.revalidate_after
}

/// Whether the answer to a request that revalidated (see [`revalidates`]) shows that the 304 before
/// it were not true.
#[must_use]
pub fn is_caught(feed: &DueFeed, validators: &Validators, changes: &FeedChanges) -> bool {
    if feed.validators.is_empty() || changes.is_empty() {
        return false;
    }
    let kept_quiet = |at: Timestamp| feed.last_ok_at.is_some_and(|ok| at <= ok);
    *validators == feed.validators
        || changes
            .new
            .iter()
            .filter_map(|entry| entry.published)
            .any(kept_quiet)
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::feed;
    use super::*;
    use crate::model::{EntryEdit, EntryId, ParsedEntry};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn tagged(tag: &str) -> Validators {
        Validators {
            etag: Some(tag.as_bytes().to_vec()),
            last_modified: None,
        }
    }

    fn entry(published: Timestamp) -> ParsedEntry {
        ParsedEntry {
            uid: "1".to_owned(),
            url_key: None,
            shares_page: false,
            guid: None,
            url: None,
            title: None,
            published: Some(published),
            updated: None,
            summary: None,
            content: None,
            authors: Vec::new(),
            categories: Vec::new(),
            enclosures: Vec::new(),
            lang: None,
            image_url: None,
            comments_url: None,
            fingerprint: [0; 16],
        }
    }

    #[test]
    fn a_server_is_caught_by_its_own_validators_or_by_the_date_of_an_entry() {
        let hour = Duration::from_secs(3600);
        let feed = DueFeed {
            validators: tagged("1"),
            last_ok_at: Some(NOW.minus(hour)),
            ..feed()
        };
        let new = |published| FeedChanges {
            new: vec![entry(published)],
            ..FeedChanges::default()
        };
        let edited = FeedChanges {
            edited: vec![EntryEdit {
                id: EntryId(1),
                entry: entry(NOW),
                text_changed: true,
            }],
            ..FeedChanges::default()
        };
        assert!(is_caught(&feed, &tagged("1"), &new(NOW)));
        assert!(is_caught(&feed, &tagged("1"), &edited));
        assert!(is_caught(&feed, &tagged("2"), &new(NOW.minus(hour * 2))));
        // It changed since the last 304, and says so.
        assert!(!is_caught(&feed, &tagged("2"), &new(NOW)));
        assert!(!is_caught(&feed, &tagged("1"), &FeedChanges::default()));
        assert!(!is_caught(
            &super::super::next::tests::feed(),
            &tagged("1"),
            &edited
        ));
    }

    #[test]
    fn the_whole_document_is_due_after_a_week_of_304() {
        let settings = Settings::default();
        let last = |days: u64| DueFeed {
            last_full_at: Some(NOW.minus(Duration::from_secs(days * 24 * 3600))),
            last_ok_at: Some(NOW.minus(Duration::from_secs(3600))),
            ..feed()
        };
        assert!(!revalidates(&settings, &last(6), NOW));
        assert!(revalidates(&settings, &last(7), NOW));
        assert!(revalidates(&settings, &feed(), NOW));
        let weekly = DueFeed {
            last_ok_at: last(7).last_full_at,
            ..last(7)
        };
        assert!(!revalidates(&settings, &weekly, NOW));
    }
}

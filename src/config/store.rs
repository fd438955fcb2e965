//! `[store]`: where the database is, how long things are kept, and how the file is looked after.

use std::path::Path;
use std::time::Duration;

use super::document::Wishes;
use super::section::Section;
use super::settings::{Checkpoint, Config, Keep};
use super::units;
use crate::schedule::{Cron, Pace};

/// Less could take away what a feed still shows before anybody has read it.
const KEEP_MIN: Duration = Duration::from_secs(3600);
/// The service looks every ten minutes whether a backup is due.
const BACKUP_EVERY_MIN: Duration = Duration::from_secs(600);
const MS: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Smaller is not worth a bound: an empty database has a quarter of a megabyte.
const DB_BYTES_MIN: usize = 1 << 20;

/// Reads the section into `config`, noting every problem.
pub(super) fn apply(
    top: &mut Section<'_, '_>,
    dir: &Path,
    config: &mut Config,
    wishes: &mut Wishes,
) {
    let Some(mut section) = top.table("store") else {
        return;
    };
    if let Some(path) = section.string("path") {
        wishes.database = Some(dir.join(path));
    }
    let store = &mut config.store;
    store.keep = keep(&mut section, "keep").unwrap_or(store.keep);
    store.keep_text = keep(&mut section, "keep_text").unwrap_or(store.keep_text);
    let size = section.read(
        "max_db_size",
        "\"none\" or a size of 1MiB or more, such as \"20GiB\"",
        |value| match value.as_str()? {
            "none" => Some(None),
            text => units::size(text)
                .filter(|size| *size >= DB_BYTES_MIN)
                .map(|size| Some(size as u64)),
        },
    );
    store.max_db_bytes = size.unwrap_or(store.max_db_bytes);
    if let Some(path) = section.string("backup_dir") {
        store.backup_dir = Some(dir.join(path));
    }
    store.backup_every = backup_every(&mut section).unwrap_or_else(|| store.backup_every.clone());
    section.number("backup_keep", 1..=10_000, &mut store.backup_keep);
    let words = [
        ("internal", Checkpoint::Internal),
        ("external", Checkpoint::External),
    ];
    store.checkpoint = section
        .choice("checkpoint", &words)
        .unwrap_or(store.checkpoint);
    section.duration("lock_warning", MS..=DAY, &mut store.lock_warning);
    section.finish();
}

/// A duration, or the times of a cron line in UTC.
fn backup_every(section: &mut Section<'_, '_>) -> Option<Pace> {
    section.read(
        "backup_every",
        "a duration of ten minutes or more, such as \"24h\", or a cron line in UTC, such as \"30 3 * * *\"",
        |value| {
            let text = value.as_str()?;
            match units::duration(text) {
                Some(span) => (span >= BACKUP_EVERY_MIN).then_some(Pace::Every(span)),
                None => Cron::new(text, None).ok().map(Pace::Cron),
            }
        },
    )
}

/// For how long something is kept.
pub(super) fn keep(section: &mut Section<'_, '_>, key: &'static str) -> Option<Keep> {
    section.read(
        key,
        "\"forever\" or a duration of an hour or more, such as \"90d\"",
        |value| match value.as_str()? {
            "forever" => Some(Keep::Forever),
            text => units::duration(text)
                .filter(|span| *span >= KEEP_MIN)
                .map(Keep::For),
        },
    )
}

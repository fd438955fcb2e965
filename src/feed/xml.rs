//! The way of an XML document: survey, repair if need be, feed-rs, notes.

use std::borrow::Cow;

use super::draft::Draft;
use super::repair::{self, Repaired};
use super::survey::{Survey, survey};
use super::vocabulary::Family;
use super::{Limits, ParseFailure, adapter, entities};
use crate::model::{FailureKind, FeedKind};

/// Entries of a repaired document that feed-rs is given at a time: what it makes of them, and the
/// notes beside, take some 4 kB each for a moment.
const PART_ENTRIES: usize = 1_000;

/// Reads a feed in XML.
///
/// # Errors
/// When it is no feed, or exceeds the limits.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Draft, ParseFailure> {
    let text = without_declarations(text);
    if !has_controls(text) {
        return revealed(text, limits);
    }
    // Without them it may be honest.
    let mut draft = revealed(&text.replace(is_control, ""), limits)?;
    draft.repaired.insert(0, "control");
    Ok(draft)
}

/// Reads a feed of which a part may be in disguise: entries that were escaped, or put into a
/// section, among the fields of the feed.
fn revealed(text: &str, limits: &Limits) -> Result<Draft, ParseFailure> {
    let mut found = survey(text, limits)?;
    let Some(place) = found.disguised.take() else {
        return surveyed(text, found, limits);
    };
    let section = text.get(place.clone()).unwrap_or_default();
    let plain = section
        .strip_prefix("<![CDATA[")
        .and_then(|section| section.strip_suffix("]]>"))
        .map_or_else(|| entities::decode(section), Cow::Borrowed);
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    let text = [before, &plain, after].concat();
    let mut draft = surveyed(&text, survey(&text, limits)?, limits)?;
    draft.repaired.push("disguised");
    Ok(draft)
}

fn surveyed(text: &str, survey: Survey<'_>, limits: &Limits) -> Result<Draft, ParseFailure> {
    let Survey {
        damage,
        balanced,
        notes,
        frame,
        ..
    } = survey;
    let Some(damage) = damage else {
        if let Ok(mut draft) = adapter::read(&frame)
            && draft.entries.len() == notes.entries.len()
        {
            notes.complete(&mut draft);
            return Ok(draft);
        }
        return repaired(text, "refused", balanced, limits);
    };
    repaired(text, damage, balanced, limits)
}

/// Bytes that XML forbids. feed-rs lets them through, and nobody wants them in a database.
fn has_controls(text: &str) -> bool {
    // Chunk by chunk without an early exit, so that the compiler can look at many bytes at once.
    let bad = |found: bool, byte: &u8| found | is_control(char::from(*byte));
    text.as_bytes()
        .chunks(1024)
        .any(|chunk| chunk.iter().fold(false, bad))
}

const fn is_control(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r')
}

/// A document without its declaration, which is about bytes that are text by now.
fn without_declarations(text: &str) -> &str {
    let mut text = text;
    loop {
        text =
            text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
        let declared = text
            .strip_prefix("<?xml")
            .filter(|rest| !rest.starts_with('-'));
        match declared.and_then(|rest| rest.split_once("?>")) {
            Some((declaration, rest)) if !declaration.contains('<') => text = rest,
            _ => return text,
        }
    }
}

/// Repairs a document and reads it; if feed-rs refuses the whole, entry by entry.
fn repaired(
    text: &str,
    damage: &'static str,
    balanced: bool,
    limits: &Limits,
) -> Result<Draft, ParseFailure> {
    let mut repaired = repair::repair(text, balanced, limits)?;
    let mut draft = part(&repaired.take(PART_ENTRIES), limits)?;
    // A list that grew would be twice in memory for a moment, which of 30,000 entries is felt.
    draft.entries.reserve_exact(repaired.len());
    while repaired.len() > 0 {
        let mut more = part(&repaired.take(PART_ENTRIES), limits)?;
        draft.entries.append(&mut more.entries);
        draft.lost = draft.lost.saturating_add(more.lost);
    }
    draft.lost = draft.lost.saturating_add(repaired.lost);
    draft.goes_on = repaired.goes_on;
    // Any site has a map of all its pages; only one of its news is a feed.
    if repaired.family == Family::Sitemap && draft.entries.iter().all(|entry| entry.title.is_none())
    {
        return Err(ParseFailure::new(
            FailureKind::NotAFeed,
            "a sitemap without news",
        ));
    }
    draft.kind = match repaired.family {
        Family::Rss => FeedKind::Rss,
        Family::Atom => FeedKind::Atom,
        Family::Sitemap => FeedKind::Sitemap,
    };
    draft.repaired.push(damage);
    for token in repaired.how {
        if !draft.repaired.contains(&token) {
            draft.repaired.push(token);
        }
    }
    Ok(draft)
}

/// Reads some entries of a repaired document.
fn part(repaired: &Repaired, limits: &Limits) -> Result<Draft, ParseFailure> {
    let document = repaired.document();
    let Survey {
        damage,
        notes,
        frame,
        ..
    } = survey(&document, limits)?;
    // The survey looks at nothing behind what it objects to.
    let frame = if damage.is_none() {
        frame
    } else {
        document.as_str().into()
    };
    let mut draft = match adapter::read(&frame) {
        Ok(draft) if draft.entries.len() == notes.entries.len() => draft,
        _ => one_by_one(repaired)?,
    };
    notes.complete(&mut draft);
    // Entries that feed-rs refuses were kept as empty ones, so that notes fall into place.
    let before = draft.entries.len();
    draft.entries.retain(|entry| !entry.refused);
    draft.lost = before.saturating_sub(draft.entries.len());
    Ok(draft)
}

fn one_by_one(repaired: &Repaired) -> Result<Draft, ParseFailure> {
    let mut whole = adapter::read(&repaired.bare())?;
    for single in repaired.singles() {
        let read = adapter::read(&single)
            .ok()
            .and_then(|draft| draft.entries.into_iter().next());
        whole
            .entries
            .push(read.unwrap_or_else(super::draft::DraftEntry::refused));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Canonical documents come from the repair alone, and feed-rs takes those; so the bad entry
    /// here is one that the repair would never write.
    #[test]
    fn an_entry_that_panics_in_feed_rs_loses_only_itself() {
        let mut repaired = repair::repair(
            "<rss><channel><item><title>One</title></item></channel></rss>",
            true,
            &Limits::default(),
        )
        .expect("a feed");
        let bad = "<item><itunes:duration>99999999999999999999999</itunes:duration></item>";
        repaired.push(bad);
        repaired.push("<item><title>Three</title></item>");
        assert!(adapter::read(&repaired.document()).is_err());
        let entries = one_by_one(&repaired).expect("a feed").entries;
        let refused: Vec<bool> = entries.iter().map(|entry| entry.refused).collect();
        assert_eq!(refused, [false, true, false]);
    }

    #[test]
    fn declarations_are_skipped_and_nothing_else() {
        for (text, expected) in [
            ("\u{feff}<?xml version=\"1.0\"?>\n<rss>", "<rss>"),
            (
                "<?xml version=\"1.0\"?> <?xml version=\"1.0\"?><rss>",
                "<rss>",
            ),
            (
                "<?xml-stylesheet href=\"x\"?><rss>",
                "<?xml-stylesheet href=\"x\"?><rss>",
            ),
            (
                "<?xml version=\"1.0\"<rss>?>",
                "<?xml version=\"1.0\"<rss>?>",
            ),
        ] {
            assert_eq!(without_declarations(text), expected);
        }
    }

    #[test]
    fn control_characters_are_found_wherever_they_are() {
        for at in [0, 1, 1023, 1024, 5000] {
            let mut text = "é \t\r\n".repeat(1000);
            assert!(!has_controls(&text));
            text.insert(text.floor_char_boundary(at), '\u{1}');
            assert!(has_controls(&text), "{at}");
        }
    }
}

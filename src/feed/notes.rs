//! What feed-rs does not tell, noted by our own pass over the same bytes, entry by entry.

use std::borrow::Cow;
use std::num::{IntErrorKind, ParseIntError};
use std::time::Duration;

use super::best::{Best, OWN};
use super::dates;
use super::draft::{Draft, DraftEntry, File, Form, Link, Words};
use crate::model::{PublisherHints, Timestamp};

/// Values noted of one entry.
const MAX_VALUES: usize = 256;

/// What was noted of a document.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub base: Option<String>,
    pub lang: Option<String>,
    pub hints: PublisherHints,
    period: Option<u64>,
    frequency: Option<u64>,
    pub entries: Vec<Note>,
}

/// What was noted of an entry.
#[derive(Debug, Default)]
pub(super) struct Note {
    permalink: Option<bool>,
    about: Option<String>,
    base: Option<String>,
    lang: Option<String>,
    orig_link: Option<String>,
    links: Vec<Link>,
    files: Vec<File>,
    /// In seconds; of the first file.
    duration: Option<u64>,
    image: Option<String>,
    comments: Option<String>,
    /// The date of the entry's own dialect; of several dates feed-rs takes the last.
    dated: Option<Timestamp>,
    published: Option<Timestamp>,
    updated: Option<Timestamp>,
    /// Names by which an entry goes when it has no other, the best first.
    authors: Vec<String>,
    /// Categories of the entry's own dialect, and those of modules.
    categories: Vec<String>,
    subjects: Vec<String>,
    id: Option<String>,
    title: Option<String>,
    summary: Best,
    content: Best,
}

impl Notes {
    /// Notes a field of the feed.
    pub fn feed_text(&mut self, name: &str, text: &str) {
        let text = text.trim();
        match name {
            "ttl" => {
                self.hints.ttl =
                    count(text).map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
            }
            // RSS 2.0: 0 to 23 in GMT; RSS 0.91 counted to 24, which is midnight.
            "hour" => {
                if let Some(hour) = text.parse::<u8>().ok().filter(|hour| *hour <= 24) {
                    self.hints.skip_hours.insert(hour % 24);
                }
            }
            "day" => {
                let text = text.to_ascii_lowercase();
                let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                if let Some((_, day)) = days
                    .iter()
                    .zip(0..)
                    .find(|(day, _)| text.starts_with(**day))
                {
                    self.hints.skip_days.insert(day);
                }
            }
            "sy:updatePeriod" => self.period = period(text),
            "sy:updateFrequency" => self.frequency = count(text),
            "dc:language" => self.lang = self.lang.take().or_else(|| Some(text.to_owned())),
            _ => {}
        }
    }

    /// Lays the notes over what feed-rs read.
    pub fn complete(self, draft: &mut Draft) {
        draft.base = self.base;
        draft.lang = draft.lang.take().or(self.lang);
        draft.hints = self.hints;
        if draft.hints.ttl.is_none() && (self.period.is_some() || self.frequency.is_some()) {
            let period = self.period.unwrap_or(86_400);
            draft.hints.ttl = Some(Duration::from_secs(period / self.frequency.unwrap_or(1)));
        }
        // A publisher who never wants to be asked has made a mistake.
        if draft.hints.skip_hours.len() == 24 {
            draft.hints.skip_hours.clear();
        }
        if draft.hints.skip_days.bits() == 0x7f {
            draft.hints.skip_days = crate::model::SkipDays::default();
        }
        for (entry, note) in draft.entries.iter_mut().zip(self.entries) {
            note.complete(entry);
        }
    }
}

impl Note {
    pub fn inherited(&mut self, name: &str, value: &str) {
        match name {
            "rdf:about" => self.about = Some(value.to_owned()),
            "xml:base" => self.base = Some(value.to_owned()),
            "xml:lang" => self.lang = Some(value.to_owned()),
            _ => {}
        }
    }

    /// Notes what an element says in its attributes.
    pub fn attributes<'a>(
        &mut self,
        name: &str,
        attributes: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
    ) {
        let mut link = Link::default();
        let mut file = File::default();
        let (mut term, mut label) = (None, None);
        for (key, value) in attributes {
            let value = value.into_owned();
            match key {
                "isPermaLink" => self.permalink = Some(!value.trim().eq_ignore_ascii_case("false")),
                "href" => link.href = value,
                "rel" => link.rel = Some(value),
                "type" => {
                    file.media_type = Some(value.clone());
                    link.media_type = Some(value);
                }
                "title" => link.title = Some(value),
                "length" | "fileSize" => {
                    link.length = whole(&value);
                    file.length = link.length;
                }
                "duration" => file.duration = seconds(&value),
                "url" => file.href = value,
                "label" => label = Some(value).filter(|label| !label.trim().is_empty()),
                "term" | "text" => term = Some(value),
                _ => {}
            }
        }
        match name {
            "atom:link" if !link.href.is_empty() && self.links.len() < MAX_VALUES => {
                link.rel = Some(link.rel.unwrap_or_else(|| "alternate".to_owned()));
                self.links.push(link);
            }
            "enclosure" | "media:content"
                if !file.href.is_empty() && self.files.len() < MAX_VALUES =>
            {
                self.files.push(file);
            }
            "media:thumbnail" => self.image(file.href),
            "itunes:image" => self.image(link.href),
            "category" if self.categories.len() < MAX_VALUES => {
                self.categories.extend(label.or(term));
            }
            "atom:category" | "itunes:category" if self.subjects.len() < MAX_VALUES => {
                self.subjects.extend(label.or(term));
            }
            _ => {}
        }
    }

    /// Notes the address of a picture; the first one counts.
    pub fn image(&mut self, href: String) {
        if self.image.is_none() && !href.trim().is_empty() {
            self.image = Some(href);
        }
    }

    /// Notes a field.
    pub fn text(&mut self, name: &str, text: &str) {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return;
        }
        let own = || trimmed.to_owned();
        match name {
            "feedburner:origLink" => self.orig_link = Some(own()),
            "category" if self.categories.len() < MAX_VALUES => self.categories.push(own()),
            "dc:subject" | "media:category" if self.subjects.len() < MAX_VALUES => {
                self.subjects.push(own());
            }
            "itunes:keywords" | "media:keywords" => {
                let free = MAX_VALUES.saturating_sub(self.subjects.len());
                self.subjects.extend(
                    trimmed
                        .split(',')
                        .filter(|word| !word.trim().is_empty())
                        .map(str::to_owned)
                        .take(free),
                );
            }
            "itunes:author" | "dc:creator" | "author" if self.authors.len() < MAX_VALUES => {
                self.authors.push(own());
            }
            "itunes:duration" => self.duration = seconds(trimmed),
            "comments" => self.comments = Some(own()),
            "dc:language" => self.lang = self.lang.take().or_else(|| Some(own())),
            "pubDate" => self.dated = self.dated.or_else(|| dates::parse(trimmed)),
            "dc:date" | "atom:published" | "dcterms:created" | "dcterms:issued" => {
                self.published = self.published.or_else(|| dates::parse(trimmed));
            }
            "atom:updated" | "dcterms:modified" => {
                self.updated = self.updated.or_else(|| dates::parse(trimmed));
            }
            "atom:id" | "dc:identifier" => self.id = self.id.take().or_else(|| Some(own())),
            "dc:title" | "media:title" | "atom:title" => {
                self.title = self.title.take().or_else(|| Some(own()));
            }
            "atom:content" => self.content.offer(1, Words::new(text, Form::Unsure)),
            "atom:summary" | "dc:description" => self.last_resort(1, text),
            "itunes:summary" => self.last_resort(2, text),
            "media:description" => self.last_resort(3, text),
            "itunes:subtitle" => self.last_resort(4, text),
            _ => {}
        }
    }

    fn last_resort(&mut self, rank: u8, text: &str) {
        self.summary.offer(rank, Words::new(text, Form::Unsure));
    }

    /// Notes a body that feed-rs does not see.
    pub fn body(&mut self, name: &str, words: Words) {
        if words.is_blank() {
            return;
        }
        match name {
            "description" | "summary" => self.summary.offer(OWN, words),
            _ => self.content.offer(OWN, words),
        }
    }

    fn complete(self, entry: &mut DraftEntry) {
        fn fill<T>(field: &mut Option<T>, note: Option<T>) {
            if field.is_none() {
                *field = note;
            }
        }
        entry.permalink = self.permalink;
        entry.about = self.about;
        entry.orig_link = self.orig_link;
        fill(&mut entry.base, self.base);
        fill(&mut entry.lang, self.lang);
        fill(&mut entry.image, self.image);
        fill(&mut entry.comments, self.comments);
        entry.published = self.dated.or(entry.published);
        fill(&mut entry.published, self.published);
        fill(&mut entry.updated, self.updated);
        if entry.about.is_none() {
            fill(&mut entry.guid, self.id);
        }
        fill(
            &mut entry.title,
            self.title.map(|title| Words::new(title, Form::Unsure)),
        );
        fill(&mut entry.content, self.content.within(u8::MAX));
        let worst = if entry.content.is_none() {
            u8::MAX
        } else {
            OWN
        };
        fill(&mut entry.summary, self.summary.within(worst));
        if entry.authors.is_empty() {
            entry.authors = self.authors;
        }
        entry.links.extend(self.links);
        entry.files = self.files;
        if let Some(first) = entry.files.first_mut() {
            first.duration = first.duration.or(self.duration);
        }
        entry.categories.extend(self.categories);
        entry.categories.extend(self.subjects);
    }
}

/// How much is asked for, if anything is. What is more than can be said is the most that can.
fn count(text: &str) -> Option<u64> {
    let count = text.parse().or_else(|error: ParseIntError| {
        let beyond = *error.kind() == IntErrorKind::PosOverflow;
        beyond.then_some(u64::MAX).ok_or(error)
    });
    count.ok().filter(|count| *count > 0)
}

/// A size, which may have been written as a float. One beyond 64 bits is none.
fn whole(text: &str) -> Option<u64> {
    text.trim().split('.').next()?.parse().ok()
}

/// A duration: seconds, or hours, minutes and seconds with colons.
fn seconds(text: &str) -> Option<u64> {
    text.trim().split(':').try_fold(0_u64, |sum, part| {
        sum.checked_mul(60)?.checked_add(whole(part)?)
    })
}

/// Seconds in the periods of the syndication module.
fn period(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    // The misspellings of the wild: "hour", "Hourly", "dayly".
    [
        ("ho", 3_600),
        ("da", 86_400),
        ("we", 604_800),
        ("mo", 2_592_000),
        ("ye", 31_536_000),
    ]
    .into_iter()
    .find(|(start, _)| text.starts_with(start))
    .map(|(_, secs)| secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedKind;

    fn hints(fields: &[(&str, &str)]) -> PublisherHints {
        let mut notes = Notes::default();
        for (name, text) in fields {
            notes.feed_text(name, text);
        }
        let mut draft = Draft::new(FeedKind::Rss);
        notes.complete(&mut draft);
        draft.hints
    }

    #[test]
    fn hints_survive_the_misspellings_of_the_wild() {
        for (fields, seconds) in [
            (&[("ttl", "60")][..], Some(3_600)),
            (&[("ttl", "0")], None),
            (&[("ttl", "307445734561825861")], Some(u64::MAX)),
            (&[("ttl", "99999999999999999999999")], Some(u64::MAX)),
            (&[("ttl", "-99999999999999999999999")], None),
            (
                &[("sy:updateFrequency", "99999999999999999999999")],
                Some(0),
            ),
            (&[("ttl", "-5"), ("sy:updatePeriod", "Hourly")], Some(3_600)),
            (
                &[("sy:updatePeriod", "dayly"), ("sy:updateFrequency", "4")],
                Some(21_600),
            ),
            (&[("sy:updateFrequency", "2")], Some(43_200)),
            (&[("sy:updatePeriod", "often")], None),
        ] {
            assert_eq!(
                hints(fields).ttl.map(|ttl| ttl.as_secs()),
                seconds,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn hours_and_days_to_skip_are_read_and_never_all_of_them() {
        let some = hints(&[
            ("hour", "24"),
            ("hour", "7"),
            ("hour", "25"),
            ("hour", "x"),
            ("day", "Sunday"),
            ("day", "someday"),
        ]);
        assert_eq!(some.skip_hours.into_iter().collect::<Vec<_>>(), [0, 7]);
        assert_eq!(some.skip_days.bits(), 0b100_0000);
        let hours: Vec<String> = (0..24).map(|hour| hour.to_string()).collect();
        let all: Vec<_> = hours.iter().map(|hour| ("hour", hour.as_str())).collect();
        assert!(hints(&all).skip_hours.is_empty());
    }

    #[test]
    fn durations_are_seconds_or_have_colons() {
        for (text, expected) in [
            ("61", Some(61)),
            ("1:01", Some(61)),
            ("1:00:01.5", Some(3_601)),
            ("x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}

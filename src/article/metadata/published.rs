//! When the article was published, and when it was changed.

use crate::article::page::Page;
use crate::model::{DateSource, Dated, FeedWords, Timestamp};

use super::day::{self, DAY_MILLIS, Written};
use super::head::Head;
use super::jsonld::Described;
use super::visible;

/// `meta` names that mean publication, the most explicit first.
const PUBLISHED: [&str; 26] = [
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "article.published",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "publishdate",
    "publish-date",
    "pubdate",
    "publication_date",
    "published_date",
    "article_date_original",
    "date.issued",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "citation_publication_date",
    "date_published",
    "displaydate",
    "dc.date",
    "dcterms.date",
    "og:published_time",
    "date",
    "created",
];

/// `meta` names that mean a later change.
const MODIFIED: [&str; 7] = [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "lastmod",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
];

/// Both dates.
pub struct Dates {
    pub published: Option<Dated>,
    pub modified: Option<Timestamp>,
}

/// Decides the dates: structured data, then `meta`, then the visible page as far as the address
/// does not name another day, then the address, then the feed.
pub fn decide(
    page: &Page<'_>,
    head: &Head,
    described: &Described,
    url: &str,
    words: &FeedWords,
    month_first: bool,
) -> Dates {
    let read = |text: &str| day::read(text, month_first);
    let dated = |written: Written, source| Dated {
        at: written.at,
        offset_minutes: written.offset_minutes,
        source,
    };
    let address = in_address(url);
    let published = described
        .published
        .as_deref()
        .and_then(read)
        .map(|written| dated(written, DateSource::JsonLd))
        .or_else(|| {
            PUBLISHED
                .iter()
                .flat_map(|name| head.all(name))
                .find_map(read)
                .map(|written| dated(written, DateSource::Meta))
        })
        .or_else(|| {
            let uploaded = described.uploaded.as_deref().and_then(read)?;
            Some(dated(uploaded, DateSource::JsonLd))
        })
        .or_else(|| {
            visible::date(page, month_first)
                .filter(|written| address.is_none_or(|day| is_near(*written, day)))
                .map(|written| dated(written, DateSource::Html))
        })
        .or_else(|| address.map(|written| dated(written, DateSource::Url)));
    let modified = described.modified.as_deref().and_then(read).or_else(|| {
        MODIFIED
            .iter()
            .flat_map(|name| head.all(name))
            .find_map(read)
    });
    // A page that only says when it was changed was published then, as far as anyone can tell.
    let published = published
        .or_else(|| modified.map(|written| dated(written, DateSource::Meta)))
        .or_else(|| {
            words.published.map(|at| Dated {
                at,
                offset_minutes: Some(0),
                source: DateSource::Feed,
            })
        });
    let published = published.map(|dated| {
        let shown = || match dated.source {
            DateSource::JsonLd | DateSource::Meta if dated.offset_minutes == Some(0) => {
                visible::day_shown(page, dated.at, month_first)
            }
            _ => None,
        };
        address
            .or_else(shown)
            .map_or(dated, |day| of_the_day(dated, day))
    });
    Dates {
        published,
        modified: modified.map(|written| written.at),
    }
}

/// How far a date on the page may be from the day in the address and still be the article's:
/// the evening before, in another zone.
const NEAR_MILLIS: i64 = 2 * DAY_MILLIS;

fn is_near(written: Written, day: Written) -> bool {
    written.at.millis().abs_diff(day.at.millis()) <= NEAR_MILLIS.unsigned_abs()
}

/// Puts right the zone of an instant given in UTC where the address, or the page a reader sees, names the
/// day before or after: the site's own day is the day of publication.
fn of_the_day(dated: Dated, day: Written) -> Dated {
    let Written {
        at: midnight,
        timed: false,
        ..
    } = day
    else {
        return dated;
    };
    // A time without a zone is the site's own.
    if dated.offset_minutes != Some(0) {
        return dated;
    }
    let start = midnight.millis();
    let at = dated.at.millis();
    let minutes = if (start - DAY_MILLIS / 2..start).contains(&at) {
        (start - at + 59_999) / 60_000
    } else if (start + DAY_MILLIS..start + DAY_MILLIS + DAY_MILLIS / 2).contains(&at) {
        (start + DAY_MILLIS - 1 - at).div_euclid(60_000)
    } else {
        return dated;
    };
    Dated {
        offset_minutes: i16::try_from(minutes).ok(),
        ..dated
    }
}

/// `/2021/03/04/`, `/2021-03-04-…`, `/20210304/`, `/2021/mar/04/`, `/24-03-2021`.
fn in_address(url: &str) -> Option<Written> {
    let path = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split_once('/')?
        .1;
    let numbers: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).collect();
    let spelled = numbers.windows(3).find_map(|three| match three {
        [year, month, day]
            if year.len() == 4
                && month.len() <= 2
                && day.len() <= 2
                && !month.is_empty()
                && !day.is_empty() =>
        {
            day::read(&format!("{year}-{month}-{day}"), false)
        }
        // Which of two small numbers is the month, an address does not say.
        [day, month, year]
            if day.len() == 2 && month.len() == 2 && year.len() == 4 && *day > "12" =>
        {
            day::read(&format!("{year}-{month}-{day}"), false)
        }
        _ => None,
    });
    spelled.or_else(|| with_month_name(path)).or_else(|| {
        numbers
            .iter()
            .filter(|number| number.len() == 8 && number.starts_with("20"))
            .find_map(|number| day::read(number, false))
    })
}

/// `/2021/mar/04/`.
fn with_month_name(path: &str) -> Option<Written> {
    let parts: Vec<&str> = path.split('/').collect();
    parts.windows(3).find_map(|three| match three {
        [year, month, day]
            if year.len() == 4
                && (3..=10).contains(&month.len())
                && (1..=2).contains(&day.len())
                && day::is_month(month) =>
        {
            day::read(&format!("{day} {month} {year}"), false)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_carry_a_date() {
        for (url, expected) in [
            ("https://e.org/2021/03/04/x", Some("2021-03-04")),
            ("https://e.org/a-20210304-x.html", Some("2021-03-04")),
            ("https://e.org/2021/mar/04/x", Some("2021-03-04")),
            ("https://e.org/news/24-03-2021", Some("2021-03-24")),
            ("https://e.org/news/04-03-2021", None),
            ("https://e.org/2021/99/x", None),
            ("https://e.org/", None),
        ] {
            let found = in_address(url).map(|written| written.at.to_string());
            assert_eq!(
                found.as_deref().and_then(|at| at.get(..10)),
                expected,
                "{url}"
            );
        }
    }

    #[test]
    fn the_sites_own_day_is_the_day_of_publication() {
        let day = day::read("2021-03-04", false).expect("a day");
        for (at, offset) in [
            ("2021-03-03T23:30:00Z", Some(30)),
            ("2021-03-04T12:00:00Z", Some(0)),
            ("2021-03-05T02:00:00Z", Some(-121)),
            ("2021-03-09T02:00:00Z", Some(0)),
        ] {
            let dated = Dated {
                at: at.parse().expect("RFC 3339"),
                offset_minutes: Some(0),
                source: DateSource::Meta,
            };
            assert_eq!(of_the_day(dated, day).offset_minutes, offset, "{at}");
        }
    }
}

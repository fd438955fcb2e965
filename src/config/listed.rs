//! The feeds of all documents together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::document::Listed;
use super::problem::Problems;
use super::settings::Config;
use super::units;
use crate::schedule::Pace;

/// What can only be checked when everything is read: twice the same feed, and paces below the floor.
pub fn settle(config: &mut Config, listed: Vec<Listed>, problems: &mut Problems) {
    let floor = config.schedule.configured_floor;
    if let Pace::Every(interval) = config.pace
        && interval < floor
    {
        problems.add("polling.interval", None, below(interval, floor));
    }
    let mut first: HashMap<Cow<'_, str>, &Listed> = HashMap::with_capacity(listed.len());
    let is_first: Vec<bool> = listed
        .iter()
        .map(|here| {
            let before = *first.entry(asked_at(&here.feed.url)).or_insert(here);
            let is_first = std::ptr::eq(before, here);
            if is_first {
                check_pace(here, floor, problems);
            } else if here.line.is_some() {
                // Lists made by other readers repeat themselves; a person's own file should not.
                complain_of_copy(here, before, problems);
            }
            is_first
        })
        .collect();
    let feeds = listed.into_iter().zip(is_first);
    let kept = feeds.filter_map(|(here, is_first)| is_first.then(|| Arc::new(here.feed)));
    config.feeds.extend(kept);
}

fn check_pace(here: &Listed, floor: Duration, problems: &mut Problems) {
    let fastest = match &here.feed.settings.pace {
        Some(Pace::Every(interval)) => Some(*interval),
        Some(Pace::Cron(cron)) => Some(cron.shortest_gap()),
        _ => None,
    };
    if let Some(fastest) = fastest.filter(|fastest| *fastest < floor) {
        let message = format!("feed {}: {}", here.feed.url, below(fastest, floor));
        problems.add(&here.place, here.line, message);
    }
}

fn complain_of_copy(here: &Listed, first: &Listed, problems: &mut Problems) {
    let line = first.line.map(|line| format!(":{line}"));
    let line = line.unwrap_or_default();
    let (url, place) = (&here.feed.url, &first.place);
    let message = if first.feed.url == *url {
        format!("feed.url: \"{url}\" is listed twice; first at {place}{line}")
    } else {
        let other = &first.feed.url;
        format!(
            "feed.url: \"{url}\" asks for the same as \"{other}\", which is listed at {place}{line}"
        )
    };
    problems.add(&here.place, here.line, message);
}

fn below(interval: Duration, floor: Duration) -> String {
    format!(
        "polling every \"{}\" is faster than polling.configured_floor, \"{}\"",
        units::show(interval),
        units::show(floor)
    )
}

/// What is asked for at an address: two that differ only in what is never sent, or in how the same
/// thing is written, are one feed. A fragment stays with the client (RFC 9110 §4.1).
#[must_use]
pub fn asked_at(address: &str) -> Cow<'_, str> {
    let Ok(mut url) = Url::parse(address) else {
        return Cow::Borrowed(address);
    };
    url.set_fragment(None);
    if url.as_str() == address {
        Cow::Borrowed(address)
    } else {
        Cow::Owned(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_asked_alike_are_one() {
        for (address, asked) in [
            ("https://a.example/f", "https://a.example/f"),
            ("https://a.example/f#x", "https://a.example/f"),
            ("HTTPS://A.example:443/f", "https://a.example/f"),
            ("https://a.example", "https://a.example/"),
            ("https://a.example/f?", "https://a.example/f?"),
            ("https://a.example/F", "https://a.example/F"),
            ("no address", "no address"),
        ] {
            assert_eq!(asked_at(address), asked, "{address}");
        }
    }
}

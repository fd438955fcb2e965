//! `[[feed]]`: one feed, checked.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::document::{FULL_TEXT, ROBOTS};
use super::section::Section;
use super::settings::{Feed, FeedSettings};
use super::store;
use super::units;
use crate::fetch::{self, HeaderMap, HeaderName, HeaderValue, Networks};
use crate::schedule::{Cron, Pace};

/// Reads a feed and its line; `None` when it has no usable address. Every problem is noted.
pub fn read(mut section: Section<'_, '_>, dir: &Path) -> Option<(Feed, usize)> {
    let url = url(&mut section);
    let name = section.string("name");
    let tags = section.strings("tags").unwrap_or_default();
    let pace = pace(&mut section);
    let splay = section.read("splay", "a duration such as \"5m\"", |value| {
        value.as_str().and_then(units::duration)
    });
    let mut settings = FeedSettings {
        pace,
        splay,
        headers: headers(&mut section),
        credentials: section
            .string("credentials")
            .map(|name| credential(&name, dir)),
        networks: networks(&mut section),
        robots: section.choice("robots", &ROBOTS),
        full_text: section.choice("full_text", &FULL_TEXT),
        keep: store::keep(&mut section, "keep"),
        keep_text: store::keep(&mut section, "keep_text"),
        ..FeedSettings::default()
    };
    section.flag("respect_cache_control", &mut settings.respect_cache_control);
    if let Some(mut extract) = section.table("extract") {
        settings.extract_keep = extract.strings("keep").unwrap_or_default();
        settings.extract_drop = extract.strings("drop").unwrap_or_default();
        extract.finish();
    }
    let line = section.line();
    section.finish();
    let feed = Feed {
        url: url?,
        name,
        tags,
        settings: Arc::new(settings),
    };
    Some((feed, line))
}

/// Why an address cannot be a feed's, if it cannot.
#[must_use]
pub fn url_fault(text: &str) -> Option<String> {
    match Url::parse(text) {
        Err(error) => Some(format!("\"{text}\" is not a URL: {error}")),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some(format!("\"{text}\" is not an http or https URL"))
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            let shown = fetch::redact(text);
            Some(format!(
                "{shown} carries a password; put it into a file and name that with credentials"
            ))
        }
        Ok(_) => None,
    }
}

fn url(section: &mut Section<'_, '_>) -> Option<String> {
    let Some(value) = section.take("url") else {
        section.complain_here("url", "it is missing: the address of the feed");
        return None;
    };
    let span: Range<usize> = value.span();
    let text = value.get_ref().as_str().map(str::trim).map(str::to_owned);
    let fault = text
        .as_deref()
        .map_or_else(|| Some("it is not a text in quotes".to_owned()), url_fault);
    if let Some(fault) = fault {
        section.complain(&span, "url", fault);
        return None;
    }
    text
}

fn pace(section: &mut Section<'_, '_>) -> Option<Pace> {
    let interval = section.read(
        "interval",
        "\"adaptive\" or a duration such as \"15m\"",
        |value| match value.as_str()? {
            "adaptive" => Some(Pace::Adaptive),
            text => units::duration(text)
                .filter(|span| *span > Duration::ZERO)
                .map(Pace::Every),
        },
    );
    let zone = section.string("timezone");
    let value = section.take("schedule");
    let Some(value) = value else {
        if zone.is_some() {
            section.complain_here("timezone", "it has no effect without schedule");
        }
        return interval;
    };
    if interval.is_some() {
        section.complain(
            &value.span(),
            "schedule",
            "a feed has either a schedule or an interval, not both",
        );
    }
    let Some(line) = value.get_ref().as_str() else {
        section.complain(&value.span(), "schedule", "it is not a text in quotes");
        return None;
    };
    match Cron::new(line, zone.as_deref()) {
        Ok(cron) => Some(Pace::Cron(cron)),
        Err(error) => {
            section.complain(&value.span(), "schedule", error);
            None
        }
    }
}

fn headers(section: &mut Section<'_, '_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(mut table) = section.table("headers") else {
        return headers;
    };
    for (name, value, span) in table.free_strings() {
        match (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            (Ok(header), _) if fetch::is_reserved_header(&header) => {
                table.complain(&span, &name, "feedmill sets this header itself");
            }
            (Ok(header), Ok(value)) => {
                headers.insert(header, value);
            }
            _ => table.complain(&span, &name, "it is not a header"),
        }
    }
    headers
}

/// A file; a bare name is looked for among the service's credentials first.
fn credential(name: &str, dir: &Path) -> PathBuf {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let held = credentials
        .map(|held| held.join(name))
        .filter(|path| path.exists());
    held.unwrap_or_else(|| dir.join(name))
}

fn networks(section: &mut Section<'_, '_>) -> Networks {
    let texts = section.strings("allow_networks").unwrap_or_default();
    Networks::parse(texts.iter().map(String::as_str)).unwrap_or_else(|text| {
        section.complain_here(
            "allow_networks",
            format!("\"{text}\" is not a network, such as \"10.0.0.0/8\""),
        );
        Networks::default()
    })
}

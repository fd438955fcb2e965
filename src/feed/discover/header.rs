//! `Link` headers (RFC 8288).

use url::Url;

use super::{Candidate, Why, candidate, is_feed_type};

/// Links of one header that are looked at.
const MAX_LINKS: usize = 64;

/// The feeds that a header announces.
pub(super) fn feeds(header: &str, base: &Url) -> Vec<Candidate> {
    links(header)
        .into_iter()
        .filter_map(|(href, parameters)| feed(href, parameters, base))
        .collect()
}

/// The links of a header, each with its parameters.
pub(in super::super) fn links(header: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = header;
    while links.len() < MAX_LINKS {
        let Some((href, after)) = rest
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
        else {
            break;
        };
        let end = end_of_parameters(after);
        let (parameters, more) = after.split_at_checked(end).unwrap_or((after, ""));
        links.push((href, parameters));
        rest = more;
    }
    links
}

/// A parameter of a link.
pub(in super::super) fn parameter<'a>(parameters: &'a str, wanted: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case(wanted)
            .then(|| value.trim().trim_matches('"'))
    })
}

/// The comma that ends a link: not one in quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    end.unwrap_or(text.len())
}

fn feed(href: &str, parameters: &str, base: &Url) -> Option<Candidate> {
    let parameter = |wanted| parameter(parameters, wanted);
    let rels = parameter("rel")?.to_ascii_lowercase();
    let media_type = parameter("type").unwrap_or_default();
    let mut rels = rels.split_ascii_whitespace();
    if !rels.any(|rel| rel == "feed" || (rel == "alternate" && is_feed_type(media_type))) {
        return None;
    }
    let mut found = candidate(base, href, Why::Header)?;
    found.title = parameter("title").map(str::to_owned);
    found.media_type = Some(media_type.to_owned()).filter(|kind| !kind.is_empty());
    Some(found)
}

//! What response headers say: freshness, patience, validators.

use std::time::{Duration, SystemTime};

use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER,
};

use crate::model::{Freshness, Validators};

/// Validators longer than this are not kept: nobody needs them, and every request would carry them.
const VALIDATOR_BYTES_MAX: usize = 4096;
/// The longest freshness and patience that is read as a number; policy caps both far below.
const SECONDS_MAX: u64 = 366 * 24 * 3600;

/// ETag and Last-Modified, byte for byte.
#[must_use]
pub fn validators(headers: &HeaderMap) -> Validators {
    Validators {
        etag: opaque(headers, &ETAG),
        last_modified: opaque(headers, &LAST_MODIFIED),
    }
}

fn opaque(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let value = headers.get(name)?.as_bytes();
    (!value.is_empty() && value.len() <= VALIDATOR_BYTES_MAX).then(|| value.to_vec())
}

/// How long the response stays fresh (RFC 9111 §4.2.1): `max-age` less `Age`, else `Expires` less
/// `Date`, both by the server's own clock. `s-maxage` is for shared caches and `stale-*` never
/// shortens a wait: neither is read. `no-cache` and `no-store` say nothing about when to come back.
#[must_use]
pub fn freshness(headers: &HeaderMap) -> Freshness {
    let mut max_age: Option<u64> = None;
    for line in headers.get_all(CACHE_CONTROL) {
        for directive in String::from_utf8_lossy(line.as_bytes()).split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" | "no-store" => return Freshness::default(),
                // Where there are several, the most patient one.
                "max-age" => max_age = max_age.max(seconds(value.trim().trim_matches('"'))),
                _ => {}
            }
        }
    }
    let lifetime = max_age.map_or_else(
        || expires(headers),
        |seconds| Some(Duration::from_secs(seconds)),
    );
    let age = text(headers, &AGE).and_then(seconds).unwrap_or(0);
    let lifetime = lifetime.map(|span| span.saturating_sub(Duration::from_secs(age)));
    Freshness {
        lifetime: lifetime.filter(|span| !span.is_zero()),
    }
}

fn expires(headers: &HeaderMap) -> Option<Duration> {
    let expires = date(text(headers, &EXPIRES)?)?;
    let sent = date(text(headers, &DATE)?)?;
    let span = expires.duration_since(sent).ok()?;
    Some(span.min(Duration::from_secs(SECONDS_MAX)))
}

/// How long the server asks to be left alone (RFC 9110 §10.2.3): seconds, or a date relative to the
/// response's own `Date`, or to `now` where it has none. Negative, zero and garbage count as absent;
/// of several, as a server and the proxy before it may send them, the most patient one counts.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let sent = text(headers, &DATE).and_then(date).unwrap_or(now);
    let span = |value: &str| match seconds(value) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => date(value)?.duration_since(sent).ok(),
    };
    let values = headers.get_all(RETRY_AFTER).iter();
    values
        .filter_map(|value| span(value.to_str().ok()?.trim()))
        .max()
        .filter(|span| !span.is_zero())
}

/// How long until a quota that has been used up is filled again: `RateLimit-Remaining: 0` with
/// `RateLimit-Reset`, also with the customary `X-` (draft-ietf-httpapi-ratelimit-headers). A reset far
/// beyond any wait is an instant, in seconds since 1970.
#[must_use]
pub fn quota_spent(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    const AN_INSTANT: u64 = 1_000_000_000;
    let named = |name: &'static str, customary: &'static str| {
        let value = text(headers, &HeaderName::from_static(name));
        value
            .or_else(|| text(headers, &HeaderName::from_static(customary)))
            .and_then(|value| value.parse::<u64>().ok())
    };
    if named("ratelimit-remaining", "x-ratelimit-remaining")? > 0 {
        return None;
    }
    let reset = named("ratelimit-reset", "x-ratelimit-reset")?;
    // Some count milliseconds.
    let reset = if reset >= AN_INSTANT * 100 {
        reset / 1000
    } else {
        reset
    };
    let wait = if reset < AN_INSTANT {
        Duration::from_secs(reset)
    } else {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(reset.min(AN_INSTANT * 100)))
            .duration_since(now)
            .ok()?
    };
    (!wait.is_zero()).then_some(wait)
}

/// The charset parameter of a `Content-Type`.
#[must_use]
pub fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets
        .next()
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|value| !value.is_empty())
}

/// A header's text; nothing when it is not text.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// A number of seconds, clamped; nothing for what is not made of digits.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(SECONDS_MAX).min(SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = lines.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let mut map = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    #[test]
    fn freshness_is_read_as_the_publisher_meant_it() {
        const DAY: (&str, &str) = ("date", "Sat, 31 Jan 2026 08:00:00 GMT");
        type Case = (&'static [(&'static str, &'static str)], Option<u64>);
        let cases: [Case; 13] = [
            (&[("cache-control", "max-age=7200")], Some(7200)),
            (&[("cache-control", "public, Max-Age=\"7200\"")], Some(7200)),
            (
                &[("cache-control", "max-age=7200"), ("age", "200")],
                Some(7000),
            ),
            (&[("cache-control", "max-age=60"), ("age", "100")], None),
            (&[("cache-control", "max-age=60, max-age=90")], Some(90)),
            (&[("cache-control", "max-age=-5")], None),
            (
                &[("cache-control", "max-age=99999999999999999999999")],
                Some(SECONDS_MAX),
            ),
            (&[("cache-control", "no-cache, max-age=60")], None),
            (
                &[("cache-control", "s-maxage=60, stale-while-revalidate=30")],
                None,
            ),
            (
                &[DAY, ("expires", "Sat, 31 Jan 2026 09:00:00 GMT")],
                Some(3600),
            ),
            (&[DAY, ("expires", "Sat, 31 Jan 2026 07:00:00 GMT")], None),
            (&[DAY, ("expires", "0")], None),
            (
                &[
                    DAY,
                    ("expires", "Sat, 31 Jan 2026 09:00:00 GMT"),
                    ("cache-control", "max-age=60"),
                ],
                Some(60),
            ),
        ];
        for (lines, expected) in cases {
            let lifetime = freshness(&headers(lines))
                .lifetime
                .map(|span| span.as_secs());
            assert_eq!(lifetime, expected, "{lines:?}");
        }
    }

    #[test]
    fn patience_is_read_in_seconds_and_as_a_date_and_nonsense_is_absent() {
        let now = SystemTime::UNIX_EPOCH;
        for (lines, expected) in [
            (vec![("retry-after", "120")], Some(120)),
            (vec![("retry-after", "0")], None),
            (vec![("retry-after", "-5")], None),
            (vec![("retry-after", "soon")], None),
            (
                vec![("retry-after", "60"), ("retry-after", "120")],
                Some(120),
            ),
            (
                vec![
                    ("date", "Sat, 31 Jan 2026 08:00:00 GMT"),
                    ("retry-after", "60"),
                    ("retry-after", "Sat, 31 Jan 2026 08:02:00 GMT"),
                    ("retry-after", "soon"),
                ],
                Some(120),
            ),
            (
                vec![
                    ("date", "Sat, 31 Jan 2026 08:00:00 GMT"),
                    ("retry-after", "Sat, 31 Jan 2026 08:02:00 GMT"),
                ],
                Some(120),
            ),
            (
                vec![
                    ("date", "Sat, 31 Jan 2026 08:00:00 GMT"),
                    ("retry-after", "Sat, 31 Jan 2026 07:00:00 GMT"),
                ],
                None,
            ),
        ] {
            assert_eq!(
                retry_after(&headers(&lines), now).map(|span| span.as_secs()),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_spent_quota_says_when_it_is_filled_again() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        for (lines, expected) in [
            (
                vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "30")],
                Some(30),
            ),
            (
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "2000000040"),
                ],
                Some(40),
            ),
            (
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1999999999"),
                ],
                None,
            ),
            (
                vec![("ratelimit-remaining", "5"), ("ratelimit-reset", "30")],
                None,
            ),
            (vec![("ratelimit-remaining", "0")], None),
            (
                vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "soon")],
                None,
            ),
        ] {
            assert_eq!(
                quota_spent(&headers(&lines), now).map(|wait| wait.as_secs()),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn validators_are_kept_as_they_are_unless_they_are_huge() {
        let odd = headers(&[
            ("etag", "W/\"a-gzip"),
            ("last-modified", "sat,  31 jan 2026 08:00:00 gmt"),
        ]);
        let kept = validators(&odd);
        assert_eq!(kept.etag.as_deref(), Some(b"W/\"a-gzip".as_slice()));
        assert_eq!(
            kept.last_modified.as_deref(),
            Some(b"sat,  31 jan 2026 08:00:00 gmt".as_slice())
        );
        let mut huge = HeaderMap::new();
        huge.insert(
            ETAG,
            HeaderValue::from_str(&"x".repeat(5000)).expect("a value"),
        );
        assert!(validators(&huge).is_empty());
    }
}

//! What a final response means before its body is read.

use reqwest::header::{HeaderMap, HeaderName};

use crate::model::{FailureKind, Fetched};

/// Challenge pages are small; an article that merely mentions one is not.
const CHALLENGE_BYTES_MAX: usize = 100 << 10;
/// What the challenge pages of the large providers carry in their markup.
const CHALLENGE_MARKS: [&str; 8] = [
    "/cdn-cgi/challenge-platform/",
    "cf-browser-verification",
    "_Incapsula_Resource",
    "/_sec/cp_challenge/",
    "captcha-delivery.com",
    "px-captcha",
    "awswaf.com/",
    "ddos-guard.net/",
];

/// Why a response cannot be used; `None` for a 200 with a body, also one that a proxy has changed
/// (203), and for a 304 that was asked for.
#[must_use]
pub fn failure(fetched: &Fetched) -> Option<FailureKind> {
    if fetched.challenge {
        return Some(FailureKind::BotWall);
    }
    match fetched.status {
        200 | 203 if fetched.body.is_empty() => Some(FailureKind::Empty),
        200 | 203 => None,
        204 => Some(FailureKind::Empty),
        304 if fetched.conditional => None,
        304 => Some(FailureKind::UnaskedNotModified),
        401 | 407 => Some(FailureKind::Unauthorized),
        403 if fetched.throttled => Some(FailureKind::Throttled),
        403 => Some(FailureKind::Forbidden),
        404 => Some(FailureKind::NotFound),
        410 => Some(FailureKind::Gone),
        429 => Some(FailureKind::Throttled),
        503 => Some(FailureKind::Unavailable),
        500..=599 => Some(FailureKind::ServerError),
        _ => Some(FailureKind::HttpStatus),
    }
}

/// Whether the answer is a challenge for browsers instead of what was asked for.
#[must_use]
pub fn is_challenge(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    let mitigated = headers.get(HeaderName::from_static("cf-mitigated"));
    if mitigated.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"challenge")) {
        return true;
    }
    if !matches!(status, 200 | 202 | 403 | 405 | 429 | 503) || body.len() > CHALLENGE_BYTES_MAX {
        return false;
    }
    let body = String::from_utf8_lossy(body);
    // A 200 is believed to be a challenge only if it also is next to nothing else.
    let small = status != 200 || body.len() < CHALLENGE_BYTES_MAX / 8;
    small
        && CHALLENGE_MARKS.iter().any(|mark| body.contains(mark))
        && !body.contains("<rss")
        && !body.contains("<feed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_told_from_an_article_about_one() {
        let headers = HeaderMap::new();
        let wall = b"<html><title>Just a moment...</title><script src=\"/cdn-cgi/challenge-platform/h/b\"></script>";
        assert!(is_challenge(403, &headers, wall));
        assert!(is_challenge(200, &headers, wall));
        assert!(!is_challenge(404, &headers, wall));
        assert!(!is_challenge(403, &headers, b"<html>Forbidden</html>"));
        let long = [wall.to_vec(), vec![b'x'; 50_000]].concat();
        assert!(!is_challenge(200, &headers, &long));
    }
}

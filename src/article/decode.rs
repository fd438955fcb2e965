//! Bytes to text: which encoding a page is in.
//!
//! The order is that of the HTML Standard §13.2.3.2 (byte order mark, transport,
//! `meta`), with one amendment: a page that is valid UTF-8 and not pure ASCII is
//! UTF-8 whatever it says of itself, because text in another encoding is almost
//! never valid UTF-8 by accident, while declarations are often stale.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a page a `meta` declaration is looked for, in bytes. The standard
/// says 1,024; pages put scripts before it, and browsers find it all the same.
const META_WINDOW: usize = 16 << 10;

/// How much of a page the detector reads, in bytes: more does not change its mind.
const DETECT_WINDOW: usize = 256 << 10;

/// The text of a page. Never fails: what cannot be decoded becomes U+FFFD.
pub fn decode<'a>(body: &'a [u8], http_charset: Option<&str>) -> Cow<'a, str> {
    let (encoding, mark) = match Encoding::for_bom(body) {
        Some((encoding, mark)) => (encoding, mark),
        None => (choose(body, http_charset), 0),
    };
    let body = body.get(mark..).unwrap_or_default();
    encoding.decode_without_bom_handling(body).0
}

fn choose(body: &[u8], http_charset: Option<&str>) -> &'static Encoding {
    if let Some(wide) = unmarked_utf16(body) {
        return wide;
    }
    if std::str::from_utf8(body).is_ok() {
        // ISO-2022-JP is the one legacy encoding whose bytes are all ASCII.
        let escapes = body
            .windows(2)
            .take(DETECT_WINDOW)
            .any(|pair| pair == b"\x1b$");
        if !escapes {
            return UTF_8;
        }
    }
    let declared = http_charset
        .and_then(|label| Encoding::for_label(label.trim().as_bytes()))
        .or_else(|| declared_by_meta(body));
    match declared {
        // A declaration of UTF-8 on bytes with a few broken sequences is still true: a page
        // is cut or glued more often than it is in another encoding altogether.
        Some(encoding) if encoding == UTF_8 && mostly_utf8(body) => UTF_8,
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => detect(body),
    }
}

/// Markup in UTF-16 without a mark: every other byte of the first tag is zero.
fn unmarked_utf16(body: &[u8]) -> Option<&'static Encoding> {
    match body.get(..4)? {
        [b'<', 0, _, 0] => Some(UTF_16LE),
        [0, b'<', 0, _] => Some(UTF_16BE),
        _ => None,
    }
}

/// True when fewer than one in a hundred of the non-ASCII bytes is out of place.
fn mostly_utf8(body: &[u8]) -> bool {
    let (mut broken, mut wide) = (0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        wide += chunk
            .valid()
            .bytes()
            .filter(|byte| !byte.is_ascii())
            .count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    broken * 100 <= wide
}

fn detect(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let window = body.get(..DETECT_WINDOW).unwrap_or(body);
    detector.feed(window, window.len() == body.len());
    let found = detector.guess(None, Utf8Detection::Allow);
    if found == UTF_8 && !mostly_utf8(body) {
        WINDOWS_1252
    } else {
        found
    }
}

/// The encoding of `<meta charset>` or `<meta http-equiv content="…charset=…">`.
fn declared_by_meta(body: &[u8]) -> Option<&'static Encoding> {
    let window = body.get(..META_WINDOW).unwrap_or(body);
    let text = String::from_utf8_lossy(window).to_ascii_lowercase();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("<meta") {
        let (tag, next) = after.split_once('>').unwrap_or((after, ""));
        if let Some((_, value)) = tag.split_once("charset") {
            let label: String = value
                .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''))
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
                .collect();
            if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
                // The standard: a page that could be read far enough to find this is not UTF-16.
                return Some(if encoding == UTF_16LE || encoding == UTF_16BE {
                    UTF_8
                } else {
                    encoding
                });
            }
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found_whoever_declares_it() {
        let cases: [(&[u8], Option<&str>, &str); 11] = [
            (b"\xef\xbb\xbf<p>\xc3\xa9</p>", Some("windows-1252"), "<p>é</p>"),
            (b"\xff\xfe<\0p\0>\0", None, "<p>"),
            (b"<\0p\0>\0\xe9\0", None, "<p>é"),
            (b"\0<\0p\0>\0\xe9", None, "<p>é"),
            (b"<p>\xc3\xa9t\xc3\xa9", Some("iso-8859-1"), "<p>été"),
            (b"<p>\xe9t\xe9", Some("iso-8859-1"), "<p>été"),
            (b"<meta charset='windows-1251'><p>\xcf\xf0", None, "<meta charset='windows-1251'><p>Пр"),
            (
                b"<meta http-equiv=content-type content=\"text/html; charset=Shift_JIS\">\x93\xfa\x96{",
                None,
                "<meta http-equiv=content-type content=\"text/html; charset=Shift_JIS\">日本",
            ),
            (b"<meta charset=utf-16><p>\xe9t\xe9 d\xe9j\xe0 vu", None, "<meta charset=utf-16><p>été déjà vu"),
            (b"<p>\x1b$BF|K\\\x1b(B", Some("iso-2022-jp"), "<p>日本"),
            (b"", None, ""),
        ];
        for (body, http, expected) in cases {
            assert_eq!(
                decode(body, http),
                expected,
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn one_broken_sequence_does_not_turn_a_declared_utf8_page_into_mojibake() {
        let mut body = "<p>".to_owned().into_bytes();
        body.extend("été ".repeat(200).into_bytes());
        body.push(0xff);
        assert!(decode(&body, Some("utf-8")).contains("été été"));
    }
}

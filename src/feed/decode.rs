//! Bytes to text: compression that nobody announced, then the charset.
//!
//! The order is that of certainty: a byte order mark; bytes that cannot be anything but UTF-16 or
//! UTF-8; the label in the header, the label in the declaration, each only if the bytes agree; a
//! guess from the bytes. A label that lies is overruled, and that is on record.

use std::borrow::Cow;
use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::{Limits, ParseFailure};
use crate::model::FailureKind;

/// Where a declaration is looked for: long comments stand before some.
const LABEL_WITHIN: usize = 2048;

/// Bytes that a charset is guessed from, from the first beyond ASCII on: more do not change the
/// guess, and noise takes long.
const MAX_GUESSED_BYTES: usize = 256 << 10;

/// Bytes, likewise, by which damaged UTF-8 is told from other charsets.
const MAX_WEIGHED_BYTES: usize = 1 << 20;

/// Bytes by which a text is told from other data.
const MAX_TASTED_BYTES: usize = 64 << 10;

/// One control character in so many bytes is no text: damaged ones have few, noise and what was
/// compressed or encrypted one in nine.
const BYTES_FOR_A_CONTROL: usize = 12;

/// Words of which a feed has at least one, in any dialect: those before entries, and those in JSON
/// without any of these. Four letters do not come together by chance in the largest document.
const WORDS: &[&[u8]] = &[
    b"item",
    b"entry",
    b"feed",
    b"channel",
    b"urlset",
    b"sitemap",
    b"<rss",
    b":rss",
    b":rdf",
    b"href",
    b"content",
    b"date_",
    b"external_url",
];

/// Text, and what had to be undone to get it.
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub repaired: Vec<&'static str>,
}

/// Decodes a document.
///
/// # Errors
/// When the bytes are no text.
pub(super) fn decode<'a>(
    body: &'a [u8],
    charset: Option<&str>,
) -> Result<Decoded<'a>, ParseFailure> {
    let mut repaired = Vec::new();
    let text = match certain(body) {
        Some((encoding, skip)) => {
            let (text, bad) =
                encoding.decode_without_bom_handling(body.get(skip..).unwrap_or_default());
            if bad {
                repaired.push("charset");
            }
            text
        }
        None if is_utf32(body).is_some() => utf32(body, is_utf32(body) == Some(true)).into(),
        // encoding_rs validates the quickest, and lends what is valid.
        None => match UTF_8.decode_without_bom_handling_and_without_replacement(body) {
            Some(text) if memchr::memchr(0x1b, body).is_none() => text,
            None if is_data(body) || !speaks(body) => {
                let detail = "neither text nor a compression that is known";
                return Err(ParseFailure::new(FailureKind::NotAFeed, detail));
            }
            _ => labelled(body, charset, &mut repaired),
        },
    };
    Ok(Decoded { text, repaired })
}

/// A byte order mark, or the shape of UTF-16, and how many bytes to skip.
fn certain(body: &[u8]) -> Option<(&'static Encoding, usize)> {
    match body {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => None,
        [0xff, 0xfe, ..] if !looks_8bit(body) => Some((UTF_16LE, 2)),
        [0xfe, 0xff, ..] if !looks_8bit(body) => Some((UTF_16BE, 2)),
        [b'<' | b'{' | b' ' | b'\n', 0, second, 0, ..] if *second != 0 => Some((UTF_16LE, 0)),
        [0, b'<' | b'{' | b' ' | b'\n', 0, second, ..] if *second != 0 => Some((UTF_16BE, 0)),
        _ => None,
    }
}

/// A mark of UTF-16 before bytes that are not.
fn looks_8bit(body: &[u8]) -> bool {
    body.get(2..).is_some_and(|rest| {
        rest.starts_with(b"<?xml") || rest.starts_with(b"<rss") || rest.starts_with(b"<feed")
    })
}

/// UTF-32, and whether its bytes come the big end first.
fn is_utf32(body: &[u8]) -> Option<bool> {
    match body {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', 0, ..] => Some(true),
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => Some(false),
        _ => None,
    }
}

fn utf32(body: &[u8], big: bool) -> String {
    let point = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u32, |point, byte| point << 8 | u32::from(*byte))
    };
    body.chunks_exact(4)
        .filter_map(|unit| {
            let mut unit = unit.to_vec();
            if !big {
                unit.reverse();
            }
            char::from_u32(point(&unit)).filter(|c| *c != '\u{feff}')
        })
        .collect()
}

fn labelled<'a>(
    body: &'a [u8],
    charset: Option<&str>,
    repaired: &mut Vec<&'static str>,
) -> Cow<'a, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let declared = declared(body);
    let labels = [
        charset.and_then(|label| Encoding::for_label(label.as_bytes())),
        declared,
    ];
    let valid = std::str::from_utf8(body);
    for encoding in labels.into_iter().flatten() {
        // An escape character alone is no reason to doubt UTF-8.
        let escapes = encoding == ISO_2022_JP;
        if let Ok(text) = valid
            && !escapes
        {
            return text.into();
        }
        if encoding != UTF_8
            && encoding != UTF_16LE
            && encoding != UTF_16BE
            && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body)
        {
            return text;
        }
    }
    if let Ok(text) = valid {
        return text.into();
    }
    repaired.push("charset");
    if mostly_utf8(body) {
        return patched(body).into();
    }
    // A multi-byte label with a few bad bytes is still the best guess.
    if let Some(encoding) = labels.into_iter().flatten().find(|label| {
        !label.is_single_byte() && *label != UTF_8 && *label != UTF_16LE && *label != UTF_16BE
    }) {
        return encoding.decode_without_bom_handling(body).0;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample(body, MAX_GUESSED_BYTES), true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    guess
        .decode_without_bom_handling_and_without_replacement(body)
        .unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(body).0)
}

/// Up to `most` bytes, from the first beyond ASCII on: charsets are told by those.
fn sample(body: &[u8], most: usize) -> &[u8] {
    let start = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let rest = body.get(start..).unwrap_or_default();
    rest.get(..most).unwrap_or(rest)
}

/// Whether a text in UTF-8 was damaged rather than written in something else: the sequences
/// beyond ASCII that are valid outnumber the bytes that are not, or there is little of either.
fn mostly_utf8(body: &[u8]) -> bool {
    let sample = sample(body, MAX_WEIGHED_BYTES);
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        good = good.saturating_add(chunk.valid().chars().filter(|c| !c.is_ascii()).count());
        bad = bad.saturating_add(chunk.invalid().len());
    }
    let impossible = sample.iter().filter(|byte| matches!(byte, 0xfe | 0xff));
    good >= bad || impossible.count() * 2 >= bad
}

/// Damaged UTF-8. A letter of windows-1252 before another letter was pasted from elsewhere; what
/// else is no UTF-8 may be half a character.
fn patched(body: &[u8]) -> String {
    let mut out = String::with_capacity(body.len());
    let mut chunks = body.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        out.push_str(chunk.valid());
        let next = chunks.peek().map_or("", |next| next.valid());
        match chunk.invalid() {
            [] => {}
            letter @ [0xc0..=0xfd] if next.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                out.push_str(&WINDOWS_1252.decode_without_bom_handling(letter).0);
            }
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    out
}

/// Whether bytes that are not in UTF-8 are no text in another charset of bytes either: pictures,
/// noise, an unknown compression. NUL does not count: there is UTF-16 that nobody recognises.
fn is_data(body: &[u8]) -> bool {
    let taste = body.get(..MAX_TASTED_BYTES).unwrap_or(body);
    let control = |byte: &&u8| matches!(byte, 1..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let controls = taste.iter().filter(control).count();
    controls.saturating_mul(BYTES_FOR_A_CONTROL) > taste.len()
}

/// Whether bytes hold a word that a feed, or a page with one, cannot do without: what holds none
/// need not be decoded. All charsets that come by here write them alike. Of what is short nothing
/// is asked.
fn speaks(body: &[u8]) -> bool {
    if body.len() <= MAX_TASTED_BYTES {
        return true;
    }
    WORDS.iter().any(|word| {
        let first = word.first().copied().unwrap_or_default();
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), body).any(|at| {
            body.get(at..at.saturating_add(word.len()))
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
    })
}

/// The label in the XML declaration.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..body.len().min(LABEL_WITHIN))?;
    let head: String = head
        .iter()
        .map(|byte| {
            if byte.is_ascii() {
                char::from(*byte)
            } else {
                '?'
            }
        })
        .collect();
    let (_, declaration) = head.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, label) = declaration.split_once("encoding")?;
    let label = label
        .trim_start()
        .strip_prefix('=')?
        .trim_start()
        .trim_start_matches(['"', '\'']);
    let end = label
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .unwrap_or(label.len());
    Encoding::for_label(label.get(..end)?.as_bytes())
}

/// The charset of a `Content-Type` header.
pub(super) fn charset(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim())
    })?;
    Some(value.trim_matches(['"', '\'']))
}

/// Bytes that neither text nor the marks of UTF-16 and UTF-32 begin with.
const fn is_control(byte: u8) -> bool {
    matches!(byte, 1..=8 | 0x0e..=0x1f | 0x80..=0xee | 0xf0..=0xfd)
}

/// A body without the compression that its server forgot to announce.
///
/// # Errors
/// When it expands beyond the limits.
pub(super) fn inflate<'a>(
    body: &'a [u8],
    limits: &Limits,
    repaired: &mut Vec<&'static str>,
) -> Result<Cow<'a, [u8]>, ParseFailure> {
    let reader: Box<dyn Read + 'a> = match body {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(body)),
        [0x78, 0x01 | 0x9c | 0xda, ..] => Box::new(ZlibDecoder::new(body)),
        // Deflate has no mark of its own; text does not begin with control characters.
        [first, second, ..] if is_control(*first) || is_control(*second) => {
            Box::new(DeflateDecoder::new(body))
        }
        _ => return Ok(Cow::Borrowed(body)),
    };
    let ratio = body
        .len()
        .saturating_mul(limits.max_ratio)
        .max(limits.ratio_free_bytes);
    let most = limits.max_bytes.min(ratio);
    let mut out = Vec::new();
    let more = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // An error at the end is a truncated body: what was decoded is kept.
    let whole = reader.take(more).read_to_end(&mut out).is_ok();
    if out.len() > limits.max_bytes {
        return Err(ParseFailure::new(
            FailureKind::TooLarge,
            format!("more than {} bytes decompressed", limits.max_bytes),
        ));
    }
    if out.len() > most {
        let detail = format!("{} bytes expand to more than {most}", body.len());
        return Err(ParseFailure::new(FailureKind::CompressionBomb, detail));
    }
    let marked = matches!(body, [0x1f, 0x8b, ..]);
    let first = out.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_text = whole && first.is_some_and(|byte| matches!(byte, b'<' | b'{' | 0xef));
    if out.is_empty() || !(marked || is_text) {
        return Ok(Cow::Borrowed(body));
    }
    repaired.push("gzip");
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &[u8], charset: Option<&str>) -> (String, bool) {
        let decoded = decode(body, charset).expect("text");
        (decoded.text.into_owned(), decoded.repaired.is_empty())
    }

    #[test]
    fn charsets_are_found_in_the_order_of_certainty() {
        let declared = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>";
        for (body, charset, expected, certain) in [
            (
                &b"<a>\xc3\xa9</a>"[..],
                Some("iso-8859-1"),
                "<a>é</a>",
                true,
            ),
            (b"<a>\xe9</a>", Some("iso-8859-1"), "<a>é</a>", true),
            (
                declared,
                Some("nonsense"),
                "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>",
                true,
            ),
            (b"\xff\xfe<\0a\0>\0", Some("utf-8"), "<a>", true),
            (b"\0<\0a\0>", None, "<a>", true),
            (b"\0\0\0<\0\0\0a\0\0\0>", None, "<a>", true),
            (
                b"<a>\x1b$B4A\x1b(B</a>",
                Some("iso-2022-jp"),
                "<a>漢</a>",
                true,
            ),
            (
                "<a>é à è \u{2019}".as_bytes(),
                None,
                "<a>é à è \u{2019}",
                true,
            ),
            (b"<a>\xc3\xa9\xc3\xa8\xff", None, "<a>éè\u{fffd}", false),
        ] {
            assert_eq!(
                text(body, charset),
                (expected.to_owned(), certain),
                "{expected}"
            );
        }
    }

    #[test]
    fn unlabelled_text_is_recognised() {
        let russian = "<title>Привет, мир: новости дня и прогноз погоды</title>";
        let (body, ..) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(text(&body, None), (russian.to_owned(), false));
        assert_eq!(text(&body, Some("utf-8")), (russian.to_owned(), false));
    }

    #[test]
    fn noise_is_no_text_and_a_damaged_text_is() {
        let noise: Vec<u8> = (0..=u8::MAX).cycle().take(4096).collect();
        assert!(decode(&noise, Some("windows-1252")).is_err());
        let printable: Vec<u8> = noise.iter().map(|byte| *byte.max(&b' ')).collect();
        let mut long = printable.repeat(20);
        assert!(decode(&long, None).is_err());
        long.extend(b"<Item>");
        assert!(decode(&long, None).is_ok());
        for text in [
            &b"<a>\xe9\x01\x02 and more of it, as texts have</a>"[..],
            b"\xff\xfe\x1f\x04@\x048\x042\x045\x04B\x04",
        ] {
            assert!(decode(text, None).is_ok());
        }
    }

    #[test]
    fn the_charset_of_a_header_is_its_parameter() {
        for (header, expected) in [
            ("text/xml; charset=UTF-8", Some("UTF-8")),
            ("text/xml;a=b; Charset = \"koi8-r\"", Some("koi8-r")),
            ("text/xml", None),
        ] {
            assert_eq!(charset(header), expected, "{header}");
        }
    }

    #[test]
    fn only_what_is_compressed_is_inflated() {
        let limits = Limits::default();
        for body in [
            &b"<rss/>"[..],
            b"{}",
            b"\xef\xbb\xbf<rss/>",
            b"\xff\xfe<\0",
            b"x\x9cplain",
            b"\xd0\xbf",
            b"\x1f\x8bnonsense",
            b"",
        ] {
            let mut repaired = Vec::new();
            assert_eq!(inflate(body, &limits, &mut repaired).as_deref(), Ok(body));
            assert!(repaired.is_empty());
        }
    }
}

//! Is it a page at all?

/// How far into a body the first tag is looked for, in bytes.
const WINDOW: usize = 2 << 10;

/// Signatures of what is served in the place of pages.
const FOREIGN: [&[u8]; 12] = [
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"\0\0\0\x18ftyp",
    b"\0\0\0\x20ftyp",
    b"\x7fELF",
];

/// True when a body can be read as HTML: by its declared type, or by its first bytes where
/// the type is absent or says nothing. A feed, JSON, an image or a PDF is not.
pub fn is_html(content_type: Option<&str>, body: &[u8]) -> bool {
    if FOREIGN.iter().any(|signature| body.starts_with(signature)) {
        return false;
    }
    let window = String::from_utf8_lossy(body.get(..WINDOW).unwrap_or(body)).replace('\0', "");
    let start = window.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let lower = start.to_ascii_lowercase();
    let markup = lower.starts_with('<');
    let xml = lower.starts_with("<?xml") && !lower.contains("<html") && !lower.contains("xhtml");
    let feed = ["<rss", "<feed", "<rdf:rdf", "<urlset", "<sitemapindex"]
        .iter()
        .any(|tag| lower.starts_with(tag) || (xml && lower.contains(tag)));
    if feed {
        return false;
    }
    let kind = content_type.map(|kind| {
        kind.split(';')
            .next()
            .unwrap_or(kind)
            .trim()
            .to_ascii_lowercase()
    });
    match kind.as_deref() {
        Some(
            "text/html" | "application/xhtml+xml" | "text/xhtml" | "application/vnd.wap.xhtml+xml",
        ) => true,
        Some(
            ""
            | "text/plain"
            | "application/octet-stream"
            | "unknown/unknown"
            | "application/xml"
            | "text/xml",
        )
        | None => {
            markup
                || (!lower.starts_with(['{', '[']) && lower.contains('<') && lower.contains("</"))
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_everything_else() {
        for (kind, body, expected) in [
            (Some("text/html; charset=utf-8"), "plain words", true),
            (None, "\u{feff} <!doctype html><p>", true),
            (None, "<?xml version='1.0'?><html xmlns='…'>", true),
            (None, "<?xml version='1.0'?><rss>", false),
            (Some("text/html"), "<rss version='2.0'>", false),
            (Some("application/json"), "<p>", false),
            (None, "{\"a\":\"<p></p>\"}", false),
            (Some("text/html"), "%PDF-1.7", false),
            (Some("image/png"), "x", false),
        ] {
            assert_eq!(is_html(kind, body.as_bytes()), expected, "{kind:?} {body}");
        }
    }
}

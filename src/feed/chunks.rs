//! Bodies in which the marks of chunked transfer (RFC 9112 §7.1) were left: some proxies and caches
//! store what they see on the wire.

/// Digits of a chunk's length: more are no length of anything.
const MAX_DIGITS: usize = 8;

/// The body without the marks; `None` if it has none, or they do not add up. What breaks off is
/// kept as far as it goes.
pub(super) fn join(body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = body.trim_ascii_start();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (len, chunk) = length(rest)?;
        if len == 0 {
            break;
        }
        let Some((chunk, after)) = chunk.split_at_checked(len) else {
            out.extend_from_slice(chunk);
            break;
        };
        out.extend_from_slice(chunk);
        rest = if after.is_empty() {
            after
        } else {
            after.strip_prefix(b"\r\n")?
        };
    }
    (!out.is_empty()).then_some(out)
}

/// The length that stands on the first line, and what follows that line.
fn length(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text
        .iter()
        .take(MAX_DIGITS)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let len = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((len, rest.strip_prefix(b"\r\n")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_where_their_lengths_add_up() {
        for (body, joined) in [
            ("4\r\n<rss\r\n2\r\n/>\r\n0\r\n\r\n", Some("<rss/>")),
            ("4\r\n<rss\r\nA\r\n/>", Some("<rss/>")),
            ("6\r\n<rss/>", Some("<rss/>")),
            ("4\r\n<rss/>", None),
            ("<rss/>", None),
            ("0\r\n", None),
            ("feed", None),
            ("", None),
        ] {
            assert_eq!(
                join(body.as_bytes()).as_deref(),
                joined.map(str::as_bytes),
                "{body:?}"
            );
        }
    }
}

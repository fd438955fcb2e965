//! Base64, in which Atom 0.3 and odd media types hide texts.

/// The text that is encoded (RFC 4648 §4), white space ignored; `None` for anything else.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = ((bits << 6) | u32::from(value)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_in_base64_is_decoded() {
        for (text, expected) in [
            ("PGI+Qm9sZDwvYj4=", Some("<b>Bold</b>")),
            ("PGI+\n Qm9s ZA", Some("<b>Bold")),
            ("/////w==", None),
            ("not base64!", None),
            ("", Some("")),
        ] {
            assert_eq!(decode(text).as_deref(), expected, "{text}");
        }
    }
}

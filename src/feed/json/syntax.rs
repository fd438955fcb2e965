//! JSON as programs and people write it by hand, written anew as JSON.
//!
//! Commas and colons are not looked at: what a container holds says where they belong. So those
//! that are missing, doubled or left behind are one case, and comments, quotes of either kind,
//! bare words, control characters, escapes of other languages and a missing end are the others.

use std::iter::Peekable;
use std::str::CharIndices;

/// Open containers: the parser behind refuses more as well.
const MAX_DEPTH: usize = 127;

/// Values of a document: nobody publishes more, and each costs the reader some 150 bytes.
pub(super) const MAX_VALUES: usize = 250_000;

/// Quotes that stand in texts without an escape, where HTML was pasted: two for an attribute.
const MAX_STRAY_QUOTES: usize = 100_000;

/// Text in the syntax of JSON.
pub(super) struct Rewritten {
    pub text: String,
    /// The text broke off: what was not whole of the outermost list was left out.
    pub cut: bool,
}

/// Rewrites a text; `None` if it nests too deep, or holds more than [`MAX_VALUES`] or
/// [`MAX_STRAY_QUOTES`].
pub(super) fn rewrite(text: &str) -> Option<Rewritten> {
    let mut writer = Writer {
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        list: None,
        values: 0,
    };
    let mut strays = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if writer.values > MAX_VALUES {
            return None;
        }
        match c {
            '{' | '[' => writer.open(c)?,
            '}' | ']' => {
                writer.close(c, follows(text, at));
                // What follows the document is nobody's.
                if writer.open.is_empty() {
                    return Some(writer.finish());
                }
            }
            '"' | '\'' | '“' | '”' => {
                let quote = if c == '“' { '”' } else { c };
                let value = string(text, quote, &mut chars, &mut strays);
                if strays > MAX_STRAY_QUOTES {
                    return None;
                }
                let Some(value) = value else { break };
                writer.scalar(&value, true);
            }
            '/' if matches!(chars.peek(), Some((_, '/' | '*'))) => comment(text, at, &mut chars),
            ',' | ':' => {}
            c if c.is_whitespace() || c.is_control() || c == '\u{feff}' => {}
            _ => {
                while chars.next_if(|(_, c)| !ends_word(*c)).is_some() {}
                let end = chars.peek().map_or(text.len(), |(end, _)| *end);
                writer.scalar(text.get(at..end).unwrap_or_default(), false);
            }
        }
    }
    Some(writer.finish())
}

/// What stands behind a bracket.
fn follows(text: &str, at: usize) -> Option<char> {
    let rest = text.get(at.saturating_add(1)..)?;
    rest.chars().find(|c| !c.is_whitespace())
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"' | '\'')
}

fn comment(text: &str, at: usize, chars: &mut Peekable<CharIndices<'_>>) {
    let rest = text.get(at..).unwrap_or_default();
    let end = if rest.starts_with("//") {
        rest.find('\n')
    } else {
        rest.find("*/").map(|end| end.saturating_add(1))
    };
    let end = end.map_or(text.len(), |end| at.saturating_add(end));
    while chars.next_if(|(at, _)| *at <= end).is_some() {}
}

/// The rest of a string as JSON writes it, without quotes; `None` where the text ends first, or
/// there are too many `strays`: quotes that do not end it.
fn string(
    text: &str,
    quote: char,
    chars: &mut Peekable<CharIndices<'_>>,
    strays: &mut usize,
) -> Option<String> {
    let mut out = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => escape(&mut out, chars),
            c if c == quote && closes(text.get(at.saturating_add(1)..).unwrap_or_default()) => {
                return Some(out);
            }
            '"' if *strays > MAX_STRAY_QUOTES => return None,
            '"' => {
                *strays = strays.saturating_add(1);
                out.push_str("\\\"");
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    None
}

/// Whether a quote closes its string, by what follows it: another may stand in the text itself.
fn closes(rest: &str) -> bool {
    let next = rest.trim_start();
    let broken = rest.get(..rest.len().saturating_sub(next.len()));
    next.is_empty()
        || next.starts_with([',', ':', '}', ']'])
        || next.starts_with("//")
        || next.starts_with("/*")
        || (next.starts_with(['"', '\'', '{', '['])
            && broken.is_some_and(|space| space.contains('\n')))
}

/// What stands behind a backslash, in an escape of JSON.
fn escape(out: &mut String, chars: &mut Peekable<CharIndices<'_>>) {
    let Some((_, c)) = chars.next() else { return };
    match c {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
            out.push('\\');
            out.push(c);
        }
        'u' => {
            let unit = hex(chars, 4);
            if (0xd800..0xdc00).contains(&unit) {
                let mut ahead = chars.clone();
                let escaped = matches!(
                    (ahead.next(), ahead.next()),
                    (Some((_, '\\')), Some((_, 'u')))
                );
                let low = if escaped { hex(&mut ahead, 4) } else { 0 };
                if (0xdc00..0xe000).contains(&low) {
                    *chars = ahead;
                    let point = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    out.extend(char::from_u32(point));
                }
            } else {
                push(out, unit);
            }
        }
        'x' => {
            let unit = hex(chars, 2);
            push(out, unit);
        }
        // A line that goes on in the next one.
        '\n' | '\r' => {}
        c if c.is_control() => {}
        c => out.push(c),
    }
}

fn push(out: &mut String, point: u32) {
    match char::from_u32(point) {
        Some('"') => out.push_str("\\\""),
        Some('\\') => out.push_str("\\\\"),
        Some('\n') => out.push_str("\\n"),
        Some(c) if !c.is_control() => out.push(c),
        _ => {}
    }
}

/// The number that up to `digits` hexadecimal digits make.
fn hex(chars: &mut Peekable<CharIndices<'_>>, digits: usize) -> u32 {
    let mut value = 0;
    for _ in 0..digits {
        let Some((_, c)) = chars.next_if(|(_, c)| c.is_ascii_hexdigit()) else {
            break;
        };
        value = (value << 4) | c.to_digit(16).unwrap_or_default();
    }
    value
}

/// A container being written.
struct Open {
    end: char,
    empty: bool,
    /// A key waits for its value.
    keyed: bool,
}

struct Writer {
    out: String,
    open: Vec<Open>,
    /// How deep the outermost list is, and where its last whole element ends in `out`.
    list: Option<(usize, usize)>,
    values: usize,
}

impl Writer {
    fn scalar(&mut self, value: &str, quoted: bool) {
        let is_key = self
            .open
            .last()
            .is_some_and(|open| open.end == '}' && !open.keyed);
        let literal = match value.to_ascii_lowercase().as_str() {
            _ if quoted || is_key => None,
            "true" => Some("true"),
            "false" => Some("false"),
            "null" | "none" | "nil" | "undefined" | "nan" | "infinity" | "-infinity" => {
                Some("null")
            }
            _ if serde_json::from_str::<serde_json::Number>(value).is_ok() => Some(value),
            _ => None,
        };
        // Words outside of everything are not JSON's.
        if self.open.is_empty() {
            return;
        }
        self.separate(is_key);
        if let Some(literal) = literal {
            self.out.push_str(literal);
        } else {
            let plain = |c: &char| !c.is_control() && *c != '\\';
            self.out.push('"');
            if quoted {
                self.out.push_str(value);
            } else {
                self.out.extend(value.chars().filter(plain));
            }
            self.out.push('"');
        }
        if is_key {
            self.out.push(':');
        }
        self.mark();
    }

    /// Writes what belongs before a value or key.
    fn separate(&mut self, is_key: bool) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        self.values = self.values.saturating_add(1);
        let begins = open.end == ']' || is_key || !open.keyed;
        if begins && !open.empty {
            self.out.push(',');
        }
        // A container where a key should be.
        if begins && open.end == '}' && !is_key {
            self.out.push_str("\"\":");
        }
        open.empty = false;
        open.keyed = is_key;
    }

    fn open(&mut self, c: char) -> Option<()> {
        // An object among the keys of an entry is the next entry.
        let list = self.list.map_or(usize::MAX, |(depth, _)| depth);
        let among_keys = |open: &Open| open.end == '}' && !open.keyed && !open.empty;
        if c == '{'
            && self.open.len() == list.saturating_add(1)
            && self.open.last().is_some_and(among_keys)
        {
            self.close_one();
            self.mark();
        }
        self.separate(false);
        self.out.push(c);
        let end = if c == '{' { '}' } else { ']' };
        self.open.push(Open {
            end,
            empty: true,
            keyed: false,
        });
        if c == '[' && self.list.is_none() {
            self.list = Some((self.open.len(), self.out.len()));
        }
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    /// Closes the innermost container that ends so, and with it those it holds. If that were the
    /// document, though it goes on, there is a brace too many.
    fn close(&mut self, end: char, next: Option<char>) {
        let list = self.list.map_or(0, |(depth, _)| depth);
        if end == '}' && next == Some(',') && self.open.len() == list {
            return;
        }
        if self.open.iter().any(|open| open.end == end) {
            while self.close_one() != Some(end) {}
        }
        self.mark();
    }

    fn close_one(&mut self) -> Option<char> {
        let open = self.open.pop()?;
        // One that is closed is whole.
        let depth = self.open.len();
        self.list = self.list.filter(|(list, _)| *list <= depth);
        if open.keyed {
            self.out.push_str("null");
        }
        self.out.push(open.end);
        Some(open.end)
    }

    /// Remembers the end of an element of the outermost list.
    fn mark(&mut self) {
        if let Some((depth, end)) = &mut self.list
            && self.open.len() == *depth
        {
            *end = self.out.len();
        }
    }

    fn finish(mut self) -> Rewritten {
        let cut = !self.open.is_empty();
        if let Some((depth, end)) = self.list.filter(|(depth, _)| self.open.len() > *depth) {
            self.out.truncate(end);
            self.open.truncate(depth);
        }
        while self.close_one().is_some() {}
        Rewritten {
            text: self.out,
            cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(text: &str) -> Value {
        let rewritten = rewrite(text).expect("not deep");
        serde_json::from_str(&rewritten.text).expect(&rewritten.text)
    }

    #[test]
    fn what_is_meant_is_read() {
        for (text, expected) in [
            (
                "{'a': 'it\\'s', b: [1, 2,,],}",
                json!({"a": "it's", "b": [1, 2]}),
            ),
            (
                "{\"a\": NaN, \"b\": None, \"c\": True, \"d\": -1.5}",
                json!({"a": null, "b": null, "c": true, "d": -1.5}),
            ),
            (
                "// x\n{\"a\": 1, /* \"b\": 2 */ \"c\": 3}",
                json!({"a": 1, "c": 3}),
            ),
            ("{\"a\": \"x\ny\tz\u{0}\"}", json!({"a": "x\ny\tz"})),
            (
                r#"{"a": "\x41\q\u00e9\ud83d\ude00\ud83d."}"#,
                json!({"a": "Aqé😀."}),
            ),
            (
                r#"{"a": "He said "hi" to me"}"#,
                json!({"a": "He said \"hi\" to me"}),
            ),
            ("[{\"a\": 1} {\"b\": 2}]", json!([{"a": 1}, {"b": 2}])),
            ("{\"a\":}", json!({"a": null})),
            ("[1]; [2]", json!([1])),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn of_a_list_that_breaks_off_the_whole_elements_are_left() {
        for text in [
            r#"{"items": [{"id": 1}, {"id": 2}, {"id": 3, "tags": ["a""#,
            r#"{"items": [{"id": 1}, {"id": 2}, {"id": "unclosed"#,
            r#"{"items": [{"id": 1}, {"id": 2}"#,
            r#"{"items": [{"id": 1}, {"id": 2}], "hubs"#,
        ] {
            let Some(rewritten) = rewrite(text) else {
                panic!("{text}")
            };
            assert!(rewritten.cut);
            let value: Value = serde_json::from_str(&rewritten.text).expect("JSON");
            assert_eq!(value["items"], json!([{"id": 1}, {"id": 2}]));
        }
        assert!(rewrite(&"[".repeat(1000)).is_none());
    }

    proptest! {
        #[test]
        fn whatever_is_rewritten_is_json(text in "[\\[{][\\[\\]{}\"':,/*\\\\ \na1u.\u{1}é-]{0,60}") {
            if let Some(rewritten) = rewrite(&text) {
                prop_assert!(serde_json::from_str::<Value>(&rewritten.text).is_ok(), "{}", rewritten.text);
            }
        }

        #[test]
        fn json_is_left_as_it_is(keys in proptest::collection::hash_map("[a-z\"\\\\\n]{0,5}", "[ -~é\u{1f600}]{0,8}", 0..5)) {
            let value = json!([keys, {"a": keys}, 1.5, null]);
            prop_assert_eq!(read(&value.to_string()), value);
        }
    }
}

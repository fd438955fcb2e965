//! How text in scripts that do not show where a word ends is cut for the search.
//!
//! The tokenizer of the full-text index takes whatever stands between two spaces for a
//! word. In Chinese, Japanese, Thai, Lao, Khmer and Burmese that is half a sentence, and in
//! Korean a word with its endings. Such runs are cut into overlapping pairs of characters, for a
//! second index, `articles_bigrams`: the phrase of the pairs of a word then finds the word
//! wherever it stands, whatever a dictionary thinks of it. docs/search.md has the measurements.
//!
//! What is cut here is on disk: the index forgets an article by being told the same pairs again.
//! Another cut therefore needs a migration that fills the index anew.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Gives the connection the functions by which triggers keep the second index: only the writer's
/// has them, so that no other program can change a text and leave its index as it was.
pub(super) fn teach(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("feedmill_unspaced", 1, flags, |call| {
        let text = call.get_raw(0).as_str_or_null()?;
        Ok(text.is_some_and(is_needed))
    })?;
    conn.create_scalar_function("feedmill_bigrams", 1, flags, |call| {
        Ok(call.get::<Option<String>>(0)?.map(|text| cut(&text)))
    })
}

/// Whether a text has a character of the scripts in question.
#[must_use]
pub fn is_needed(text: &str) -> bool {
    text.bytes().any(may_begin_unspaced) && text.chars().any(is_unspaced)
}

/// Whether a character of the scripts in question may begin with a byte. Those that Western texts
/// are made of do not: up to U+07FF, and the dashes and quotes of U+2000 to U+2FFF (0xe2).
const fn may_begin_unspaced(byte: u8) -> bool {
    byte >= 0xe0 && byte != 0xe2
}

/// The text as the second index wants it: words and pairs separated by spaces.
#[must_use]
pub fn cut(text: &str) -> String {
    // A character of three bytes becomes a pair of six and a space.
    let mut out = String::with_capacity(text.len() * 5 / 2);
    write(text, false, &mut out);
    out
}

/// A word that a person typed, as a phrase of the second index; nothing when it has no character
/// of the scripts in question. The phrase matches wherever the word stands in a text.
#[must_use]
pub fn phrase(word: &str) -> Option<String> {
    if !is_needed(word) {
        return None;
    }
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric() && !is_unspaced(c));
    let mut tokens = String::new();
    write(&word.replace(['"', '\0', '*'], " "), true, &mut tokens);
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    let last = tokens.last().copied().unwrap_or_default();
    // A single character at the end is the beginning of a pair, or stands alone.
    let star = if last.chars().count() == 1 && is_needed(last) {
        "*"
    } else {
        ""
    };
    Some(format!("\"{}\"{star}", tokens.join(" ")))
}

/// Runs of unspaced characters as pairs, and the last one of each run alone, so that a search for
/// one character finds it there too. In the middle of a phrase the pairs have to stand as they do
/// in the text; at its end the text may go on, so the last character is left out if a pair has it.
fn write(text: &str, open_end: bool, out: &mut String) {
    let mut run: Vec<char> = Vec::new();
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if is_unspaced(c) {
            run.push(c);
            continue;
        }
        close(&mut run, false, out);
        out.push(narrow(c));
    }
    close(&mut run, open_end, out);
}

fn close(run: &mut Vec<char>, open_end: bool, out: &mut String) {
    if run.is_empty() {
        return;
    }
    out.push(' ');
    for pair in run.windows(2) {
        out.extend(pair);
        out.push(' ');
    }
    if let Some(last) = run.last().filter(|_| !open_end || run.len() == 1) {
        out.push(*last);
        out.push(' ');
    }
    run.clear();
}

/// Whether a character belongs to a script in which a space does not part words: Thai, Lao,
/// Burmese, Hangul, Khmer, kana, bopomofo, Han and Yi, by their blocks in Unicode 16; digits and
/// punctuation of these scripts are not meant.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{aa60}'..='\u{aa7f}'
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{17d3}' | '\u{17d7}' | '\u{17dd}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{3099}' | '\u{309a}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{a48c}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Marks that some pages put between words, or where a line may break: they are not part of it.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Latin letters and digits as wide as a Han character, which are the same ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn runs_are_cut_into_pairs_and_the_rest_is_left_as_it_is() {
        for (text, expected) in [
            ("北京大学", "北京 京大 大学 学"),
            ("苹果iPhone手机", "苹果 果 iPhone 手机 机"),
            ("ＡＢＣの歌、海", "ABC の歌 歌 、 海"),
            ("ก\u{200b}ข", "กข ข"),
        ] {
            assert!(is_needed(text));
            let cut = cut(text);
            assert_eq!(
                cut.split_whitespace().collect::<Vec<_>>().join(" "),
                expected,
                "{text}"
            );
        }
        assert!(!is_needed("Straße, हिन्दी, 42"));
    }

    #[test]
    fn a_word_is_the_phrase_of_its_pairs() {
        for (word, expected) in [
            ("北京", "\"北京\""),
            ("北京大学", "\"北京 京大 大学\""),
            ("大学。", "\"大学\""),
            ("鱼", "\"鱼\"*"),
            ("iPhone手", "\"iPhone 手\"*"),
            ("A股\"市场", "\"A 股 市场\""),
        ] {
            let phrase = phrase(word).expect("has such a script");
            assert_eq!(phrase, expected, "{word}");
        }
    }

    /// Texts of a few characters of every kind, so that runs and their neighbours vary.
    const MIXED: &str = "[北京大学のラーメンกิน서울a1é ,。]{1,24}";

    #[test]
    fn no_character_in_question_begins_with_a_byte_that_is_passed_over() {
        let mut unspaced = ('\0'..=char::MAX).filter(|c| is_unspaced(*c));
        assert!(unspaced.all(|c| is_needed(c.encode_utf8(&mut [0; 4]))));
        assert!(!is_needed("“Così” — naïve…"));
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_finds_it(text in MIXED, from in 0_usize..24, length in 1_usize..6) {
            let word: String = text.chars().skip(from).take(length).collect();
            // A person types no word that begins or ends inside one of Latin letters.
            let whole = text.chars().nth(from.wrapping_sub(1)).is_none_or(|c| !c.is_ascii_alphanumeric() && c != 'é')
                && text.chars().nth(from + length).is_none_or(|c| !c.is_ascii_alphanumeric() && c != 'é');
            if let (true, Some(phrase)) = (whole, phrase(&word)) {
                let conn = Connection::open_in_memory().expect("memory");
                conn.execute_batch("CREATE VIRTUAL TABLE t USING fts5(x, tokenize=\"unicode61 categories 'L* N* Co M*'\")")
                    .expect("table");
                conn.execute("INSERT INTO t VALUES (?1)", [cut(&text)]).expect("insert");
                let found: i64 = conn
                    .query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [phrase], |row| row.get(0))
                    .expect("query");
                prop_assert_eq!(found, 1, "{} in {}", word, text);
            }
        }

        #[test]
        fn nothing_a_person_types_is_an_error(word in "\\PC{0,12}|[京ก*\"()-:]{1,8}") {
            if let Some(phrase) = phrase(&word) {
                let conn = Connection::open_in_memory().expect("memory");
                conn.execute_batch("CREATE VIRTUAL TABLE t USING fts5(x)").expect("table");
                conn.query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [phrase], |_| Ok(())).expect("no error");
            }
        }
    }
}

use super::*;
use proptest::prelude::*;

/// Dates, what they mean, in the order of the classes that the essay names.
const CASES: &str = include_str!("../../../tests/fixtures/feeds/dates.tsv");

#[test]
fn dates_are_read_as_their_table_says() {
    for line in CASES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (text, expected) = line.split_once('\t').expect("a tab");
        let read = parse(text).map_or_else(|| "-".to_owned(), |at| at.to_string());
        assert_eq!(read, expected, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,140}") {
        let _ = parse(&text);
    }

    #[test]
    fn nothing_made_of_the_parts_of_dates_panics(text in "[0-9:.,+\\-/TZ年月 apm]{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn what_we_write_we_read(secs in 0_i64..4_102_444_800) {
        let at = Timestamp::from_secs(secs);
        let utc = at.utc();
        prop_assert_eq!(parse(&at.to_string()), Some(at));
        prop_assert_eq!(parse(&utc.to_rfc2822()), Some(at));
        prop_assert_eq!(parse(&utc.format("%a %b %e %H:%M:%S %Y").to_string()), Some(at));
        prop_assert_eq!(parse(&utc.format("%Y%m%dT%H%M%SZ").to_string()), Some(at));
    }
}

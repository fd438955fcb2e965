//! The words in dates: months of many languages, zones, halves of the day, CJK unit marks.

/// What a word in a date says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Month(u32),
    /// Minutes east of Greenwich.
    Zone(i32),
    Afternoon(bool),
    /// The number before it is a year, month, day, hour, minute or second.
    Mark(Unit),
    /// Says nothing and may stand anywhere: weekdays, `T`, `at`, `de`.
    Filler,
}

/// What a number before a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// Beginnings of month names, lower case. The longest that fits decides, so that `srpanj`
/// (Croatian for July) is not `srpen` (Czech for August).
const MONTHS: [&str; 12] = [
    "jan jän ene gen ian янв січ јан ян oca led sty sij sau jaan tammi ιαν يناير ינו जन",
    "feb fev fév febr фев лют şub úno lut velj vas veebr helmi φεβ فبراير شباط פבר फ़र",
    "mar mär mrz mrt maart már мар бер bře ožu kov maalis μαρ μάρ مارس آذار מרץ मार्च",
    "apr abr avr ápr апр кві nis dub kwi tra bal huhti απρ أبريل ابريل نيسان אפר अप्र",
    "may mai mag maj máj mei maí май мая мај тра kvě svi geg touko μαι μαϊ μαΐ μάι مايو أيار מאי मई",
    "jun jún giu iun juin juuni jūn июн юни јун чер haz čer čvn cze lipanj lipnj bir kesä ιουν ιούν يونيو حزيران יונ जून",
    "jul júl lug iul juil juuli jūl июл юли јул лип tem červenec července čvc lip srpanj srpnj lie heinä ιουλ ιούλ يوليو تموز יול जुल",
    "aug ago aoû aou agu aoút авг сер ağu srp sie kol rugp elo αυγ αύγ أغسطس آب אוג अग",
    "sep set sze сен сеп вер eyl zář wrz ruj rugs syys σεπ سبتمبر أيلول ספט सित",
    "oct okt out ott окт жов eki říj paź paz spa loka οκτ أكتوبر اكتوبر אוק अक्",
    "nov noi ноя ное нов лис kas lis stu lap marras νοε νοέ نوفمبر נוב नव",
    "dec dez dic des déc det дек дец гру ara pro gru grd joulu δεκ ديسمبر דצמ दिस",
];

/// Zone names and their minutes east of Greenwich. Ambiguous ones have the meaning that occurs
/// in feeds (`CST` is American, `BST` British, `IST` Indian).
const ZONES: &[(i32, &str)] = &[
    (-600, "hst"),
    (-540, "akst"),
    (-480, "pst pt akdt"),
    (-420, "mst mt pdt"),
    (-360, "cst ct mdt"),
    (-300, "est et cdt cot pet"),
    (-240, "ast at edt clt"),
    (-210, "nst"),
    (-180, "adt brt art"),
    (-150, "ndt"),
    (0, "utc gmt ut z wet zulu"),
    (60, "bst west cet mez met"),
    (120, "cest mesz mest eet sast cat"),
    (180, "eest msk eat trt"),
    (240, "msd gst"),
    (300, "pkt"),
    (330, "ist"),
    (420, "ict wib"),
    (480, "hkt sgt myt pht awst"),
    (540, "jst kst"),
    (570, "acst"),
    (600, "aest"),
    (630, "acdt"),
    (660, "aedt"),
    (720, "nzst"),
    (780, "nzdt"),
];

const MARKS: &[(Unit, &str)] = &[
    (Unit::Year, "年 년"),
    (Unit::Month, "月 월"),
    (Unit::Day, "日 일"),
    (Unit::Hour, "時 时 点 시"),
    (Unit::Minute, "分 분"),
    (Unit::Second, "秒 초"),
];

const FORENOON: &str = "am 上午 午前 오전";
const AFTERNOON: &str = "pm 下午 午後 오후";

/// Beginnings of weekdays. Those of other languages count among the words that say nothing.
const WEEKDAYS: &str = "mon tue wed thu fri sat sun";

/// Small words that say nothing of the date.
const FILLERS: &str = "t at de del of the on st nd rd th um uhr às den klo kl г";

/// What a lower-case word says; `None` when it is not known.
pub(super) fn word(word: &str) -> Option<Word> {
    frequent(word).or_else(|| listed(word))
}

/// The words of nearly every date (RFC 822): what [`listed`] says of them, sooner.
fn frequent(word: &str) -> Option<Word> {
    Some(match word {
        "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun" | "t" => Word::Filler,
        "gmt" | "utc" | "z" => Word::Zone(0),
        "jan" => Word::Month(1),
        "feb" => Word::Month(2),
        "mar" => Word::Month(3),
        "apr" => Word::Month(4),
        "may" => Word::Month(5),
        "jun" => Word::Month(6),
        "jul" => Word::Month(7),
        "aug" => Word::Month(8),
        "sep" => Word::Month(9),
        "oct" => Word::Month(10),
        "nov" => Word::Month(11),
        "dec" => Word::Month(12),
        _ => return None,
    })
}

fn listed(word: &str) -> Option<Word> {
    let listed = |words: &str| words.split(' ').any(|one| one == word);
    if let Some((minutes, _)) = ZONES.iter().find(|(_, names)| listed(names)) {
        return Some(Word::Zone(*minutes));
    }
    if listed(FORENOON) || listed(AFTERNOON) {
        return Some(Word::Afternoon(listed(AFTERNOON)));
    }
    if let Some((unit, _)) = MARKS.iter().find(|(_, marks)| listed(marks)) {
        return Some(Word::Mark(*unit));
    }
    let weekday = || {
        word.get(..3)
            .is_some_and(|start| WEEKDAYS.split(' ').any(|day| day == start))
            && word.is_ascii()
    };
    if listed(FILLERS) || weekday() {
        return Some(Word::Filler);
    }
    month(word).map(Word::Month)
}

fn month(word: &str) -> Option<u32> {
    let longest = |names: &str| {
        names
            .split(' ')
            .filter(|name| word.starts_with(name))
            .map(str::len)
            .max()
    };
    let fits = MONTHS
        .iter()
        .zip(1_u32..)
        .filter_map(|(names, month)| Some((longest(names)?, month)));
    fits.max_by_key(|(len, _)| *len).map(|(_, month)| month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequent_words_mean_what_the_lists_say() {
        let words = "mon tue wed thu fri sat sun t gmt utc z \
            jan feb mar apr may jun jul aug sep oct nov dec";
        for word in words.split_whitespace() {
            assert!(frequent(word).is_some(), "{word}");
            assert_eq!(frequent(word), listed(word), "{word}");
        }
    }
}

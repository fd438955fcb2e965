//! The language: as declared, unless the text is plainly in another.

/// Text shorter than this says nothing reliable, in characters.
const MIN_CHARS: usize = 200;

/// How much text is looked at, in characters.
const WINDOW: usize = 2_000;

/// Decides the language, as a BCP 47 tag, by the first declaration that is one.
pub fn decide<'d>(declared: impl IntoIterator<Item = &'d str>, text: &str) -> Option<String> {
    let declared = declared.into_iter().find_map(tidy);
    let window: String = text.chars().take(WINDOW).collect();
    let detected = (window.chars().count() >= MIN_CHARS)
        .then(|| whatlang::detect(&window))
        .flatten()
        .filter(whatlang::Info::is_reliable)
        .and_then(|info| two_letters(info.lang()));
    match (declared, detected) {
        (Some(declared), Some(detected)) if primary(&declared) != detected => {
            Some(detected.to_owned())
        }
        (Some(declared), _) => Some(declared),
        (None, detected) => detected.map(str::to_owned),
    }
}

fn primary(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// `en_us` → `en-US`; nothing for what is no tag.
fn tidy(tag: &str) -> Option<String> {
    let mut parts = tag.trim().split(['-', '_']);
    let primary = parts
        .next()
        .filter(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()))?;
    let mut out = primary.to_ascii_lowercase();
    for part in parts
        .take(2)
        .filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        out.push('-');
        match part.len() {
            2 => out.push_str(&part.to_ascii_uppercase()),
            _ => out.push_str(part),
        }
    }
    Some(out)
}

/// The detector's three letters as the two that the web uses, for languages with news.
fn two_letters(lang: whatlang::Lang) -> Option<&'static str> {
    use whatlang::Lang;
    Some(match lang {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Ces => "cs",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Fin => "fi",
        Lang::Hun => "hu",
        Lang::Ron => "ro",
        Lang::Ell => "el",
        Lang::Tur => "tr",
        Lang::Ara => "ar",
        Lang::Heb => "he",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tha => "th",
        Lang::Vie => "vi",
        Lang::Ind => "id",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Cmn => "zh",
        Lang::Bul => "bg",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Cat => "ca",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_counts_unless_the_text_says_otherwise() {
        let german = "Der Bundestag hat am Freitag über das neue Gesetz abgestimmt und es mit großer Mehrheit \
                      angenommen. Die Opposition kündigte an, das Verfassungsgericht anzurufen, weil sie die Rechte \
                      der Länder verletzt sieht und eine Prüfung für notwendig hält.";
        assert_eq!(decide(["de_de"], german).as_deref(), Some("de-DE"));
        assert_eq!(decide(["en"], german).as_deref(), Some("de"));
        assert_eq!(decide(["", "en-us"], "short").as_deref(), Some("en-US"));
        assert_eq!(decide(["{{lang}}"], "short"), None);
    }
}

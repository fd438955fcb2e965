//! Words that give a block away: what stubs, labels and boxes say in a dozen languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::article::page::text;

/// What a short text is likely to be, by its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    ReadMore,
    Share,
    Subscribe,
    Picture,
    By,
    Updated,
    Rights,
    Advert,
    Comments,
    Topics,
    AboutAuthor,
    Source,
    Consent,
    Login,
    Chrome,
}

impl Say {
    /// Every kind, in the order of the features.
    pub const ALL: [Self; 15] = [
        Self::ReadMore,
        Self::Share,
        Self::Subscribe,
        Self::Picture,
        Self::By,
        Self::Updated,
        Self::Rights,
        Self::Advert,
        Self::Comments,
        Self::Topics,
        Self::AboutAuthor,
        Self::Source,
        Self::Consent,
        Self::Login,
        Self::Chrome,
    ];

    fn phrases(self) -> &'static [&'static str] {
        match self {
            Self::ReadMore => &[
                "read more",
                "read also",
                "also read",
                "read next",
                "see also",
                "related",
                "more on",
                "more from",
                "more about",
                "recommended",
                "you may also",
                "you might also",
                "don't miss",
                "must read",
                "read the",
                "read:",
                "more:",
                "watch:",
                "continue reading",
                "click here",
                "find out more",
                "learn more",
                "trending",
                "most read",
                "most popular",
                "popular",
                "latest",
                "next article",
                "previous article",
                "next post",
                "previous post",
                "up next",
                "in this article",
                "mehr zum thema",
                "mehr dazu",
                "mehr:",
                "lesen sie",
                "lies auch",
                "weiterlesen",
                "das könnte",
                "auch interessant",
                "passend dazu",
                "zum thema",
                "meistgelesen",
                "lire aussi",
                "lire la suite",
                "à lire",
                "voir aussi",
                "sur le même",
                "à voir",
                "en savoir plus",
                "lea también",
                "lee también",
                "leer más",
                "ver más",
                "le puede",
                "te puede",
                "más información",
                "relacionad",
                "también",
                "leggi anche",
                "leggi tutto",
                "guarda anche",
                "approfondi",
                "leia também",
                "leia mais",
                "saiba mais",
                "veja também",
                "lees ook",
                "lees meer",
                "meer over",
                "czytaj",
                "zobacz",
                "przeczytaj",
                "läs mer",
                "läs också",
                "les også",
                "lue myös",
                "читайте",
                "читать",
                "смотрите",
                "по теме",
                "devamını",
                "ayrıca",
                "関連",
                "もっと",
                "あわせて",
                "相关",
                "更多",
                "baca juga",
                "διαβάστε",
                "olvasta",
            ],
            Self::Share => &[
                "share",
                "tweet",
                "follow us",
                "follow",
                "like us",
                "facebook",
                "twitter",
                "whatsapp",
                "pin it",
                "email this",
                "print",
                "copy link",
                "teilen",
                "merken",
                "drucken",
                "folgen sie",
                "partager",
                "suivez",
                "compart",
                "síguenos",
                "condividi",
                "seguici",
                "siga",
                "delen",
                "udostępnij",
                "поделиться",
                "подписывайтесь",
                "dela",
                "del",
                "シェア",
                "分享",
                "telegram",
                "linkedin",
                "instagram",
                "save",
            ],
            Self::Subscribe => &[
                "subscribe",
                "sign up",
                "newsletter",
                "get the latest",
                "join our",
                "join us",
                "become a",
                "support our",
                "support us",
                "donate",
                "unlimited access",
                "start your",
                "free trial",
                "download our",
                "get our",
                "abonnieren",
                "abonnement",
                "jetzt testen",
                "unterstützen",
                "abonnez",
                "inscrivez",
                "recevez",
                "s'abonner",
                "suscrí",
                "suscrib",
                "recibe",
                "iscriviti",
                "abbonati",
                "assine",
                "inscreva",
                "receba",
                "abonneer",
                "word lid",
                "zapisz się",
                "prenumerera",
                "подпис",
                "订阅",
                "our daily",
                "your inbox",
                "this article is",
                "to continue reading",
                "already a subscriber",
                "enter your email",
            ],
            Self::Picture => &[
                "photo",
                "image",
                "picture",
                "credit",
                "getty",
                "ap photo",
                "shutterstock",
                "caption",
                "file photo",
                "photograph",
                "illustration",
                "courtesy",
                "foto",
                "bild",
                "quelle:",
                "imago",
                "dpa",
                "crédit",
                "crédito",
                "imagen",
                "immagine",
                "legenda",
                "zdj",
                "фото",
                "写真",
                "图",
                "view gallery",
                "video",
                "watch",
                "play",
                "click to",
                "enlarge",
                "©",
                "via ",
                "reuters/",
                "afp/",
            ],
            Self::By => &[
                "by ",
                "von ",
                "par ",
                "por ",
                "di ",
                "door ",
                "av ",
                "af ",
                "written by",
                "posted by",
                "story by",
                "author",
                "autor",
                "text:",
                "reporting by",
                "editing by",
                "compiled by",
                "edited by",
                "a cura di",
                "автор",
                "文",
                "przez",
            ],
            Self::Updated => &[
                "published",
                "updated",
                "posted",
                "last updated",
                "last modified",
                "modified",
                "first published",
                "created",
                "veröffentlicht",
                "aktualisiert",
                "stand:",
                "publié",
                "mis à jour",
                "le ",
                "publicado",
                "actualizado",
                "pubblicato",
                "aggiornato",
                "atualizado",
                "gepubliceerd",
                "bijgewerkt",
                "opublikowano",
                "publicerad",
                "опубликовано",
                "обновлено",
                "发布",
                "min read",
                "minute read",
                "minutes",
                "hours ago",
                "days ago",
                "reading time",
                "lesezeit",
                "temps de lecture",
            ],
            Self::Rights => &[
                "copyright",
                "©",
                "(c)",
                "all rights reserved",
                "alle rechte",
                "tous droits",
                "todos los derechos",
                "tutti i diritti",
                "todos os direitos",
                "alle rechten",
                "wszelkie prawa",
                "все права",
                "may not be",
                "terms of",
                "privacy",
                "disclaimer",
                "impressum",
                "版权",
                "無断",
                "reproduction",
                "this material",
                "republish",
                "creative commons",
                "the views expressed",
                "opinions expressed",
            ],
            Self::Advert => &[
                "advertisement",
                "advertis",
                "sponsored",
                "anzeige",
                "werbung",
                "publicité",
                "publicidad",
                "pubblicità",
                "publicidade",
                "advertentie",
                "reklama",
                "annons",
                "annonse",
                "реклама",
                "affiliate",
                "promoted",
                "ad ",
                "広告",
                "广告",
                "commission",
                "story continues",
                "article continues",
                "partner",
                "buy ",
                "shop ",
                "deal",
            ],
            Self::Comments => &[
                "comment",
                "leave a reply",
                "reply",
                "discussion",
                "join the conversation",
                "kommentar",
                "antworten",
                "commentaire",
                "répondre",
                "réagir",
                "comentario",
                "responder",
                "commenti",
                "comentários",
                "reacties",
                "komentarz",
                "комментар",
                "コメント",
                "评论",
                "responses",
                "your email address",
                "be the first",
                "report abuse",
                "upvote",
                "your name",
            ],
            Self::Topics => &[
                "tags",
                "tag:",
                "topics",
                "filed under",
                "categories",
                "category",
                "keywords",
                "posted in",
                "labels",
                "themen",
                "schlagwörter",
                "schlagworte",
                "mots-clés",
                "étiquettes",
                "etiquetas",
                "temas",
                "argomenti",
                "tagi",
                "теги",
                "タグ",
                "标签",
                "more in",
                "explore more",
                "in this story",
                "companies",
                "topic",
            ],
            Self::AboutAuthor => &[
                "about the author",
                "about the writer",
                "is a ",
                "is the ",
                "is an ",
                "has been",
                "has written",
                "writes",
                "contributed to",
                "can be reached",
                "contact ",
                "covers ",
                "reporter",
                "über den autor",
                "zur person",
                "à propos",
                "sobre el autor",
                "sull'autore",
                "sobre o autor",
                "over de auteur",
                "follow her",
                "follow him",
                "follow them",
                "email:",
                "tel",
                "read full bio",
                "view all posts",
                "more by",
                "all posts",
                "he is",
                "she is",
            ],
            Self::Source => &[
                "source",
                "quelle",
                "fuente",
                "fonte",
                "bron",
                "źródło",
                "källa",
                "kilde",
                "источник",
                "来源",
                "出典",
                "with information",
                "this story",
                "this article",
                "originally",
                "with files",
                "additional reporting",
                "correction",
                "editor's note",
                "note:",
                "references",
            ],
            Self::Consent => &[
                "cookie",
                "we use",
                "javascript",
                "browser",
                "consent",
                "accept",
                "agree",
                "datenschutz",
                "wir verwenden",
                "einwilligung",
                "zustimm",
                "consentement",
                "accepter",
                "aceptar",
                "accetta",
                "manage your",
                "gdpr",
                "enable",
                "blocker",
                "external content",
                "an dieser stelle",
                "ce contenu",
                "contenido externo",
            ],
            Self::Login => &[
                "log in",
                "login",
                "sign in",
                "register",
                "my account",
                "anmelden",
                "einloggen",
                "registrieren",
                "se connecter",
                "connexion",
                "iniciar sesión",
                "accedi",
                "entrar",
                "inloggen",
                "zaloguj",
                "войти",
                "登录",
                "password",
                "username",
            ],
            Self::Chrome => &[
                "loading",
                "skip to",
                "menu",
                "home",
                "search",
                "close",
                "back to",
                "top",
                "next",
                "previous",
                "go to",
                "view all",
                "show more",
                "see all",
                "load more",
                "all articles",
                "startseite",
                "suche",
                "accueil",
                "inicio",
                "buscar",
                "cerca",
                "zurück",
                "retour",
                "volver",
                "toggle",
                "expand",
                "navigation",
                "listen",
                "audio",
                "0:00",
                "font size",
                "text size",
                "contact",
                "about us",
                "faq",
                "rss",
            ],
        }
    }
}

/// How far into a block a giveaway is looked for, in characters.
const WINDOW: usize = 90;

type Index = HashMap<[char; 2], Vec<(&'static str, usize)>>;

/// Phrases and their kinds, by their first two characters: a block is looked up a few
/// times, not compared with five hundred phrases.
static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::new();
    for (number, kind) in Say::ALL.into_iter().enumerate() {
        for phrase in kind.phrases() {
            index.entry(key(phrase)).or_default().push((phrase, number));
        }
    }
    index
});

fn key(text: &str) -> [char; 2] {
    let mut chars = text.chars();
    [chars.next().unwrap_or(' '), chars.next().unwrap_or(' ')]
}

/// For each kind: 2 when the text begins with such a phrase, 1 when one begins a word near its start, else 0.
pub fn says(text: &str) -> [u8; Say::ALL.len()] {
    let start: String = text
        .chars()
        .skip_while(|c| !c.is_alphanumeric() && *c != '©' && *c != '(')
        .take(WINDOW)
        .flat_map(char::to_lowercase)
        .collect();
    let mut found = [0; Say::ALL.len()];
    let mut inside = false;
    for (at, c) in start.char_indices() {
        let word = c.is_alphanumeric();
        let begins = at == 0 || (word && (!inside || text::is_unspaced(c))) || c == '©';
        inside = word;
        let Some((_, rest)) = start.split_at_checked(at).filter(|_| begins) else {
            continue;
        };
        // One-character phrases are followed by anything.
        for key in [key(rest), [c, ' ']] {
            for (phrase, kind) in INDEX.get(&key).into_iter().flatten() {
                if rest.starts_with(phrase)
                    && let Some(level) = found.get_mut(*kind)
                {
                    *level = (*level).max(if at == 0 { 2 } else { 1 });
                }
            }
        }
    }
    found
}

/// True for words that hold sentences together and that labels and menus do without.
pub fn is_function_word(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "of"
            | "and"
            | "to"
            | "in"
            | "a"
            | "is"
            | "that"
            | "for"
            | "it"
            | "on"
            | "was"
            | "with"
            | "as"
            | "at"
            | "be"
            | "are"
            | "this"
            | "have"
            | "had"
            | "not"
            | "but"
            | "they"
            | "his"
            | "her"
            | "which"
            | "from"
            | "has"
            | "he"
            | "der"
            | "die"
            | "und"
            | "den"
            | "von"
            | "zu"
            | "das"
            | "mit"
            | "sich"
            | "des"
            | "auf"
            | "für"
            | "ist"
            | "im"
            | "dem"
            | "nicht"
            | "ein"
            | "eine"
            | "als"
            | "auch"
            | "es"
            | "er"
            | "sie"
            | "hat"
            | "dass"
            | "bei"
            | "nach"
            | "le"
            | "la"
            | "de"
            | "et"
            | "les"
            | "en"
            | "un"
            | "une"
            | "du"
            | "est"
            | "que"
            | "dans"
            | "pour"
            | "qui"
            | "sur"
            | "pas"
            | "par"
            | "au"
            | "il"
            | "elle"
            | "ce"
            | "se"
            | "plus"
            | "ont"
            | "son"
            | "el"
            | "los"
            | "y"
            | "las"
            | "por"
            | "con"
            | "para"
            | "una"
            | "no"
            | "su"
            | "al"
            | "lo"
            | "del"
            | "di"
            | "che"
            | "per"
            | "non"
            | "sono"
            | "della"
            | "ha"
            | "si"
            | "o"
            | "do"
            | "da"
            | "em"
            | "um"
            | "os"
            | "não"
            | "com"
            | "na"
            | "dos"
            | "van"
            | "het"
            | "een"
            | "dat"
            | "op"
            | "te"
            | "zijn"
            | "voor"
            | "met"
            | "ook"
            | "aan"
            | "i"
            | "w"
            | "z"
            | "nie"
            | "że"
            | "jest"
            | "och"
            | "att"
            | "som"
            | "det"
            | "på"
            | "av"
            | "og"
            | "til"
            | "har"
            | "ja"
            | "ve"
            | "bir"
            | "bu"
            | "и"
            | "в"
            | "не"
            | "на"
            | "что"
            | "с"
            | "по"
            | "то"
            | "је"
            | "у"
            | "да"
            | "се"
            | "yang"
            | "dan"
            | "ini"
            | "και"
            | "το"
            | "να"
            | "του"
            | "η"
            | "της"
            | "az"
            | "és"
            | "hogy"
            | "și"
            | "în"
            | "să"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Vec<Say> {
        let says = says(text);
        Say::ALL
            .into_iter()
            .zip(says)
            .filter(|(_, level)| *level == 2)
            .map(|(kind, _)| kind)
            .collect()
    }

    #[test]
    fn stubs_are_told_by_their_first_words() {
        assert!(kind("» Read more: the other story").contains(&Say::ReadMore));
        assert!(kind("Lesen Sie auch").contains(&Say::ReadMore));
        assert!(kind("© 2020 The Daily").contains(&Say::Rights));
        assert!(kind("A plain sentence about nothing.").is_empty());
        assert!(is_function_word("und") && !is_function_word("bundestag"));
    }
}

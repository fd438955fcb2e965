//! What class names, ids and roles say of an element.
//!
//! Names are split into words (`entry-content`, `articleBody`, `related_posts`) and
//! looked up in a vocabulary gathered from the themes of common content systems in
//! English, German, French, Spanish, Italian, Portuguese, Dutch and Polish. A hint is
//! evidence for the judges, never a verdict.

use std::ops::{BitOr, BitOrAssign};
use std::sync::LazyLock;

use super::text;
use crate::article::lookup::Vocabulary;

/// A set of hints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints(u32);

macro_rules! hints {
    ($($name:ident = $bit:literal: $($word:literal)*;)*) => {
        impl Hints {
            $(pub const $name: Self = Self(1 << $bit);)*
        }

        /// What each word says.
        static WORDS: LazyLock<Vocabulary<&str, Hints>> =
            LazyLock::new(|| [$($(($word, Hints::$name)),*),*].into_iter().collect());
    };
}

hints! {
    ARTICLE = 0: "article" "articles" "story" "stories" "post" "posts" "entry" "artikel" "articulo" "articolo"
        "artigo" "beitrag" "noticia" "nota" "blog" "blogpost" "news" "page" "hentry" "hnews" "artykul" "document";
    BODY = 1: "body" "content" "contents" "text" "txt" "inhalt" "contenu" "contenido" "conteudo" "cuerpo" "corpo"
        "texte" "texto" "testo" "tekst" "richtext" "wysiwyg" "prose" "copy" "paragraph" "paragraphs" "main" "center"
        "bodytext" "fulltext" "maincontent" "primary" "articlebody" "rte" "markdown" "wp" "elementor";
    LEAD = 2: "lead" "lede" "intro" "standfirst" "subtitle" "dek" "chapo" "abstract" "summary" "excerpt" "vorspann"
        "entradilla" "sottotitolo" "subheadline" "subhead" "subheading" "kicker" "deck" "description" "sapo" "blurb";
    TITLE = 3: "title" "headline" "heading" "titre" "titel" "titulo" "titolo" "header" "hed" "tytul";
    META = 4: "meta" "date" "datetime" "time" "timestamp" "published" "info" "infos" "datum" "fecha" "updated"
        "dateline" "details" "publish" "pubdate" "reading" "readtime";
    AUTHOR = 5: "author" "authors" "byline" "bio" "autor" "auteur" "autore" "contributor" "contributors" "writer"
        "profile" "vcard" "biography" "authorbox" "redakteur" "about" "autorzy" "person" "avatar" "signature";
    SHARE = 6: "share" "shares" "sharing" "social" "socials" "facebook" "twitter" "whatsapp" "addthis" "sharedaddy"
        "addtoany" "linkedin" "pinterest" "telegram" "partager" "compartir" "condividi" "teilen" "sharebar"
        "socialmedia" "follow" "sns" "fb" "bookmark" "mail" "email";
    COMMENT = 7: "comment" "comments" "commentlist" "disqus" "respond" "reply" "replies" "discussion" "kommentar"
        "kommentare" "commentaire" "commentaires" "comentario" "comentarios" "commenti" "reacties" "reactions"
        "feedback" "livefyre" "coral" "forum";
    RELATED = 8: "related" "more" "recommend" "recommended" "recommendation" "recommendations" "recirc"
        "recirculation" "similar" "suggested" "suggestions" "also" "readmore" "popular" "trending" "mostread" "latest"
        "outbrain" "taboola" "verwandt" "relacionadas" "relacionados" "correlati" "teaser" "teasers" "card" "cards"
        "onward" "seealso" "upnext" "next" "previous" "prev" "recent" "most" "topstories" "mehr" "weiterlesen" "lire"
        "jp" "yarpp" "zergnet" "crp" "promo" "linklist" "featured" "gerelateerd" "powiazane" "correlate" "leggi";
    NAV = 9: "nav" "navigation" "navbar" "menu" "menus" "breadcrumb" "breadcrumbs" "pagination" "pager" "skip"
        "toolbar" "tabs" "tab" "toc" "masthead" "topbar" "dropdown" "submenu" "burger" "hamburger" "sitemap" "search"
        "menuitem" "navi" "topnav" "subnav" "crumbs" "crumb" "banner";
    FOOT = 10: "footer" "foot" "copyright" "legal" "disclaimer" "imprint" "impressum" "colophon" "contentinfo"
        "bottom" "rights" "license" "endnote" "footnote" "footnotes" "correction" "corrections";
    SIDE = 11: "sidebar" "aside" "side" "rail" "widget" "widgets" "secondary" "complementary" "sidebars" "tertiary"
        "rightcol" "leftcol" "seitenleiste" "colright" "marginal" "right" "lateral";
    AD = 12: "ad" "ads" "adv" "advert" "advertisement" "advertising" "sponsor" "sponsored" "sponsors" "anzeige"
        "werbung" "pub" "publicite" "publicidad" "pubblicita" "dfp" "gpt" "adsense" "affiliate" "adunit" "adslot"
        "reklama" "commercial" "partner" "advertorial" "shop" "product" "products" "deal" "deals" "buy" "price";
    SUBSCRIBE = 13: "newsletter" "newsletters" "subscribe" "subscription" "subscriber" "signup" "register" "login"
        "signin" "paywall" "abo" "donate" "donation" "cta" "membership" "premium" "regwall" "piano" "mc4wp"
        "mailchimp" "optin" "abonnement" "suscripcion" "subscribers" "support" "contribute" "join" "app" "promotion";
    CONSENT = 14: "cookie" "cookies" "consent" "gdpr" "modal" "popup" "overlay" "dialog" "lightbox" "privacy"
        "onetrust" "cmp" "notice" "alert" "toast" "tooltip" "notification" "notifications" "warning";
    MEDIA = 15: "caption" "captions" "figure" "figcaption" "image" "images" "img" "photo" "photos" "picture" "gallery"
        "slideshow" "video" "videos" "player" "media" "credit" "credits" "thumbnail" "thumb" "carousel" "slider"
        "slide" "slides" "bildunterschrift" "bild" "legende" "foto" "imagen" "immagine" "didascalia" "copyrights"
        "photographer" "audio" "podcast" "hero" "lightgallery";
    TAGS = 16: "tag" "tags" "category" "categories" "topics" "topic" "keywords" "keyword" "label" "labels" "taxonomy"
        "rubrik" "rubrique" "schlagworte" "etiquetas" "section" "eyebrow" "cat" "themen" "tagcloud" "hashtag";
    QUOTE = 17: "quote" "quotes" "pullquote" "blockquote" "zitat" "citation" "cita";
    LIST = 18: "list" "lists" "grid" "feed" "river" "archive" "listing" "item" "items" "collection" "listitem" "row"
        "results" "result" "stream" "ticker" "index" "loop" "module" "block";
    HIDDEN = 19: "hidden" "hide" "invisible" "visually" "visuallyhidden" "sr" "screen" "noprint" "print" "offscreen"
        "collapsed" "collapse" "none" "mobile" "desktop" "inactive" "noscript" "preload";
    EMBED = 20: "tweet" "instagram" "embed" "embedded" "embeds" "oembed" "tiktok" "youtube" "iframe" "infogram"
        "datawrapper" "poll" "quiz" "map" "chart" "interactive" "widgetized";
    BOX = 21: "box" "infobox" "factbox" "callout" "inset" "insert" "kasten" "encadre" "recuadro" "note" "highlight"
        "highlights" "keypoints" "bullets" "takeaways" "faq" "accordion" "expandable" "sidenote" "inline";
    RATING = 22: "rating" "ratings" "vote" "votes" "stars" "like" "likes" "review" "reviews" "score" "counter"
        "counts" "count" "views" "stats" "bookmarks" "save" "gift" "listen" "audioplayer" "font";
    TOOLS = 23: "tools" "tool" "actions" "action" "buttons" "button" "btn" "utility" "utilities" "controls" "link"
        "links" "icon" "icons" "form" "input" "submit" "close" "toggle" "options" "settings" "download";
}

/// Parts of longer names, where authors leave out the separator.
const STEMS: &[(&str, Hints)] = &[
    ("related", Hints::RELATED),
    ("recommend", Hints::RELATED),
    ("teaser", Hints::RELATED),
    ("comment", Hints::COMMENT),
    ("sidebar", Hints::SIDE),
    ("footer", Hints::FOOT),
    ("newsletter", Hints::SUBSCRIBE),
    ("subscri", Hints::SUBSCRIBE),
    ("paywall", Hints::SUBSCRIBE),
    ("breadcrumb", Hints::NAV),
    ("menu", Hints::NAV),
    ("nav", Hints::NAV),
    ("share", Hints::SHARE),
    ("social", Hints::SHARE),
    ("caption", Hints::MEDIA),
    ("gallery", Hints::MEDIA),
    ("cookie", Hints::CONSENT),
    ("consent", Hints::CONSENT),
    ("advert", Hints::AD),
    ("sponsor", Hints::AD),
    ("banner", Hints::AD),
    ("promo", Hints::AD),
    ("author", Hints::AUTHOR),
    ("byline", Hints::AUTHOR),
    ("headline", Hints::TITLE),
    ("title", Hints::TITLE),
    ("header", Hints::TITLE),
    ("article", Hints::ARTICLE),
    ("story", Hints::ARTICLE),
    ("post", Hints::ARTICLE),
    ("content", Hints::BODY),
    ("text", Hints::BODY),
    ("body", Hints::BODY),
    ("paragraph", Hints::BODY),
    ("widget", Hints::SIDE),
    ("button", Hints::TOOLS),
    ("list", Hints::LIST),
];

/// The longest class attribute that is read, in bytes; utility-class frameworks write novels.
const MAX_NAME_BYTES: usize = 400;

impl Hints {
    pub const NONE: Self = Self(0);
    /// How many there are.
    pub const COUNT: usize = 24;

    /// Hints that what is inside is not the article.
    pub const CLUTTER: Self = Self::union(&[
        Self::SHARE,
        Self::COMMENT,
        Self::RELATED,
        Self::NAV,
        Self::FOOT,
        Self::SIDE,
        Self::AD,
        Self::SUBSCRIBE,
        Self::CONSENT,
        Self::TAGS,
        Self::AUTHOR,
        Self::RATING,
    ]);

    /// All of several sets.
    pub const fn union(mut sets: &[Self]) -> Self {
        let mut all = 0;
        while let [first, rest @ ..] = sets {
            all |= first.0;
            sets = rest;
        }
        Self(all)
    }

    /// True when any of `other` is among these.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// These without those.
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The numbers of the hints that are set.
    pub fn bits(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (lowest < u32::BITS).then_some(lowest as usize)
        })
    }

    /// The hints in a class, id or role.
    pub fn of_name(name: &str) -> Self {
        let name = text::beginning(name, MAX_NAME_BYTES);
        let mut found = Self::NONE;
        let mut word = String::new();
        let mut previous_lower = false;
        for c in name.chars().chain([' ']) {
            if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && previous_lower) {
                found |= Self::of_any_word(&word);
                word.clear();
            }
            if c.is_ascii_alphabetic() {
                word.push(c.to_ascii_lowercase());
            }
            previous_lower = c.is_ascii_lowercase();
        }
        found
    }

    fn of_any_word(word: &str) -> Self {
        if word.len() < 2 {
            return Self::NONE;
        }
        let exact = WORDS.get(word).copied().unwrap_or(Self::NONE);
        if exact != Self::NONE || word.len() < 6 {
            return exact;
        }
        STEMS
            .iter()
            .filter(|(stem, _)| word.starts_with(stem) || word.ends_with(stem))
            .fold(Self::NONE, |all, &(_, hint)| all | hint)
    }
}

impl BitOr for Hints {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Hints {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_however_they_are_joined() {
        for (name, expected) in [
            ("entry-content", Hints::ARTICLE | Hints::BODY),
            ("articleBody", Hints::ARTICLE | Hints::BODY),
            ("related_posts", Hints::RELATED | Hints::ARTICLE),
            ("relatedarticles", Hints::RELATED),
            ("sidebarRight", Hints::SIDE),
            ("header", Hints::TITLE),
            ("mt-4 px-2", Hints::NONE),
            ("", Hints::NONE),
        ] {
            assert_eq!(Hints::of_name(name), expected, "{name}");
        }
    }
}

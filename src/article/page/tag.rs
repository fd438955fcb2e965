//! Elements by what they mean to an extractor.

macro_rules! tags {
    ($($name:ident $text:literal,)*) => {
        /// The elements that are told apart; everything else is `Other`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Tag {
            /// A run of text.
            Text,
            /// An element of no special meaning, laid out in line.
            Other,
            $($name,)*
        }

        impl Tag {
            /// The tag of an element's local name.
            pub fn of(name: &str) -> Self {
                match name {
                    $($text => Self::$name,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

tags! {
    A "a", Abbr "abbr", Address "address", Article "article", Aside "aside", B "b",
    Blockquote "blockquote", Body "body", Br "br", Button "button", Caption "caption", Center "center",
    Cite "cite", Code "code", Dd "dd", Del "del", Details "details", Dialog "dialog", Div "div",
    Dl "dl", Dt "dt", Em "em", Fieldset "fieldset", Figcaption "figcaption", Figure "figure",
    Footer "footer", Form "form", H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6",
    Head "head", Header "header", Hr "hr", Html "html", I "i", Img "img", Label "label",
    Legend "legend", Li "li", Link "link", Main "main", Menu "menu", Meta "meta", Nav "nav",
    Ol "ol", P "p", Picture "picture", Pre "pre", S "s", Section "section", Small "small",
    Span "span", Strike "strike", Strong "strong", Sub "sub", Summary "summary", Sup "sup",
    Table "table", Tbody "tbody", Td "td", Tfoot "tfoot", Th "th", Thead "thead", Time "time",
    Tr "tr", U "u", Ul "ul",
    // Without prose of their own.
    Applet "applet", Audio "audio", Base "base", Canvas "canvas", Embed "embed", Frameset "frameset",
    Iframe "iframe", Input "input", Math "math", Noembed "noembed", Noframes "noframes",
    Noscript "noscript", Object "object", Option "option", Rp "rp", Rt "rt", Script "script", Select "select",
    Source "source", Style "style", Svg "svg", Template "template", Textarea "textarea",
    Title "title", Video "video",
}

impl Tag {
    /// Elements whose text is never prose, or says again how a word is read (`rt`); their subtrees are not walked.
    pub fn is_opaque(self) -> bool {
        matches!(
            self,
            Self::Applet
                | Self::Audio
                | Self::Canvas
                | Self::Embed
                | Self::Iframe
                | Self::Input
                | Self::Math
                | Self::Noembed
                | Self::Noframes
                | Self::Noscript
                | Self::Object
                | Self::Option
                | Self::Rp
                | Self::Rt
                | Self::Script
                | Self::Select
                | Self::Source
                | Self::Style
                | Self::Svg
                | Self::Template
                | Self::Textarea
                | Self::Title
                | Self::Video
        )
    }

    /// Elements that begin and end a block of text (HTML Standard §15.3, and buttons:
    /// a label on a button is no part of the sentence beside it).
    pub fn is_block(self) -> bool {
        matches!(
            self,
            Self::Address
                | Self::Article
                | Self::Aside
                | Self::Blockquote
                | Self::Body
                | Self::Button
                | Self::Caption
                | Self::Center
                | Self::Dd
                | Self::Details
                | Self::Dialog
                | Self::Div
                | Self::Dl
                | Self::Dt
                | Self::Fieldset
                | Self::Figcaption
                | Self::Figure
                | Self::Footer
                | Self::Form
                | Self::Header
                | Self::Hr
                | Self::Html
                | Self::Legend
                | Self::Li
                | Self::Main
                | Self::Menu
                | Self::Nav
                | Self::Ol
                | Self::P
                | Self::Pre
                | Self::Section
                | Self::Summary
                | Self::Table
                | Self::Tbody
                | Self::Td
                | Self::Tfoot
                | Self::Th
                | Self::Thead
                | Self::Tr
                | Self::Ul
        ) || self.heading().is_some()
    }

    /// 1 to 6.
    pub fn heading(self) -> Option<u8> {
        match self {
            Self::H1 => Some(1),
            Self::H2 => Some(2),
            Self::H3 => Some(3),
            Self::H4 => Some(4),
            Self::H5 => Some(5),
            Self::H6 => Some(6),
            _ => None,
        }
    }

    pub fn is_list(self) -> bool {
        matches!(self, Self::Ul | Self::Ol | Self::Menu)
    }

    pub fn is_cell(self) -> bool {
        matches!(self, Self::Td | Self::Th)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_tags() {
        assert_eq!(Tag::of("blockquote"), Tag::Blockquote);
        assert_eq!(Tag::of("x-widget"), Tag::Other);
        assert_eq!(Tag::of("h3").heading(), Some(3));
        assert!(Tag::P.is_block() && !Tag::Span.is_block());
        assert!(Tag::Script.is_opaque() && !Tag::Button.is_opaque());
    }
}

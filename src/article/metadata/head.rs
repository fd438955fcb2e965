//! What a page's head declares: `meta`, `link`, `title`, `base`.

use url::Url;

use crate::article::page::{Page, Tag, text};

/// The longest value that is read, in bytes; longer ones are not metadata.
const MAX_VALUE_BYTES: usize = 8 << 10;

/// The most `meta` elements that are read.
const MAX_METAS: usize = 1_000;

/// The longest name of an entity that is known, in bytes: `#x1F600`, `#128512`, `atilde`.
const MAX_ENTITY_BYTES: usize = 8;

/// The declarations of a page.
#[derive(Debug, Default)]
pub struct Head {
    /// Lower-case names (`name`, `property`, `itemprop`, `http-equiv`) and clean values, in order.
    metas: Vec<(String, String)>,
    pub title: Option<String>,
    /// What relative addresses are relative to.
    pub base: Option<Url>,
    pub canonical: Option<String>,
    /// `rel=amphtml`.
    pub amp: Option<String>,
    /// `rel=image_src`.
    pub image_src: Option<String>,
    pub lang: Option<String>,
}

impl Head {
    /// Reads the declarations of `page`, found at `url`.
    pub fn new(page: &Page<'_>, url: Option<&Url>) -> Self {
        let mut head = Self {
            base: url.cloned(),
            ..Self::default()
        };
        for aside in &page.asides {
            let attr = |name| {
                aside
                    .element
                    .attr(name)
                    .filter(|value| value.len() <= MAX_VALUE_BYTES)
            };
            match aside.tag {
                Tag::Base => {
                    let base = attr("href").and_then(|href| match url {
                        Some(url) => url.join(href.trim()).ok(),
                        None => Url::parse(href.trim()).ok(),
                    });
                    head.base = base.filter(|base| !base.cannot_be_a_base()).or(head.base);
                }
                Tag::Title if head.title.is_none() => {
                    let title = text::beginning(aside.text, MAX_VALUE_BYTES);
                    head.title = Some(unescape_twice(title)).filter(|title| !title.is_empty());
                }
                Tag::Link => head.link(attr("rel"), attr("href")),
                Tag::Meta if head.metas.len() < MAX_METAS => {
                    let value = attr("content").map(unescape_twice).unwrap_or_default();
                    for name in ["property", "name", "itemprop", "http-equiv"] {
                        if let (Some(name), false) = (attr(name), value.is_empty()) {
                            head.metas
                                .push((name.trim().to_ascii_lowercase(), value.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        let root = page.nodes.iter().position(|node| node.tag == Tag::Html);
        head.lang = root
            .and_then(|at| page.attr(at, "lang").or_else(|| page.attr(at, "xml:lang")))
            .map(str::to_owned);
        head
    }

    fn link(&mut self, rel: Option<&str>, href: Option<&str>) {
        let (Some(rel), Some(href)) = (rel, href) else {
            return;
        };
        for rel in rel.split_ascii_whitespace() {
            if rel.eq_ignore_ascii_case("canonical") && self.canonical.is_none() {
                self.canonical = Some(href.trim().to_owned());
            } else if rel.eq_ignore_ascii_case("amphtml") && self.amp.is_none() {
                self.amp = Some(href.trim().to_owned());
            } else if rel.eq_ignore_ascii_case("image_src") && self.image_src.is_none() {
                self.image_src = Some(href.trim().to_owned());
            }
        }
    }

    /// The first value of the first of `names` that has one.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            self.metas
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        })
    }

    /// All values of a name.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.metas
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A value's clean text. Publishers escape twice often enough to look for it.
fn unescape_twice(value: &str) -> String {
    text::clean_line(&unescape(value))
}

/// Resolves the entities that survive a first unescaping.
pub fn unescape(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // Looked for no farther than a name is long: a text of nothing but `&` is as cheap as any other.
        let found = text::beginning(after, MAX_ENTITY_BYTES + 1)
            .split_once(';')
            .and_then(|(name, _)| Some((entity(name)?, after.get(name.len() + 1..)?)));
        if let Some((c, tail)) = found {
            out.push(c);
            rest = tail;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "rsquo" => '’',
        "lsquo" => '‘',
        "rdquo" => '”',
        "ldquo" => '“',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "laquo" => '«',
        "raquo" => '»',
        "aacute" => 'á',
        "iacute" => 'í',
        "oacute" => 'ó',
        "uacute" => 'ú',
        "ntilde" => 'ñ',
        "atilde" => 'ã',
        "otilde" => 'õ',
        "acirc" => 'â',
        "ecirc" => 'ê',
        "ocirc" => 'ô',
        "aring" => 'å',
        "oslash" => 'ø',
        "aelig" => 'æ',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "auml" => 'ä',
        "szlig" => 'ß',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn entities_are_resolved_and_what_only_begins_like_one_stays() {
        for (escaped, expected) in [
            ("Tom &amp; Ann&#39;s &#x1F600;", "Tom & Ann's 😀"),
            ("a & b; c &unknown; &", "a & b; c &unknown; &"),
            ("&é;&&amp;;", "&é;&&;"),
        ] {
            assert_eq!(unescape(escaped), expected);
        }
    }

    #[test]
    fn declarations_are_found_by_name() {
        let html = Html::parse_document(
            "<html lang=de><title> A &amp; B </title><base href=/x/><link rel='shortlink canonical' href=/c>\
             <meta property=og:Title content='It&amp;#8217;s'><meta name=a content=1><meta name=a content=2>",
        );
        let page = Page::new(&html, &|_| false);
        let head = Head::new(&page, Url::parse("https://e.org/y").ok().as_ref());
        assert_eq!(head.title.as_deref(), Some("A & B"));
        assert_eq!(head.canonical.as_deref(), Some("/c"));
        assert_eq!(
            head.base.as_ref().map(Url::as_str),
            Some("https://e.org/x/")
        );
        assert_eq!(head.first(&["none", "og:title"]), Some("It’s"));
        assert_eq!(head.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.lang.as_deref(), Some("de"));
    }
}

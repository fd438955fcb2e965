//! The pictures between kept blocks, for a reader who wants them in the markdown.

use url::Url;

use crate::article::page::{Hints, Page, Tag, text};

use super::inline::{address, push_escaped};

/// The most pictures of an article; what has more is a gallery of thumbnails.
const MAX_IMAGES: usize = 100;

/// Smaller ones, in pixels of either side where the markup says so, are icons and counters.
const MIN_PIXELS: u32 = 64;

/// The longest description that is written, in characters.
const MAX_ALT_CHARS: usize = 300;

/// Where the address stands: pages that load pictures late put a placeholder into `src`.
const SOURCES: [&str; 5] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-srcset",
    "src",
];

/// How far up a box of something else is looked for, in elements.
const REACH: usize = 6;

/// Names of elements whose pictures are not the article's.
const OTHERS: Hints = Hints::union(&[
    Hints::SHARE,
    Hints::AD,
    Hints::RELATED,
    Hints::AUTHOR,
    Hints::COMMENT,
    Hints::NAV,
    Hints::SUBSCRIBE,
]);

/// Pictures in document order, each once, handed out as far as the text has come.
pub struct Images<'p> {
    page: &'p Page<'p>,
    base: Option<&'p Url>,
    /// The node up to which they were handed out; nothing is before the first block.
    seen: Option<usize>,
    written: Vec<String>,
}

impl<'p> Images<'p> {
    pub fn new(page: &'p Page<'p>, base: Option<&'p Url>) -> Self {
        Self {
            page,
            base,
            seen: None,
            written: Vec::new(),
        }
    }

    /// The pictures since the last call, up to the node `until`, as lines of markdown.
    pub fn until(&mut self, until: usize) -> Vec<String> {
        let from = self.seen.unwrap_or(until);
        self.seen = Some(until.max(from));
        let mut lines = Vec::new();
        for at in from..until {
            if self.page.node(at).tag != Tag::Img || self.written.len() >= MAX_IMAGES {
                continue;
            }
            if let Some((line, address)) = self.one(at)
                && !self.written.contains(&address)
            {
                self.written.push(address);
                lines.push(line);
            }
        }
        lines
    }

    /// A picture's line and its address, if it is one of the article's.
    fn one(&self, at: usize) -> Option<(String, String)> {
        let page = self.page;
        let is_small = ["width", "height"]
            .iter()
            .filter_map(|side| page.attr(at, side)?.trim().parse::<u32>().ok())
            .any(|pixels| pixels < MIN_PIXELS);
        let is_others = page.ancestors(at).take(REACH).any(|above| {
            let node = page.node(above);
            matches!(node.tag, Tag::Nav | Tag::Aside | Tag::Footer)
                || (!matches!(node.tag, Tag::Body | Tag::Main | Tag::Article)
                    && node.hints.has(OTHERS))
        });
        if is_small || is_others {
            return None;
        }
        let source = SOURCES
            .iter()
            .filter_map(|name| page.attr(at, name)?.split_ascii_whitespace().next())
            .map(|source| source.trim_end_matches(','))
            .find(|source| !source.starts_with("data:") && !source.contains("placeholder"))?;
        let address =
            address(source, self.base).filter(|address| !address.starts_with("mailto"))?;
        let alt = text::clean_line(page.attr(at, "alt").unwrap_or_default());
        let mut line = "![".to_owned();
        push_escaped(
            &mut line,
            &alt.chars().take(MAX_ALT_CHARS).collect::<String>(),
        );
        line.extend(["](", &address, ")"]);
        Some((line, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn the_pictures_of_the_text_are_handed_out_once() {
        let html = Html::parse_document(
            "<img src=/logo.png><p>a</p><img src=/1.jpg alt='A [b]'><img src=data:x data-src=/2.jpg>\
             <img src=/i.png width=16><div class=share><img src=/f.png></div><img src=/1.jpg><p>b</p>",
        );
        let page = Page::new(&html, &|_| false);
        let base = Url::parse("https://example.org/").ok();
        let mut images = Images::new(&page, base.as_ref());
        let (first, second) = (
            page.blocks.first().map_or(0, |block| block.first),
            page.blocks.last().map_or(0, |block| block.first),
        );
        assert!(images.until(first).is_empty());
        assert_eq!(
            images.until(second),
            [
                "![A \\[b\\]](https://example.org/1.jpg)",
                "![](https://example.org/2.jpg)"
            ]
        );
        assert!(images.until(second).is_empty());
    }
}

//! The headline above the text: it is the title already.

use crate::article::metadata::likeness::is_same;
use crate::article::page::Page;

/// Drops the first kept block where it says the title, unless nothing else is kept.
///
/// The learned judge is torn about it on short pages, and two pages of one site must not differ.
pub fn drop_repeated(page: &Page<'_>, title: Option<&str>, keep: &mut [bool]) {
    let mut kept = page.blocks.iter().zip(keep).filter(|(_, keep)| **keep);
    if let (Some(title), Some((first, slot))) = (title, kept.next())
        && kept.next().is_some()
        && is_same(&first.text, title)
    {
        *slot = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn the_title_is_no_line_of_the_text_unless_it_is_all_there_is() {
        for (html, expected) in [
            ("<h1>It’s a  Headline</h1><p>Text.", vec![false, true]),
            ("<p>Text.<h2>It's a headline</h2><p>More.", vec![true; 3]),
            ("<h1>It's a headline today</h1><p>Text.", vec![true; 2]),
            ("<p>It's a headline!", vec![true]),
        ] {
            let html = Html::parse_document(html);
            let page = Page::new(&html, &|_| false);
            let mut keep = vec![true; page.blocks.len()];
            drop_repeated(&page, Some("It's a headline"), &mut keep);
            assert_eq!(keep, expected);
            let mut keep = vec![false; page.blocks.len()];
            drop_repeated(&page, Some("It's a headline"), &mut keep);
            assert!(!keep.contains(&true));
        }
    }
}

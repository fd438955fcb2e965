//! Plain text: paragraphs separated by a blank line, items and rows on lines of their own.

use crate::article::page::Page;

use super::layout::{Kind, Placed, mark, place};

/// The kept blocks as plain text.
pub fn plain(page: &Page<'_>, keep: &dyn Fn(usize) -> bool) -> String {
    let placed = place(page, keep);
    let mut out = String::new();
    let mut previous: Option<&Placed<'_>> = None;
    for now in &placed {
        if let Some(previous) = previous {
            out.push_str(separator(previous, now));
        }
        if let Kind::Item {
            number,
            first: true,
        } = now.kind
        {
            out.push_str(&mark(number));
        }
        out.push_str(&now.block.text);
        previous = Some(now);
    }
    out
}

fn separator(previous: &Placed<'_>, now: &Placed<'_>) -> &'static str {
    match (previous.kind, now.kind) {
        (Kind::Cell { row, .. }, Kind::Cell { row: same, .. }) if row == same => " | ",
        (Kind::Cell { table, .. }, Kind::Cell { table: same, .. }) if table == same => "\n",
        (Kind::Item { .. }, Kind::Item { first: true, .. }) | (Kind::Code, Kind::Code) => "\n",
        _ => "\n\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn structure_is_told_by_lines() {
        let html = Html::parse_document(
            "<h2>H</h2><p>a<br>b</p><ol><li>x<li>y</ol><ul><li><p>u</p><p>v</p></ul>\
             <table><tr><td>1<td>2<tr><td>3<td>4</table>",
        );
        let page = Page::new(&html, &|_| false);
        assert_eq!(
            plain(&page, &|_| true),
            "H\n\na\nb\n\n1. x\n2. y\n- u\n\nv\n\n1 | 2\n3 | 4"
        );
        assert_eq!(plain(&page, &|at| at == 0), "H");
    }
}

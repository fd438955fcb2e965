//! The inside of a block as markdown: links, emphasis, code; everything else escaped.

use url::Url;

use crate::article::page::{Block, Page, Tag, text};

/// The longest link that is written, in bytes; longer ones are data.
const MAX_HREF_BYTES: usize = 2_000;

/// How a run of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Style {
    strong: bool,
    emphasis: bool,
    code: bool,
    /// The node of the link it is in.
    link: Option<usize>,
}

/// The block's text in markdown, on as many lines as the block has.
pub fn inline(page: &Page<'_>, block: &Block, base: Option<&Url>) -> String {
    let mut out = String::with_capacity(block.text.len() + 32);
    let runs = runs(page, block);
    let mut runs = runs.iter().peekable();
    while let Some((style, piece)) = runs.next() {
        let Some(link) = style.link else {
            push_styled(&mut out, *style, piece);
            continue;
        };
        let mut label = String::new();
        push_styled(&mut label, *style, piece);
        while let Some((style, piece)) = runs.next_if(|(next, _)| next.link == Some(link)) {
            push_styled(&mut label, *style, piece);
        }
        push_link(
            &mut out,
            &label,
            page.attr(link, "href").and_then(|href| address(href, base)),
        );
    }
    out.truncate(out.trim_end().len());
    out
}

/// The runs of equal style, white space collapsed across them.
fn runs(page: &Page<'_>, block: &Block) -> Vec<(Style, String)> {
    let mut flat = String::new();
    let mut runs: Vec<(Style, String)> = Vec::new();
    for at in block.first..block.last {
        let node = page.node(at);
        if node.tag == Tag::Br {
            if let Some((_, piece)) = runs.last_mut() {
                for line in [&mut flat, piece] {
                    line.truncate(line.trim_end_matches(' ').len());
                    line.push('\n');
                }
            }
        } else if node.tag == Tag::Text {
            let before = flat.len();
            text::push_collapsed(&mut flat, node.text);
            let style = style_of(page, at, block.owner);
            match (runs.last_mut(), flat.get(before..).unwrap_or_default()) {
                (_, "") => {}
                (Some((last, piece)), added) if *last == style => piece.push_str(added),
                (_, added) => runs.push((style, added.to_owned())),
            }
        }
    }
    runs
}

fn style_of(page: &Page<'_>, at: usize, owner: usize) -> Style {
    let mut style = Style::default();
    for at in page.ancestors(at).take_while(|&at| at > owner) {
        match page.node(at).tag {
            Tag::B | Tag::Strong => style.strong = true,
            Tag::Em | Tag::I | Tag::Cite => style.emphasis = true,
            Tag::Code => style.code = true,
            _ => {}
        }
    }
    if page.node(at).linked {
        style.link = page.ancestors(at).find(|&at| page.node(at).tag == Tag::A);
    }
    style
}

fn push_styled(out: &mut String, style: Style, piece: &str) {
    let inner = piece.trim_matches([' ', '\n']);
    if inner.is_empty() {
        out.push_str(piece);
        return;
    }
    let (lead, rest) = piece.split_once(inner).unwrap_or(("", ""));
    out.push_str(lead);
    if style.code && !inner.contains('`') {
        out.extend(["`", inner, "`"]);
    } else {
        let marks = match (style.strong, style.emphasis) {
            (true, true) => "***",
            (true, false) => "**",
            (false, true) => "*",
            (false, false) => "",
        };
        out.push_str(marks);
        push_escaped(out, inner);
        out.push_str(marks);
    }
    out.push_str(rest);
}

fn push_link(out: &mut String, label: &str, href: Option<String>) {
    let inner = label.trim();
    match href {
        Some(href) if !inner.is_empty() => {
            let (lead, rest) = label.split_once(inner).unwrap_or(("", ""));
            out.push_str(lead);
            out.extend(["[", &inner.replace('\n', " "), "](", &href, ")"]);
            out.push_str(rest);
        }
        _ => out.push_str(label),
    }
}

/// The absolute address of a link, if it is one that may be shown.
pub fn address(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > MAX_HREF_BYTES || href.starts_with('#') {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| {
        String::from(url)
            .replace('(', "%28")
            .replace(')', "%29")
            .replace(' ', "%20")
    })
}

/// Text that markdown would read as markup is escaped; raw HTML becomes words.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' => true,
            '_' => {
                !(out.ends_with(char::is_alphanumeric)
                    && rest.peek().is_some_and(|c| c.is_alphanumeric()))
            }
            '&' => rest
                .peek()
                .is_some_and(|c| c.is_ascii_alphabetic() || *c == '#'),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn md(html: &str) -> String {
        let html = Html::parse_document(html);
        let page = Page::new(&html, &|_| false);
        let base = Url::parse("https://example.org/a/b").ok();
        page.block(0)
            .map(|block| inline(&page, block, base.as_ref()))
            .unwrap_or_default()
    }

    #[test]
    fn the_inside_of_a_paragraph_becomes_markdown() {
        for (html, expected) in [
            ("<p>a <b>b </b>c", "a **b** c"),
            (
                "<p>see <a href='../c?d'>the <i>page</i></a>.",
                "see [the *page*](https://example.org/c?d).",
            ),
            ("<p><a href='javascript:x'>no</a> <a>none</a>", "no none"),
            (
                "<p>1 * 2 <code>a*b</code> &lt;b&gt; &amp;amp; x_y",
                "1 \\* 2 `a*b` \\<b> \\&amp; x_y",
            ),
            ("<p>one <br> two", "one\ntwo"),
            ("<p><b>one <br>two</b>", "**one\ntwo**"),
        ] {
            assert_eq!(md(html), expected, "{html}");
        }
    }
}

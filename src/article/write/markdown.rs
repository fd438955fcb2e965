//! Markdown (`CommonMark` with tables): the same blocks with their structure.

use url::Url;

use crate::article::page::Page;

use super::images::Images;
use super::inline::inline;
use super::layout::{Kind, Placed, mark, place};

/// The kept blocks as markdown, with the pictures between them if they are wanted; addresses are made
/// absolute against `base`.
pub fn markdown(
    page: &Page<'_>,
    keep: &dyn Fn(usize) -> bool,
    base: Option<&Url>,
    images: bool,
) -> String {
    let placed = place(page, keep);
    let mut images = images.then(|| Images::new(page, base));
    let mut out = String::new();
    let mut rest = placed.as_slice();
    let mut previous: Option<&Placed<'_>> = None;
    while let [now, after @ ..] = rest {
        if let Some(previous) = previous {
            let tight = matches!(
                (previous.kind, now.kind),
                (Kind::Item { .. }, Kind::Item { first: true, .. })
            );
            out.push_str(if tight { "\n" } else { "\n\n" });
        }
        for image in images
            .iter_mut()
            .flat_map(|images| images.until(now.block.first))
        {
            out.push_str(&image);
            out.push_str("\n\n");
        }
        match now.kind {
            Kind::Cell { table, .. } => {
                let cells = rest
                    .iter()
                    .take_while(|p| matches!(p.kind, Kind::Cell { table: t, .. } if t == table))
                    .count();
                let (cells, after) = rest.split_at_checked(cells).unwrap_or((rest, &[]));
                out.push_str(&table_of(page, cells, base));
                previous = cells.last();
                rest = after;
            }
            Kind::Code => {
                let lines = rest.iter().take_while(|p| p.kind == Kind::Code).count();
                let (lines, after) = rest.split_at_checked(lines).unwrap_or((rest, &[]));
                let text: Vec<&str> = lines
                    .iter()
                    .map(|placed| placed.block.text.as_str())
                    .collect();
                out.push_str(&fenced(&text.join("\n")));
                previous = lines.last();
                rest = after;
            }
            _ => {
                out.push_str(&line_of(page, now, base));
                previous = Some(now);
                rest = after;
            }
        }
    }
    out
}

fn line_of(page: &Page<'_>, placed: &Placed<'_>, base: Option<&Url>) -> String {
    let text = inline(page, placed.block, base);
    let quote = "> ".repeat(placed.quotes);
    let indent = "  ".repeat(placed.lists.saturating_sub(1));
    let (first, later) = match placed.kind {
        Kind::Heading(level) => (
            format!("{} ", "#".repeat(usize::from(level))),
            String::new(),
        ),
        Kind::Item { number, first } => {
            let mark = mark(number);
            let space = format!("{indent}{}", " ".repeat(mark.len()));
            (
                if first {
                    format!("{indent}{mark}")
                } else {
                    space.clone()
                },
                space,
            )
        }
        _ => (String::new(), String::new()),
    };
    let is_heading = matches!(placed.kind, Kind::Heading(_));
    let text = if is_heading {
        text.replace('\n', " ")
    } else {
        text
    };
    let mut out = String::with_capacity(text.len() + 16);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            // Two spaces at the end of a line are markdown's line break.
            out.push_str("  \n");
        }
        out.push_str(&quote);
        out.push_str(if n == 0 { &first } else { &later });
        out.push_str(&guarded(line));
    }
    out
}

/// Keeps a line from being read as a heading, a list, a quote or a rule.
fn guarded(line: &str) -> String {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") ")) {
        let (number, rest) = line
            .split_at_checked(line.len() - digits.len())
            .unwrap_or((line, ""));
        return format!("{number}\\{rest}");
    }
    let special = line.starts_with(['#', '>', '=', '~', '|'])
        || line.starts_with("- ")
        || line.starts_with("+ ")
        || line == "+"
        // A rule, or what turns the line before it into a heading.
        || (line.starts_with('-') && line.chars().all(|c| matches!(c, '-' | ' ')));
    if special {
        format!("\\{line}")
    } else {
        line.to_owned()
    }
}

fn table_of(page: &Page<'_>, cells: &[Placed<'_>], base: Option<&Url>) -> String {
    let mut out = String::new();
    let mut current = None;
    let mut width = 0;
    let mut ruled = false;
    for cell in cells {
        let Kind::Cell { row, .. } = cell.kind else {
            continue;
        };
        if current != Some(row) {
            if current.is_some() {
                out.push_str(" |\n");
                if !ruled {
                    out.push_str(&rule(width));
                    ruled = true;
                }
            }
            current = Some(row);
            width = 0;
        }
        width += 1;
        out.push_str(if width == 1 { "| " } else { " | " });
        out.push_str(
            &inline(page, cell.block, base)
                .replace('\n', " ")
                .replace('|', "\\|"),
        );
    }
    out.push_str(" |");
    if !ruled {
        out.push('\n');
        out.push_str(rule(width).trim_end());
    }
    out
}

fn rule(width: usize) -> String {
    format!("|{}\n", " --- |".repeat(width))
}

/// Code between fences longer than any run of backticks inside.
fn fenced(code: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for c in code.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}\n{}\n{fence}", code.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    #[test]
    fn structure_is_told_by_marks() {
        let html = Html::parse_document(
            "<h2>H</h2><p>a<br># b<br>-</p><ol start=3><li>x<li>y<ul><li>z</ul></ol><blockquote><p>q</blockquote>\
             <table><tr><th>1<th>2<tr><td>3<td>4|5</table><pre>let x = `y`;\n  z</pre>",
        );
        let page = Page::new(&html, &|_| false);
        let expected = "## H\n\na  \n\\# b  \n\\-\n\n3. x\n4. y\n  - z\n\n> q\n\n| 1 | 2 |\n| --- | --- |\n| 3 | 4\\|5 |\n\n\
                        ```\nlet x = `y`;\n  z\n```";
        assert_eq!(markdown(&page, &|_| true, None, false), expected);
    }
}

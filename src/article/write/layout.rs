//! Where a block stands: heading, paragraph, list item, table cell, code, quote.

use std::collections::{HashMap, HashSet};

use crate::article::page::{Block, Page, Tag};

/// Deepest list that is indented and deepest quote that is marked; beyond it, no one counts.
const MAX_NESTING: usize = 6;

/// How far up a block's list, quote or table is looked for, in elements.
const REACH: usize = 40;

/// What kind of line a block becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Paragraph,
    Heading(u8),
    /// A list item; `number` of an ordered list. `first` is false for an item's later paragraphs.
    Item {
        number: Option<usize>,
        first: bool,
    },
    /// A cell of a data table.
    Cell {
        row: usize,
        table: usize,
    },
    Code,
}

/// What stands before a list item.
pub fn mark(number: Option<usize>) -> String {
    number.map_or_else(|| "- ".to_owned(), |number| format!("{number}. "))
}

/// A kept block and its place.
#[derive(Debug)]
pub struct Placed<'p> {
    pub block: &'p Block,
    pub kind: Kind,
    /// How many lists deep, 0 outside lists.
    pub lists: usize,
    /// How many quotes deep.
    pub quotes: usize,
}

/// The kept blocks in order, each with its place.
pub fn place<'p>(page: &'p Page<'_>, keep: &dyn Fn(usize) -> bool) -> Vec<Placed<'p>> {
    let mut items = Items::default();
    page.blocks
        .iter()
        .enumerate()
        .filter(|&(at, _)| keep(at))
        .map(|(_, block)| place_one(page, block, &mut items))
        .collect()
}

fn place_one<'p>(page: &'p Page<'_>, block: &'p Block, items: &mut Items) -> Placed<'p> {
    let (mut item, mut list, mut row, mut table) = (None, None, None, None);
    let (mut lists, mut quotes, mut code) = (0, 0, false);
    for at in page.upwards(block.owner).take(REACH) {
        match page.node(at).tag {
            Tag::Li if item.is_none() => item = Some(at),
            tag if tag.is_list() => {
                list = list.or(Some(at));
                lists += 1;
            }
            Tag::Tr if table.is_none() => row = row.or(Some(at)),
            Tag::Table if table.is_none() => table = Some(at),
            Tag::Blockquote => quotes += 1,
            Tag::Pre => code = true,
            Tag::Body => break,
            _ => {}
        }
    }
    let kind = if code {
        Kind::Code
    } else if let Some(level) = block.tag.heading() {
        Kind::Heading(level)
    } else if let (true, Some(row), Some(table)) = (block.tag.is_cell(), row, table) {
        Kind::Cell { row, table }
    } else if let Some(item) = item.filter(|_| table.is_none() || lists > 0) {
        let first = items.begun.insert(item);
        let number = list
            .filter(|&list| page.node(list).tag == Tag::Ol)
            .map(|list| items.number(page, list, item));
        Kind::Item { number, first }
    } else {
        Kind::Paragraph
    };
    Placed {
        block,
        kind,
        lists: if matches!(kind, Kind::Item { .. }) {
            lists.clamp(1, MAX_NESTING)
        } else {
            0
        },
        quotes: quotes.min(MAX_NESTING),
    }
}

/// The list items so far.
#[derive(Default)]
struct Items {
    /// Those of which a block was placed.
    begun: HashSet<usize>,
    /// For each ordered list, the node up to which its items are counted, and how many there are.
    counted: HashMap<usize, (usize, usize)>,
}

impl Items {
    /// The number of an item in its ordered list; a list is counted once, as its items come by.
    fn number(&mut self, page: &Page<'_>, list: usize, item: usize) -> usize {
        let start = page
            .attr(list, "start")
            .and_then(|start| start.trim().parse::<usize>().ok())
            .unwrap_or(1);
        let (until, earlier) = self.counted.entry(list).or_insert((list, 0));
        *earlier += (*until..item)
            .filter(|&at| page.node(at).tag == Tag::Li && page.node(at).parent == list)
            .count();
        *until = item.max(*until);
        start.saturating_add(*earlier)
    }
}

//! Blocks: the smallest pieces of a page that are kept or left whole.
//!
//! A block is a run of text between two boundaries that a reader sees as such: the
//! start of a block element, its end, or an empty line made of two `br`.

use super::node::Node;
use super::tag::Tag;
use super::text;

/// The most blocks of a page. A long page has 5,000; what has more is a table or a bomb.
const MAX_BLOCKS: usize = 12_000;

/// A run of more clean text than this, in bytes, ends with the text node that made it so long.
const MAX_BLOCK_BYTES: usize = 64 << 10;

/// A run of text and what it is made of.
#[derive(Debug, Clone)]
pub struct Block {
    /// The element that lays it out.
    pub owner: usize,
    /// Its tag.
    pub tag: Tag,
    /// First node of the run.
    pub first: usize,
    /// One past its last node.
    pub last: usize,
    /// Clean text; a line break where the page has one.
    pub text: String,
    pub words: usize,
    /// Characters of text.
    pub chars: usize,
    /// Of these, inside links.
    pub link_chars: usize,
    /// Of these, emphasised (`b`, `strong`, `em`, `i`).
    pub strong_chars: usize,
    pub links: usize,
    pub hidden: bool,
}

impl Block {
    /// The share of the text that is links, 0 to 1.
    pub fn link_density(&self) -> f32 {
        ratio(self.link_chars, self.chars)
    }
}

/// `part / whole`, 0 for nothing of nothing.
pub fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

/// `whole / parts` rounded down, 0 for no parts.
pub fn ratio_floor(whole: usize, parts: usize) -> usize {
    whole.checked_div(parts).unwrap_or(0)
}

/// Cuts the nodes into blocks, in document order.
pub fn segment(nodes: &[Node<'_>]) -> Vec<Block> {
    let mut cutter = Cutter {
        blocks: Vec::new(),
        run: None,
    };
    let mut emphasis_end = 0;
    let mut pre_end = 0;
    for (at, node) in nodes.iter().enumerate() {
        match node.tag {
            Tag::Text => cutter.text(at, node, nodes, at < emphasis_end, at < pre_end),
            Tag::Br => cutter.line_break(at),
            Tag::Pre => {
                cutter.flush();
                pre_end = pre_end.max(node.end);
            }
            tag if tag.is_block() => cutter.flush(),
            Tag::B | Tag::Strong | Tag::Em | Tag::I => emphasis_end = emphasis_end.max(node.end),
            Tag::A if node.linked => cutter.link(at, node, nodes),
            Tag::Img => cutter.extend(at, node),
            _ => {}
        }
        if cutter.blocks.len() >= MAX_BLOCKS {
            break;
        }
    }
    cutter.flush();
    cutter.blocks
}

struct Cutter {
    blocks: Vec<Block>,
    run: Option<Block>,
}

impl Cutter {
    fn run(&mut self, at: usize, owner: usize, nodes: &[Node<'_>]) -> &mut Block {
        if self
            .run
            .as_ref()
            .is_some_and(|run| run.owner != owner || run.text.len() > MAX_BLOCK_BYTES)
        {
            self.flush();
        }
        let run = self.run.get_or_insert_with(|| Block {
            owner,
            tag: nodes.get(owner).map_or(Tag::Other, |owner| owner.tag),
            first: at,
            last: at,
            text: String::new(),
            words: 0,
            chars: 0,
            link_chars: 0,
            strong_chars: 0,
            links: 0,
            hidden: true,
        });
        run.last = at + 1;
        run
    }

    fn text(
        &mut self,
        at: usize,
        node: &Node<'_>,
        nodes: &[Node<'_>],
        emphasised: bool,
        verbatim: bool,
    ) {
        let blank = node.text.chars().all(char::is_whitespace);
        if blank && self.run.is_none() {
            return;
        }
        let run = self.run(at, node.owner, nodes);
        let before = run.text.len();
        if verbatim {
            text::push_verbatim(&mut run.text, node.text);
        } else {
            text::push_collapsed(&mut run.text, node.text);
        }
        if blank {
            return;
        }
        let added = run
            .text
            .get(before..)
            .map_or(0, |added| added.chars().count());
        run.chars += added;
        run.link_chars += if node.linked { added } else { 0 };
        run.strong_chars += if emphasised { added } else { 0 };
        run.hidden &= node.hidden;
    }

    fn line_break(&mut self, at: usize) {
        if let Some(run) = &mut self.run {
            if run.text.trim_end_matches(' ').ends_with('\n') {
                self.flush();
            } else {
                run.last = at + 1;
                text::push_break(&mut run.text);
            }
        }
    }

    fn link(&mut self, at: usize, node: &Node<'_>, nodes: &[Node<'_>]) {
        let run = self.run(at, node.owner, nodes);
        run.links += 1;
    }

    /// An image belongs to the run it stands in; it does not begin one.
    fn extend(&mut self, at: usize, node: &Node<'_>) {
        if let Some(run) = &mut self.run
            && run.owner == node.owner
        {
            run.last = at + 1;
        }
    }

    fn flush(&mut self) {
        if let Some(mut run) = self.run.take() {
            run.text.truncate(run.text.trim_end().len());
            if run.text.contains(|c: char| !c.is_whitespace()) {
                run.words = text::count_words(&run.text);
                self.blocks.push(run);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Page;
    use scraper::Html;

    fn texts(html: &str) -> Vec<String> {
        let html = Html::parse_document(html);
        Page::new(&html, &|_| false)
            .blocks
            .into_iter()
            .map(|block| block.text)
            .collect()
    }

    #[test]
    fn boundaries_are_where_a_reader_sees_them() {
        for (html, expected) in [
            ("<p>a<p>b", vec!["a", "b"]),
            ("<div>a<hr>b<div>c</div>d</div>", vec!["a", "b", "c", "d"]),
            (
                "<div>one<br>two<br> <br>three</div>",
                vec!["one\ntwo", "three"],
            ),
            ("<p>a <b>b</b>c<i> d</i></p>", vec!["a bc d"]),
            ("<pre>x\n  y</pre>", vec!["x\n  y"]),
            ("<p> <a href=x> </a> </p>", vec![]),
            ("<p>text<button>Share</button></p>", vec!["text", "Share"]),
        ] {
            assert_eq!(texts(html), expected, "{html}");
        }
    }

    #[test]
    fn links_and_emphasis_are_counted() {
        let html = Html::parse_document("<p>ab<a href=x>cd</a><b>ef</b></p>");
        let page = Page::new(&html, &|_| false);
        let block = page.block(0).expect("a block");
        assert_eq!(
            (
                block.chars,
                block.link_chars,
                block.strong_chars,
                block.links
            ),
            (6, 2, 2, 1)
        );
    }
}

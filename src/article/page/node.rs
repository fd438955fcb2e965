//! The flat tree.

use std::collections::HashMap;
use std::ops::Range;

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use scraper::node::Element;
use scraper::{Html, Node as Dom};

use super::block::{self, Block};
use super::hints::Hints;
use super::tag::Tag;
use super::text;

/// An element, or a run of text, and its place.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    pub tag: Tag,
    /// Index of the parent; the root is its own.
    pub parent: usize,
    /// One past the last node of the subtree.
    pub end: usize,
    pub depth: usize,
    /// Index of the nearest element that is laid out as a block: itself or an ancestor.
    pub owner: usize,
    /// What the element's own names say.
    pub hints: Hints,
    /// Inside a link, at this node or above.
    pub linked: bool,
    /// Not shown to a reader, at this node or above.
    pub hidden: bool,
    pub element: Option<&'a Element>,
    /// Of an element: its place in the tree.
    pub id: Option<NodeId>,
    /// Of a run of text: the text as written.
    pub text: &'a str,
}

const NOWHERE: Node<'static> = Node {
    tag: Tag::Other,
    parent: 0,
    end: 0,
    depth: 0,
    owner: 0,
    hints: Hints::NONE,
    linked: false,
    hidden: false,
    element: None,
    id: None,
    text: "",
};

/// An element outside the flow of text that metadata is read from.
#[derive(Debug, Clone)]
pub struct Aside<'a> {
    pub tag: Tag,
    pub element: &'a Element,
    /// The text inside: of `script` and `title`.
    pub text: &'a str,
}

/// How many nodes of an element a line is made of: one that says nothing in so many is no heading or byline.
const LINE_NODES: usize = 2_000;

/// How much of one text a line is made of, in bytes. A line is asked of elements that may contain one
/// another, so that each must cost little.
const LINE_TEXT_BYTES: usize = 4 << 10;

/// A page as the judges see it.
#[derive(Debug)]
pub struct Page<'a> {
    pub nodes: Vec<Node<'a>>,
    pub blocks: Vec<Block>,
    /// `meta`, `link`, `base`, `title` and data scripts, in document order.
    pub asides: Vec<Aside<'a>>,
}

impl<'a> Page<'a> {
    /// Flattens a tree. `is_dropped` says which elements the operator does not want.
    pub fn new(html: &'a Html, is_dropped: &dyn Fn(NodeId) -> bool) -> Self {
        let mut walk = Walk {
            nodes: Vec::new(),
            open: Vec::new(),
            asides: Vec::new(),
            names: HashMap::new(),
        };
        let mut skipping = None;
        for edge in html.tree.root().traverse() {
            match edge {
                Edge::Open(node) if skipping.is_none() => {
                    if is_dropped(node.id()) || !walk.enter(node) {
                        skipping = Some(node.id());
                    }
                }
                Edge::Close(node) if skipping == Some(node.id()) => skipping = None,
                Edge::Close(node) if skipping.is_none() => walk.leave(node.value()),
                Edge::Open(_) | Edge::Close(_) => {}
            }
        }
        let blocks = block::segment(&walk.nodes);
        Self {
            nodes: walk.nodes,
            blocks,
            asides: walk.asides,
        }
    }

    /// The node of index `at`; an empty one beyond the end.
    pub fn node(&self, at: usize) -> &Node<'a> {
        self.nodes.get(at).unwrap_or(&NOWHERE)
    }

    /// The block of index `at`.
    pub fn block(&self, at: usize) -> Option<&Block> {
        self.blocks.get(at)
    }

    /// The blocks that are kept.
    pub fn kept<'p>(&'p self, keep: &'p [bool]) -> impl Iterator<Item = &'p Block> {
        let kept = self.blocks.iter().zip(keep).filter(|(_, keep)| **keep);
        kept.map(|(block, _)| block)
    }

    /// A node and its ancestors, nearest first.
    pub fn upwards(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(at).chain(self.ancestors(at))
    }

    /// The ancestors of a node, nearest first, without the node itself.
    pub fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = at;
        std::iter::from_fn(move || {
            let parent = self.node(at).parent;
            (parent != at).then(|| {
                at = parent;
                parent
            })
        })
    }

    /// True when `at` lies in the subtree of `root`, or is it.
    pub fn is_within(&self, at: usize, root: usize) -> bool {
        at >= root && at < self.node(root).end
    }

    /// An attribute of a node.
    pub fn attr(&self, at: usize, name: &str) -> Option<&'a str> {
        self.node(at).element.and_then(|element| element.attr(name))
    }

    /// The children of a node.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.node(parent).end;
        let mut next = parent + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let at = next;
                next = self.node(at).end.max(at + 1);
                at
            })
        })
    }

    /// The nodes that a line is made of, with what is read of each one's text.
    pub fn skim(&self, nodes: Range<usize>) -> impl Iterator<Item = (&Node<'a>, &'a str)> {
        let nodes = self.nodes.get(nodes).unwrap_or_default();
        nodes
            .iter()
            .take(LINE_NODES)
            .map(|node| (node, text::beginning(node.text, LINE_TEXT_BYTES)))
    }

    /// The clean text of a subtree in one line: not much more than `most` bytes of it.
    pub fn line(&self, at: usize, most: usize) -> String {
        let mut out = String::new();
        for (node, text) in self.skim(at..self.node(at).end) {
            if out.len() > most {
                break;
            }
            if node.tag == Tag::Text {
                text::push_collapsed(&mut out, text);
            } else if (node.tag.is_block() || node.tag == Tag::Br) && !out.is_empty() {
                text::push_collapsed(&mut out, " ");
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// The clean text of a subtree with a line for what each element says: not much more than `most` bytes of it.
    pub fn lines(&self, at: usize, most: usize) -> String {
        let mut out = String::new();
        let mut speaker = None;
        for (node, text) in self.skim(at..self.node(at).end) {
            if out.len() > most {
                break;
            }
            if node.tag == Tag::Text && !text.trim().is_empty() {
                if speaker.is_some_and(|known| known != node.parent) {
                    text::push_break(&mut out);
                }
                speaker = Some(node.parent);
                text::push_collapsed(&mut out, text);
            } else if node.tag.is_block() || node.tag == Tag::Br {
                text::push_break(&mut out);
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}

struct Walk<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<usize>,
    asides: Vec<Aside<'a>>,
    /// Class attributes repeat all over a page; each is read once.
    names: HashMap<&'a str, Hints>,
}

impl<'a> Walk<'a> {
    /// Takes a node in; false when its subtree is not to be walked.
    fn enter(&mut self, node: NodeRef<'a, Dom>) -> bool {
        match node.value() {
            Dom::Text(text) => {
                if !self.open.is_empty() {
                    self.push(Tag::Text, None, None, text);
                }
                true
            }
            Dom::Element(element) => {
                let tag = Tag::of(element.name());
                if matches!(
                    tag,
                    Tag::Meta | Tag::Link | Tag::Base | Tag::Title | Tag::Script
                ) {
                    let text = match node.first_child().map(|child| child.value()) {
                        Some(Dom::Text(text)) => &**text,
                        _ => "",
                    };
                    self.asides.push(Aside { tag, element, text });
                }
                if tag.is_opaque() {
                    return false;
                }
                let at = self.push(tag, Some(element), Some(node.id()), "");
                self.open.push(at);
                true
            }
            Dom::Document | Dom::Fragment => true,
            _ => false,
        }
    }

    fn leave(&mut self, value: &Dom) {
        if value.is_element()
            && let Some(at) = self.open.pop()
        {
            let end = self.nodes.len();
            if let Some(node) = self.nodes.get_mut(at) {
                node.end = end;
            }
        }
    }

    fn push(
        &mut self,
        tag: Tag,
        element: Option<&'a Element>,
        id: Option<NodeId>,
        text: &'a str,
    ) -> usize {
        let at = self.nodes.len();
        let above = self
            .open
            .last()
            .and_then(|&parent| self.nodes.get(parent).map(|node| (parent, node)));
        let (parent, depth, owner, linked, hidden) = above
            .map_or((at, 0, at, false, false), |(parent, node)| {
                (parent, node.depth + 1, node.owner, node.linked, node.hidden)
            });
        let (hints, hides) = element.map_or((Hints::NONE, false), |element| self.look(element));
        self.nodes.push(Node {
            tag,
            parent,
            end: at + 1,
            depth,
            owner: if tag.is_block() { at } else { owner },
            hints,
            linked: linked
                || (tag == Tag::A && element.is_some_and(|element| element.attr("href").is_some())),
            hidden: hidden || hides,
            element,
            id,
            text,
        });
        at
    }

    /// The hints in an element's names, and whether its markup hides it: one look at its attributes.
    fn look(&mut self, element: &'a Element) -> (Hints, bool) {
        let (mut hints, mut hidden) = (Hints::NONE, false);
        for (name, value) in &element.attrs {
            let value: &'a str = value;
            match &*name.local {
                "class" | "id" | "role" | "itemprop" | "data-component" | "data-testid" => {
                    hints |= *self
                        .names
                        .entry(value)
                        .or_insert_with(|| Hints::of_name(value));
                }
                "hidden" => hidden = true,
                "aria-hidden" => hidden |= value == "true",
                "style" => hidden |= hides(value),
                _ => {}
            }
        }
        (hints, hidden)
    }
}

/// How much of a style attribute is read, in characters.
const MAX_STYLE_CHARS: usize = 200;

/// What the markup itself says is not shown. Style sheets are not read.
fn hides(style: &str) -> bool {
    (style.contains("none") || style.contains("hidden")) && {
        let style: String = style
            .chars()
            .take(MAX_STYLE_CHARS)
            .filter(|c| !c.is_whitespace())
            .collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_is_a_range() {
        let html = Html::parse_document(
            "<div class=entry-content><p>a <b>b</b></p><script>x</script></div><p hidden>c",
        );
        let page = Page::new(&html, &|_| false);
        let div = page
            .nodes
            .iter()
            .position(|node| node.tag == Tag::Div)
            .expect("a div");
        assert_eq!(page.line(div, 100), "a b");
        assert_eq!(page.lines(div, 100), "a\nb");
        assert!(page.node(div).hints.has(Hints::BODY));
        assert!(page.is_within(div + 3, div));
        assert!(
            page.nodes
                .iter()
                .any(|node| node.text == "c" && node.hidden)
        );
        assert_eq!(page.asides.len(), 1);
        assert_eq!(page.ancestors(div).count(), 2);
        let children: Vec<Tag> = page.children(1).map(|at| page.node(at).tag).collect();
        assert_eq!(page.children(0).count(), 2);
        assert_eq!(children, []);
    }

    #[test]
    fn a_line_is_made_of_a_beginning_only() {
        let html = Html::parse_document(&format!(
            "<div>{}{}",
            "a ".repeat(50_000),
            "<p>b".repeat(50)
        ));
        let page = Page::new(&html, &|_| false);
        assert!(page.line(0, 100).len() <= LINE_TEXT_BYTES);
        let html = Html::parse_document(&format!("<div>{}b", "<i></i>".repeat(LINE_NODES)));
        let page = Page::new(&html, &|_| false);
        assert_eq!(
            (page.line(0, 100), page.lines(0, 100)),
            (String::new(), String::new())
        );
    }
}

//! The door to scraper's tree builder, with a bound on depth and on size.
//!
//! html5ever's cost grows with the square of the nesting depth and has no cap of
//! its own. Browsers flatten what is nested deeper than 512; so does this sink:
//! it knows how deep the element that is open now lies, and the token guard in
//! [`super::parse`] drops start tags once that depth is reached.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use ego_tree::NodeId;
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName};
use scraper::{Html, HtmlTreeSink};

use super::lookup::Vocabulary;

/// What the sink knows and the token guard asks.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Depth of the element that is open now.
    pub depth: Cell<usize>,
    /// Elements made so far.
    pub elements: Cell<usize>,
}

/// scraper's sink, measured.
pub struct MeasuredSink<'g> {
    inner: HtmlTreeSink,
    gauge: &'g Gauge,
    depths: RefCell<Vocabulary<NodeId, usize>>,
    max_attributes: usize,
}

impl<'g> MeasuredSink<'g> {
    pub fn new(gauge: &'g Gauge, max_attributes: usize) -> Self {
        Self {
            inner: HtmlTreeSink::new(Html::new_document()),
            gauge,
            depths: RefCell::default(),
            max_attributes,
        }
    }

    fn depth_of(&self, node: NodeId) -> usize {
        self.depths.borrow().get(&node).copied().unwrap_or(0)
    }

    fn entered(&self, parent: NodeId, child: &NodeOrText<NodeId>) {
        if let NodeOrText::AppendNode(id) = child {
            let depth = self.depth_of(parent) + 1;
            self.depths.borrow_mut().insert(*id, depth);
            self.gauge.depth.set(depth);
        }
    }
}

impl TreeSink for MeasuredSink<'_> {
    type Output = Html;
    type Handle = NodeId;
    type ElemName<'a>
        = <HtmlTreeSink as TreeSink>::ElemName<'a>
    where
        Self: 'a;

    fn finish(self) -> Html {
        self.inner.finish()
    }

    fn parse_error(&self, _msg: Cow<'static, str>) {}

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn get_document(&self) -> NodeId {
        self.inner.get_document()
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Self::ElemName<'a> {
        self.inner.elem_name(target)
    }

    fn create_element(
        &self,
        name: QualName,
        mut attrs: Vec<Attribute>,
        flags: ElementFlags,
    ) -> NodeId {
        attrs.truncate(self.max_attributes);
        self.gauge.elements.set(self.gauge.elements.get() + 1);
        self.inner.create_element(name, attrs, flags)
    }

    fn create_comment(&self, _text: StrTendril) -> NodeId {
        // Comments are never read; their text would only cost memory.
        self.inner.create_comment(StrTendril::new())
    }

    fn append_doctype_to_document(
        &self,
        name: StrTendril,
        public_id: StrTendril,
        system_id: StrTendril,
    ) {
        self.inner
            .append_doctype_to_document(name, public_id, system_id);
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.entered(*parent, &child);
        self.inner.append(parent, child);
    }

    fn append_before_sibling(&self, sibling: &NodeId, new_node: NodeOrText<NodeId>) {
        if let NodeOrText::AppendNode(id) = &new_node {
            let depth = self.depth_of(*sibling);
            self.depths.borrow_mut().insert(*id, depth);
            self.gauge.depth.set(depth);
        }
        self.inner.append_before_sibling(sibling, new_node);
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        self.entered(*element, &child);
        self.inner
            .append_based_on_parent_node(element, previous, child);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.inner.reparent_children(node, new_parent);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, mut attrs: Vec<Attribute>) {
        attrs.truncate(self.max_attributes);
        self.inner.add_attrs_if_missing(target, attrs);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.inner.get_template_contents(target)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.inner.create_pi(target, data)
    }

    fn pop(&self, node: &NodeId) {
        self.gauge.depth.set(self.depth_of(*node).saturating_sub(1));
    }
}

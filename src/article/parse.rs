//! Text to tree, inside a deadline and inside bounds.
//!
//! The text goes to html5ever in small chunks; between chunks, and every few
//! hundred tokens within one, the caller is asked whether time is up. Start tags
//! beyond the depth or the number of elements allowed are dropped, as browsers
//! drop them, so that a bomb becomes a flat page instead of a slow one.

use std::cell::Cell;

use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::{QuirksMode, TokenizerResult, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use scraper::Html;

use super::Limits;
use super::sink::{Gauge, MeasuredSink};

/// Bytes fed between two looks at the deadline. Small enough that a hostile chunk
/// costs milliseconds, large enough that an honest page does not notice.
const CHUNK_BYTES: usize = 4 << 10;

/// Tokens between two looks at the deadline within a chunk.
const TOKENS_BETWEEN_LOOKS: u32 = 128;

/// The time allowed ran out before the page was read.
#[derive(Debug)]
pub struct Expired;

/// Builds the tree of `text`.
pub fn parse(text: &str, limits: &Limits, expired: &dyn Fn() -> bool) -> Result<Html, Expired> {
    let gauge = Gauge::default();
    let sink = MeasuredSink::new(&gauge, limits.max_attributes);
    let builder = TreeBuilder::new(
        sink,
        TreeBuilderOpts {
            quirks_mode: QuirksMode::NoQuirks,
            ..TreeBuilderOpts::default()
        },
    );
    let guard = Guard {
        builder,
        gauge: &gauge,
        limits,
        expired,
        seen: Cell::new(0),
        stopped: Cell::new(false),
    };
    let tokenizer = Tokenizer::new(guard, TokenizerOpts::default());
    let queue = BufferQueue::default();
    for chunk in chunks(text) {
        if tokenizer.sink.stopped.get() || expired() {
            return Err(Expired);
        }
        queue.push_back(StrTendril::from_slice(chunk));
        // A script or an encoding hint hands control back; there is nothing to do about either.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    }
    tokenizer.end();
    if tokenizer.sink.stopped.get() {
        return Err(Expired);
    }
    Ok(tokenizer.sink.builder.sink.finish())
}

/// `text` in pieces of about [`CHUNK_BYTES`], cut between characters.
fn chunks(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let at = (CHUNK_BYTES..CHUNK_BYTES + 4).find(|&at| text.is_char_boundary(at));
        let (chunk, rest) = at
            .and_then(|at| text.split_at_checked(at))
            .unwrap_or((text, ""));
        text = rest;
        Some(chunk)
    })
}

/// Stands between the tokenizer and the tree builder.
struct Guard<'a, 'g> {
    builder: TreeBuilder<<MeasuredSink<'g> as TreeSink>::Handle, MeasuredSink<'g>>,
    gauge: &'g Gauge,
    limits: &'a Limits,
    expired: &'a dyn Fn() -> bool,
    seen: Cell<u32>,
    stopped: Cell<bool>,
}

impl Guard<'_, '_> {
    fn is_too_much(&self, tag: &Tag) -> bool {
        tag.kind == TagKind::StartTag
            && (self.gauge.depth.get() >= self.limits.max_depth
                || self.gauge.elements.get() >= self.limits.max_elements)
            // These change how the tokenizer reads on: dropping one would turn code into text.
            && !matches!(&*tag.name, "script" | "style" | "title" | "textarea" | "noscript" | "iframe")
    }
}

impl TokenSink for Guard<'_, '_> {
    type Handle = <MeasuredSink<'static> as TreeSink>::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        let seen = self.seen.get().wrapping_add(1);
        self.seen.set(seen);
        if !self.stopped.get() && seen.is_multiple_of(TOKENS_BETWEEN_LOOKS) && (self.expired)() {
            self.stopped.set(true);
        }
        match &token {
            _ if self.stopped.get() && !matches!(token, Token::EOFToken) => {
                TokenSinkResult::Continue
            }
            Token::TagToken(tag) if self.is_too_much(tag) => TokenSinkResult::Continue,
            Token::ParseError(_) | Token::CommentToken(_) => TokenSinkResult::Continue,
            _ => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(html: &Html) -> usize {
        html.tree
            .nodes()
            .map(|node| node.ancestors().count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn a_bomb_becomes_a_page_of_the_allowed_depth() {
        let limits = Limits::default();
        for bomb in [
            "<div>",
            "<ul><li>",
            "<table><tr><td>",
            "<b><i>",
            "<a href=x><p>",
        ] {
            let text = bomb.repeat(2_000) + "end";
            let html = parse(&text, &limits, &|| false).expect("no deadline");
            // A dropped tag may leave the few elements that the parser implies.
            assert!(
                depth(&html) <= limits.max_depth + 4,
                "{bomb}: {}",
                depth(&html)
            );
        }
    }

    #[test]
    fn attributes_and_elements_are_bounded() {
        let limits = Limits {
            max_elements: 100,
            ..Limits::default()
        };
        let many = (0..1_000).fold(String::new(), |all, n| all + " a" + &n.to_string() + "=1");
        let html = parse(
            &format!("<p{many}>{}", "<p>x".repeat(500)),
            &limits,
            &|| false,
        )
        .expect("no deadline");
        let elements = html
            .tree
            .nodes()
            .filter_map(|node| node.value().as_element());
        assert!(
            elements
                .clone()
                .all(|element| element.attrs.len() <= limits.max_attributes)
        );
        assert!(elements.count() <= 101);
    }

    #[test]
    fn an_expired_deadline_ends_the_parse() {
        assert!(parse("<p>x", &Limits::default(), &|| true).is_err());
        let looks = Cell::new(0);
        let expired = || {
            looks.set(looks.get() + 1);
            looks.get() > 3
        };
        assert!(parse(&"<p>x</p>".repeat(50_000), &Limits::default(), &expired).is_err());
        assert!(looks.get() <= 8);
    }

    #[test]
    fn chunks_are_cut_between_characters() {
        let text = "é€😀x".repeat(5_000);
        assert_eq!(chunks(&text).collect::<String>(), text);
        assert!(chunks(&text).all(|chunk| chunk.len() <= CHUNK_BYTES + 3));
    }
}

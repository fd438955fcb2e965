//! A long TOML document in pieces: the tree of a hundred thousand feeds would take more memory than
//! the service that polls them.

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Feeds of one piece; a document with no more stays whole.
const FEEDS: usize = 256;
/// Tokens that tell what a header opens: `[`, `[`, a key, and what follows it.
const TELLING: usize = 4;

/// A document in pieces.
#[derive(Debug)]
pub struct Pieces<'a> {
    /// The document with blanks in place of its feeds, so that every place is still what it was.
    pub rest: Cow<'a, str>,
    /// Where feeds stand, each `[[feed]]` with its own tables.
    pub feeds: Vec<Range<usize>>,
}

/// Takes the feeds of a long list out of a document. What is not clearly a feed stays in the rest.
pub fn split(text: &str) -> Pieces<'_> {
    let headers = headers(text);
    let is_feed = |(_, opens): &&(usize, Opens)| *opens == Opens::Feed;
    if headers.iter().filter(is_feed).count() <= FEEDS {
        let rest = Cow::Borrowed(text);
        return Pieces {
            rest,
            feeds: Vec::new(),
        };
    }
    let feeds = group(&headers, text.len());
    let mut rest = String::with_capacity(text.len());
    for piece in &feeds {
        rest.push_str(text.get(rest.len()..piece.start).unwrap_or_default());
        rest.extend(std::iter::repeat_n(' ', piece.len()));
    }
    rest.push_str(text.get(rest.len()..).unwrap_or_default());
    Pieces {
        rest: Cow::Owned(rest),
        feeds,
    }
}

/// What a header opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    Feed,
    /// A table of the feed above it.
    PartOfFeed,
    Other,
}

/// Where the feeds stand, some in each piece.
fn group(headers: &[(usize, Opens)], end: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (at, opens) in headers.iter().copied().chain([(end, Opens::Other)]) {
        open = match (opens, open) {
            (Opens::PartOfFeed, open) => open,
            (Opens::Feed, Some((from, feeds))) if feeds < FEEDS => Some((from, feeds + 1)),
            (opens, before) => {
                pieces.extend(before.map(|(from, _)| from..at));
                (opens == Opens::Feed).then_some((at, 1))
            }
        };
    }
    pieces
}

/// The headers of a document, each with where it starts.
fn headers(text: &str) -> Vec<(usize, Opens)> {
    let mut headers = Vec::new();
    // Open brackets of the value that is being read: inside, a line may begin with a bracket too.
    let mut depth = 0_usize;
    let mut line: Vec<(TokenKind, &str)> = Vec::new();
    let mut start = None;
    for token in Source::new(text).lex() {
        let span = token.span();
        match token.kind() {
            TokenKind::Whitespace => continue,
            TokenKind::Newline | TokenKind::Comment | TokenKind::Eof => {
                headers.extend(start.take().map(|at| (at, opens(&line))));
                line.clear();
                continue;
            }
            TokenKind::LeftSquareBracket if line.is_empty() && depth == 0 => {
                start = Some(span.start());
            }
            _ if start.is_some() => {}
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        if line.len() < TELLING {
            let text = text.get(span.start()..span.end()).unwrap_or_default();
            line.push((token.kind(), text));
        }
    }
    headers
}

fn opens(line: &[(TokenKind, &str)]) -> Opens {
    use TokenKind::{Atom, Dot, LeftSquareBracket as Open, RightSquareBracket as Close};
    match line {
        [(Open, _), (Open, _), (Atom, "feed"), (Close, _)] => Opens::Feed,
        [(Open, _), (Open, _), (Atom, "feed"), (Dot, _)]
        | [(Open, _), (Atom, "feed"), (Dot, _), ..] => Opens::PartOfFeed,
        _ => Opens::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(feeds: usize) -> String {
        let feeds =
            (0..feeds).map(|n| format!("[[feed]] # {n}\nurl = \"https://example.org/{n}\"\n"));
        feeds.collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_short_list_stays_whole() {
        let text = list(FEEDS);
        let pieces = split(&text);
        assert_eq!(
            (pieces.rest.as_ref(), pieces.feeds),
            (text.as_str(), Vec::new())
        );
    }

    #[test]
    fn a_long_list_is_taken_out_and_every_place_stays() {
        let head = "[polling]\nfloor = \"5m\"\n";
        let tail = "[[host]]\nname = \"é.example\"\n";
        let text = format!("{head}{}{tail}{}", list(FEEDS + 3), list(2));
        let pieces = split(&text);
        assert_eq!(pieces.rest.len(), text.len());
        assert_eq!(pieces.rest.find("[polling]"), Some(0));
        assert_eq!(pieces.rest.find(tail), text.find(tail));
        assert!(!pieces.rest.contains("feed"));
        let counts: Vec<_> = pieces
            .feeds
            .iter()
            .map(|piece| {
                text.get(piece.clone())
                    .expect("a piece")
                    .matches("[[feed]]")
                    .count()
            })
            .collect();
        assert_eq!(counts, [FEEDS, 3, 2]);
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        let odd = "tags = [\n[\"[[feed]]\"],\n[feed]]\nname = '''\n[[feed]]\n'''\n[feed.headers]\nx = \"y\"\n  [ [ feed ] ]\n";
        let found: Vec<_> = headers(odd).into_iter().map(|(_, opens)| opens).collect();
        assert_eq!(found, [Opens::PartOfFeed, Opens::Feed]);
    }
}

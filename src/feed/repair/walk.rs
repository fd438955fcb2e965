//! One walk over the tokens of a document.

use super::super::markup::names::{self, Names};
use super::super::markup::{Tag, Token, Tokens, attributes};
use super::super::vocabulary::{self, Family, Length, Ns, Role};
use super::super::{Limits, ParseFailure, html, links};
use super::capture::{Capture, Entities};
use super::document::Document;
use super::{Repaired, field, writer};
use crate::model::FailureKind;

/// What is kept of a field that is not a body.
const MAX_SHORT_BYTES: usize = 64 << 10;

/// Rewrites a document in canonical form. `balanced` says that every tag is known to be closed,
/// so that nothing needs to be guessed.
///
/// # Errors
/// When there is no root of a feed, or a limit is exceeded.
pub(in crate::feed) fn repair(
    text: &str,
    balanced: bool,
    limits: &Limits,
) -> Result<Repaired, ParseFailure> {
    let mut walk = Walk {
        tokens: Tokens::new(text),
        limits,
        balanced,
        names: Names::default(),
        entities: Entities::default(),
        document: None,
        capture: None,
        opaque: None,
        depth: 0,
        fields: 0,
        seen: 0,
        strays: 0,
        unclosed: false,
    };
    while let Some(token) = walk
        .tokens
        .next(walk.capture.as_ref().map(|capture| capture.name))
    {
        walk.token(token)?;
    }
    let Some(document) = walk.document else {
        return Err(ParseFailure::new(
            FailureKind::NotAFeed,
            "no element of a feed",
        ));
    };
    document.finish(
        walk.capture.is_some(),
        walk.tokens.cut,
        walk.unclosed || walk.tokens.guessed,
    )
}

/// An element whose fields are not read.
struct Opaque<'a> {
    name: &'a str,
    depth: usize,
    is_image: bool,
}

struct Walk<'a> {
    tokens: Tokens<'a>,
    limits: &'a Limits,
    balanced: bool,
    names: Names<'a>,
    entities: Entities<'a>,
    /// Nothing before the root of a feed counts.
    document: Option<Document<'a>>,
    capture: Option<Capture<'a>>,
    opaque: Option<Opaque<'a>>,
    /// Open elements of the entry at hand, markup in texts not counted.
    depth: usize,
    /// Fields of the entry at hand.
    fields: usize,
    /// Tokens read.
    seen: usize,
    /// Closing tags that closed nothing.
    strays: usize,
    unclosed: bool,
}

impl<'a> Walk<'a> {
    fn token(&mut self, token: Token<'a>) -> Result<(), ParseFailure> {
        self.seen = self.seen.saturating_add(1);
        // An element is three tokens: it opens, it has a text, it closes.
        if self.seen / 3 > self.limits.max_elements {
            let detail = format!("more than {} elements", self.limits.max_elements);
            return Err(ParseFailure::new(FailureKind::TooManyEntries, detail));
        }
        if self.strays.saturating_add(self.tokens.strays) > self.limits.max_strays {
            let detail = format!("more than {} stray tags", self.limits.max_strays);
            return Err(ParseFailure::new(FailureKind::Malformed, detail));
        }
        match token {
            Token::Open(tag) => self.open(tag),
            Token::Close(name) => self.close(name),
            Token::Text(text) => {
                self.text(text);
                Ok(())
            }
            Token::Cdata(text) => {
                match &mut self.capture {
                    Some(capture) => capture.cdata(text),
                    None => self.text(text),
                }
                Ok(())
            }
            Token::Doctype(text) => {
                self.entities.declare(text);
                Ok(())
            }
            Token::Instruction(_) => Ok(()),
        }
    }

    fn text(&mut self, text: &'a str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
        } else if self.opaque.is_none()
            && let Some(document) = &mut self.document
            && document.in_entry()
            && links::is_http(text)
        {
            let family = document.family;
            document.part().address(family, text);
        } else if let Some(document) = &mut self.document
            && self.opaque.as_ref().is_some_and(|opaque| opaque.is_image)
            && document.in_entry()
            && links::is_http(text)
        {
            writer::empty(
                &mut document.part().out,
                "media:thumbnail",
                &[("url", text.trim())],
            );
        }
    }

    fn open(&mut self, tag: Tag<'a>) -> Result<(), ParseFailure> {
        let (mut ns, local) = self.names.of_tag(&tag, 0);
        let local = names::lower(local);
        if self.capture.is_none() && !tag.empty && matches!(local.as_ref(), "script" | "style") {
            // Their text is no markup.
            self.tokens.skip_to(if local == "style" {
                "</style"
            } else {
                "</script"
            });
            return Ok(());
        }
        if ns == Ns::Foreign && matches!(local.as_ref(), "channel" | "item" | "entry") {
            self.names.adopt(tag.name, false);
            (ns, _) = self.names.of_name(tag.name);
        }
        let Some(family) = self.document.as_ref().map(|document| document.family) else {
            self.begin(&tag, ns, &local);
            return Ok(());
        };
        let role = vocabulary::role(family, ns, &local);
        // Entries beyond the limit are counted and not read.
        let full = self.document.as_ref().is_some_and(Document::is_full);
        if full && role != Some(Role::Entry) {
            return Ok(());
        }
        if let Some(capture) = &mut self.capture {
            if self.balanced || !capture.ends_with(role, ns, &local, &tag) {
                capture.open(tag, self.balanced);
                return if capture.too_deep {
                    Err(self.too_deep())
                } else {
                    Ok(())
                };
            }
            self.unclosed = true;
            self.end_field()?;
        }
        if let Some(opaque) = &mut self.opaque {
            if self.balanced || !matches!(role, Some(Role::Entry | Role::Channel)) {
                opaque.depth +=
                    usize::from(!tag.empty && (self.balanced || opaque.name == tag.name));
                return Ok(());
            }
            self.opaque = None;
        }
        self.element(role, tag)
    }

    /// The root, or an entry without one; elements of these names that have no fields are menus.
    fn begin(&mut self, tag: &Tag<'a>, ns: Ns, local: &str) {
        let alone = || !tag.empty && attributes::find(tag.attributes, "href").is_none();
        let family = match (ns, local) {
            (Ns::Main | Ns::Atom | Ns::Rss, "entry") if alone() => Some(Family::Atom),
            (Ns::Main | Ns::Atom | Ns::Rss, "item") if alone() => Some(Family::Rss),
            (Ns::Main | Ns::Rss, "channel") => Some(Family::Rss),
            _ => vocabulary::root(local),
        };
        let Some(family) = family else { return };
        if ns == Ns::Foreign {
            self.names.adopt(tag.name, true);
        }
        let document = self.document.insert(Document::new(family, self.limits));
        document.inherit(tag);
        if matches!(local, "entry" | "item") {
            document.begin_entry(tag);
        }
    }

    fn element(&mut self, role: Option<Role>, tag: Tag<'a>) -> Result<(), ParseFailure> {
        let Some(document) = &mut self.document else {
            return Ok(());
        };
        self.fields = self.fields.saturating_add(usize::from(document.in_entry()));
        self.limits.check_fields(self.fields)?;
        if !tag.empty && !matches!(role, Some(Role::Attributes(_))) {
            self.depth = self.depth.saturating_add(1);
        }
        match role {
            Some(Role::Root(_) | Role::Channel) => document.inherit(&tag),
            Some(Role::Entry) => {
                self.unclosed |= document.in_entry();
                (self.depth, self.fields) = (0, 0);
                document.begin_entry(&tag);
                document.count(0)?;
            }
            Some(Role::Opaque) => self.begin_opaque(&tag),
            // What an unknown element holds is its own, if we can tell where it ends.
            None if self.balanced && document.in_entry() => self.begin_opaque(&tag),
            Some(Role::Person) => self.begin_field("person", Length::Short, &tag),
            // Atom's way of saying it, in RSS.
            Some(Role::Text("link", _)) if attributes::find(tag.attributes, "href").is_some() => {
                document.part().attributes("atom:link", &tag);
            }
            Some(Role::Text(out, length)) => self.begin_field(out, length, &tag),
            Some(Role::Attributes(out)) => self.attributes(out, &tag),
            Some(Role::Transparent) | None => {}
        }
        if self.depth > self.limits.max_depth {
            Err(self.too_deep())
        } else {
            Ok(())
        }
    }

    fn begin_opaque(&mut self, tag: &Tag<'a>) {
        if !tag.empty {
            let is_image = tag.name.eq_ignore_ascii_case("image");
            self.opaque = Some(Opaque {
                name: tag.name,
                depth: 0,
                is_image,
            });
        }
    }

    /// An element of attributes; in Atom some of them come as texts.
    fn attributes(&mut self, out: &'static str, tag: &Tag<'a>) {
        let needs = match out {
            "link" => Some("href"),
            "category" => Some("term"),
            _ => None,
        };
        let lacks = needs.is_some_and(|name| attributes::find(tag.attributes, name).is_none());
        if lacks {
            self.begin_field(out, Length::Short, tag);
        } else if let Some(document) = &mut self.document {
            document.part().attributes(out, tag);
        }
    }

    fn begin_field(&mut self, out: &'static str, length: Length, tag: &Tag<'a>) {
        let Some(document) = &mut self.document else {
            return;
        };
        if out == "content" {
            document.part().elsewhere(tag);
        }
        if !tag.empty {
            let declared = field::declared(document.family, out, length, tag.attributes);
            self.capture = Some(Capture::new(
                tag.name,
                out,
                length,
                declared,
                tag.attributes,
            ));
        }
    }

    fn end_field(&mut self) -> Result<(), ParseFailure> {
        self.depth = self.depth.saturating_sub(1);
        let (Some(capture), Some(document)) = (self.capture.take(), &mut self.document) else {
            return Ok(());
        };
        // The persons of an RSS channel are not those of its entries.
        if capture.out == "person" && !document.in_entry() && document.family != Family::Atom {
            return Ok(());
        }
        let (mut text, form) = capture.read(&mut self.entities);
        if capture.length == Length::Short {
            text.truncate(text.floor_char_boundary(MAX_SHORT_BYTES));
        }
        document.count(text.len())?;
        let family = document.family;
        document.part().field(family, &capture, &text, form);
        Ok(())
    }

    fn close(&mut self, name: &'a str) -> Result<(), ParseFailure> {
        let Some(family) = self.document.as_ref().map(|document| document.family) else {
            return Ok(());
        };
        let (ns, local) = self.names.of_name(name);
        let local = names::lower(local);
        let role = vocabulary::role(family, ns, &local);
        let container = matches!(role, Some(Role::Entry | Role::Channel | Role::Root(_)));
        if let Some(capture) = &mut self.capture {
            let own = name.eq_ignore_ascii_case(capture.name);
            let literal = if self.balanced {
                capture.nested()
            } else {
                capture.holds(name) || (!own && role.is_none() && html::is_element(&local))
            };
            if literal {
                let closed = capture.close(name);
                self.strays = self.strays.saturating_add(usize::from(!closed));
                return Ok(());
            }
            self.unclosed |= !own;
            self.end_field()?;
        } else if self.opaque.is_some() {
            self.close_opaque(name, container);
        } else {
            self.depth = self.depth.saturating_sub(1);
        }
        if container && self.opaque.is_none() {
            match (&mut self.document, role) {
                (Some(document), Some(Role::Entry)) => document.end_entry(),
                (Some(document), role) => document.end(matches!(role, Some(Role::Root(_)))),
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn close_opaque(&mut self, name: &str, container: bool) {
        let Some(opaque) = &mut self.opaque else {
            return;
        };
        let own = self.balanced || opaque.name == name;
        if own && opaque.depth > 0 {
            opaque.depth -= 1;
        } else if own || container {
            self.opaque = None;
            self.depth = self.depth.saturating_sub(1);
        }
    }

    fn too_deep(&self) -> ParseFailure {
        ParseFailure::new(
            FailureKind::TooDeep,
            format!("more than {} open elements", self.limits.max_depth),
        )
    }
}

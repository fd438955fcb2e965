//! One walk over the tokens of a document.

use super::super::markup::names::Names;
use super::super::markup::{Tag, Token, Tokens, attributes};
use super::super::vocabulary::{self, Family, Length, Ns, Role};
use super::super::{Limits, ParseFailure, html, links};
use super::capture::{Capture, Declared, Entities};
use super::field::{self, Part};
use super::{Repaired, writer};
use crate::model::FailureKind;

/// Attributes of the root, of `channel` and of entries that are kept.
const INHERITED: &[&str] = &["xml:base", "xml:lang", "rdf:about"];

/// Entities a document may declare, and the longest value of one in bytes.
const MAX_ENTITIES: usize = 256;
const MAX_ENTITY_BYTES: usize = 1024;

/// What is kept of a field that is not a body.
const MAX_SHORT_BYTES: usize = 64 << 10;

/// Times the longest document that a repaired one may have: escaping a `&` makes five bytes of one.
const MAX_GROWTH: usize = 3;

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
        family: None,
        names: Names::default(),
        entities: Entities::default(),
        capture: None,
        opaque: None,
        root: Vec::new(),
        head: Part::default(),
        entry: None,
        entries: Vec::new(),
        depth: 0,
        tokens_seen: 0,
        seen: 0,
        written: 0,
        lost: 0,
        unclosed: false,
    };
    walk.run()?;
    walk.finish()
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
    family: Option<Family>,
    names: Names<'a>,
    entities: Entities<'a>,
    capture: Option<Capture<'a>>,
    opaque: Option<Opaque<'a>>,
    /// Attributes of the root and of `channel`.
    root: Vec<(&'static str, String)>,
    head: Part,
    entry: Option<Part>,
    entries: Vec<String>,
    depth: usize,
    tokens_seen: usize,
    /// Entries begun.
    seen: usize,
    /// Bytes of fields written.
    written: usize,
    lost: usize,
    unclosed: bool,
}

impl<'a> Walk<'a> {
    fn run(&mut self) -> Result<(), ParseFailure> {
        while let Some(token) = self
            .tokens
            .next(self.capture.as_ref().map(|capture| capture.name))
        {
            self.count()?;
            match token {
                Token::Open(tag) => self.open(tag)?,
                Token::Close(name) => self.close(name)?,
                Token::Text(text) => self.text(text),
                Token::Cdata(text) => match &mut self.capture {
                    Some(capture) => capture.cdata(text),
                    None => self.text(text),
                },
                Token::Doctype(text) => self.doctype(text),
                Token::Instruction(_) => {}
            }
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), ParseFailure> {
        self.tokens_seen = self.tokens_seen.saturating_add(1);
        // An element is three tokens: it opens, it has a text, it closes.
        if self.tokens_seen / 3 > self.limits.max_elements || self.seen > self.limits.absurd_entries
        {
            return Err(ParseFailure::new(
                FailureKind::TooManyEntries,
                "more elements than any feed has",
            ));
        }
        if self.written > self.limits.max_bytes.saturating_mul(MAX_GROWTH) {
            return Err(ParseFailure::new(
                FailureKind::TooLarge,
                "too much to escape",
            ));
        }
        Ok(())
    }

    fn text(&mut self, text: &'a str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
        } else if let Some(entry) = &mut self.entry
            && self.opaque.as_ref().is_some_and(|opaque| opaque.is_image)
            && links::is_http(text)
        {
            writer::empty(&mut entry.out, "media:thumbnail", &[("url", text.trim())]);
        }
    }

    fn open(&mut self, tag: Tag<'a>) -> Result<(), ParseFailure> {
        let (ns, local) = self.names.of_tag(&tag, 0);
        let local = local.to_ascii_lowercase();
        let Some(family) = self.family else {
            self.begin(&tag, ns, &local);
            return Ok(());
        };
        let role = vocabulary::role(family, ns, &local);
        if let Some(capture) = &mut self.capture {
            if self.balanced || !ends_field(capture, role, ns, &local, &tag) {
                capture.open(tag.name, tag.raw, tag.empty, self.balanced);
                return if capture.too_deep {
                    Err(too_deep(self.limits.max_depth))
                } else {
                    Ok(())
                };
            }
            self.unclosed = true;
            self.end_field()?;
        }
        if let Some(opaque) = &mut self.opaque {
            let strong = matches!(role, Some(Role::Entry | Role::Channel)) && !self.balanced;
            if !strong {
                opaque.depth +=
                    usize::from(!tag.empty && (self.balanced || opaque.name == tag.name));
                return Ok(());
            }
            self.opaque = None;
        }
        self.element(family, role, tag)
    }

    /// The root: nothing before it counts.
    fn begin(&mut self, tag: &Tag<'a>, ns: Ns, local: &str) {
        self.family = match (ns, local) {
            (Ns::Main | Ns::Atom | Ns::Rss, "entry") => Some(Family::Atom),
            (Ns::Main | Ns::Atom | Ns::Rss, "item" | "channel") => Some(Family::Rss),
            _ => vocabulary::root(local),
        };
        if self.family.is_some() && ns == Ns::Foreign {
            self.names.adopt(tag.name);
        }
        self.keep_attributes(tag);
        if local == "entry" || local == "item" {
            self.begin_entry(tag);
        }
    }

    fn keep_attributes(&mut self, tag: &Tag<'a>) {
        for (name, value) in inherited(tag) {
            if name != "rdf:about" && !self.root.iter().any(|(known, _)| *known == name) {
                self.root.push((name, value));
            }
        }
    }

    fn begin_entry(&mut self, tag: &Tag<'a>) {
        let family = self.family.unwrap_or(Family::Rss);
        let mut part = Part::default();
        let attributes = inherited(tag);
        let attributes: Vec<(&str, &str)> = attributes
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        writer::start(&mut part.out, writer::entry(family), &attributes);
        part.out.push('>');
        if let Some(href) =
            attributes::find(tag.attributes, "href").filter(|_| family == Family::Rss)
        {
            writer::element(&mut part.out, "link", &[], &href);
        }
        self.depth = 0;
        self.seen = self.seen.saturating_add(1);
        self.entry = Some(part);
        if tag.empty {
            self.end_entry();
        }
    }

    fn element(
        &mut self,
        family: Family,
        role: Option<Role>,
        tag: Tag<'a>,
    ) -> Result<(), ParseFailure> {
        if !tag.empty && !matches!(role, Some(Role::Attributes(_))) {
            self.depth = self.depth.saturating_add(1);
            if self.depth > self.limits.max_depth {
                return Err(too_deep(self.limits.max_depth));
            }
        }
        match role {
            Some(Role::Root(_) | Role::Channel) => self.keep_attributes(&tag),
            Some(Role::Entry) => {
                self.unclosed |= self.entry.is_some();
                self.end_entry();
                self.begin_entry(&tag);
            }
            // What an unknown element holds is its own, if we can tell where it ends.
            Some(Role::Opaque) if !tag.empty => self.begin_opaque(&tag),
            None if !tag.empty && self.balanced && self.entry.is_some() => self.begin_opaque(&tag),
            Some(Role::Person) => self.begin_field("person", Length::Short, &tag),
            Some(Role::Text(out, length)) => self.text_field(family, out, length, &tag),
            Some(Role::Attributes(out)) => self.attributes_field(out, &tag),
            Some(Role::Opaque | Role::Transparent) | None => {}
        }
        Ok(())
    }

    fn begin_opaque(&mut self, tag: &Tag<'a>) {
        let is_image = tag.name.eq_ignore_ascii_case("image");
        self.opaque = Some(Opaque {
            name: tag.name,
            depth: 0,
            is_image,
        });
    }

    fn text_field(&mut self, family: Family, out: &'static str, length: Length, tag: &Tag<'a>) {
        // Atom's way of saying it, in RSS.
        if out == "link"
            && family == Family::Rss
            && attributes::find(tag.attributes, "href").is_some()
        {
            self.attributes_field("atom:link", tag);
        } else {
            self.begin_field(out, length, tag);
        }
    }

    fn attributes_field(&mut self, out: &'static str, tag: &Tag<'a>) {
        let needs = match out {
            "link" => "href",
            "category" => "term",
            _ => "",
        };
        if !needs.is_empty() && !tag.empty && attributes::find(tag.attributes, needs).is_none() {
            self.begin_field(out, Length::Short, tag);
            return;
        }
        self.part().attributes(out, tag);
    }

    fn part(&mut self) -> &mut Part {
        self.entry.as_mut().unwrap_or(&mut self.head)
    }

    fn begin_field(&mut self, out: &'static str, length: Length, tag: &Tag<'a>) {
        // Content that is elsewhere (RFC 4287 §4.1.3.2) is a file.
        if out == "content"
            && let Some(href) = attributes::find(tag.attributes, "src")
        {
            let kind = attributes::find(tag.attributes, "type").unwrap_or_default();
            let attributes = [
                ("rel", "enclosure"),
                ("href", href.as_ref()),
                ("type", kind.as_ref()),
            ];
            writer::empty(&mut self.part().out, "link", &attributes);
        }
        if tag.empty {
            return;
        }
        let family = self.family.unwrap_or(Family::Rss);
        let declared = field::declared(family, out, length, tag.attributes);
        self.capture = Some(Capture::new(
            tag.name,
            out,
            length,
            declared,
            tag.attributes,
        ));
    }

    fn end_field(&mut self) -> Result<(), ParseFailure> {
        self.depth = self.depth.saturating_sub(1);
        let Some(capture) = self.capture.take() else {
            return Ok(());
        };
        let family = self.family.unwrap_or(Family::Rss);
        // The persons of an RSS channel are not those of its entries.
        if capture.out == "person" && self.entry.is_none() && family != Family::Atom {
            return Ok(());
        }
        let (out, length, attributes, declared) = (
            capture.out,
            capture.length,
            capture.attributes,
            capture.declared,
        );
        let name = capture.name;
        let (mut text, form) = capture.finish(&mut self.entities);
        if declared == Declared::Base64 {
            text = field::base64(&text).unwrap_or(text);
        }
        if length == Length::Short {
            text.truncate(text.floor_char_boundary(MAX_SHORT_BYTES));
        }
        self.written = self.written.saturating_add(text.len());
        let field = Capture::new(name, out, length, declared, attributes);
        self.part().field(family, &field, &text, form);
        Ok(())
    }

    fn close(&mut self, name: &'a str) -> Result<(), ParseFailure> {
        let Some(family) = self.family else {
            return Ok(());
        };
        let (ns, local) = self.names.of_name(name);
        let local = local.to_ascii_lowercase();
        let role = vocabulary::role(family, ns, &local);
        let container = matches!(role, Some(Role::Entry | Role::Channel | Role::Root(_)));
        if let Some(capture) = &mut self.capture {
            let own = name.eq_ignore_ascii_case(capture.name);
            let literal = if self.balanced {
                capture.nested()
            } else {
                capture.holds(name)
                    || (!own && !container && role.is_none() && html::is_element(&local))
            };
            if literal {
                capture.close(name);
                return Ok(());
            }
            self.unclosed |= !own;
            self.end_field()?;
            if !container {
                return Ok(());
            }
        }
        if let Some(opaque) = &mut self.opaque {
            let own = self.balanced || opaque.name == name;
            if own && opaque.depth > 0 {
                opaque.depth -= 1;
            } else if own || container {
                self.opaque = None;
                self.depth = self.depth.saturating_sub(1);
            }
            if !container || self.opaque.is_some() {
                return Ok(());
            }
        }
        self.depth = self.depth.saturating_sub(1);
        if container {
            self.end_entry();
        }
        Ok(())
    }

    fn end_entry(&mut self) {
        let Some(mut entry) = self.entry.take() else {
            return;
        };
        if self.entries.len() >= self.limits.max_entries {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        writer::end(
            &mut entry.out,
            writer::entry(self.family.unwrap_or(Family::Rss)),
        );
        self.entries.push(entry.out);
    }

    /// The document's own entities, as far as they are texts; external ones are not loaded.
    fn doctype(&mut self, text: &'a str) {
        for declaration in text.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
            let declaration = declaration.trim_start();
            let Some((name, rest)) = declaration.split_once(char::is_whitespace) else {
                continue;
            };
            let rest = rest.trim_start();
            let value = ['"', '\'']
                .into_iter()
                .find_map(|quote| rest.strip_prefix(quote)?.split_once(quote));
            if let Some((value, _)) = value.filter(|(value, _)| value.len() <= MAX_ENTITY_BYTES) {
                self.entities
                    .declared
                    .insert(name, super::super::entities::decode(value).into_owned());
            }
        }
    }

    fn finish(mut self) -> Result<Repaired, ParseFailure> {
        let Some(family) = self.family else {
            return Err(ParseFailure::new(
                FailureKind::NotAFeed,
                "no element of a feed",
            ));
        };
        let mut repaired = Vec::new();
        let truncated = self.capture.take().is_some() || self.entry.is_some() || self.tokens.cut;
        if self.entry.is_some() {
            if self.entries.is_empty() && self.entry.as_ref().is_some_and(Part::says_something) {
                self.end_entry();
            } else {
                self.lost = self.lost.saturating_add(1);
            }
        }
        if truncated && self.entries.is_empty() {
            return Err(ParseFailure::new(
                FailureKind::Malformed,
                "breaks off before an entry is whole",
            ));
        }
        for (needed, token) in [
            (truncated, "truncated"),
            (self.unclosed || self.tokens.guessed, "markup"),
            (
                self.entries.len() >= self.limits.max_entries && self.lost > 0,
                "capped",
            ),
        ] {
            if needed {
                repaired.push(token);
            }
        }
        let attributes: Vec<(&str, &str)> = self
            .root
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut head = writer::head(family, &attributes);
        head.push_str(&self.head.out);
        Ok(Repaired {
            family,
            head,
            entries: self.entries,
            lost: self.lost,
            repaired,
        })
    }
}

fn too_deep(limit: usize) -> ParseFailure {
    ParseFailure::new(
        FailureKind::TooDeep,
        format!("more than {limit} open elements"),
    )
}

fn inherited(tag: &Tag<'_>) -> Vec<(&'static str, String)> {
    if !tag.attributes.contains(':') {
        return Vec::new();
    }
    let kept = |name: &str| {
        INHERITED
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .copied()
    };
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in attributes::iter(tag.attributes) {
        if let Some(name) = kept(name)
            && !found.iter().any(|(known, _)| *known == name)
        {
            found.push((name, value.into_owned()));
        }
    }
    found
}

/// Whether a tag within a field that may not be closed is the beginning of the next one.
fn ends_field(
    capture: &Capture<'_>,
    role: Option<Role>,
    ns: Ns,
    local: &str,
    tag: &Tag<'_>,
) -> bool {
    let Some(role) = role else { return false };
    if matches!(role, Role::Entry | Role::Channel | Role::Root(_)) {
        return true;
    }
    if capture.out == "person" && matches!(local, "name" | "email" | "uri" | "url") {
        return false;
    }
    if ns == Ns::Xhtml || html::is_element(local) {
        return false;
    }
    // Names that HTML has as well.
    let shared = matches!(
        local,
        "title" | "link" | "summary" | "source" | "image" | "content" | "url" | "id"
    );
    if !shared || capture.length == Length::Short {
        return true;
    }
    let styles = attributes::find(tag.attributes, "rel")
        .is_some_and(|rel| rel.contains("style") || rel.contains("icon"));
    !capture.nested() && !styles && capture.declared != Declared::Xhtml
}

//! Which namespace a name belongs to, in documents that may have forgotten to say.

use std::borrow::Cow;

use super::super::vocabulary::{KNOWN, Ns};
use super::{Tag, attributes};

/// Prefixes that are remembered at a time.
const MAX_PREFIXES: usize = 128;

/// What the document has bound.
#[derive(Debug, Default)]
pub(in crate::feed) struct Names<'a> {
    bound: Vec<Binding<'a>>,
    /// A namespace went by another address than feed-rs knows, or a prefix by no address at all.
    pub guessed: bool,
}

/// A name in lower case, which most are anyway.
pub(in crate::feed) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

#[derive(Debug)]
struct Binding<'a> {
    prefix: &'a str,
    ns: Ns,
    depth: usize,
}

impl<'a> Names<'a> {
    /// The namespace of a tag and its name without prefix, as written.
    pub fn of_tag(&mut self, tag: &Tag<'a>, depth: usize) -> (Ns, &'a str) {
        let mut own = None;
        if tag.attributes.len() > "xmlns=".len() && tag.attributes.contains("xmlns") {
            for (name, uri) in attributes::iter(tag.attributes) {
                let Some(prefix) = name.strip_prefix("xmlns") else {
                    continue;
                };
                let ns = Ns::of_uri(&uri);
                let exact = KNOWN.iter().any(|(_, known, _)| *known == uri);
                self.guessed |= ns.is_some() && !exact;
                match prefix.strip_prefix(':') {
                    None => own = Some((ns, uri.is_empty())),
                    Some(prefix) => self.bind(prefix, ns, depth),
                }
            }
        }
        let (ns, local) = self.of_name(tag.name);
        // Without a prefix a name is the root's, unless the tag itself says that it is a module's.
        match own {
            Some((own, _)) if ns == Ns::Main && own.is_some_and(|own| own != Ns::Rss) => {
                (own.unwrap_or(ns), local)
            }
            Some((None, false)) if ns == Ns::Main => {
                self.guessed = true;
                (ns, local)
            }
            _ => (ns, local),
        }
    }

    fn bind(&mut self, prefix: &'a str, ns: Option<Ns>, depth: usize) {
        let conventional = Ns::of_prefix(prefix);
        self.guessed |=
            (ns.is_none() && conventional.is_some()) || self.bound.len() >= MAX_PREFIXES;
        if self.bound.len() < MAX_PREFIXES {
            self.bound.push(Binding {
                prefix,
                ns: ns.or(conventional).unwrap_or(Ns::Foreign),
                depth,
            });
        }
    }

    /// The same for a name alone.
    pub fn of_name(&mut self, name: &'a str) -> (Ns, &'a str) {
        let Some((prefix, local)) = name.split_once(':') else {
            return (Ns::Main, name);
        };
        if let Some(binding) = self
            .bound
            .iter()
            .rev()
            .find(|binding| binding.prefix == prefix)
        {
            return (binding.ns, local);
        }
        let ns = Ns::of_prefix(prefix);
        self.guessed |= ns != Some(Ns::Xml);
        (ns.unwrap_or(Ns::Foreign), local)
    }

    /// Takes the prefix of a name for the root's own; `foreign` says that it may be declared as another's.
    pub fn adopt(&mut self, name: &'a str, foreign: bool) {
        if let Some((prefix, _)) = name.split_once(':')
            && self
                .bound
                .iter()
                .all(|binding| binding.prefix != prefix || (foreign && binding.ns == Ns::Foreign))
        {
            self.bound.push(Binding {
                prefix,
                ns: Ns::Main,
                depth: 0,
            });
        }
    }

    /// Forgets what was bound deeper than `depth`.
    pub fn leave(&mut self, depth: usize) {
        while self
            .bound
            .last()
            .is_some_and(|binding| binding.depth > depth)
        {
            self.bound.pop();
        }
    }
}

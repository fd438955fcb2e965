//! Which namespace a name belongs to, in documents that may have forgotten to say.

use std::collections::HashMap;

use super::super::vocabulary::Ns;
use super::attributes;
use super::token::Tag;

/// Prefixes that are remembered.
const MAX_PREFIXES: usize = 256;

/// What the document has bound so far. Scopes are not kept: no feed binds a prefix to two things.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    bound: HashMap<&'a str, Ns>,
}

impl<'a> Names<'a> {
    /// The namespace of a tag and its name without prefix, lower case.
    pub fn of_tag(&mut self, tag: &Tag<'a>) -> (Ns, String) {
        let mut own = None;
        if tag.attributes.contains("xmlns") {
            for (name, uri) in attributes::iter(tag.attributes) {
                if name == "xmlns" {
                    own = Ns::of_uri(&uri);
                } else if let Some(prefix) = name.strip_prefix("xmlns:")
                    && self.bound.len() < MAX_PREFIXES
                {
                    let ns = Ns::of_uri(&uri)
                        .or_else(|| Ns::of_prefix(prefix))
                        .unwrap_or(Ns::Foreign);
                    self.bound.insert(prefix, ns);
                }
            }
        }
        let (ns, local) = self.of_name(tag.name);
        // Without a prefix a name is the root's, unless the tag itself says that it is a module's.
        match own {
            Some(own) if ns == Ns::Main => (own, local),
            _ => (ns, local),
        }
    }

    /// The same for a name alone.
    pub fn of_name(&self, name: &str) -> (Ns, String) {
        let Some((prefix, local)) = name.split_once(':') else {
            return (Ns::Main, name.to_ascii_lowercase());
        };
        let ns = self
            .bound
            .get(prefix)
            .copied()
            .or_else(|| Ns::of_prefix(prefix))
            .unwrap_or(Ns::Foreign);
        (ns, local.to_ascii_lowercase())
    }
}

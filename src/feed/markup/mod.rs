//! Markup as it comes: tokens, attributes, names with their namespaces.
//!
//! Three readers that accept everything, say when they had to guess, and take time linear in the
//! text. The survey asks whether they had to guess; the repair relies on their guesses; discovery
//! reads pages of HTML with them. They judge nothing and know nothing of feeds.

pub(super) mod attributes;
mod guess;
pub(super) mod names;
mod token;
pub(super) mod xhtml;

pub(super) use token::{Tag, Token, Tokens};

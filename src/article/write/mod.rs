//! From kept blocks to words: plain text and markdown.
//!
//! For: what is stored. Both forms come from the same layout, so that they say the
//! same thing in the same order.
//!
//! Never: decides what is kept; never writes raw HTML, a relative link, a `javascript:`
//! address, a control character or a bidirectional override.
//!
//! Fails: never. Nothing kept is an empty text.

mod images;
mod inline;
mod layout;
mod markdown;
mod plain;

pub use markdown::markdown;
pub use plain::plain;

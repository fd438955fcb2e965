//! A page, flattened: elements and text in document order, cut into blocks.
//!
//! For: giving every judge the same cheap view of the page. One iterative walk
//! over the tree makes an array in which a subtree is a range, so that sums over
//! subtrees are prefix sums and nothing is ever selected twice.
//!
//! Never: decides what is article. Scripts, styles, form controls and embedded
//! documents are left out here because they hold no prose; everything that a
//! reader could see stays, hidden or not, with a mark.
//!
//! Fails: never. A page without text is a page with no blocks.

pub mod block;
pub mod hints;
pub mod node;
pub mod sums;
pub mod tag;
pub mod text;

pub use block::Block;
pub use hints::Hints;
pub use node::Page;
pub use sums::{Sums, Tally};
pub use tag::Tag;

//! Is this article one that we have already?
//!
//! Two questions, both answered by pure functions. *The address*: [`url_key`] turns
//! every spelling of an article's URL into one key, [`unwrap`] takes it out of link
//! shims, and [`judge_canonical`] decides whether a page's `rel=canonical` may be
//! believed. *The text*: [`Prepared`] is a text made ready for comparison, its
//! [`Fingerprint`](crate::model::Fingerprint) is stored with the article, a [`Window`]
//! over the fingerprints of the last days proposes candidates, and [`judge()`] compares.
//!
//! Whoever keeps the articles goes through these steps for each new one, without
//! anything in between:
//!
//! 1. [`Prepared::new`] of its text, once: the fingerprint comes from it too;
//! 2. the newest article with the same `exact` as a [`Twin`]: [`judge_exact`];
//! 3. if that was none, [`Window::neighbours`] of its sketch and [`Neighbours::judge`], with
//!    their texts from the [`Shelf`] or prepared anew;
//! 4. [`Window::insert`] under the cluster it joined, or under its own id.
//!
//! What it never does: merge two clusters. An article joins the cluster of its one
//! best match, so a reader's cluster changes only by growing. A title is never
//! evidence: different articles share titles, copies are given new ones.
//!
//! How it fails: toward two. A copy that was rewritten, or of which less than half is
//! left, stays an article of its own; losing one is the worse mistake. Texts of a few
//! words are never duplicates. `docs/duplicates.md` has the measurements.
//!
//! Sketches on disk belong to an [`ALGORITHM_VERSION`]; sketches of another version
//! are made anew from the stored texts.

mod block;
mod boilerplate;
mod canonical;
mod evidence;
mod hash;
mod hashes;
mod identity;
mod judge;
mod neighbours;
mod noise;
mod normalise;
mod prepared;
mod rules;
mod shelf;
mod sketch;
mod tokens;
mod url;
mod window;

pub use canonical::{Canonical, judge_canonical, judge_canonicals};
pub use evidence::Evidence;
pub use identity::{Claims, Identity, identify};
pub use judge::{Candidate, Judgement, Twin, judge, judge_exact};
pub use neighbours::{Neighbour, Neighbours};
pub use noise::is_noise;
pub use prepared::{Prepared, SKETCH_HASHES, fingerprint};
pub use rules::{Ground, Rules};
pub use shelf::Shelf;
pub use url::{MAX_URL_BYTES, site, unwrap, url_key};
pub use window::{Limits, Window};

/// Version of everything that a sketch depends on: normalisation, tokens, shingles and
/// hashes. A stored sketch of another version cannot be compared with today's.
pub const ALGORITHM_VERSION: u32 = 1;

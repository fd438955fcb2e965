//! duplicates
mod block;
mod canonical;
mod hash;
mod identity;
mod judge;
mod normalise;
mod prepared;
mod tokens;
pub mod url;
mod window;
pub use canonical::{Canonical, QUARANTINE_TEXTS, judge_canonical, judge_canonicals};
pub use identity::{Identity, identify};
pub use judge::{Candidate, Evidence, Judgement, Rules, judge};
pub use prepared::{Prepared, SKETCH_HASHES, fingerprint};
pub use url::{MAX_URL_BYTES, site, unwrap, url_key};
pub use window::{Limits, Window};
/// Version of the fingerprint and the judge: sketches of another version are made anew.
pub const ALGORITHM_VERSION: u32 = 1;

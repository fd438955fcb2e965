//! Configuration: files, environment and flags become checked settings, or a list
//! of everything that is wrong with them.
//!
//! In two steps: [`document`] reads each document into the settings of the rooms,
//! value by value, noting every fault with its line; [`load()`] puts files, includes,
//! environment and flags together in that order and checks what can only be checked
//! as a whole. A configuration with a problem is not used at all.
//!
//! Only `cli` and `daemon` know this folder. Each room has its own settings; the
//! defaults are the rooms' own, and `config/feedmill.example.toml` shows them all.

mod document;
mod feeds;
mod hint;
mod listed;
mod load;
pub mod outline;
mod pieces;
mod problem;
mod section;
mod settings;
mod store;
pub mod units;
mod websub;

pub use document::quoted;
pub use feeds::url_fault;
pub use listed::asked_at;
pub use load::{Sources, load};
pub use problem::{Problem, Problems};
pub use settings::{
    Articles, Checkpoint, Config, Feed, FeedSettings, FullText, Keep, Log, Robots, Store, WebSub,
};

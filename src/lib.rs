//! feedmill: a list of RSS, Atom and JSON feeds becomes one `SQLite` file of clean, deduplicated articles.
//!
//! ARCHITECTURE.md draws the house; every folder opens with what it is for.

pub mod article;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod dedupe;
pub mod feed;
pub mod fetch;
pub mod model;
pub mod schedule;
pub mod store;

//! The program as its users meet it: the real binary, real HTTP on loopback, real SQLite.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::format_collect,
    reason = "tests"
)]
#![allow(clippy::unreadable_literal)]

mod backups;
mod contract;
mod duplicates;
mod etiquette;
mod events;
mod faults;
mod files;
mod following;
mod hostile;
mod kills;
mod once;
mod parts;
mod polling;
mod raw;
mod recipes;
mod refusals;
mod retention;
mod robots;
mod service;
mod settings;
mod sites;
mod support;
mod survival;
mod upgrade;

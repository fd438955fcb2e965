pub mod model;
pub mod schedule;
pub mod store;

//! Claims about the warehouse, each on its own node in a temporary folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop where it is"
)]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod catalogue;
mod connect;
mod corpora;
mod door;
mod door_limits;
mod engine;
mod grading;
mod lake_places;
mod maintenance;
mod masks;
mod matching;
mod matching_real;
mod memory;
mod models;
mod node;
mod own_models;
mod products;
mod quality;
mod registers;
mod retention;
mod search;

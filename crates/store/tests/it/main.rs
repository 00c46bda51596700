//! The store, on both engines where both are there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod access;
mod audit;
mod catalogue;
mod connector;
mod copy;
mod corpus;
mod crypto;
mod database;
mod frozen;
mod grading;
mod lineage_event;
mod matching;
mod opening;
mod people;
mod quality;
mod registers;
mod released;
mod runs;
mod sums;
mod transactions;

//! The drill: back up, change, back up, lose everything, come back to each moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod damage;
mod drill;
mod mirror;
mod node;
mod postgres;
mod prune;
mod spools;

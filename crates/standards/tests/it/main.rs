//! Standards and master data through the public interface.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod elements;
mod enterprises;
mod lists;
mod products;
mod shared;

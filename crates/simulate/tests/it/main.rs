//! What a simulated province holds, read from its files as anybody else reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod determinism;
mod distribution;
mod folder;
mod identity;
mod load;
mod mapping;
mod scale;
mod truth;

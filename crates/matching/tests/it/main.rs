//! Matching through the public interface: small lists by hand, generated ones, and real data where it is present.
// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod data;
mod febrl;
mod firms;
mod golden;
mod labelled;
mod model;

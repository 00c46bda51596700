//! Search through its public interface.
// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod corpus;
mod folder;
mod odd;
mod relevance;
mod rights;

//! Lineage through the public interface: statements of six dialects, events, and texts that mean nothing.
// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

mod corpus;
mod hostile;
mod openlineage;

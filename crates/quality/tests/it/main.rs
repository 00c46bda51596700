//! The crate through its public API.
// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp, missing_docs)]

mod golden;
mod naive;
mod proposals;

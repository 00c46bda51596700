//! Recognition measured on labelled samples.
// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::disallowed_methods)]

mod quality;
mod real;
mod robust;

//! Corpora through the public interface.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests stop the test that uses them, and say what was skipped"
)]

mod build;
mod files;
mod laws;
mod near;
mod ocr;
mod pdf;

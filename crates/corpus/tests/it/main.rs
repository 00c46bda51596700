//! Corpora through the public interface.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test that uses them")]

mod build;
mod files;
mod laws;
mod near;

//! Claims about the chain's mathematics.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![allow(clippy::float_cmp, reason = "claims about exact values")]

mod contagion;
mod graph;
mod plain_files;
mod real_data;

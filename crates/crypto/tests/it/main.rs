//! The published vectors of each standard and what must be refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "in tests a panic is the report"
)]

mod attacks;
mod keys;
mod vectors;

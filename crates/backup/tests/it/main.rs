//! The drill: back up, change, back up, lose everything, come back to each moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in tests a panic is the report"
)]

mod damage;
mod drill;
mod node;
mod prune;

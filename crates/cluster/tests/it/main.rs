//! Claims about a cluster: a scheduler and two executors, and a node whose SQL runs there.
//!
//! What the warehouse claims of its door and its masks is claimed here again, by the same tests, of the cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop where it is"
)]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

#[path = "../../../warehouse/tests/it/door.rs"]
mod door;
mod engine;
mod failures;
#[path = "../../../warehouse/tests/it/masks.rs"]
mod masks;
mod members;
#[allow(dead_code, reason = "the warehouse's tests use more of it")]
#[path = "../../../warehouse/tests/it/node.rs"]
mod node;
mod places;
mod same;
mod tpch;
mod tpch_data;

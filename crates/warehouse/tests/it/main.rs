//! Claims about the warehouse, each on its own node in a temporary folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop where it is")]

mod catalogue;
mod door;
mod door_limits;
mod models;
mod node;

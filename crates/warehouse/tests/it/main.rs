//! Claims about the warehouse, each on its own node in a temporary folder.

mod catalogue;
mod door;
mod door_limits;
mod models;
mod node;

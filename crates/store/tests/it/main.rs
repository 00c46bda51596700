//! The store, on both engines where both are there.

mod catalogue;
mod database;
mod opening;
mod people;
mod released;
mod runs;
mod transactions;

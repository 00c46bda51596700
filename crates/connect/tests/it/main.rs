//! Connectors against real servers and real folders.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests stop the test that uses them, and say what is skipped"
)]

mod folder;
mod http;
mod kafka;
mod mqtt;
mod mysql;
mod nats;
mod node;
mod pages;
mod postgres;
mod postgres_changes;
mod resume;
mod s3;
mod server;
mod site;
mod store;

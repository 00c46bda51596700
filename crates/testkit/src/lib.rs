//! A whole node in one process for integration tests: own temporary folder, port 0, accounts of every role.
//!
//! For tests only, so it panics where a test should stop.
//! Start reading at [`Node::start`]; [`Client`] talks to the node as a browser or a program would.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be built fails the test at once"
)]

mod authenticator;
mod client;
mod clock;
mod data;
mod node;
mod objects;
mod postgres;
mod register;

pub use authenticator::{Authenticator, Created, Key, Shown, base64url};
pub use client::{Client, Reply};
pub use clock::MovableClock;
pub use data::{FIRMS_CSV, FIRMS_MAPPING};
pub use node::{Node, ORGANISATION, OTHER_ORGANISATION, PASSWORD, Setup, generous};
pub use objects::{ACCESS_KEY_ID, BUCKET, ObjectServer, SECRET_ACCESS_KEY};
pub use postgres::PostgresDatabase;
pub use register::credit_code;

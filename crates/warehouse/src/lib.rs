//! Data in, governed, out: sources, mappings, Delta tables, the door, models, catalogue.
//!
//! Invariant: rows leave this crate only through [`Session`], and a session shows a party exactly what a grant allows;
//! `lake` is private, so no other path from a public function to a row exists.
//! Deliberately absent: HTTP, the chain graph, and any table that is not a Delta table with a catalogue entry.
//! Start reading at [`Warehouse`], then [`query`] for the way out and [`ingest`] for the way in.

#![expect(
    clippy::result_large_err,
    reason = "errors of the engine are large, and no hot path returns one per row"
)]

pub mod boundary;
pub mod catalogue;
mod checksum;
pub mod connect;
pub mod corpus;
mod decode;
pub mod delivery;
pub mod distributed;
mod engine;
mod error;
pub mod extract;
pub mod grading;
mod handle;
pub mod ingest;
mod lake;
pub mod lineage;
pub mod maintenance;
pub mod mapping;
pub mod matching;
pub mod model;
mod options;
pub mod product;
pub mod quality;
pub mod query;
pub mod registers;
pub mod retention;
pub mod search;
mod source;
pub mod standard;
pub mod terms;

pub use checksum::{Checksum, checksum};
pub use error::{Error, Result};
pub use handle::Warehouse;
pub use lake::check::FileCheck;
pub use lake::objects::{ObjectLake, ObjectPlace};
pub use options::Options;
pub use query::{QueryLimits, QueryStream, Reach, Session};

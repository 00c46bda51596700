//! The interface as its callers meet it: a whole node in a temporary folder, spoken to over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests stop the test that uses them, and connect to the node under test by hand"
)]

mod access;
mod audit;
mod audit_files;
mod compliance;
mod connectors;
mod corpora;
mod data;
mod data_products;
mod document;
mod exchange;
mod federation;
mod grading;
mod hardening;
mod impostor;
mod incidents;
mod lineage;
mod map;
mod mcp;
mod models;
mod node;
mod passkeys;
mod peers;
mod problems;
mod protection;
mod quality;
mod requests;
mod runs;
mod sample;
mod search;
mod session;
mod sql;
mod standards;
mod tenancy;
mod witness;

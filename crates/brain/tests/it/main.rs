//! The program as its users meet it: the built `brain`, temporary data folders, exit codes and what it prints.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests stop the test that uses them"
)]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod audit;
mod backup;
mod cli;
mod cluster;
mod commercial;
mod configuration;
mod corpus;
mod entity_match;
mod faults;
mod ingest;
mod kill_nine;
mod lake_on_objects;
mod model;
mod node;
mod register;
mod risk;
mod serve;
mod shared;
mod simulate;
mod standard;
mod standby;
mod status;
mod telemetry;

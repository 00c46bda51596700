//! The industry-chain graph and its mathematics.
//!
//! Invariant: pure functions of their inputs. No file, no clock, no network, no log; the day of reckoning is a
//! parameter and equal inputs give equal bits, whatever the number of threads.
//! Deliberately absent: any knowledge of tables, grants or HTTP. Callers build a graph from rows they may read.
//! Start reading at [`graph::ChainGraph`], then [`query`], [`gap`] and [`esri`].

pub mod candidates;
pub mod chain_risk;
pub mod clean;
pub mod decay;
pub mod error;
pub mod gap;
pub mod graph;
pub mod query;
pub mod region;
pub mod region_view;
pub mod search;

pub mod esri;
pub mod estimate;
pub mod network_files;
pub mod supply;
pub mod synthetic;

pub use error::{ChainError, Result};
pub use graph::ChainGraph;

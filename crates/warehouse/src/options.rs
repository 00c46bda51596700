//! Settings and limits of the warehouse.

use crate::corpus::CorpusOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of a [`crate::Warehouse`]. Every limit carries its unit in the name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The node's data folder; tables lie in `<root>/lake`, own mappings in `<root>/mappings`, spills in `<root>/tmp`.
    pub root: PathBuf,
    /// Memory all queries, ingests and models of the process share, MiB; beyond it they spill or fail.
    pub memory_limit_mib: u64,
    /// Memory one query may take, MiB.
    pub query_memory_mib: u64,
    /// Longest time one query may run, seconds.
    pub query_timeout_s: u64,
    /// Most rows one query may return.
    pub query_rows_max: u64,
    /// Queries, models and ingests that run at the same time.
    pub concurrency: usize,
    /// Disk one query may spill to, MiB.
    pub spill_limit_mib: u64,
    /// Most bytes that one packed byte of an ingested file may become.
    pub unpack_ratio_max: u64,
    /// Most that one packed file may become, MiB.
    pub unpack_limit_mib: u64,
    /// Corpora.
    pub corpus: CorpusOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            root: PathBuf::from("data"),
            memory_limit_mib: 2048,
            query_memory_mib: 1024,
            query_timeout_s: 60,
            query_rows_max: 1_000_000,
            concurrency: 8,
            spill_limit_mib: 16 * 1024,
            unpack_ratio_max: 1_000,
            unpack_limit_mib: 64 * 1024,
            corpus: CorpusOptions::default(),
        }
    }
}

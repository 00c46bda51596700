//! `cargo xtask bench <name>`: us and the peer on the same input in one run, a table and one JSON line.

mod corpus;
mod example;
mod ingest;
mod lineage;
mod matching;
mod measure;
mod models;
mod pii;
mod quality;
mod registry;
mod risk;
mod search;
mod start;
mod table;
mod tpch;

use anyhow::{Result, bail};

const NAMES: [&str; 17] = [
    "start", "ingest", "sql", "graph", "risk", "pii", "login", "evidence", "grant", "match", "quality",
    "search", "lineage", "corpus", "tpch", "models", "registry",
];

/// Run one bench, or all of them.
pub(crate) fn run(name: &str) -> Result<()> {
    match name {
        "start" => start::run(),
        "ingest" => ingest::run_all(),
        "sql" => example::run_example("brain-warehouse", "bench_door"),
        "login" => example::run_example("brain-trust", "bench_login"),
        "graph" => example::run_example("brain-chain", "graph_speed"),
        "grant" => example::run_example("brain-warehouse", "bench_grant"),
        "risk" => risk::run_all(),
        "pii" => pii::run_all(),
        "search" => search::run_all(),
        "match" => matching::run_all(),
        "evidence" => example::run_example("brain-trust", "evidence_speed"),
        "quality" => quality::run_all(),
        "lineage" => lineage::run_all(),
        "corpus" => corpus::run_all(),
        "tpch" => tpch::run_all(false),
        "tpch-ballista" => tpch::run_all(true),
        "models" => models::run_all(),
        "registry" => registry::run_all(),
        "all" => NAMES.iter().try_for_each(|name| run(name)),
        _ => bail!("no bench {name}; there are {} and tpch-ballista", NAMES.join(", ")),
    }
}

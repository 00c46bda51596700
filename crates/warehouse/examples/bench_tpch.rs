//! The queries of TPC-H through the grant door and on bare DataFusion over the same Parquet files, in one process.
//!
//! `bench_tpch load TABLES ROOT` brings `TABLES/*.parquet` into a node in ROOT as `raw.<name>`;
//! `bench_tpch run QUERIES ROOT` prints for each query: name, milliseconds through the door, milliseconds bare, rows and
//! a sum over all values by which other engines' answers are compared. Run as `cargo xtask bench tpch`.
#![allow(clippy::print_stdout, reason = "a measuring program")]

mod node;

use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_warehouse::{QueryLimits, Warehouse};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use node::{Outcome, digest, median};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The first warms the caches and is not counted.
const ROUNDS: usize = 4;

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [task, input, root] = words.as_slice() else { return Err("usage: load|run INPUT ROOT".into()) };
    let (input, root) = (PathBuf::from(input), PathBuf::from(root));
    let (warehouse, _, _) = node::open(&root).await?;
    let party = node::party("bench", Role::SystemAdministrator);
    match task.as_str() {
        "load" => node::ingest_all(&warehouse, &party, &input).await,
        "run" => run(&warehouse, &party, &input, &root).await,
        other => Err(format!("unknown task {other}").into()),
    }
}

async fn run(warehouse: &Warehouse, party: &Party, queries: &Path, root: &Path) -> Outcome<()> {
    let bare = bare(&root.join("lake").join("raw")).await?;
    let text = std::fs::read_to_string(queries)?;
    for part in text.split("\n-- ").skip(1) {
        let (name, sql) = part.split_once('\n').ok_or("a query after its name")?;
        let (mut door, mut plain, mut told) = (Vec::new(), Vec::new(), None);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let limits = QueryLimits { rows: Some(100_000), ..QueryLimits::default() };
            let stream = warehouse.session(party, "bench").sql(sql, limits, Cancel::new()).await?;
            let (batches, _) = stream.collect().await?;
            door.push(started.elapsed().as_secs_f64() * 1e3);
            let started = Instant::now();
            let same = bare.sql(sql).await?.collect().await?;
            plain.push(started.elapsed().as_secs_f64() * 1e3);
            let (ours, theirs) = (digest(&batches)?, digest(&same)?);
            if ours.0 != theirs.0 || (ours.1 - theirs.1).abs() > ours.1.abs() * 1e-9 {
                return Err(format!("{name}: {ours:?} through the door, {theirs:?} bare").into());
            }
            told = Some(ours);
        }
        let (rows, sum) = told.ok_or("a round")?;
        let warm = |times: &[f64]| median(times.iter().skip(1).copied().collect());
        println!("{name} {:.3} {:.3} {rows} {sum:.6}", warm(&door), warm(&plain));
    }
    Ok(())
}

/// DataFusion as it comes, over the files of the tables.
async fn bare(raw: &Path) -> Outcome<SessionContext> {
    let context = SessionContext::new();
    context.sql("CREATE SCHEMA raw").await?.collect().await?;
    for table in std::fs::read_dir(raw)? {
        let table = table?.path();
        let name = table.file_name().and_then(|name| name.to_str()).ok_or("a name of a table")?;
        let files = table.display().to_string();
        let name = datafusion::common::TableReference::partial("raw", name);
        context.register_parquet(name, &files, ParquetReadOptions::default()).await?;
    }
    Ok(context)
}

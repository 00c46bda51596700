//! The queries of TPC-H on a scheduler and two executors of this machine, over tables that `bench_tpch load` brought in.
//!
//! `bench_tpch_cluster QUERIES ROOT` prints for each query: name, milliseconds, rows and a sum over all values. Run as
//! `cargo xtask bench tpch-ballista`. On one machine it measures what distribution costs, not what it gains.
#![allow(clippy::print_stdout, reason = "a measuring program")]

#[path = "../../warehouse/examples/node/mod.rs"]
mod node;

use brain_cluster::Cluster;
use brain_cluster::executor::{Executor, ExecutorOptions};
use brain_cluster::scheduler::{Scheduler, SchedulerOptions};
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_warehouse::QueryLimits;
use node::{Outcome, digest, median};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first warms the caches and is not counted.
const ROUNDS: usize = 4;
const EXECUTORS: usize = 2;
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [queries, root] = words.as_slice() else { return Err("usage: QUERIES ROOT".into()) };
    let (queries, root) = (PathBuf::from(queries), std::path::absolute(root)?);
    let (warehouse, _, _) = node::open(&root).await?;
    let options = SchedulerOptions { listen: LOOPBACK, executor_timeout_s: 30, membership: None };
    let scheduler = Scheduler::start(options).await?;
    let address = scheduler.address().to_string();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut executors = Vec::new();
    for number in 0..EXECUTORS {
        let executor = Executor::start(executor(&address, &root, number, cores.div_ceil(EXECUTORS))).await?;
        while !executor.has_joined() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        executors.push(executor);
    }
    warehouse.distribute(Arc::new(Cluster::new(&address, cores, None)?));
    let party = node::party("bench", Role::SystemAdministrator);
    let text = std::fs::read_to_string(queries)?;
    for part in text.split("\n-- ").skip(1) {
        let (name, sql) = part.split_once('\n').ok_or("a query after its name")?;
        let (mut times, mut told) = (Vec::new(), None);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let limits = QueryLimits { rows: Some(100_000), ..QueryLimits::default() };
            let stream = warehouse.session(&party, "bench").sql(sql, limits, Cancel::new()).await?;
            if stream.engine() != "ballista" {
                return Err(format!("{name} did not run on the cluster").into());
            }
            let (batches, _) = stream.collect().await?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            told = Some(digest(&batches)?);
        }
        let (rows, sum) = told.ok_or("a round")?;
        println!("{name} {:.3} {rows} {sum:.6}", median(times.into_iter().skip(1).collect()));
    }
    for executor in executors {
        executor.stop().await;
    }
    Ok(())
}

fn executor(scheduler: &str, root: &Path, number: usize, cores: usize) -> ExecutorOptions {
    ExecutorOptions {
        scheduler: scheduler.to_owned(),
        listen: LOOPBACK,
        host: None,
        folder: root.join(format!("executor-{number}")),
        data: root.to_owned(),
        objects: None,
        cores,
        memory_mib: 2048,
        membership: None,
    }
}

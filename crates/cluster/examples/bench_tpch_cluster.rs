//! The queries of TPC-H on a scheduler and two executors of this machine.
//!
//! `bench_tpch_cluster folder QUERIES ROOT` reads the tables that `bench_tpch load` brought into ROOT;
//! `bench_tpch_cluster objects QUERIES ROOT TABLES` first brings `TABLES/*.parquet` onto an S3-compatible store (s3s-fs,
//! started here), as a node with its state in a database of the PostgreSQL that `BRAIN_TEST_POSTGRES` offers. Both print
//! for each query: name, milliseconds, rows and a sum over all values. Run as `cargo xtask bench tpch-ballista`. On one
//! machine it measures what distribution costs, not what it gains.
#![allow(clippy::print_stdout, reason = "a measuring program")]

#[path = "../../warehouse/examples/node/mod.rs"]
mod node;

use brain_cluster::Cluster;
use brain_cluster::executor::{Executor, ExecutorOptions};
use brain_cluster::scheduler::{Scheduler, SchedulerOptions};
use brain_egress::Egress;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_testkit::{ACCESS_KEY_ID, BUCKET, ObjectServer, PostgresDatabase, SECRET_ACCESS_KEY};
use brain_warehouse::{ObjectLake, ObjectPlace, QueryLimits, Warehouse};
use node::{Outcome, digest, median};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first warms the caches and is not counted.
const ROUNDS: usize = 4;
const EXECUTORS: usize = 2;
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const USAGE: &str = "usage: folder QUERIES ROOT | objects QUERIES ROOT TABLES";

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["folder", queries, root] => in_folder(Path::new(queries), &std::path::absolute(root)?).await,
        ["objects", queries, root, tables] => {
            on_objects(Path::new(queries), &std::path::absolute(root)?, Path::new(tables)).await
        }
        _ => Err(USAGE.into()),
    }
}

async fn in_folder(queries: &Path, root: &Path) -> Outcome<()> {
    let (warehouse, _, _) = node::open(root).await?;
    measure(&warehouse, queries, root, None).await
}

async fn on_objects(queries: &Path, root: &Path, tables: &Path) -> Outcome<()> {
    let database = PostgresDatabase::offered().await.ok_or("a PostgreSQL server")?;
    let server = ObjectServer::start();
    let lake = lake(&server)?;
    let (warehouse, _, store) = node::open_in(root, &database.url, Some(&lake)).await?;
    node::ingest_all(&warehouse, &node::party("bench", Role::SystemAdministrator), tables).await?;
    measure(&warehouse, queries, root, Some(lake)).await?;
    store.close().await?;
    database.drop_it().await;
    Ok(())
}

fn lake(server: &ObjectServer) -> Outcome<ObjectLake> {
    let egress = Egress::new(&brain_egress::Options::default())?;
    egress.permit(&server.endpoint())?;
    Ok(ObjectLake {
        place: ObjectPlace::parse(&format!("s3://{BUCKET}/bench"), &server.endpoint())?,
        region: "us-east-1".to_owned(),
        access_key_id: ACCESS_KEY_ID.to_owned(),
        secret_access_key: SECRET_ACCESS_KEY.into(),
        egress,
    })
}

/// Start a cluster that reads what the warehouse reads, and ask it every query.
async fn measure(
    warehouse: &Warehouse,
    queries: &Path,
    root: &Path,
    objects: Option<ObjectLake>,
) -> Outcome<()> {
    let options = SchedulerOptions { listen: LOOPBACK, executor_timeout_s: 30, membership: None };
    let scheduler = Scheduler::start(options).await?;
    let address = scheduler.address().to_string();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut executors = Vec::new();
    for number in 0..EXECUTORS {
        let executor = Executor::start(ExecutorOptions {
            scheduler: address.clone(),
            listen: LOOPBACK,
            host: None,
            folder: root.join(format!("executor-{number}")),
            data: root.to_owned(),
            objects: objects.clone(),
            cores: cores.div_ceil(EXECUTORS),
            memory_mib: 2048,
            membership: None,
        });
        let executor = executor.await?;
        while !executor.has_joined() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        executors.push(executor);
    }
    warehouse.distribute(Arc::new(Cluster::new(&address, cores, None)?));
    let text = std::fs::read_to_string(queries)?;
    for part in text.split("\n-- ").skip(1) {
        let (name, sql) = part.split_once('\n').ok_or("a query after its name")?;
        ask(warehouse, name, sql).await?;
    }
    for executor in executors {
        executor.stop().await;
    }
    Ok(())
}

async fn ask(warehouse: &Warehouse, name: &str, sql: &str) -> Outcome<()> {
    let party = node::party("bench", Role::SystemAdministrator);
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
    Ok(())
}

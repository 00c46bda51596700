//! What happens when something is not there, takes too long, or is not wanted any more.

use crate::engine::TestCluster;
use crate::node::{Node, administrator};
use crate::same::{alone, rows};
use brain_cluster::Cluster;
use brain_cluster::executor::{Executor, ExecutorOptions};
use brain_cluster::scheduler::{Scheduler, SchedulerOptions};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::Cancel;
use brain_warehouse::Warehouse;
use brain_warehouse::query::QueryLimits;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Billions of rows are compared: longer than anybody waits. In four partitions, so that no core of an executor is left.
const ENDLESS: &str = "SELECT count(*) FROM raw.place a, \
                       (SELECT name FROM raw.place UNION ALL SELECT name FROM raw.place \
                        UNION ALL SELECT code FROM raw.place UNION ALL SELECT code FROM raw.place) b, \
                       raw.place c, raw.place d \
                       WHERE length(concat(a.name, b.name)) < length(concat(c.name, d.name))";
const QUICK: &str = "SELECT code, count(*) FROM raw.place GROUP BY code";

/// A node with a table of some length, on no cluster yet.
async fn node() -> Node {
    let node = Node::loaded_in(alone()).await;
    let places: String = (0..300).map(|at| format!("{at},place number {at}\n")).collect();
    node.file("in/place.csv", &format!("code,name\n{places}"));
    node.ingest("in/place.csv", "places").await;
    node
}

async fn refused(warehouse: &Warehouse, sql: &str) -> Failure {
    let started = Instant::now();
    let failure = rows(warehouse, &administrator(), sql).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(20), "{failure:?} came late");
    failure
}

#[tokio::test]
async fn a_scheduler_that_is_not_there_is_told_at_once_and_by_its_setting() {
    let node = node().await;
    node.warehouse.distribute(Arc::new(Cluster::new("127.0.0.1:1", 4, None).unwrap()));
    let failure = refused(&node.warehouse, QUICK).await;
    assert_eq!((failure.code, failure.kind), ("cluster/unavailable", ErrorKind::Unavailable));
    assert!(failure.hint.unwrap().zh.contains("cluster.scheduler"));
    // What needs no cluster is answered without it.
    assert_eq!(rows(&node.warehouse, &administrator(), "SELECT 1 AS n").await.unwrap().0, ["1|"]);
}

#[tokio::test]
async fn a_scheduler_without_executors_is_as_good_as_none() {
    let node = node().await;
    let options =
        SchedulerOptions { listen: "127.0.0.1:0".parse().unwrap(), executor_timeout_s: 6, membership: None };
    let scheduler = Scheduler::start(options).await.unwrap();
    let cluster = Cluster::new(&scheduler.address().to_string(), 4, None).unwrap();
    assert_eq!(cluster.probe().await.unwrap(), scheduler.address().to_string());
    node.warehouse.distribute(Arc::new(cluster));
    assert_eq!(refused(&node.warehouse, QUICK).await.code, "cluster/unavailable");
}

#[tokio::test]
async fn a_query_that_is_cancelled_or_late_ends_on_the_executors_too() {
    let node = node().await;
    let cluster = TestCluster::start(node.path(), None);
    cluster.serve(&node.warehouse);
    let session = node.warehouse.session(&administrator(), "sql");
    // While tasks run, and when the scheduler has only just heard of it.
    for after_ms in [700, 5] {
        let cancel = Cancel::new();
        let stream = session.sql(ENDLESS, QueryLimits::default(), cancel.clone()).await.unwrap();
        assert_eq!(stream.engine(), "ballista");
        let asked = tokio::spawn(stream.collect());
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        cancel.cancel();
        assert_eq!(asked.await.unwrap().unwrap_err().code(), "warehouse/cancelled");
    }
    let limits = QueryLimits { seconds: Some(1), ..QueryLimits::default() };
    let stream = session.sql(ENDLESS, limits, Cancel::new()).await.unwrap();
    assert_eq!(stream.collect().await.unwrap_err().code(), "warehouse/query-timeout");
    // Whoever comes next finds all cores free, and no file of what was given up.
    let idle = Instant::now();
    while cluster.running() > 0 {
        assert!(idle.elapsed() < Duration::from_secs(10), "tasks of queries that nobody waits for run on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rows(&node.warehouse, &administrator(), QUICK).await.unwrap().0.len(), 300);
    while !cluster.files().is_empty() {
        assert!(idle.elapsed() < Duration::from_secs(15), "{:?}", cluster.files());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_query_beyond_the_memory_of_a_task_is_told_so() {
    let node = node().await;
    let cluster = TestCluster::with(node.path(), None, 2);
    cluster.serve(&node.warehouse);
    let sql = "SELECT count(*) FROM (SELECT repeat(name, 4000) AS n FROM raw.place) a \
               JOIN (SELECT repeat(name, 4000) AS n FROM raw.place) b ON a.n = b.n";
    let failure = refused(&node.warehouse, sql).await;
    assert_eq!((failure.code, failure.kind), ("warehouse/query-memory", ErrorKind::Exhausted), "{failure:?}");
    assert!(failure.hint.unwrap().en.contains("cluster.memory_mib"));
}

#[tokio::test]
async fn a_file_that_is_damaged_is_noticed_by_the_executor() {
    let node = node().await;
    let cluster = TestCluster::start(node.path(), None);
    cluster.serve(&node.warehouse);
    let sql = "SELECT code, name FROM raw.place ORDER BY name";
    assert_eq!(rows(&node.warehouse, &administrator(), sql).await.unwrap().1, "ballista");
    let table = node.path().join("lake/raw/place");
    for name in node.table_files("raw.place") {
        // A bit on the disk flips behind everybody's back: the node knows the footer and plans as before.
        let path = table.join(name);
        let (mut bytes, modified) =
            (std::fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap());
        bytes[10] ^= 0x04;
        std::fs::write(&path, bytes).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    }
    let failure = refused(&node.warehouse, sql).await;
    assert_eq!(failure.code, "warehouse/damaged", "{failure:?}");
}

#[tokio::test]
async fn an_executor_that_goes_away_is_done_without() {
    let node = node().await;
    let cluster = TestCluster::start(node.path(), None);
    cluster.serve(&node.warehouse);
    assert_eq!(rows(&node.warehouse, &administrator(), QUICK).await.unwrap().0.len(), 300);
    cluster.lose_executor();
    for _ in 0..3 {
        let (found, engine) = rows(&node.warehouse, &administrator(), QUICK).await.unwrap();
        assert_eq!((found.len(), engine), (300, "ballista"));
    }
}

#[tokio::test]
async fn an_executor_reads_no_file_outside_of_the_lake_it_was_given() {
    let node = node().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let cluster = TestCluster::start(elsewhere.path(), None);
    cluster.serve(&node.warehouse);
    let failure = refused(&node.warehouse, "SELECT * FROM raw.place").await;
    assert!(failure.kind == ErrorKind::Unavailable || failure.kind == ErrorKind::Internal, "{failure:?}");
    assert!(!format!("{failure:?}").contains(&node.path().display().to_string()));
}

#[tokio::test]
async fn nothing_listens_on_the_network_without_certificates() {
    let options =
        SchedulerOptions { listen: "0.0.0.0:0".parse().unwrap(), executor_timeout_s: 6, membership: None };
    let failure = Scheduler::start(options).await.unwrap_err();
    assert_eq!((failure.code, failure.kind), ("cluster/plain", ErrorKind::Precondition));
    let folder = tempfile::tempdir().unwrap();
    let options = ExecutorOptions {
        scheduler: "127.0.0.1:1".to_owned(),
        listen: "0.0.0.0:0".parse().unwrap(),
        host: None,
        folder: folder.path().join("executor"),
        data: folder.path().to_owned(),
        objects: None,
        cores: 1,
        memory_mib: 64,
        membership: None,
    };
    assert_eq!(Executor::start(options).await.unwrap_err().code, "cluster/plain");
}

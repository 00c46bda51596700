//! The programs of a cluster as their users start them: a scheduler, two executors and a node, with the lake on an object
//! store and the state in PostgreSQL.

use crate::node::{Serving, TestNode};
use crate::register;
use brain_testkit::{ACCESS_KEY_ID, BUCKET, ObjectServer, PostgresDatabase, SECRET_ACCESS_KEY};
use std::time::{Duration, Instant};

/// Of a table whole, the count stands in its statistics, and no cluster is asked.
const COUNT: &str = "SELECT count(*) AS n FROM raw.registry WHERE name <> ''";

/// A node whose lake is on this store; `more` is added to its configuration.
fn configure(node: &TestNode, server: &ObjectServer, more: &str) {
    let key = node.write("lake.key", SECRET_ACCESS_KEY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    node.write(
        "brain.toml",
        format!(
            "[lake]\nurl = \"s3://{BUCKET}/brain\"\nendpoint = \"{}\"\naccess_key_id = \"{ACCESS_KEY_ID}\"\n\
             secret_access_key = \"file:{}\"\n{more}",
            server.endpoint(),
            key.display()
        ),
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Start one executor of its own machine: it knows the store and the scheduler, and nothing of the node.
fn executor(server: &ObjectServer, scheduler: &str, number: u32) -> (TestNode, Serving) {
    let machine = TestNode::new();
    let cluster = format!("[cluster]\nscheduler = \"{scheduler}\"\ncores = 2\n");
    configure(&machine, server, &cluster);
    let folder = machine.place().join(format!("executor-{number}"));
    let started = machine.start(&["executor", "--folder", folder.to_str().unwrap()], &[]);
    (machine, started)
}

/// Ask until the cluster is there.
fn when_ready(node: &TestNode, sql: &str) -> Vec<serde_json::Value> {
    let started = Instant::now();
    loop {
        let answer = node.run(&["sql", sql, "--format", "json"]);
        if answer.code == Some(0) {
            return serde_json::from_str(&answer.out).unwrap();
        }
        assert!(answer.err.contains("cluster/"), "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(20), "{answer:?}");
    }
}

#[test]
fn sql_runs_on_a_scheduler_and_two_executors_over_an_object_store_and_postgres() {
    let server = ObjectServer::start();
    let database = runtime().block_on(PostgresDatabase::offered());
    let store = database.as_ref().map_or_else(String::new, |database| database.url.clone());
    let node = TestNode::new();
    configure(&node, &server, &format!("[store]\nurl = \"{store}\"\n"));
    let file = node.write("first.csv", register::file(0, 2_000));
    node.ingest(&file, "registry");
    let queries = [
        COUNT,
        "SELECT right(uscc, 1) AS k, count(*) AS n, min(name) AS m FROM raw.registry GROUP BY 1 ORDER BY 1",
    ];
    let embedded: Vec<_> = queries.iter().map(|sql| node.sql(sql)).collect();

    let machine = TestNode::new();
    let scheduler = machine
        .start(&["scheduler", "--listen", "127.0.0.1:0"], &[("BRAIN_CLUSTER_EXECUTOR_TIMEOUT_S", "6")]);
    let address = scheduler.address.clone();
    configure(
        &node,
        &server,
        &format!(
            "[store]\nurl = \"{store}\"\n[warehouse]\nengine = \"ballista\"\n[cluster]\nscheduler = \"{address}\"\n\
             partitions = 4\n"
        ),
    );
    let alone = node.run(&["sql", COUNT]);
    assert!(alone.code != Some(0) && alone.err.contains("cluster/unavailable"), "{alone:?}");
    let (_first_machine, first) = executor(&server, &address, 1);
    let (second_machine, second) = executor(&server, &address, 2);
    for (sql, expected) in queries.iter().zip(&embedded) {
        assert_eq!(&when_ready(&node, sql), expected, "{sql}");
    }
    let report = node.ok(&["doctor"]);
    assert!(report.contains(&address), "{report}");
    let shown = node.ok(&["config"]);
    assert!(shown.contains("engine = \"ballista\"") && shown.contains(&address), "{shown}");

    // One executor is killed: the other does its work.
    first.kill();
    for (sql, expected) in queries.iter().zip(&embedded) {
        assert_eq!(&when_ready(&node, sql), expected, "{sql}");
    }
    #[cfg(unix)]
    {
        assert_eq!(second.terminate(), Some(0));
        let left = second_machine.place().join("executor-2/shuffle");
        assert!(!left.exists(), "an executor that stops leaves nothing behind");
        assert_eq!(scheduler.terminate(), Some(0));
    }
    let gone = node.run(&["sql", COUNT]);
    assert!(gone.code != Some(0) && gone.err.contains("cluster/unavailable"), "{gone:?}");
    assert!(gone.err.contains("cluster.scheduler"), "{gone:?}");
    // What a plan needs no cluster for is answered.
    assert!(node.ok(&["sql", "SHOW TABLES"]).contains("registry"));
    if let Some(database) = database {
        runtime().block_on(database.drop_it());
    }
}

#[test]
fn wrong_settings_of_a_cluster_are_told_with_their_key() {
    let node = TestNode::new();
    for (toml, key) in [
        ("[warehouse]\nengine = \"spark\"\n", "engine"),
        ("[cluster]\nscheduler = \"here\"\n", "cluster.scheduler"),
        ("[cluster]\npartitions = 0\n", "cluster.partitions"),
        ("[cluster]\nscheduler_listen = \"0.0.0.0:7610\"\n", "cluster.scheduler_listen"),
        ("[cluster]\ncertificate = \"a.pem\"\n", "cluster.key"),
        ("[cluster]\nmembers = [\"a\"]\n", "cluster.members"),
    ] {
        node.write("brain.toml", toml);
        let refused = node.run(&["config"]);
        assert!(refused.code != Some(0) && refused.err.contains(key), "{toml}: {refused:?}");
    }
    node.write("brain.toml", "");
    let refused = node.run(&["scheduler", "--listen", "0.0.0.0:0"]);
    assert!(refused.code != Some(0) && refused.err.contains("cluster.certificate"), "{refused:?}");
}

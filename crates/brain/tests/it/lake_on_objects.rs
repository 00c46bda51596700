//! The program with its tables on an object store and its state in PostgreSQL, killed in the middle of ingests.
//!
//! After each kill the next start finds the old or the new version and nothing between, and the bucket holds no file
//! that no version knows.

use crate::node::TestNode;
use crate::register;
use brain_testkit::{ACCESS_KEY_ID, BUCKET, ObjectServer, PostgresDatabase, SECRET_ACCESS_KEY};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Rows of each file.
const ROWS: u32 = 20_000;
/// Shares of the time an uninterrupted run takes at which one is killed.
const KILLS: [f64; 5] = [0.15, 0.4, 0.6, 0.75, 0.9];

/// A node whose configuration lies in its working folder.
fn node(server: &ObjectServer, database: Option<&PostgresDatabase>) -> TestNode {
    let node = TestNode::new();
    let key = node.write("lake.key", SECRET_ACCESS_KEY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let store = database.map_or_else(String::new, |database| database.url.clone());
    node.write(
        "brain.toml",
        format!(
            "[lake]\nurl = \"s3://{BUCKET}/brain\"\nendpoint = \"{}\"\naccess_key_id = \"{ACCESS_KEY_ID}\"\n\
             secret_access_key = \"file:{}\"\n[store]\nurl = \"{store}\"\n",
            server.endpoint(),
            key.display()
        ),
    );
    node
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn kills_during_ingest_leave_the_old_or_the_new_version_on_an_object_store() {
    let server = ObjectServer::start();
    let database = runtime().block_on(PostgresDatabase::offered());
    let node = node(&server, database.as_ref());
    let first = node.write("first.csv", register::file(0, ROWS));
    let started = Instant::now();
    assert_eq!(node.ingest(&first, "registry")["rows_landed"], ROWS);
    let whole = started.elapsed();
    let mut rows = u64::from(ROWS);
    let mut last = first;
    for (number, share) in (1..).zip(KILLS) {
        last = node.write(&format!("more_{number}.csv"), register::file(number * ROWS, ROWS));
        let ran_on = kill_after(&node, &last, whole.mul_f64(share));
        let after = check(&node, &server);
        assert!(
            after == rows || after == rows + u64::from(ROWS),
            "{after} rows is neither the old version ({rows}) nor the new one"
        );
        println!("killed at {share} of a run (still running: {ran_on}): {rows} → {after} rows");
        rows = after;
    }
    // What a kill cut off is taken in by the next run, and what it finished is not taken in twice.
    node.ingest(&last, "registry");
    let complete = check(&node, &server);
    let again = node.ingest(&last, "registry");
    assert_eq!((&again["unchanged"], check(&node, &server)), (&Value::Bool(true), complete));
    assert!(!node.data().join("lake/raw").exists(), "no table lies in the data folder");

    let shown = node.ok(&["config"]);
    assert!(shown.contains("s3://lake/brain") && !shown.contains(SECRET_ACCESS_KEY), "{shown}");
    let target = node.place().join("backup");
    let made: Value = serde_json::from_str(&node.ok(&["backup", target.to_str().unwrap()])).unwrap();
    assert_eq!(made["snapshot"]["lake"], "s3://lake/brain", "{made}");
    let drill = node.run(&["backup", "drill", target.to_str().unwrap()]);
    assert!(drill.code != Some(0) && drill.err.contains("lake.url"), "{drill:?}");
    if let Some(database) = database {
        runtime().block_on(database.drop_it());
    }
}

#[test]
fn a_key_that_is_not_there_is_told_with_its_setting() {
    let server = ObjectServer::start();
    let node = node(&server, None);
    std::fs::remove_file(node.place().join("lake.key")).unwrap();
    let refused = node.run(&["doctor"]);
    assert!(refused.code != Some(0) && refused.err.contains("lake.secret_access_key"), "{refused:?}");
}

/// Start an ingest and kill it; whether it was still running.
fn kill_after(node: &TestNode, file: &Path, moment: Duration) -> bool {
    let name = file.file_name().unwrap().to_str().unwrap();
    let mut command = node.command(&["ingest", name, "--as", "registry", "--json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    let running = child.try_wait().unwrap().is_none();
    // SIGKILL: no handler runs, nothing is flushed.
    let _ = child.kill();
    child.wait().unwrap();
    running
}

/// What must agree after a start; returns the rows of `raw.registry`.
fn check(node: &TestNode, server: &ObjectServer) -> u64 {
    let report = node.ok(&["doctor", "--deep"]);
    assert!(report.contains("conditional writes are kept"), "{report}");
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
    let counted = node.sql("SELECT count(*) AS n FROM raw.registry")[0]["n"].as_u64().unwrap();
    let shown: Value = serde_json::from_str(&node.ok(&["catalog", "show", "raw.registry"])).unwrap();
    assert_eq!(shown["card"]["rows"], counted, "catalogue and SQL");
    let (mut added, mut there) = (BTreeSet::new(), BTreeSet::new());
    for object in server.objects("brain") {
        let (folder, name) = object.rsplit_once('/').unwrap();
        if let Some(table) =
            folder.strip_suffix("/_delta_log").filter(|_| name.strip_suffix(".json").is_some())
        {
            let commit = std::fs::read_to_string(server.bucket().join(&object)).unwrap();
            for line in commit.lines() {
                let action: Value = serde_json::from_str(line).unwrap();
                added.extend(action["add"]["path"].as_str().map(|path| format!("{table}/{path}")));
            }
        } else if name.ends_with(".parquet") && !folder.ends_with("_delta_log") {
            there.insert(object);
        }
    }
    assert_eq!(there.difference(&added).collect::<Vec<_>>(), Vec::<&String>::new(), "files no version knows");
    assert_eq!(added.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "files that are missing");
    counted
}

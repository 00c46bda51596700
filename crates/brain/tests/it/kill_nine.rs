//! The program killed without warning, ten times, in the middle of an ingest.
//!
//! After each kill the next start must find every table at its old or its new version and nothing between, a
//! catalogue that says the same, an evidence log that verifies, and no file that no version knows.

use crate::node::TestNode;
use crate::register;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

const KILLS: u32 = 10;
/// Rows of each large file.
const ROWS: u32 = 60_000;
const SMALL: u32 = 40;
/// Files written at most: a run that ends before its kill does not count, and the next kill comes earlier.
const ATTEMPTS: u32 = 30;
const SEED: u64 = 20_261_121;

#[test]
fn ten_kills_during_ingest_leave_the_old_or_the_new_version_and_a_log_that_verifies() {
    let (whole, landing) = uninterrupted();
    let node = TestNode::new();
    ingest_small(&node);
    let mut rows = u64::from(SMALL);
    let (mut random, mut killed, mut haste) = (SEED, 0, 1.0);
    let (mut kept_old, mut became_new) = (0_u32, 0_u32);
    let mut last = PathBuf::new();
    for attempt in 1..=ATTEMPTS {
        if killed == KILLS {
            break;
        }
        last = node.write(&format!("big_{attempt}.csv"), register::file(attempt * ROWS, ROWS));
        // Even kills fall into the landing of the rows, odd ones anywhere in the run.
        let span = if killed % 2 == 0 { landing } else { whole };
        let share = (f64::from(killed) + unit(&mut random)) / f64::from(KILLS);
        let moment = span.mul_f64(share * haste);
        if kill_after(&node, &last, moment) {
            killed += 1;
        } else {
            haste *= 0.7;
        }
        let after = check(&node);
        assert!(
            after == rows || after == rows + u64::from(ROWS),
            "{after} rows is neither the old version ({rows}) nor the new one"
        );
        if after == rows {
            kept_old += 1
        } else {
            became_new += 1
        }
        println!("stopped after {} ms: {} → {after} rows", moment.as_millis(), rows);
        rows = after;
    }
    assert_eq!(killed, KILLS, "the runs ended before they could be killed");
    println!("{kept_old} times the old version, {became_new} times the new one");

    let landed = rows == u64::from(SMALL) + u64::from(became_new) * u64::from(ROWS);
    assert!(landed, "every new version brought exactly one file");
    node.ingest(&last, "registry");
    let complete = check(&node);
    assert!(complete == rows || complete == rows + u64::from(ROWS));
    let again = node.ingest(&last, "registry");
    assert_eq!(again["unchanged"], true, "{again}");
    assert_eq!(again["rows_landed"], 0, "{again}");
    assert_eq!(check(&node), complete);
    let of_last = format!("SELECT count(*) AS n FROM raw.registry WHERE _file LIKE '%{}'", name(&last));
    assert_eq!(node.sql(&of_last)[0]["n"], ROWS, "the last file is there once");
}

/// How long one run takes from start to end, and until its rows are in the catalogue.
fn uninterrupted() -> (Duration, Duration) {
    let node = TestNode::new();
    ingest_small(&node);
    let file = node.write("big_0.csv", register::file(ROWS, ROWS));
    let started = Instant::now();
    let report = node.ingest(&file, "registry");
    let whole = started.elapsed();
    assert_eq!(report["rows_landed"], ROWS, "{report}");
    let seconds = |key: &str| report[key].as_f64().unwrap();
    // Opening the node comes before the clock of the report.
    let landing = whole.as_secs_f64() - seconds("seconds") + seconds("landing_seconds");
    (whole, Duration::from_secs_f64(landing.max(0.1)))
}

fn ingest_small(node: &TestNode) {
    let small = node.write("small.csv", register::file(0, SMALL));
    assert_eq!(node.ingest(&small, "registry")["rows_landed"], SMALL);
}

/// Start an ingest and kill it; false when it had ended by itself.
fn kill_after(node: &TestNode, file: &Path, moment: Duration) -> bool {
    let mut command = node.command(&["ingest", name(file), "--as", "registry", "--json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    let running = child.try_wait().unwrap().is_none();
    // SIGKILL: no handler runs, nothing is flushed.
    let _ = child.kill();
    child.wait().unwrap();
    running
}

/// Everything that must agree after a start; returns the rows of `raw.registry`.
fn check(node: &TestNode) -> u64 {
    node.ok(&["doctor"]);
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");

    let listed = listed(node);
    let counted = counted(node, listed.keys());
    let mut on_disk = BTreeSet::new();
    for (dataset, folder) in tables(&node.data().join("lake")) {
        let commits = commits(&folder);
        assert_eq!(
            unknown_files(&folder, &commits),
            Vec::<String>::new(),
            "files of {dataset} that no version knows"
        );
        if commits.is_empty() {
            continue;
        }
        let (rows, version) =
            listed.get(&dataset).unwrap_or_else(|| panic!("{dataset} is not in the catalogue"));
        assert_eq!(*version, commits.len() as u64 - 1, "catalogued version and commits of {dataset}");
        assert_eq!(rows, &counted[&dataset], "catalogued and counted rows of {dataset}");
        on_disk.insert(dataset);
    }
    assert_eq!(on_disk, listed.keys().cloned().collect(), "tables and catalogue");
    let journals: Vec<_> = std::fs::read_dir(node.data().join("lake/_runs"))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    assert_eq!(journals, Vec::<PathBuf>::new(), "journals of runs that are over");

    let shown: Value = serde_json::from_str(&node.ok(&["catalog", "show", "raw.registry"])).unwrap();
    let (rows, version) = listed["raw.registry"];
    assert_eq!(shown["card"]["rows"], rows, "catalog show and SQL");
    assert_eq!(shown["card"]["version"], version, "catalog show and commits");
    assert_eq!(shown["versions"].as_array().unwrap().len() as u64, version + 1, "every version is on record");
    rows
}

/// Rows and version of every dataset by `brain catalog list`; one that has no version yet holds nothing.
fn listed(node: &TestNode) -> BTreeMap<String, (u64, u64)> {
    let list = node.ok(&["catalog", "list"]);
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let version = words[2].strip_prefix('v').unwrap();
        let rows = words[1].parse().unwrap();
        (version != "–").then(|| (words[0].to_owned(), (rows, version.parse().unwrap())))
    };
    list.lines().filter_map(of_line).collect()
}

/// Rows of every dataset by SQL.
fn counted<'a>(node: &TestNode, datasets: impl Iterator<Item = &'a String>) -> BTreeMap<String, u64> {
    let query = datasets
        .map(|dataset| format!("SELECT '{dataset}' AS dataset, count(*) AS n FROM {dataset}"))
        .collect::<Vec<_>>()
        .join(" UNION ALL ");
    node.sql(&query)
        .iter()
        .map(|row| (row["dataset"].as_str().unwrap().to_owned(), row["n"].as_u64().unwrap()))
        .collect()
}

/// Table folders of the lake by dataset.
fn tables(lake: &Path) -> Vec<(String, PathBuf)> {
    let folders = |parent: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(parent).unwrap().flatten().map(|entry| entry.path());
        entries.filter(|path| path.is_dir() && !name(path).starts_with('_')).collect()
    };
    folders(lake)
        .iter()
        .flat_map(|zone| folders(zone).into_iter().map(move |table| (zone.clone(), table)))
        .map(|(zone, table)| (format!("{}.{}", name(&zone), name(&table)), table))
        .collect()
}

/// Text of every Delta commit of a table.
fn commits(table: &Path) -> Vec<String> {
    let Ok(log) = std::fs::read_dir(table.join("_delta_log")) else {
        return Vec::new();
    };
    log.flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_some_and(|extension| extension == "json") && !name(path).starts_with('_')
        })
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// Data files that no commit ever added.
fn unknown_files(table: &Path, commits: &[String]) -> Vec<String> {
    let added: BTreeSet<String> = commits
        .iter()
        .flat_map(|commit| commit.lines())
        .filter_map(|line| {
            let action: Value = serde_json::from_str(line).unwrap();
            Some(action["add"]["path"].as_str()?.to_owned())
        })
        .collect();
    let entries = std::fs::read_dir(table).unwrap().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|n| !added.contains(n))
        .collect()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The next number of a fixed sequence, in 0 … 1 (splitmix64).
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

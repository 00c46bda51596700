//! T2: on three scenarios every operation that changes a disk fails once, one after the other: a failing disk, a full
//! one, half a write, and a kill at that very point. The third, a sign-in, is in `signing_in.rs`.
//!
//! Whatever fails, the folder opens again whole: the old state or the new one, never between. A scenario that says that
//! it is done is done. A sync that fails ends the process, and the file is never synced again.
//! By default operations are taken in even steps and the ways of failing take turns; `BRAIN_FAULT_EVERY=1` fails every
//! operation in every way.

use super::cases;
use super::disk::{ALL, Disk, Mode, SYNCS};
use super::office::with_mapping;
use crate::node::{Answer, TestNode, answer};
use crate::register;
use serde_json::Value;
use std::time::Duration;

/// How operations fail; `true` fails every later one too.
const WAYS: [(Mode, bool); 5] =
    [(Mode::Eio, false), (Mode::Enospc, true), (Mode::Short, false), (Mode::Kill, false), (Mode::Eio, true)];
/// Operations of one scenario that are made to fail by default; a longer one is looked at in even steps.
const OPERATIONS_MAX: u64 = 12;
/// Syncs of one scenario that are made to fail by default.
const SYNCS_MAX: u64 = 20;
/// Exit code of a program whose disk failed (`EX_IOERR`).
const DISK_FAILED: i32 = 74;
/// Writers at work when a sync fails.
const WRITERS: u64 = 12;

/// Something a node does, and what must hold before and after.
struct Scenario {
    name: &'static str,
    /// Make the folder it starts from.
    prepare: fn(&TestNode),
    /// The command whose disk fails.
    words: &'static [&'static str],
    /// What the folder holds, by a command on a good disk.
    state: fn(&TestNode) -> String,
    /// What else must hold; checked with everything else.
    also: fn(&TestNode),
    /// Everything is checked after one case in so many; what the folder holds, after each.
    doctor_every: usize,
}

const INGEST: Scenario = Scenario {
    name: "ingest of a small file",
    prepare: |node| {
        with_mapping(node);
        let first = node.write("first.csv", register::file(0, 30));
        node.write("second.csv", register::file(30, 30));
        node.ingest(&first, "small");
    },
    words: &["ingest", "second.csv", "--as", "small", "--json"],
    state: |node| {
        let query = "SELECT count(*) AS rows, count(DISTINCT uscc) AS firms, count(DISTINCT _file) AS files FROM raw.small";
        node.sql(query)[0].to_string()
    },
    also: |_| {},
    doctor_every: 5,
};

const EVIDENCE: Scenario = Scenario {
    name: "a key, its evidence and a signed head",
    prepare: |node| {
        node.ok(&["doctor"]);
    },
    words: &["ca", "init", "root-a"],
    state: |node| {
        let listed = node.ok(&["ca", "list"]);
        listed.lines().filter_map(|line| line.split_whitespace().last()).collect::<Vec<_>>().join(" ")
    },
    also: |_| {},
    doctor_every: 2,
};

const BACKUP: Scenario = Scenario {
    name: "backup",
    prepare: |node| {
        with_mapping(node);
        let first = node.write("first.csv", register::file(0, 30));
        node.ingest(&first, "small");
        node.ok(&["backup", "data/backup"]);
        let second = node.write("second.csv", register::file(30, 30));
        node.ingest(&second, "small");
    },
    words: &["backup", "data/backup"],
    state: |node| {
        let listed = node.ok(&["backup", "data/backup", "--list"]);
        format!("{} snapshots", listed.lines().count())
    },
    also: the_first_snapshot_is_whole,
    doctor_every: 4,
};

/// What was backed up before anything failed comes back.
fn the_first_snapshot_is_whole(node: &TestNode) {
    let listed = node.ok(&["backup", "data/backup", "--list"]);
    let first = listed.lines().filter_map(|line| line.split_whitespace().next()).min().unwrap();
    let other = TestNode::new();
    let target = node.data().join("backup");
    let kek = format!("file:{}", node.data().join("keys/kek-1-aes-256-gcm.key").display());
    other.ok(&["restore", target.to_str().unwrap(), "--snapshot", first, "--kek", &kek]);
    assert_eq!(other.sql("SELECT count(*) AS rows FROM raw.small")[0]["rows"], 30);
}

fn run(scenario: &Scenario, node: &TestNode, disk: &Disk) -> Answer {
    let mut command = node.command(scenario.words);
    disk.under(&mut command, &node.data());
    answer(&mut command)
}

/// A look over the node finds everything well. That the last backup failed, after one that did, it says too.
fn is_well(scenario: &Scenario, node: &TestNode, said: &Answer, what: &str) {
    let doctor = node.run(&["doctor"]);
    let failed: Vec<&str> = doctor.out.lines().filter(|line| line.starts_with("FAIL")).collect();
    let told = scenario.words[0] == "backup"
        && said.code != Some(0)
        && failed.len() == 1
        && failed[0].split_whitespace().nth(1) == Some("backup");
    assert!(doctor.code == Some(0) || told, "{what}: {said:?} then {doctor:?}");
    (scenario.also)(node);
}

/// The folder opens, everything in it agrees, and it is what it was or what it should become.
fn check(scenario: &Scenario, node: &TestNode, said: &Answer, states: (&str, &str), case: usize, what: &str) {
    let (before, after) = states;
    assert!(!said.err.contains("panicked"), "{what}: {}", said.err);
    if said.code == Some(1) {
        assert!(!said.err.trim().is_empty(), "{what}: a failure has words");
    }
    if case.is_multiple_of(scenario.doctor_every) {
        is_well(scenario, node, said, what);
    }
    let state = (scenario.state)(node);
    if said.code == Some(0) {
        assert_eq!(state, after, "{what}: it said that it was done");
    } else {
        assert!(
            state == before || state == after,
            "{what}: {state} is neither {before} nor {after}; {said:?}"
        );
    }
}

fn every_operation_fails(scenario: &Scenario) {
    let template = TestNode::new();
    (scenario.prepare)(&template);
    let before = (scenario.state)(&template);
    let disk = Disk::new();
    disk.fail(ALL, Mode::Eio, 0, false);
    let whole = template.copy();
    assert_eq!(run(scenario, &whole, &disk).code, Some(0));
    let operations = disk.count();
    let after = (scenario.state)(&whole);
    assert_ne!(before, after);
    let every = cases("BRAIN_FAULT_EVERY", 0) > 0;
    let mut codes = std::collections::BTreeMap::new();
    let stride = if every { 1 } else { operations.div_ceil(OPERATIONS_MAX) };
    for (case, at) in (1..=operations).step_by(stride as usize).enumerate() {
        for (way, (mode, sticky)) in WAYS.into_iter().enumerate() {
            if !every && case % WAYS.len() != way {
                continue;
            }
            let node = template.copy();
            disk.fail(ALL, mode, at, sticky);
            let said = run(scenario, &node, &disk);
            // Threads take turns as they like: the last operations may not come.
            let what = format!("{}: {mode:?} at {at} of {operations}: {}", scenario.name, disk.log().trim());
            assert_eq!(disk.synced_again(), [""; 0], "{what}");
            *codes.entry(said.code).or_insert(0) += 1;
            check(scenario, &node, &said, (&before, &after), case, &what);
        }
    }
    println!("{}: {operations} operations, exit codes {codes:?}", scenario.name);
    let failed: usize = codes.iter().filter(|(code, _)| **code != Some(0)).map(|(_, count)| count).sum();
    assert!(failed as u64 > operations / stride / 4, "most failures are told: {codes:?}");
}

#[test]
fn whatever_operation_of_an_ingest_fails_the_table_is_old_or_new() {
    every_operation_fails(&INGEST);
}

#[test]
fn whatever_operation_of_an_act_with_evidence_fails_both_happened_or_neither() {
    every_operation_fails(&EVIDENCE);
}

#[test]
fn whatever_operation_of_a_backup_fails_earlier_snapshots_are_whole() {
    // A thousand operations.
    every_operation_fails(&BACKUP);
}

#[test]
fn a_sync_that_fails_ends_the_process_and_is_never_tried_again() {
    for scenario in [INGEST, EVIDENCE] {
        let template = TestNode::new();
        (scenario.prepare)(&template);
        let before = (scenario.state)(&template);
        let disk = Disk::new();
        disk.fail(SYNCS, Mode::Eio, 0, false);
        let whole = template.copy();
        assert_eq!(run(&scenario, &whole, &disk).code, Some(0));
        let syncs = disk.count();
        let after = (scenario.state)(&whole);
        assert!(syncs > 3, "{}: {syncs} syncs", scenario.name);
        let stride = if cases("BRAIN_FAULT_EVERY", 0) > 0 { 1 } else { syncs.div_ceil(SYNCS_MAX) };
        let (mut stopped, mut unheard) = (0, 0);
        for (case, at) in (1..=syncs).step_by(stride as usize).enumerate() {
            let node = template.copy();
            disk.fail(SYNCS, Mode::Eio, at, false);
            let said = run(&scenario, &node, &disk);
            let log = disk.log();
            let what = format!("{}: sync {at} of {syncs}: {}", scenario.name, log.trim());
            assert_eq!(disk.synced_again(), [""; 0], "{what}");
            // Closing folds the log back for the last time; SQLite keeps that failure, and the log, for the next start.
            let at_the_end = said.code == Some(0) && log.contains("brain.db");
            // The folder of the database when SQLite syncs it, see `Disk::synced_again`.
            let guards_nothing = said.code == Some(0) && log.trim().ends_with("/data/store");
            if said.code == Some(DISK_FAILED) {
                assert!(said.err.contains("durable/sync-failed"), "{what}: {}", said.err);
                stopped += 1;
            } else if disk.injected() > 0 {
                assert!(at_the_end || guards_nothing, "{what}: {said:?}");
                unheard += 1;
            }
            check(&scenario, &node, &said, (&before, &after), case, &what);
        }
        println!("{}: {syncs} syncs, {stopped} stops, {unheard} of SQLite's own", scenario.name);
        assert!(stopped > unheard, "{}: {stopped} stops, {unheard} unheard", scenario.name);
    }
}

#[test]
fn a_serving_node_whose_disk_fails_stops_and_comes_back_with_what_it_acknowledged() {
    use super::office::{Office, configure, grant};
    let node = TestNode::new();
    configure(&node);
    // Made beforehand, so that the shim knows the folder.
    node.ok(&["doctor"]);
    let disk = Disk::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut office = Office::open(&node, |command| disk.under(command, &node.data()));
    let acknowledged = runtime.block_on(async {
        let security = office.signed_in("secadmin").await;
        let first = security.post("/api/v1/grants", &grant(1)).await.expect(201);
        disk.fail(SYNCS, Mode::Eio, 1, false);
        // Several at once, some of whom do not wait: between a sync that fails and the end nobody else commits.
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..WRITERS {
            let request = security.request(reqwest::Method::POST, "/api/v1/grants").json(&grant(2 + number));
            let patience = Duration::from_millis(if number % 4 == 0 { 5 * number } else { 20_000 });
            writers.spawn(async move {
                let reply = tokio::time::timeout(patience, request.send()).await.ok()?;
                reply.ok().map(|reply| reply.status().as_u16())
            });
        }
        while let Some(told) = writers.join_next().await {
            assert!(told.unwrap() != Some(201), "nothing is acknowledged that may not be on disk");
        }
        first["id"].as_str().unwrap().to_owned()
    });
    assert_eq!(office.ended(Duration::from_secs(60)), Some(DISK_FAILED));
    assert_eq!(disk.synced_again(), [""; 0], "{}", disk.log());
    disk.mend();
    let office = Office::open(&node, |_| {});
    let list: Value = runtime.block_on(async {
        office.signed_in("secadmin").await.get("/api/v1/grants?page_size=1000").await.expect(200)
    });
    assert!(list["items"].as_array().unwrap().iter().any(|card| card["id"] == acknowledged.as_str()));
}

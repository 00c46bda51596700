//! Two nodes and the folder between them, as real processes: the active one dies, is told to go, or loses sight of the
//! folder; the other one stands by.
#![cfg(unix)]

use crate::node::{Serving, TestNode};
use crate::register;
use brain_kernel::clock::SystemClock;
use brain_store::evidence::{LeafFilter, list};
use brain_store::{PageRequest, Store};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROWS: &str = "SELECT count(*) AS n, max(uscc) AS last FROM subject.enterprise";
/// Exit code of a node that may serve no longer.
const SUPERSEDED: i32 = 75;

/// A folder between two machines, and the key that both have.
struct Between {
    folder: tempfile::TempDir,
}

impl Between {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mirror")).unwrap();
        let between = Self { folder };
        let key = TestNode::new().ok(&["keys", "generate"]);
        std::fs::create_dir(between.kek().parent().unwrap()).unwrap();
        std::fs::write(between.kek(), key.trim()).unwrap();
        for (path, mode) in [(between.kek(), 0o600), (between.folder.path().join("safe"), 0o700)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        between
    }

    fn kek(&self) -> PathBuf {
        self.folder.path().join("safe/kek")
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror")
    }

    /// Both machines' configuration.
    fn write_configuration(&self, node: &TestNode, more: &str) {
        let (mirror, kek) = (self.mirror(), self.kek());
        node.write(
            "brain.toml",
            format!(
                "[mirror]\nfolder = \"{}\"\nevery_s = 5\nlease_s = 5\n{more}\n[crypto]\nkek = \"file:{}\"\n",
                mirror.display(),
                kek.display()
            ),
        );
    }

    fn node(&self, more: &str) -> TestNode {
        let node = TestNode::new();
        self.write_configuration(&node, more);
        node
    }

    /// Moments of the snapshots there, oldest first.
    fn snapshots(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.mirror().join("snapshots")) else { return Vec::new() };
        let texts = entries.flatten().filter_map(|entry| std::fs::read(entry.path()).ok());
        let snapshots = texts.filter_map(|text| serde_json::from_slice::<Value>(&text).ok());
        let mut moments: Vec<String> =
            snapshots.filter_map(|one| Some(one["created_at"].as_str()?.to_owned())).collect();
        moments.sort();
        moments
    }

    /// Wait until the copy is of a moment after everything acknowledged so far.
    fn holds_all_of_now(&self) {
        let before = self.snapshots();
        waiting("a newer snapshot", || self.snapshots().last() > before.last());
    }
}

/// Wait, for as long as a loaded machine may take.
fn waiting(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(180), "no {what} within three minutes");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stand_by(node: &TestNode) -> Serving {
    node.start(&["standby", "--listen", "127.0.0.1:0"], &[])
}

fn follows(standby: &Serving) {
    waiting("copy", || standby.get("/readyz", &[]).contains("lag_s: "));
    assert_eq!(standby.status("/livez"), 200);
    assert_eq!(standby.status("/readyz"), 503);
    assert_eq!(standby.status("/api/v1/portal"), 503);
}

/// A write that the running node acknowledged: the snapshot it says it made.
fn acknowledged(node: &TestNode, number: u32) -> String {
    let target = node.place().join(format!("backup-{number}"));
    let report: Value = serde_json::from_str(&node.ok(&["backup", target.to_str().unwrap()])).unwrap();
    report["snapshot"]["id"].as_str().unwrap().to_owned()
}

/// Bodies of the evidence of one kind, from the store of a node that has stopped.
fn evidence(data: &Path, kind: &str) -> Vec<Value> {
    let url = format!("sqlite:{}", data.join("store/brain.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&url, Arc::new(SystemClock)).await.unwrap();
        let filter = LeafFilter { kind: Some(kind.to_owned()), ..LeafFilter::default() };
        let found = list(store.db(), &filter, PageRequest::new(1, 100)).await.unwrap();
        store.close().await.unwrap();
        found.items.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
    })
}

#[test]
fn a_standby_serves_all_that_was_copied_when_the_active_node_is_killed_and_that_one_is_refused() {
    let between = Between::new();
    let (active, other) = (between.node(""), between.node(""));
    let first = active.write("first.csv", register::file(1, 20));
    active.ingest(&first, "registry");
    let rows = active.sql(ROWS);
    let serving = active.serve();
    waiting("first snapshot", || !between.snapshots().is_empty());
    let standby = stand_by(&other);
    follows(&standby);

    // Killed in the middle of following, it goes on where it was.
    let earlier = acknowledged(&active, 1);
    standby.kill();
    let mut standby = stand_by(&other);
    follows(&standby);

    let last = acknowledged(&active, 2);
    assert_ne!(earlier, last);
    between.holds_all_of_now();
    waiting("sign that the active node counts on it", || {
        let beat = std::fs::read_to_string(between.mirror().join("lease/00000001.beat")).unwrap();
        beat.contains("\"stop\"")
    });
    serving.kill();
    let killed = Instant::now();
    standby.listens();
    waiting("readiness", || standby.status("/readyz") == 200);
    println!("serves again {:.1} s after the kill, with a lease of 5 s", killed.elapsed().as_secs_f64());

    let refused = active.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("mirror/superseded") && refused.err.contains("brain standby"),
        "{refused:?}"
    );
    let refused = active.run(&["sql", ROWS]);
    assert!(refused.err.contains("mirror/superseded"), "commands on its folder are refused too: {refused:?}");

    assert_eq!(standby.terminate(), Some(0));
    assert_eq!(other.sql(ROWS), rows);
    let shown: Value = serde_json::from_str(&other.ok(&["status", "show"])).unwrap();
    assert_eq!(shown["backup"]["snapshot"], last.as_str(), "the last acknowledged write is there");
    assert_eq!(shown["mirror"]["epoch"], 2, "{shown}");
    let verification: Value = serde_json::from_str(&other.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
    assert_eq!(other.run(&["doctor"]).code, Some(0));
    let taken = evidence(&other.data(), "mirror.take_over");
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!((&taken[0]["epoch"], &taken[0]["cause"]), (&2.into(), &"silence".into()), "{taken:?}");
    assert!(taken[0]["age_s"].as_u64().is_some() && taken[0]["as_of"].as_str().is_some(), "{taken:?}");
}

#[test]
fn a_standby_that_is_told_to_takes_over_and_the_active_node_ends_and_becomes_the_next_standby() {
    let between = Between::new();
    let (active, other) = (between.node(""), between.node(""));
    let serving = active.serve();
    waiting("first snapshot", || !between.snapshots().is_empty());
    let unasked = other.run(&["standby", "promote"]);
    assert_eq!(unasked.code, Some(1), "nothing stands by yet: {unasked:?}");
    let mut standby = stand_by(&other);
    follows(&standby);
    other.ok(&["standby", "promote"]);
    let asked = Instant::now();
    assert_eq!(serving.ends(), Some(SUPERSEDED), "it finds the higher epoch");
    standby.listens();
    waiting("readiness", || standby.status("/readyz") == 200);
    println!("serves {:.1} s after it was asked to", asked.elapsed().as_secs_f64());

    // With its data folder put away, the former active node stands by.
    let refused = active.run(&["standby"]);
    assert!(refused.code == Some(1) && refused.err.contains("former active node"), "{refused:?}");
    std::fs::rename(active.data(), active.place().join("former")).unwrap();
    let back = stand_by(&active);
    follows(&back);
    assert!(back.get("/readyz", &[]).contains("epoch 2"));
    assert_eq!(back.terminate(), Some(0));
    assert_eq!(standby.terminate(), Some(0));
    let taken = evidence(&other.data(), "mirror.take_over");
    assert_eq!(taken[0]["cause"], "asked", "{taken:?}");
}

#[test]
fn an_active_node_that_loses_the_folder_ends_or_goes_on_as_configured() {
    let ending = Between::new();
    let obedient = ending.node("on_loss = \"stop\"");
    let serving = obedient.serve();
    waiting("first snapshot", || !ending.snapshots().is_empty());
    let going_on = Between::new();
    let stubborn = going_on.node("on_loss = \"go_on\"");
    let alone = stubborn.serve();
    waiting("first snapshot", || !going_on.snapshots().is_empty());
    for between in [&ending, &going_on] {
        std::fs::rename(between.mirror(), between.folder.path().join("away")).unwrap();
    }
    assert_eq!(serving.ends(), Some(SUPERSEDED), "it cannot know whether somebody took over");
    let metrics = alone.get("/metrics", &[]);
    assert!(metrics.contains("brain_mirror_age_seconds"), "{metrics}");
    assert_eq!(alone.status("/readyz"), 200, "it goes on");
    acknowledged(&stubborn, 1);
    let before = going_on.folder.path().join("away");
    std::fs::rename(&before, going_on.mirror()).unwrap();
    going_on.holds_all_of_now();
    assert_eq!(alone.terminate(), Some(0));
    // The last round brought everything there, and a mirror belongs to one node.
    let stranger = going_on.node("");
    let refused = stranger.run(&["doctor"]);
    assert!(refused.err.contains("mirror/of-another"), "{refused:?}");
}

//! An ingest through the whole warehouse: idempotence, cancel, and a stop at each step that matters.

use super::journal::Journal;
use super::{IngestOptions, IngestReport, IngestRequest};
use crate::{Options, Warehouse};
use brain_kernel::clock::SystemClock;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::ingest_run::{self, IngestRunFilter, NewIngestRun, RunState};
use brain_store::{PageRequest, Store};
use brain_trust::Trust;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAPPING: &str = r#"
name = "parks"
title = { zh = "园区", en = "Parks" }
description = { zh = "测试", en = "Test" }
owner = "node"
side = "public"
grade = "general1"
[[table]]
dataset = "raw.parks"
files = ["parks*.csv"]
mode = "MODE"
[[table.column]]
name = "name"
required = true
[[table.column]]
name = "area"
type = "float"
"#;

struct Node {
    folder: tempfile::TempDir,
}

impl Node {
    fn new(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mappings")).unwrap();
        std::fs::write(folder.path().join("mappings/parks.toml"), MAPPING.replace("MODE", mode)).unwrap();
        Self { folder }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    async fn start(&self) -> Warehouse {
        let clock = Arc::new(SystemClock);
        let url = format!("sqlite:{}", self.root().join("brain.db").display());
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let trust = Trust::open(
            store.clone(),
            &self.root().join("keys"),
            clock.clone(),
            brain_trust::Settings::default(),
        )
        .await
        .unwrap();
        trust.first_start().await.unwrap();
        let options = Options { root: self.root().to_owned(), ..Options::default() };
        Warehouse::open(options, store, trust, clock).await.unwrap()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn staged(&self) -> usize {
        std::fs::read_dir(self.root().join("lake/raw/parks")).map_or(0, |entries| {
            entries.flatten().filter(|e| e.file_name().to_string_lossy().ends_with(".parquet")).count()
        })
    }
}

fn party(role: Role) -> Party {
    Party {
        account: "tester".to_owned(),
        display_name: "tester".to_owned(),
        role,
        organisation: None,
        region: None,
    }
}

async fn ingest(warehouse: &Warehouse, path: &Path, cancel: &Cancel) -> crate::Result<IngestReport> {
    let request = IngestRequest {
        path: path.to_owned(),
        mapping: "parks".to_owned(),
        options: IngestOptions { skip_models: true, ..IngestOptions::default() },
    };
    warehouse.ingest(&party(Role::SystemAdministrator), request, Progress::new(), cancel.clone()).await
}

async fn state(warehouse: &Warehouse) -> (Option<u64>, Option<u64>, u64) {
    let lake = warehouse.inner.lake.latest("raw.parks").await.unwrap();
    let entry = warehouse.inner.catalogue.snapshot().get("raw.parks").cloned();
    let rows = match lake {
        Some(version) => warehouse.inner.lake.open("raw.parks", version).await.unwrap().rows,
        None => 0,
    };
    (lake, entry.and_then(|entry| entry.version), rows)
}

#[tokio::test]
async fn a_waiting_ingest_is_cancelled_at_once_and_leaves_evidence() {
    let node = Node::new("replace");
    let warehouse = node.start().await;
    let path = node.file("parks1.csv", "name,area\n甲,1.5\n");
    // Somebody else's ingest is at work and does not end before the cancel has acted.
    let turn = warehouse.inner.ingest_turn.lock().await;
    let cancel = Cancel::new();
    let waiting = tokio::spawn({
        let (warehouse, path, cancel) = (warehouse.clone(), path.clone(), cancel.clone());
        async move { ingest(&warehouse, &path, &cancel).await }
    });
    while warehouse.runs(&IngestRunFilter::default(), PageRequest::new(1, 10)).await.unwrap().total == 0 {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    assert!(matches!(waiting.await.unwrap(), Err(crate::Error::Cancelled)));
    drop(turn);
    let run =
        warehouse.runs(&IngestRunFilter::default(), PageRequest::new(1, 10)).await.unwrap().items.remove(0);
    assert_eq!((run.state, run.started_at), (RunState::Cancelled, None));
    let filter =
        brain_trust::evidence::EntryFilter { kind: Some("ingest.cancel".to_owned()), ..Default::default() };
    let kept = warehouse.inner.trust.evidence().entries(&filter, PageRequest::new(1, 10)).await.unwrap();
    assert_eq!((kept.total, kept.items[0].subject.as_str()), (1, run.id.as_str()));
    assert!(ingest(&warehouse, &path, &Cancel::new()).await.is_ok(), "the turn is free again");
}

#[tokio::test]
async fn the_same_content_twice_changes_nothing_whatever_its_name() {
    for (mode, rows_after_second) in [("replace", 1), ("append", 3)] {
        let node = Node::new(mode);
        let warehouse = node.start().await;
        let text = "name,area\n甲,1.5\n乙,2\n丙,many\n";
        let first = ingest(&warehouse, &node.file("parks1.csv", text), &Cancel::new()).await.unwrap();
        assert_eq!((first.rows_read, first.rows_landed, first.rows_quarantined), (3, 2, 1));
        assert_eq!((first.version, first.unchanged), (Some(0), false));
        assert_eq!(state(&warehouse).await, (Some(0), Some(0), 2));
        let again = ingest(&warehouse, &node.file("parks2.csv", text), &Cancel::new()).await.unwrap();
        assert_eq!((again.unchanged, again.version), (true, None));
        assert_eq!(state(&warehouse).await, (Some(0), Some(0), 2));
        assert_eq!(node.staged(), 1);
        let other = node.file("parks3.csv", "name,area\n丁,4\n");
        ingest(&warehouse, &other, &Cancel::new()).await.unwrap();
        assert_eq!(state(&warehouse).await, (Some(1), Some(1), rows_after_second));
        let refused = warehouse.inner.catalogue.snapshot().get("raw.parks_quarantine").cloned().unwrap();
        assert_eq!(refused.rows, 1);
        assert!(warehouse.inner.trust.evidence().verify().await.is_ok());
    }
}

#[tokio::test]
async fn a_file_of_which_nothing_is_right_does_not_empty_a_good_table() {
    let node = Node::new("replace");
    let warehouse = node.start().await;
    ingest(&warehouse, &node.file("parks.csv", "name,area\n甲,1\n"), &Cancel::new()).await.unwrap();
    let report =
        ingest(&warehouse, &node.file("parks.csv", "name,area\n,1\n乙,x\n"), &Cancel::new()).await.unwrap();
    assert_eq!((report.rows_landed, report.rows_quarantined, report.version), (0, 2, None));
    assert_eq!(state(&warehouse).await, (Some(0), Some(0), 1));
}

#[tokio::test]
async fn a_cancelled_or_failed_ingest_leaves_nothing_and_the_run_says_so() {
    let node = Node::new("append");
    let warehouse = node.start().await;
    let cancel = Cancel::new();
    cancel.cancel();
    let path = node.file("parks.csv", "name,area\n甲,1\n");
    assert!(matches!(ingest(&warehouse, &path, &cancel).await, Err(crate::Error::Cancelled)));
    assert!(ingest(&warehouse, &node.file("parks.csv", "other\n1\n"), &Cancel::new()).await.is_err());
    assert!(ingest(&warehouse, Path::new("/nonexistent/parks.csv"), &Cancel::new()).await.is_err());
    let runs = warehouse.runs(&IngestRunFilter::default(), PageRequest::default()).await.unwrap();
    let states: Vec<_> = runs.items.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Failed, RunState::Failed, RunState::Cancelled]);
    assert_eq!(state(&warehouse).await, (None, None, 0));
    assert_eq!(node.staged(), 0);
}

#[tokio::test]
async fn an_enterprise_may_not_ingest() {
    let node = Node::new("append");
    let warehouse = node.start().await;
    let request = IngestRequest {
        path: node.file("parks.csv", "name,area\n甲,1\n"),
        mapping: "parks".to_owned(),
        options: IngestOptions::default(),
    };
    let refused = warehouse.ingest(&party(Role::Enterprise), request, Progress::new(), Cancel::new()).await;
    let failure: brain_kernel::error::Failure = refused.unwrap_err().into();
    assert_eq!(failure.code, "warehouse/ingest-not-allowed");
}

/// The journal of an ingest that ran up to the point of decision, as a stop right after it leaves it.
async fn decided(node: &Node, warehouse: &Warehouse) -> Journal {
    let path = node.file("parks.csv", "name,area\n甲,1\n乙,x\n");
    let inner = &warehouse.inner;
    let run_id = inner.store.new_id();
    let new = NewIngestRun {
        id: run_id.clone(),
        actor: "tester".to_owned(),
        mapping: "parks".to_owned(),
        file: "parks.csv".to_owned(),
        options: serde_json::Value::Null,
    };
    ingest_run::create(inner.store.db(), new, inner.clock.now()).await.unwrap();
    ingest_run::start(inner.store.db(), &run_id, inner.clock.now()).await.unwrap();
    let request = IngestRequest { path, mapping: "parks".to_owned(), options: IngestOptions::default() };
    super::run::decide(inner, &run_id, &request).await.unwrap()
}

#[tokio::test]
async fn a_stop_before_the_decision_undoes_the_ingest() {
    let node = Node::new("append");
    let warehouse = node.start().await;
    let journal = decided(&node, &warehouse).await;
    assert_eq!(node.staged(), 1);
    drop(warehouse);
    let warehouse = node.start().await;
    assert_eq!(node.staged(), 0);
    assert_eq!(state(&warehouse).await, (None, None, 0));
    let run = warehouse.run(&journal.run_id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Failed);
}

#[tokio::test]
async fn a_stop_after_the_decision_finishes_the_ingest_exactly_once_wherever_it_fell() {
    for commits_before_the_stop in 0..=3 {
        let node = Node::new("append");
        let warehouse = node.start().await;
        let journal = decided(&node, &warehouse).await;
        let folder = warehouse.inner.journal_folder();
        journal.write(&folder).unwrap();
        warehouse.inner.finish_until(journal.clone(), commits_before_the_stop).await;
        drop(warehouse);
        for _ in 0..2 {
            let warehouse = node.start().await;
            assert_eq!(
                state(&warehouse).await,
                (Some(0), Some(0), 1),
                "stopped after {commits_before_the_stop}"
            );
            let refused = warehouse.inner.catalogue.snapshot().get("raw.parks_quarantine").cloned().unwrap();
            assert_eq!((refused.version, refused.rows), (Some(0), 1));
            let run = warehouse.run(&journal.run_id).await.unwrap().unwrap();
            assert_eq!((run.state, run.rows_landed, run.version), (RunState::Succeeded, 1, Some(0)));
            assert!(warehouse.inner.trust.evidence().verify().await.is_ok());
            assert!(Journal::open_ones(&folder).unwrap().is_empty());
        }
    }
}

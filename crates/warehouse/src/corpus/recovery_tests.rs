//! A run that was decided and then cut off: the next start makes its version whole, wherever it stopped.

use super::{DocumentQuery, NewCorpus, PURPOSE};
use crate::{Options, Warehouse};
use brain_kernel::clock::SystemClock;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::Store;
use brain_trust::Trust;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

const TEXT: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
    graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what \
    they need and find partners on the platform. The rules are kept with the data, so that a number can be followed back.";

async fn start(root: &Path) -> (Warehouse, Store) {
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", root.join("brain.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let settings = brain_trust::Settings::default();
    let trust = Trust::open(store.clone(), &root.join("keys"), clock.clone(), settings).await.unwrap();
    let options = Options { root: root.to_owned(), ..Options::default() };
    (Warehouse::open(options, store.clone(), trust, clock).await.unwrap(), store)
}

fn who() -> Party {
    Party {
        account: "tester".to_owned(),
        display_name: "tester".to_owned(),
        role: Role::Government,
        organisation: None,
        region: None,
    }
}

fn new() -> NewCorpus {
    let definition = json!({ "title": "t", "purpose": "p", "licence": "CC-BY-4.0" });
    serde_json::from_value(json!({ "name": "c", "reason": "r", "definition": definition })).unwrap()
}

/// Stop after the decision, and after so many of its two commits; how many documents the version has after a start.
async fn cut_off_after(commits: usize) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let (warehouse, store) = start(folder.path()).await;
    let corpora = warehouse.corpora();
    let session = warehouse.session(&who(), PURPOSE);
    let id = corpora.define(&session, new()).await.unwrap().card.id;
    let path = folder.path().join("brought.txt");
    std::fs::write(&path, TEXT).unwrap();
    corpora.bring(&session, &id, &path, "a.txt").await.unwrap();
    let mut begun = corpora.begin(session, &id, Progress::new(), Cancel::new()).await.unwrap();
    let journal = begun.decide(&folder.path().join("tmp/corpus/run")).await.unwrap().unwrap();
    let run = brain_store::corpus::unfinished_runs(store.db()).await.unwrap().remove(0);
    for of_documents in [false, true].into_iter().take(commits) {
        warehouse.inner.commit_part(&journal, &run.id, of_documents).await.unwrap();
    }
    drop(begun);
    store.close().await.unwrap();
    drop((warehouse, corpora));
    let (warehouse, store) = start(folder.path()).await;
    let session = warehouse.session(&who(), PURPOSE);
    let corpora = warehouse.corpora();
    let ended = corpora.show_run(&session, &run.id).await.unwrap();
    assert_eq!(ended.state, "succeeded", "{ended:?}");
    let version = corpora.version(&session, &id, 1).await.unwrap();
    assert_eq!((version.card.documents, version.inputs.len()), (1, 1));
    assert!(!folder.path().join("tmp/corpus").exists());
    let documents = corpora.documents(&session, &id, 1, &DocumentQuery::default()).await.unwrap();
    store.close().await.unwrap();
    documents.total
}

#[tokio::test]
async fn a_decided_run_becomes_a_version_at_the_next_start() {
    for commits in 0..=2 {
        assert_eq!(cut_off_after(commits).await, 1, "after {commits} commits");
    }
}

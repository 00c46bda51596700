//! Corpora, their files, runs and versions.

use brain_store::corpus::{self, CorpusRow, FileRow, QUEUED, RunRow, VersionRow};
use brain_store::{Error, PageRequest, Store};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_corpus_is_changed_by_who_saw_it_last_and_its_name_is_its_own,
    a_file_that_was_removed_is_known_and_not_there,
    a_run_that_has_ended_stays_and_versions_are_found_by_number_and_digest,
);

fn a_corpus(store: &Store, name: &str) -> CorpusRow {
    CorpusRow {
        id: store.new_id(),
        name: name.to_owned(),
        title: "政策".to_owned(),
        owner: "node".to_owned(),
        definition: json!({ "purpose": "检索" }),
        created_by: "a".to_owned(),
        changed_by: "a".to_owned(),
        revision: 1,
        created_at: store.now(),
        updated_at: store.now(),
    }
}

async fn stored(store: &Store, name: &str) -> CorpusRow {
    let row = a_corpus(store, name);
    let transaction = store.transaction().await.unwrap();
    corpus::insert(&transaction, row.clone()).await.unwrap();
    transaction.commit().await.unwrap();
    row
}

async fn a_corpus_is_changed_by_who_saw_it_last_and_its_name_is_its_own(database: &TestDatabase) {
    let store = database.open().await;
    let row = stored(&store, "policies").await;
    let transaction = store.transaction().await.unwrap();
    let twice = corpus::insert(&transaction, a_corpus(&store, "policies")).await;
    assert!(matches!(twice, Err(Error::AlreadyExists(_))), "{twice:?}");
    drop(transaction);
    let next = CorpusRow { title: "政策与公告".to_owned(), revision: 2, ..row.clone() };
    let transaction = store.transaction().await.unwrap();
    corpus::replace(&transaction, next.clone(), 1).await.unwrap();
    let late = corpus::replace(&transaction, CorpusRow { revision: 2, ..row.clone() }, 1).await;
    assert!(matches!(late, Err(Error::Stale { what: "corpus", .. })), "{late:?}");
    transaction.commit().await.unwrap();
    assert_eq!(corpus::find(store.db(), &row.id).await.unwrap(), Some(next.clone()));
    assert_eq!(corpus::all(store.db(), 10).await.unwrap(), [next]);
    store.close().await.unwrap();
}

async fn a_file_that_was_removed_is_known_and_not_there(database: &TestDatabase) {
    let store = database.open().await;
    let row = stored(&store, "policies").await;
    let file = FileRow {
        id: store.new_id(),
        corpus: row.id.clone(),
        name: "通知.txt".to_owned(),
        bytes: 9,
        sha256: "00".to_owned(),
        brought_by: "a".to_owned(),
        brought_at: store.now(),
        removed_at: None,
    };
    let transaction = store.transaction().await.unwrap();
    corpus::insert_file(&transaction, file.clone()).await.unwrap();
    let elsewhere = corpus::remove_file(&transaction, "another", &file.id, store.now()).await;
    assert!(matches!(elsewhere, Err(Error::NotFound { .. })), "{elsewhere:?}");
    transaction.commit().await.unwrap();
    assert_eq!(corpus::files(store.db(), &row.id, false).await.unwrap(), [file.clone()]);
    let transaction = store.transaction().await.unwrap();
    corpus::remove_file(&transaction, &row.id, &file.id, store.now()).await.unwrap();
    let twice = corpus::remove_file(&transaction, &row.id, &file.id, store.now()).await;
    assert!(matches!(twice, Err(Error::NotFound { what: "corpus file", .. })), "{twice:?}");
    transaction.commit().await.unwrap();
    assert_eq!(corpus::files(store.db(), &row.id, false).await.unwrap(), []);
    assert!(corpus::files(store.db(), &row.id, true).await.unwrap()[0].removed_at.is_some());
    store.close().await.unwrap();
}

async fn a_run_that_has_ended_stays_and_versions_are_found_by_number_and_digest(database: &TestDatabase) {
    let store = database.open().await;
    let row = stored(&store, "policies").await;
    let run = RunRow {
        id: store.new_id(),
        corpus: row.id.clone(),
        corpus_revision: 1,
        actor: "a".to_owned(),
        state: QUEUED.to_owned(),
        started_at: store.now(),
        ended_at: None,
        version: None,
        journal: None,
        failure: None,
    };
    let version = VersionRow {
        id: store.new_id(),
        corpus: row.id.clone(),
        number: 1,
        digest: "0123456789abcdef".to_owned(),
        run: run.id.clone(),
        corpus_revision: 1,
        documents: 3,
        dataset_version: Some(0),
        rejected_version: None,
        inputs: json!([]),
        facts: json!({ "card": "…" }),
        made_by: "a".to_owned(),
        made_at: store.now(),
    };
    let transaction = store.transaction().await.unwrap();
    corpus::insert_run(&transaction, run.clone()).await.unwrap();
    corpus::insert_version(&transaction, version.clone()).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(corpus::unfinished_runs(store.db()).await.unwrap(), [run.clone()]);
    let ended = RunRow { state: "succeeded".to_owned(), version: Some(version.id.clone()), ..run.clone() };
    corpus::update_run(store.db(), ended.clone()).await.unwrap();
    let late = corpus::update_run(store.db(), run.clone()).await;
    assert!(matches!(late, Err(Error::Stale { what: "corpus run", .. })), "{late:?}");
    assert_eq!(corpus::unfinished_runs(store.db()).await.unwrap(), []);
    assert_eq!(corpus::run(store.db(), &run.id).await.unwrap(), Some(ended.clone()));
    assert_eq!(corpus::runs(store.db(), &row.id, PageRequest::default()).await.unwrap().items, [ended]);
    let found = Some(version.clone());
    assert_eq!(corpus::version(store.db(), &row.id, 1).await.unwrap(), found);
    assert_eq!(corpus::version(store.db(), &row.id, 2).await.unwrap(), None);
    assert_eq!(corpus::version_of(store.db(), &row.id, "0123456789abcdef").await.unwrap(), found);
    assert_eq!(corpus::newest_version(store.db(), &row.id).await.unwrap(), found);
    assert_eq!(corpus::versions(store.db(), &row.id, PageRequest::default()).await.unwrap().items, [version]);
    store.close().await.unwrap();
}

//! Ingest runs and model runs.

use brain_store::PageRequest;
use brain_store::ingest_run::{self, Counters, IngestRunFilter, NewIngestRun, RunState, Success};
use brain_store::model_run::{self, ModelRun};
use chrono::TimeDelta;
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_run_goes_from_queued_to_succeeded_and_no_further,
    of_two_racing_transitions_exactly_one_happens,
    unfinished_runs_are_found_at_the_next_start,
    the_latest_run_of_every_model_comes_in_one_read,
);

fn a_run(id: String) -> NewIngestRun {
    let (actor, mapping, file) = ("a1".to_owned(), "registry".to_owned(), "浙江.csv".to_owned());
    NewIngestRun { id, actor, mapping, file, options: json!({ "replace": true }) }
}

fn success() -> Success {
    Success {
        dataset: "raw.registry".to_owned(),
        version: Some(7),
        content_hash: "h".to_owned(),
        counters: Counters { rows_read: 10, rows_landed: 9, rows_quarantined: 1 },
        report: json!({ "seconds": 1.5 }),
    }
}

async fn a_run_goes_from_queued_to_succeeded_and_no_further(database: &TestDatabase) {
    let store = database.open().await;
    let id = store.new_id();
    let queued = ingest_run::create(store.db(), a_run(id.clone()), store.now()).await.unwrap();
    assert_eq!((queued.state, queued.options), (RunState::Queued, json!({ "replace": true })));
    assert!(ingest_run::succeed(store.db(), &id, success(), store.now()).await.is_err());
    ingest_run::start(store.db(), &id, store.now()).await.unwrap();
    let so_far = Counters { rows_read: 5, ..Counters::default() };
    ingest_run::advance(store.db(), &id, so_far, Some("h"), Some("raw.registry")).await.unwrap();
    database.clock.advance(TimeDelta::seconds(9));
    ingest_run::succeed(store.db(), &id, success(), store.now()).await.unwrap();
    let done = ingest_run::find(store.db(), &id).await.unwrap().unwrap();
    assert!(done.state.is_final());
    assert_eq!((done.rows_read, done.rows_landed, done.rows_quarantined, done.version), (10, 9, 1, Some(7)));
    assert_eq!(done.report, Some(json!({ "seconds": 1.5 })));
    assert_eq!(done.finished_at.unwrap() - done.started_at.unwrap(), TimeDelta::seconds(9));
    assert_eq!(ingest_run::cancel(store.db(), &id, store.now()).await.unwrap_err().code(), "store/not-found");
    store.close().await.unwrap();
}

async fn of_two_racing_transitions_exactly_one_happens(database: &TestDatabase) {
    let store = database.open().await;
    let id = store.new_id();
    ingest_run::create(store.db(), a_run(id.clone()), store.now()).await.unwrap();
    let (fail, cancel) = tokio::join!(
        ingest_run::fail(store.db(), &id, json!({ "code": "x" }), store.now()),
        ingest_run::cancel(store.db(), &id, store.now()),
    );
    assert_ne!(fail.is_ok(), cancel.is_ok());
    store.close().await.unwrap();
}

async fn unfinished_runs_are_found_at_the_next_start(database: &TestDatabase) {
    let store = database.open().await;
    let ids: Vec<String> = (0..4).map(|_| store.new_id()).collect();
    for id in &ids {
        ingest_run::create(store.db(), a_run(id.clone()), store.now()).await.unwrap();
    }
    ingest_run::start(store.db(), &ids[1], store.now()).await.unwrap();
    ingest_run::cancel(store.db(), &ids[0], store.now()).await.unwrap();
    ingest_run::fail(store.db(), &ids[3], json!({ "code": "x" }), store.now()).await.unwrap();
    store.close().await.unwrap();
    let store = database.open().await;
    let unfinished = ingest_run::unfinished(store.db()).await.unwrap();
    assert_eq!(unfinished.iter().map(|run| &run.id).collect::<Vec<_>>(), [&ids[1], &ids[2]]);
    let failed = IngestRunFilter { state: Some(RunState::Failed), actor: Some("a1".to_owned()) };
    let page = ingest_run::list(store.db(), &failed, PageRequest::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|run| &run.id).collect::<Vec<_>>(), [&ids[3]]);
    assert_eq!(page.items[0].failure, Some(json!({ "code": "x" })));
    store.close().await.unwrap();
}

async fn the_latest_run_of_every_model_comes_in_one_read(database: &TestDatabase) {
    let store = database.open().await;
    for (model, version) in [("b", 1), ("a", 1), ("a", 2), ("b", 2), ("a", 3)] {
        let run = ModelRun {
            id: store.new_id(),
            model: model.to_owned(),
            definition_hash: "d".to_owned(),
            inputs: json!([]),
            output: format!("subject.{model}"),
            output_version: version,
            rows: 5,
            seconds: 0.25,
            finished_at: store.now(),
        };
        model_run::insert(store.db(), run).await.unwrap();
    }
    let latest = model_run::latest(store.db()).await.unwrap();
    let seen: Vec<_> = latest.iter().map(|run| (run.model.as_str(), run.output_version)).collect();
    assert_eq!(seen, [("a", 3), ("b", 2)]);
    assert_eq!(model_run::list(store.db(), Some("a"), PageRequest::default()).await.unwrap().total, 3);
    assert_eq!(latest[0].seconds.to_bits(), 0.25_f64.to_bits());
    store.close().await.unwrap();
}

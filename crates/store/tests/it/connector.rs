//! Connectors, their positions and runs.

use brain_store::connector::{self, ConnectorRow, ConnectorRunRow, RUNNING};
use brain_store::{Error, PageRequest, Store};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_connector_is_changed_by_who_saw_it_last,
    a_position_goes_on_and_is_forgotten,
    a_run_that_has_ended_is_not_changed_any_more,
);

fn a_connector(store: &Store, name: &str) -> ConnectorRow {
    ConnectorRow {
        id: store.new_id(),
        name: name.to_owned(),
        kind: "folder".to_owned(),
        settings: json!({ "kind": "folder", "path": "/in" }),
        secret: None,
        mapping: "auto".to_owned(),
        dataset: Some("raw.sale".to_owned()),
        schedule: json!({ "every": "never" }),
        enabled: true,
        revision: 1,
        updated_by: "a".to_owned(),
        created_at: store.now(),
        updated_at: store.now(),
    }
}

fn a_run(store: &Store, connector: &str) -> ConnectorRunRow {
    ConnectorRunRow {
        id: store.new_id(),
        connector: connector.to_owned(),
        occasion: "person".to_owned(),
        actor: "a".to_owned(),
        state: RUNNING.to_owned(),
        started_at: store.now(),
        ended_at: None,
        batches: 0,
        rows: 0,
        refused: 0,
        bytes: 0,
        attempts: 0,
        failure: None,
        notices: None,
        position_before: None,
        position_after: None,
        landing: None,
        landing_position: None,
    }
}

async fn a_connector_is_changed_by_who_saw_it_last(database: &TestDatabase) {
    let store = database.open().await;
    let row = a_connector(&store, "订单");
    connector::insert(store.db(), row.clone()).await.unwrap();
    let again = connector::insert(store.db(), a_connector(&store, "订单")).await;
    assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
    let changed = ConnectorRow { revision: 2, enabled: false, ..row.clone() };
    connector::update(store.db(), changed.clone(), 1).await.unwrap();
    let late = connector::update(store.db(), changed.clone(), 1).await;
    assert!(matches!(late, Err(Error::Stale { what: "connector", .. })), "{late:?}");
    assert_eq!(connector::find_by_name(store.db(), "订单").await.unwrap(), Some(changed));
    assert_eq!(connector::count(store.db()).await.unwrap(), 1);
    assert!(matches!(connector::delete(store.db(), &row.id, 1).await, Err(Error::Stale { .. })));
    connector::insert_run(store.db(), a_run(&store, &row.id)).await.unwrap();
    connector::reach(store.db(), &row.id, json!(1), store.now()).await.unwrap();
    connector::delete(store.db(), &row.id, 2).await.unwrap();
    assert_eq!(connector::newest_run(store.db(), &row.id).await.unwrap(), None);
    assert_eq!(connector::position(store.db(), &row.id).await.unwrap(), None);
    assert_eq!(connector::all(store.db(), 9).await.unwrap(), []);
    store.close().await.unwrap();
}

async fn a_position_goes_on_and_is_forgotten(database: &TestDatabase) {
    let store = database.open().await;
    assert_eq!(connector::position(store.db(), "c").await.unwrap(), None);
    for place in [json!({ "row": ["1"] }), json!({ "row": ["2"] })] {
        connector::reach(store.db(), "c", place.clone(), store.now()).await.unwrap();
        assert_eq!(connector::position(store.db(), "c").await.unwrap(), Some(place));
    }
    connector::forget_position(store.db(), "c").await.unwrap();
    assert_eq!(connector::position(store.db(), "c").await.unwrap(), None);
    store.close().await.unwrap();
}

async fn a_run_that_has_ended_is_not_changed_any_more(database: &TestDatabase) {
    let store = database.open().await;
    let (first, second) = (a_run(&store, "c"), a_run(&store, "c"));
    for run in [&first, &second] {
        connector::insert_run(store.db(), run.clone()).await.unwrap();
    }
    let landing = ConnectorRunRow {
        landing: Some("i".to_owned()),
        landing_position: Some(json!([1])),
        ..first.clone()
    };
    connector::update_run(store.db(), landing.clone()).await.unwrap();
    assert_eq!(connector::find_run(store.db(), &first.id).await.unwrap(), Some(landing.clone()));
    assert_eq!(connector::unfinished_runs(store.db()).await.unwrap().len(), 2);
    let ended = ConnectorRunRow {
        state: "failed".to_owned(),
        ended_at: Some(store.now()),
        failure: Some(json!({ "code": "connect/status" })),
        ..landing
    };
    connector::update_run(store.db(), ended.clone()).await.unwrap();
    let late = connector::update_run(store.db(), ended.clone()).await;
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    assert_eq!(connector::unfinished_runs(store.db()).await.unwrap(), [second.clone()]);
    let runs = connector::runs(store.db(), "c", PageRequest::default()).await.unwrap();
    assert_eq!(runs.items, [second.clone(), ended]);
    assert_eq!(connector::newest_run(store.db(), "c").await.unwrap(), Some(second));
    store.close().await.unwrap();
}

//! Labels, origins and filings.

use brain_store::grading::{self, ClassificationFilter, ClassificationRow, ColumnOrigin, FilingRow, Step};
use brain_store::{PageRequest, Store, dataset};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_label_takes_each_step_once_and_the_older_one_is_superseded,
    origins_are_replaced_whole_and_inputs_are_those_of_the_latest_version,
    filings_are_kept_in_order,
);

fn a_label(store: &Store, column: &str, grade: &str) -> ClassificationRow {
    ClassificationRow {
        id: store.new_id(),
        dataset: "raw.people".to_owned(),
        column_name: column.to_owned(),
        kind: "label".to_owned(),
        version: 0,
        state: "proposed".to_owned(),
        grade: grade.to_owned(),
        label: json!({ "grade": grade }),
        evidence: json!({}),
        proposed_by: "system".to_owned(),
        proposed_at: store.now(),
        confirmed_by: None,
        confirmed_at: None,
        decided_by: None,
        decided_at: None,
        valid_to: None,
        reason: None,
    }
}

async fn a_label_takes_each_step_once_and_the_older_one_is_superseded(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    let step = |from, to| Step { from, to, by: "a", at: store.now(), reason: Some("看过") };
    let first = grading::insert(db, a_label(&store, "phone", "general3")).await.unwrap();
    assert_eq!(first.version, 1);
    grading::step(db, &first.id, &step("proposed", "confirmed")).await.unwrap();
    assert!(grading::step(db, &first.id, &step("proposed", "confirmed")).await.is_err());
    grading::step(db, &first.id, &step("confirmed", "approved")).await.unwrap();
    let second = grading::insert(db, a_label(&store, "phone", "general4")).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(grading::open_of(db, "raw.people").await.unwrap().len(), 1);
    grading::step(db, &second.id, &step("proposed", "approved")).await.unwrap();
    assert_eq!(grading::supersede(db, &second).await.unwrap(), 1);
    let approved = grading::approved(db).await.unwrap();
    assert_eq!(approved.iter().map(|row| row.version).collect::<Vec<_>>(), [2]);
    let other = grading::insert(db, a_label(&store, "", "general3")).await.unwrap();
    assert_eq!((other.version, grading::count(db, "proposed").await.unwrap()), (1, 1));
    let filter = ClassificationFilter { states: vec!["superseded".to_owned()], ..Default::default() };
    let page = grading::list(db, &filter, PageRequest::default()).await.unwrap();
    assert_eq!((page.total, page.items[0].confirmed_by.as_deref()), (1, Some("a")));
    let nothing = ClassificationFilter { datasets: Some(Vec::new()), ..Default::default() };
    assert_eq!(grading::list(db, &nothing, PageRequest::default()).await.unwrap().total, 0);
    store.close().await.unwrap();
}

async fn origins_are_replaced_whole_and_inputs_are_those_of_the_latest_version(database: &TestDatabase) {
    let store = database.open().await;
    let db = store.db();
    let name = "subject.enterprise";
    dataset::upsert(db, &crate::catalogue::a_dataset(name), store.now()).await.unwrap();
    for (version, input) in [(1, "raw.old"), (2, "raw.new")] {
        let new = brain_store::dataset::NewVersion {
            inputs: vec![(input.to_owned(), 1)],
            ..crate::catalogue::a_version(name, version, store.now())
        };
        dataset::add_version(db, &new).await.unwrap();
    }
    let latest = grading::latest_inputs(db).await.unwrap();
    assert_eq!(latest, [(name.to_owned(), "raw.new".to_owned())]);
    let origin = |column: &str| ColumnOrigin {
        dataset: name.to_owned(),
        column_name: column.to_owned(),
        input: "raw.new".to_owned(),
        input_column: "phone".to_owned(),
    };
    grading::replace_origins(db, name, &[origin("a"), origin("b")]).await.unwrap();
    grading::replace_origins(db, name, &[origin("c")]).await.unwrap();
    assert_eq!(grading::origins(db).await.unwrap(), [origin("c")]);
    store.close().await.unwrap();
}

async fn filings_are_kept_in_order(database: &TestDatabase) {
    let store = database.open().await;
    for rows in [10, 20] {
        let filing = FilingRow {
            id: store.new_id(),
            dataset: "raw.people".to_owned(),
            filed_at: store.now(),
            filed_by: "a".to_owned(),
            content: json!({ "rows": rows }),
        };
        grading::insert_filing(store.db(), filing).await.unwrap();
    }
    let filings = grading::filings(store.db()).await.unwrap();
    assert_eq!(
        filings.iter().map(|filing| filing.content["rows"].as_i64()).collect::<Vec<_>>(),
        [Some(10), Some(20)]
    );
    store.close().await.unwrap();
}

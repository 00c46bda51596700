//! Datasets, columns, versions, lineage.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::PageRequest;
use brain_store::dataset::{self, DatasetFilter, NewColumn, NewDataset, NewVersion};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    describing_a_dataset_again_keeps_its_versions,
    the_text_filter_takes_words_in_both_languages_and_wildcards_literally,
    a_version_recorded_twice_is_refused_and_changes_nothing,
    the_same_content_is_recognised,
    lineage_reads_up_and_down,
    columns_keep_their_order_and_hundreds_fit,
    a_deleted_dataset_leaves_nothing_behind,
);

pub(crate) fn a_dataset(name: &str) -> NewDataset {
    NewDataset {
        name: name.to_owned(),
        title: Text::new("企业", "Enterprises"),
        description: Text::new("一行一企业，占比100%", "One row per firm"),
        owner: "node".to_owned(),
        side: DataSide::Public,
        zone: name.split('.').next().unwrap().to_owned(),
        grade: Grade::General2,
        restricted_by: None,
        source: "浙江登记".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
    }
}

pub(crate) fn a_version(name: &str, version: i64, at: DateTime<Utc>) -> NewVersion {
    NewVersion {
        dataset: name.to_owned(),
        version,
        rows: 10 + version,
        bytes: 1_000,
        committed_at: at,
        run_id: Some("run".to_owned()),
        content_hash: Some(format!("hash{version}")),
        inputs: Vec::new(),
    }
}

async fn describing_a_dataset_again_keeps_its_versions(database: &TestDatabase) {
    let store = database.open().await;
    let name = "subject.enterprise";
    dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    dataset::add_version(store.db(), &a_version(name, 3, store.now())).await.unwrap();
    dataset::set_quality(store.db(), name, json!({ "score": 0.9 })).await.unwrap();
    database.clock.advance(TimeDelta::hours(1));
    let renamed =
        NewDataset { title: Text::new("企业主题", "Firms"), grade: Grade::Important, ..a_dataset(name) };
    dataset::upsert(store.db(), &renamed, store.now()).await.unwrap();
    let found = dataset::find(store.db(), name).await.unwrap().unwrap();
    assert_eq!((found.version, found.rows, found.title_zh.as_str()), (Some(3), 13, "企业主题"));
    assert_eq!((found.grade().unwrap(), found.side().unwrap()), (Grade::Important, DataSide::Public));
    assert_eq!(found.quality, Some(json!({ "score": 0.9 })));
    assert_eq!(found.updated_at - found.created_at, TimeDelta::hours(1));
    store.close().await.unwrap();
}

async fn the_text_filter_takes_words_in_both_languages_and_wildcards_literally(database: &TestDatabase) {
    let store = database.open().await;
    for name in ["subject.enterprise", "raw.registry", "raw.sme_invoice"] {
        dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    }
    let names = async |filter: DatasetFilter| {
        let page = dataset::list(store.db(), &filter, PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|dataset| dataset.name).collect::<Vec<_>>()
    };
    let text = |text: &str| DatasetFilter { text: Some(text.to_owned()), ..DatasetFilter::default() };
    assert_eq!(names(text("登记 FIRM invoice")).await, ["raw.sme_invoice"]);
    assert_eq!(names(text("100%")).await.len(), 3);
    assert_eq!(names(text("%istry_x")).await, [] as [&str; 0]);
    assert_eq!(names(text("sme_inv")).await, ["raw.sme_invoice"]);
    assert_eq!(names(text("smexinv")).await, [] as [&str; 0]);
    assert_eq!(names(text("\\")).await, [] as [&str; 0]);
    let raw = DatasetFilter { zone: Some("raw".to_owned()), ..DatasetFilter::default() };
    assert_eq!(names(raw).await, ["raw.registry", "raw.sme_invoice"]);
    let side = DatasetFilter { side: Some(DataSide::Enterprise), ..DatasetFilter::default() };
    assert_eq!(names(side).await, [] as [&str; 0]);
    let wanted = ["raw.registry".to_owned(), "raw.none".to_owned()];
    assert_eq!(dataset::find_many(store.db(), &wanted).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

async fn a_version_recorded_twice_is_refused_and_changes_nothing(database: &TestDatabase) {
    let store = database.open().await;
    let name = "raw.registry";
    dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    dataset::add_version(store.db(), &a_version(name, 1, store.now())).await.unwrap();
    let again = NewVersion { rows: 999, ..a_version(name, 1, store.now()) };
    let transaction = store.transaction().await.unwrap();
    let error = dataset::add_version(&transaction, &again).await.unwrap_err();
    assert_eq!(error.code(), "store/already-exists");
    transaction.rollback().await.unwrap();
    assert_eq!(dataset::find(store.db(), name).await.unwrap().unwrap().rows, 11);
    let unknown = a_version("raw.none", 1, store.now());
    assert!(dataset::add_version(store.db(), &unknown).await.is_err());
    store.close().await.unwrap();
}

async fn the_same_content_is_recognised(database: &TestDatabase) {
    let store = database.open().await;
    let name = "raw.registry";
    dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    for version in 0..3 {
        dataset::add_version(store.db(), &a_version(name, version, store.now())).await.unwrap();
    }
    let found = dataset::version_with_content(store.db(), name, "hash1").await.unwrap().unwrap();
    assert_eq!(found.version, 1);
    assert!(dataset::version_with_content(store.db(), name, "other").await.unwrap().is_none());
    assert!(dataset::version_with_content(store.db(), "raw.other", "hash1").await.unwrap().is_none());
    let newest_first = dataset::versions(store.db(), name, PageRequest::new(1, 2)).await.unwrap();
    assert_eq!(newest_first.items.iter().map(|row| row.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(dataset::find_version(store.db(), name, 2).await.unwrap().unwrap().rows, 12);
    store.close().await.unwrap();
}

async fn lineage_reads_up_and_down(database: &TestDatabase) {
    let store = database.open().await;
    for name in ["raw.registry", "subject.enterprise", "topic.chain"] {
        dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    }
    dataset::add_version(store.db(), &a_version("raw.registry", 4, store.now())).await.unwrap();
    let from_registry = vec![("raw.registry".to_owned(), 4)];
    for (name, version) in [("subject.enterprise", 1), ("subject.enterprise", 2), ("topic.chain", 1)] {
        let version = NewVersion { inputs: from_registry.clone(), ..a_version(name, version, store.now()) };
        dataset::add_version(store.db(), &version).await.unwrap();
    }
    let up = dataset::inputs_of(store.db(), "subject.enterprise", 2).await.unwrap();
    assert_eq!(
        up.iter().map(|edge| (edge.input.as_str(), edge.input_version)).collect::<Vec<_>>(),
        [("raw.registry", 4)]
    );
    let down = dataset::derived_from(store.db(), "raw.registry").await.unwrap();
    assert_eq!(down, ["subject.enterprise", "topic.chain"]);
    let version = dataset::find_version(store.db(), "topic.chain", 1).await.unwrap().unwrap();
    assert_eq!(version.inputs, json!([{ "dataset": "raw.registry", "version": 4 }]));
    store.close().await.unwrap();
}

async fn columns_keep_their_order_and_hundreds_fit(database: &TestDatabase) {
    let store = database.open().await;
    let name = "raw.wide";
    dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    let column = |number: u32| NewColumn {
        name: format!("c{number}"),
        data_type: "Utf8".to_owned(),
        nullable: true,
        title: Text::new("列", "column"),
        unit: Some("万元".to_owned()),
        grade: Grade::General3,
    };
    let many: Vec<NewColumn> = (0..1_300).map(column).collect();
    dataset::replace_columns(store.db(), name, &many).await.unwrap();
    let few: Vec<NewColumn> = [9, 2, 5].map(column).to_vec();
    dataset::replace_columns(store.db(), name, &few).await.unwrap();
    let found = dataset::columns_of(store.db(), &[name.to_owned()]).await.unwrap();
    assert_eq!(found.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["c9", "c2", "c5"]);
    assert_eq!(found[0].grade().unwrap(), Grade::General3);
    store.close().await.unwrap();
}

async fn a_deleted_dataset_leaves_nothing_behind(database: &TestDatabase) {
    let store = database.open().await;
    let name = "topic.gone";
    dataset::upsert(store.db(), &a_dataset(name), store.now()).await.unwrap();
    let version = NewVersion { inputs: vec![("raw.x".to_owned(), 1)], ..a_version(name, 1, store.now()) };
    dataset::add_version(store.db(), &version).await.unwrap();
    assert!(dataset::delete(store.db(), name).await.unwrap());
    assert!(!dataset::delete(store.db(), name).await.unwrap());
    assert!(dataset::find_version(store.db(), name, 1).await.unwrap().is_none());
    assert!(dataset::derived_from(store.db(), "raw.x").await.unwrap().is_empty());
    store.close().await.unwrap();
}

//! The lake is the same in a folder and on an object store: what a node does with it, it does in both.

use crate::node::{Node, Place, administrator, open, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_store::ConnectionTrait as _;
use brain_testkit::PostgresDatabase;
use brain_trust::AccessOrigin;
use brain_warehouse::ObjectPlace;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::model::ModelRequest;

const LOG: &str = r#"
name = "readings"
title = { zh = "读数", en = "Readings" }
description = { zh = "按日追加的读数。", en = "Readings, one file a day." }
owner = "测试"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.reading"
files = ["reading*.csv"]
mode = "append"

[[table.column]]
name = "device"
type = "text"
required = true

[[table.column]]
name = "value"
type = "integer"
"#;
const MODEL: &str = "\
-- model: topic.device_total
-- title: 设备合计 | Sum of devices
-- description: 每台设备的读数之和。 | Sum of the readings of each device.
-- owner: 测试
-- side: public
-- grade: general1
-- source: raw.reading
-- licence: test
-- inputs: raw.reading
-- restricted_by: none
-- column: device | 设备 | Device
-- column: total | 合计 | Total
SELECT device, sum(value) AS total FROM raw.reading GROUP BY device
";
const PAST: &str = r#"
[[rule]]
name = "past-30"
datasets = "raw.*"
what = "past_versions"
keep_days = 30
basis = "网络数据安全管理条例第十二条"
"#;

async fn count(node: &Node, table: &str) -> String {
    let rows = node.rows(&administrator(), &format!("SELECT count(*) FROM {table}")).await.unwrap();
    rows.concat()
}

/// Ingest, restart, query, time travel, model, retention and the check of files, whatever the place is.
async fn a_life(place: Place) {
    let node = Node::empty_in(place).await;
    node.file("mappings/readings.toml", LOG);
    node.file("models/topic/industry/device_total.sql", MODEL);
    for day in 0..3 {
        node.file(&format!("in/reading{day}.csv"), &format!("device,value\na,{day}\nb,10\n"));
        node.ingest(format!("in/reading{day}.csv"), "readings").await;
    }
    // The same file again is known and lands nothing.
    node.ingest("in/reading1.csv", "readings").await;
    assert_eq!(count(&node, "raw.reading").await, "6");

    let node = node.reopened().await;
    assert_eq!(count(&node, "raw.reading").await, "6");
    assert_eq!(count(&node, "raw.\"reading@0\"").await, "2", "a past version is what it was");
    let chosen = ModelRequest { select: "topic.device_total".to_owned(), ..ModelRequest::default() };
    let (operator, origin) = (administrator(), Some(AccessOrigin::default()));
    let made = node.warehouse.run_models(&operator, &chosen, origin, Progress::new(), Cancel::new());
    let runs = made.await.unwrap();
    assert!(runs.iter().any(|run| run.model == "topic.device_total" && run.version == Some(0)), "{runs:?}");
    let totals =
        node.rows(&administrator(), "SELECT * FROM topic.device_total ORDER BY device").await.unwrap();
    assert_eq!(totals, ["a|3", "b|30"]);
    let check = node.warehouse.check_files().await.unwrap();
    assert!(check.damaged.is_empty() && check.whole > 3, "{check:?}");
    node.warehouse.ready().await.unwrap();

    node.file("retention.toml", PAST);
    let old = "UPDATE dataset_version SET committed_at = '2020-01-01 00:00:00+00:00'";
    node.store.db().execute_unprepared(old).await.unwrap();
    let owner = party(Role::Government, None);
    let retention = node.warehouse.retention();
    retention.sweep().await.unwrap();
    let due = retention.proposals(&owner, brain_store::PageRequest::default()).await.unwrap().items;
    let past = due.iter().find(|proposal| proposal.dataset == "raw.reading").unwrap();
    // An append keeps its files in every later version: past versions go, no file does.
    let before = node.table_files("raw.reading");
    retention.approve(&owner, &past.id, "保存期满").await.unwrap();
    assert_eq!((before.len(), node.table_files("raw.reading")), (3, before));
    let gone = node.rows(&administrator(), "SELECT * FROM raw.\"reading@0\"").await;
    assert_eq!(Node::refused(gone, ErrorKind::NotFound).code, "warehouse/version-deleted");
    assert_eq!(count(&node, "raw.reading").await, "6");
    node.store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_lives_in_a_folder() {
    a_life(Place::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_lives_on_an_object_store() {
    a_life(Place::objects()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_lives_on_an_object_store_with_its_state_in_postgres() {
    let Some(database) = PostgresDatabase::offered().await else { return };
    a_life(Place { database: Some(database.url.clone()), ..Place::objects() }).await;
    database.drop_it().await;
}

/// A replaced table loses the files of a past version to a retention rule, on the object store as in the folder.
#[tokio::test(flavor = "multi_thread")]
async fn deletion_under_a_rule_removes_the_objects() {
    let node = Node::loaded_in(Place::objects()).await;
    let before = node.table_files("raw.sale");
    assert_eq!(before.len(), 2);
    node.file("retention.toml", PAST);
    let old = "UPDATE dataset_version SET committed_at = '2020-01-01 00:00:00+00:00'";
    node.store.db().execute_unprepared(old).await.unwrap();
    let (owner, retention) = (party(Role::Government, None), node.warehouse.retention());
    retention.sweep().await.unwrap();
    let due = retention.proposals(&owner, brain_store::PageRequest::default()).await.unwrap().items;
    let proposal = due.iter().find(|proposal| proposal.dataset == "raw.sale").unwrap();
    let done = retention.approve(&owner, &proposal.id, "保存期满").await.unwrap();
    let deleted = done.certificate.unwrap().files;
    let after = node.table_files("raw.sale");
    assert_eq!((deleted.len(), after.len()), (1, 1));
    assert!(before.contains(&deleted[0].name) && !after.contains(&deleted[0].name));
    assert_eq!(count(&node, "raw.sale").await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_of_an_ingest_that_is_cancelled() {
    let node = Node::empty_in(Place::objects()).await;
    node.file("mappings/readings.toml", LOG);
    node.file("in/reading0.csv", "device,value\na,1\n");
    let cancel = Cancel::new();
    cancel.cancel();
    let request = IngestRequest {
        path: node.path().join("in/reading0.csv"),
        mapping: "readings".to_owned(),
        options: IngestOptions::default(),
    };
    let ended = node.warehouse.ingest(&administrator(), request, Progress::new(), cancel).await;
    assert_eq!(ended.unwrap_err().code(), "warehouse/cancelled");
    assert_eq!(node.table_files("raw.reading"), Vec::<String>::new());
    node.ingest("in/reading0.csv", "readings").await;
    assert_eq!((count(&node, "raw.reading").await.as_str(), node.table_files("raw.reading").len()), ("1", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_and_a_lake_elsewhere_are_refused() {
    let place = Place::objects();
    let node = Node::loaded_in(place.clone()).await;
    // Another data folder on the same prefix.
    let other = tempfile::tempdir().unwrap();
    let taken = open(other.path(), &place).await.err().map(Failure::from).unwrap();
    assert_eq!((taken.kind, taken.code), (ErrorKind::Precondition, "warehouse/lake-taken"));
    // The same folder, told that its lake is local.
    let local = open(node.path(), &Place::default()).await.err().map(Failure::from).unwrap();
    assert_eq!((local.kind, local.code), (ErrorKind::Precondition, "warehouse/lake-elsewhere"));
    // A folder that has tables, told that they are on a store.
    let folder = Node::loaded().await;
    let behind = open(folder.path(), &Place::objects()).await.err().map(Failure::from).unwrap();
    assert_eq!((behind.kind, behind.code), (ErrorKind::Precondition, "warehouse/lake-left-behind"));
    // A bucket that was emptied.
    let server = place.objects.as_ref().unwrap();
    std::fs::remove_dir_all(server.bucket().join("node")).unwrap();
    let emptied = open(node.path(), &place).await.err().map(Failure::from).unwrap();
    assert_eq!((emptied.kind, emptied.code), (ErrorKind::Precondition, "warehouse/lake-empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_tried_once_for_each_place_and_whenever_it_is_asked_for() {
    let place = Place::objects();
    let (server, tried) = (place.objects.clone().unwrap(), "PUT /lake/node/one/_probe/");
    let node = Node::loaded_in(place.clone()).await;
    let once = server.asked_for(tried);
    assert_eq!(once, 2, "written, and written once more");
    let node = node.reopened().await;
    assert_eq!(server.asked_for(tried), once, "the folder remembers");
    node.warehouse.try_lake().await.unwrap();
    assert_eq!(server.asked_for(tried), 2 * once, "whoever serves tries it all the same");
    assert_eq!(count(&node, "raw.sale").await, "3");

    // What stands there for another place, or is no record, says nothing.
    for record in ["s3://lake/node/one @ https://elsewhere.example", ""] {
        let before = server.asked_for(tried);
        node.file("lake/tried.txt", record);
        let (warehouse, ..) = open(node.path(), &place).await.unwrap();
        assert_eq!(server.asked_for(tried), before + once, "{record:?}");
        drop(warehouse);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_store_that_is_gone_are_told_apart() {
    let place = Place::objects();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = place.lake().unwrap();
    wrong.secret_access_key = "another".into();
    let shown = format!("{wrong:?}");
    assert!(!shown.contains("another"), "{shown}");
    let opened = |lake: brain_warehouse::ObjectLake| {
        let folder = folder.path().to_owned();
        async move {
            let clock = std::sync::Arc::new(brain_kernel::clock::SystemClock);
            let url = format!("sqlite:{}", folder.join("brain.db").display());
            let store = brain_store::Store::open(&url, clock.clone()).await.unwrap();
            let settings = brain_trust::Settings::default();
            let keys = folder.join("keys");
            let trust =
                brain_trust::Trust::open(store.clone(), &keys, clock.clone(), settings).await.unwrap();
            let options = brain_warehouse::Options { root: folder, ..brain_warehouse::Options::default() };
            let opened = brain_warehouse::Warehouse::open_on(options, &lake, store, trust, clock).await;
            opened.err().map(Failure::from).unwrap()
        }
    };
    let refused = opened(wrong).await;
    assert_eq!((refused.kind, refused.code), (ErrorKind::Unavailable, "warehouse/lake-not-let-in"));
    let mut gone = place.lake().unwrap();
    let nowhere = "http://127.0.0.1:1";
    gone.egress.permit(nowhere).unwrap();
    gone.place = ObjectPlace::parse("s3://lake/node", nowhere).unwrap();
    let unreachable = opened(gone).await;
    assert_eq!((unreachable.kind, unreachable.code), (ErrorKind::Unavailable, "warehouse/lake-unreachable"));
}

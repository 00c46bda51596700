//! The lake looks after itself: fewer files, rows in a useful order, nothing lost, no promise broken.

use crate::node::{Node, OTHER, OWN, Place, administrator, party};
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_store::ConnectionTrait as _;
use brain_warehouse::maintenance::{MaintenanceOptions, MaintenanceReport};
use std::collections::BTreeMap;

const SALES: &str = r#"
name = "sales_log"
title = { zh = "销售流水", en = "Sales" }
description = { zh = "逐日追加的销售。", en = "Sales, appended day by day." }
owner = "测试"
side = "enterprise"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.log"
files = ["log*.csv"]
mode = "append"
restricted_by = "firm"

[[table.column]]
name = "firm"
type = "text"
required = true

[[table.column]]
name = "day"
type = "integer"

[[table.column]]
name = "amount"
type = "integer"
"#;
const DAYS: usize = 6;

fn options() -> MaintenanceOptions {
    MaintenanceOptions { small_files_min: 3, ..MaintenanceOptions::default() }
}

/// A table of `DAYS` appends, each a file of its own.
async fn appended(place: Place) -> Node {
    let node = Node::empty_in(place).await;
    node.file("mappings/sales_log.toml", SALES);
    for day in 0..DAYS {
        let text = format!("firm,day,amount\n{OTHER},{day},{}\n{OWN},{day},{}\n", day * 10, day);
        node.file(&format!("in/log{day}.csv"), &text);
        node.ingest(format!("in/log{day}.csv"), "sales_log").await;
    }
    node
}

async fn pass(node: &Node, options: MaintenanceOptions) -> MaintenanceReport {
    let report = node.warehouse.maintenance(options).pass(&Cancel::new()).await.unwrap();
    assert_eq!(report.failed, BTreeMap::new());
    report
}

async fn sums(node: &Node, table: &str) -> String {
    let sql = format!("SELECT count(*), sum(day), sum(amount), count(DISTINCT firm) FROM {table}");
    node.rows(&administrator(), &sql).await.unwrap().concat()
}

/// Everything a rearrangement must leave as it was.
async fn rearranged(place: Place) {
    let node = appended(place).await;
    let (before, all) = (node.table_files("raw.log"), sums(&node, "raw.log").await);
    let past = sums(&node, "raw.\"log@2\"").await;
    let updated = node.warehouse.catalogue().get("raw.log").await.unwrap().card.updated_at;
    assert_eq!(before.len(), DAYS);

    let report = pass(&node, options()).await;
    assert_eq!(report.rearranged, ["raw.log"]);
    assert_eq!((report.files_before, report.files_after), (DAYS as u64, 1));
    let detail = node.warehouse.catalogue().get("raw.log").await.unwrap();
    assert_eq!(detail.card.version, Some(DAYS as u64), "a version of its own");
    assert_eq!(detail.card.updated_at, updated, "the data is as old as it was");
    for node in [node.reopened().await] {
        assert_eq!(sums(&node, "raw.log").await, all);
        assert_eq!(sums(&node, "raw.\"log@2\"").await, past, "past versions keep their files");
        assert_eq!(node.table_files("raw.log").len(), DAYS + 1);
        // Laid out by owner, who is asked for in every query of a firm.
        let first = node.rows(&administrator(), "SELECT firm FROM raw.log LIMIT 1").await.unwrap();
        assert_eq!(first, [OWN.min(OTHER)]);
        let firm = party(Role::Enterprise, Some(OWN));
        let own = node.rows(&firm, "SELECT count(*), sum(day) FROM raw.log").await.unwrap();
        assert_eq!(own, [format!("{DAYS}|15")], "the row filter holds as before");
        // What was taken in is known still.
        node.ingest("in/log3.csv", "sales_log").await;
        assert_eq!(sums(&node, "raw.log").await, all);
        assert_eq!(pass(&node, options()).await, MaintenanceReport::default(), "nothing is done twice");
        let filter = brain_trust::evidence::EntryFilter::default();
        let entries = node.trust.evidence().entries(&filter, brain_store::PageRequest::new(1, 500)).await;
        let told = entries.unwrap().items.into_iter().filter(|entry| entry.kind == "lake.rearrange").count();
        assert_eq!(told, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_in_a_folder_become_one() {
    rearranged(Place::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_on_an_object_store_become_one() {
    rearranged(Place::objects()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rearrangement_that_a_crash_kept_from_the_catalogue_is_found() {
    let node = appended(Place::default()).await;
    let updated = node.warehouse.catalogue().get("raw.log").await.unwrap().card.updated_at;
    pass(&node, options()).await;
    // As if the program had stopped between the commit and its record.
    let last = DAYS as i64;
    for sql in [
        format!("DELETE FROM dataset_version WHERE dataset = 'raw.log' AND version = {last}"),
        format!("UPDATE dataset SET version = {} WHERE name = 'raw.log'", last - 1),
    ] {
        node.store.db().execute_unprepared(&sql).await.unwrap();
    }
    let node = node.reopened().await;
    let card = node.warehouse.catalogue().get("raw.log").await.unwrap().card;
    assert_eq!((card.version, card.updated_at), (Some(DAYS as u64), updated));
    node.ingest("in/log3.csv", "sales_log").await;
    assert_eq!(card.version, node.warehouse.catalogue().get("raw.log").await.unwrap().card.version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_due_for_deletion_and_one_that_is_cancelled_are_left_alone() {
    let node = appended(Place::default()).await;
    let cancel = Cancel::new();
    cancel.cancel();
    let ended = node.warehouse.maintenance(options()).pass(&cancel).await;
    assert_eq!(ended.unwrap_err().code(), "warehouse/cancelled");
    assert_eq!(node.table_files("raw.log").len(), DAYS);
    node.file(
        "retention.toml",
        "[[rule]]\nname = \"past\"\ndatasets = \"raw.*\"\nwhat = \"past_versions\"\nkeep_days = 30\nbasis = \"合同\"\n",
    );
    let old = "UPDATE dataset_version SET committed_at = '2020-01-01 00:00:00+00:00'";
    node.store.db().execute_unprepared(old).await.unwrap();
    assert_eq!(node.warehouse.retention().sweep().await.unwrap(), 1);
    assert_eq!(pass(&node, options()).await, MaintenanceReport::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_left_behind_go_after_their_time_and_no_others() {
    let node = appended(Place::default()).await;
    let folder = node.path().join("lake/raw/log");
    let orphan = folder.join("part-0198c0de-0000-7000-8000-000000000000-0000.parquet");
    std::fs::write(&orphan, b"left by a crash").unwrap();
    let stranger = folder.join("notes.parquet");
    std::fs::write(&stranger, b"another program's").unwrap();
    assert_eq!(pass(&node, MaintenanceOptions::default()).await.orphans, 0, "it may be under way still");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for path in node.table_files("raw.log").iter().map(|name| folder.join(name)) {
        std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(pass(&node, MaintenanceOptions::default()).await.orphans, 1);
    assert!(!orphan.exists() && stranger.exists());
    assert_eq!(node.table_files("raw.log").len(), DAYS + 1, "files of versions and of others stay");
    assert!(sums(&node, "raw.log").await.starts_with("12|"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_laid_out_along_the_curve_of_several_columns() {
    let node = Node::empty().await;
    node.file("mappings/sales_log.toml", SALES);
    for part in 0..4 {
        let rows =
            (0..64).map(|at| format!("{OWN},{},{}\n", at % 8, (at / 8 + part) % 8)).collect::<String>();
        node.file(&format!("in/log{part}.csv"), &format!("firm,day,amount\n{rows}"));
        node.ingest(format!("in/log{part}.csv"), "sales_log").await;
    }
    let all = sums(&node, "raw.log").await;
    let columns = vec!["day".to_owned(), "amount".to_owned()];
    let cluster = BTreeMap::from([("raw.log".to_owned(), columns)]);
    let report = pass(&node, MaintenanceOptions { cluster, ..options() }).await;
    assert_eq!(report.rearranged, ["raw.log"]);
    assert_eq!(sums(&node, "raw.log").await, all);
    // The first quarter of the rows is one quarter of the square: the lower half of both columns.
    let sql = "SELECT max(day), max(amount) FROM (SELECT day, amount FROM raw.log LIMIT 64)";
    assert_eq!(node.rows(&administrator(), sql).await.unwrap(), ["3|3"]);
}

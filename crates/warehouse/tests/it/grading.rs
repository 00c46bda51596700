//! A column that turns out to hold persons is proposed, confirmed, approved — and masked at the next read.

use crate::node::{Node, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_warehouse::grading::{ClassificationQuery, DegradingRequest, LabelKind, Method, State};
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use std::fmt::Write as _;

const VISITS: &str = r#"
name = "visits"
title = { zh = "来访登记", en = "Visits" }
description = { zh = "合成数据。", en = "Synthetic." }
owner = "测试局"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.visit"
files = ["visit*.csv"]
mode = "replace"

[[table.column]]
name = "number"
type = "text"
required = true

[[table.column]]
name = "c2"
type = "text"

[[table.column]]
name = "note"
type = "text"
"#;

fn csv(rows: usize) -> String {
    let mut text = String::from("number,c2,note\n");
    for row in 0..rows {
        writeln!(text, "{row},138{row:08},访问园区").unwrap();
    }
    text
}

fn owner() -> Party {
    party(Role::Government, None)
}

fn approver() -> Party {
    party(Role::SecurityAdministrator, None)
}

async fn visits(rows: usize) -> Node {
    let node = Node::empty().await;
    node.file("mappings/visits.toml", VISITS);
    node.file("in/visit.csv", &csv(rows));
    node.ingest("in/visit.csv", "visits").await;
    node
}

async fn only_proposal(node: &Node) -> brain_warehouse::grading::Classification {
    let page = node.warehouse.grading().list(&approver(), &ClassificationQuery::default()).await.unwrap();
    assert_eq!(page.total, 1, "{:?}", page.items);
    page.items.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_scan_after_the_ingest_proposes_and_nothing_counts_before_it_is_approved() {
    let node = visits(50).await;
    let grading = node.warehouse.grading();
    let reader = party(Role::IndustryBody, None);
    let sql = "SELECT c2 FROM raw.visit ORDER BY number LIMIT 1";
    let proposed = only_proposal(&node).await;
    assert_eq!((proposed.column.as_deref(), proposed.state), (Some("c2"), State::Proposed));
    assert_eq!(proposed.label.grade, Grade::General3);
    assert!(proposed.label.personal && !proposed.label.sensitive_personal);
    let evidence = proposed.evidence.to_string();
    assert!(evidence.contains("mobile_phone") && !evidence.contains("13800000001"), "{evidence}");
    assert_eq!(node.rows(&reader, sql).await.unwrap(), ["13800000000"]);

    let confirmed = grading.confirm(&owner(), &proposed.id, "确为手机号").await.unwrap();
    assert_eq!(confirmed.state, State::Confirmed);
    assert_eq!(node.rows(&reader, sql).await.unwrap(), ["13800000000"]);
    grading.approve(&approver(), &proposed.id, "同意").await.unwrap();
    assert_eq!(node.rows(&reader, sql).await.unwrap(), [""]);
    assert_eq!(node.rows(&owner(), sql).await.unwrap(), ["13800000000"]);
    // The rest of the row stays.
    assert_eq!(node.rows(&reader, "SELECT note FROM raw.visit LIMIT 1").await.unwrap(), ["访问园区"]);
    let report = grading.report(&approver()).await.unwrap();
    let visit = report.datasets.iter().find(|dataset| dataset.dataset == "raw.visit").unwrap();
    assert_eq!(
        (visit.highest_column, visit.personal_columns.as_slice()),
        (Some(Grade::General3), &["c2".to_owned()][..])
    );
    // The refused rows of a table hold the same values.
    let filter =
        brain_trust::evidence::EntryFilter { kind: Some("grading.".to_owned()), actor: None, subject: None };
    let entries = node.trust.evidence().entries(&filter, brain_store::PageRequest::new(1, 10)).await.unwrap();
    let kinds: Vec<String> = entries.items.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["grading.approve", "grading.confirm", "grading.propose"]);

    // A restart and another load keep the label: the mapping's own grade is lower.
    let node = node.reopened().await;
    node.file("in/visit2.csv", &csv(60));
    node.ingest("in/visit2.csv", "visits").await;
    assert_eq!(node.rows(&reader, sql).await.unwrap(), [""]);
    // The same finding is not asked again.
    assert_eq!(only_proposal(&node).await.state, State::Approved);
}

#[tokio::test]
async fn each_step_is_for_another_person_and_in_order() {
    let node = visits(30).await;
    let grading = node.warehouse.grading();
    let id = only_proposal(&node).await.id;
    let refused = |result: brain_warehouse::Result<_>, kind, code: &str| {
        let failure =
            Failure::from(result.map(|_: brain_warehouse::grading::Classification| ()).unwrap_err());
        assert_eq!((failure.kind, failure.code), (kind, code));
    };
    let enterprise = party(Role::Enterprise, Some(crate::node::OWN));
    refused(
        grading.confirm(&enterprise, &id, "x").await,
        ErrorKind::Forbidden,
        "warehouse/grading-not-owner",
    );
    refused(
        grading.confirm(&approver(), &id, "x").await,
        ErrorKind::Forbidden,
        "warehouse/grading-not-owner",
    );
    refused(
        grading.confirm(&owner(), &id, " ").await,
        ErrorKind::InvalidArgument,
        "warehouse/grading-reason",
    );
    refused(grading.approve(&approver(), &id, "x").await, ErrorKind::Precondition, "warehouse/grading-state");
    grading.confirm(&owner(), &id, "x").await.unwrap();
    refused(grading.confirm(&owner(), &id, "x").await, ErrorKind::Precondition, "warehouse/grading-state");
    let same = Party { account: owner().account, ..approver() };
    refused(grading.approve(&same, &id, "x").await, ErrorKind::Forbidden, "warehouse/grading-same-person");
    refused(
        grading.approve(&owner(), &id, "x").await,
        ErrorKind::Forbidden,
        "warehouse/grading-not-approver",
    );
    refused(grading.reject(&owner(), &id, "x").await, ErrorKind::Forbidden, "warehouse/grading-not-approver");
    let rejected = grading.reject(&approver(), &id, "企业总机").await.unwrap();
    assert_eq!((rejected.state, rejected.reason.as_deref()), (State::Rejected, Some("企业总机")));
    refused(grading.approve(&approver(), &id, "x").await, ErrorKind::Precondition, "warehouse/grading-state");
    // What was rejected is not proposed again for the same finding.
    let run = grading.scan(&approver(), "raw.visit").await.unwrap();
    assert_eq!((run.findings.len(), run.proposed.len()), (1, 0));
}

#[tokio::test]
async fn many_persons_raise_the_alarm_and_make_a_dataset_important() {
    let node = Node::empty().await;
    node.file("grading.toml", "alarm_persons = 400\nimportant_persons = 900\n");
    node.file("mappings/visits.toml", VISITS);
    for (rows, alarm, important) in [(100, false, false), (500, true, false), (1_000, true, true)] {
        let name = format!("in/visit{rows}.csv");
        node.file(&name, &csv(rows));
        node.ingest(&name, "visits").await;
        let run = node.warehouse.grading().scan(&approver(), "raw.visit").await.unwrap();
        let persons = run.persons.unwrap() as f64;
        assert!((persons / rows as f64 - 1.0).abs() < 0.1, "{persons} of {rows}");
        assert_eq!(run.alarm, alarm, "{rows}");
        let all = node.warehouse.grading().list(&approver(), &ClassificationQuery::default()).await.unwrap();
        let whole = all.items.iter().find(|label| label.column.is_none());
        assert_eq!(whole.map(|label| label.label.grade), important.then_some(Grade::Important));
    }
}

#[tokio::test]
async fn important_data_is_filed_and_a_change_of_a_third_starts_the_clock() {
    let node = visits(100).await;
    let grading = node.warehouse.grading();
    assert!(grading.filings(&approver()).await.unwrap().is_empty());
    let request = serde_json::from_value(serde_json::json!({
        "dataset": "raw.visit", "reason": "目录要求",
        "label": { "industry_class": "工业", "business_class": "管理数据域", "grade": "important" },
    }))
    .unwrap();
    let label = grading.propose(&owner(), request).await.unwrap();
    grading.confirm(&owner(), &label.id, "是").await.unwrap();
    grading.approve(&approver(), &label.id, "是").await.unwrap();
    let due = grading.filings(&approver()).await.unwrap().remove(0);
    assert_eq!((due.row.dataset.as_str(), due.row.rows, due.row.grade), ("raw.visit", 100, Grade::Important));
    assert!(due.filed_at.is_none() && due.due.is_some() && !due.overdue);
    assert!(!serde_json::to_string(&due).unwrap().contains("138000"), "the form carries no data");
    grading.file(&approver(), "raw.visit").await.unwrap();
    assert_eq!(grading.filings(&approver()).await.unwrap()[0].due, None);
    for (rows, due) in [(120, false), (140, true)] {
        node.file("in/visit.csv", &csv(rows));
        node.ingest("in/visit.csv", "visits").await;
        let filing = grading.filings(&approver()).await.unwrap().remove(0);
        assert_eq!(filing.due.is_some(), due, "{rows}: {filing:?}");
    }
    let failure = Failure::from(grading.file(&approver(), "raw.nothing").await.unwrap_err());
    assert_eq!(failure.code, "warehouse/grading-not-important");
    let failure = Failure::from(grading.filings(&party(Role::Enterprise, None)).await.unwrap_err());
    assert_eq!(failure.kind, ErrorKind::Forbidden);
}

const REGISTRY_ROW: &str = "file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n\
    2020,浙江,绍兴轴承有限公司,91330681716195421C,2020-01-05,有限责任公司,100万人民币,轴承制造,浙江,绍兴,浙江省绍兴市诸暨市陶朱街道1号\n";

#[tokio::test]
async fn a_derived_table_inherits_by_column_until_a_degrading_is_approved() {
    let node = Node::empty().await;
    node.file("in/registry.csv", REGISTRY_ROW);
    let request = IngestRequest {
        path: node.path().join("in/registry.csv"),
        mapping: "registry".to_owned(),
        options: IngestOptions::default(),
    };
    let report =
        node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
    assert!(report.models_failure.is_none() && report.grading_failure.is_none(), "{report:?}");
    let grading = node.warehouse.grading();
    let reader = party(Role::IndustryBody, None);
    let read = |column: &str| format!("SELECT {column} FROM subject.enterprise WHERE {column} IS NOT NULL");
    assert_eq!(node.rows(&reader, &read("name")).await.unwrap().len(), 1);
    let request = serde_json::from_value(serde_json::json!({
        "dataset": "raw.registry", "column": "name", "reason": "测试",
        "label": { "industry_class": "工业", "business_class": "外部数据域", "grade": "general4" },
    }))
    .unwrap();
    let label = grading.propose(&owner(), request).await.unwrap();
    grading.confirm(&owner(), &label.id, "是").await.unwrap();
    grading.approve(&approver(), &label.id, "是").await.unwrap();
    assert!(node.rows(&reader, &read("name")).await.unwrap().is_empty(), "inherited");
    assert_eq!(node.rows(&reader, &read("uscc")).await.unwrap().len(), 1, "another column is not touched");
    assert_eq!(node.rows(&owner(), &read("name")).await.unwrap().len(), 1);

    let wish = |method, column: &str| DegradingRequest {
        dataset: "subject.enterprise".to_owned(),
        column: Some(column.to_owned()),
        grade: Grade::General1,
        method,
        reason: "名称依法公示".to_owned(),
        valid_to: None,
    };
    let refused = grading.degrade(&owner(), wish(Method::Aggregation { k: 2 }, "name")).await;
    assert_eq!(Failure::from(refused.unwrap_err()).code, "warehouse/grading-k");
    let masking = Method::Masking { how: "仅保留公示名称".to_owned() };
    let asked = grading.degrade(&owner(), wish(masking, "name")).await.unwrap();
    assert_eq!(asked.kind, LabelKind::Degrading);
    assert!(asked.label.derived_from.contains(&"raw.registry".to_owned()));
    assert!(node.rows(&reader, &read("name")).await.unwrap().is_empty(), "asking changes nothing");
    grading.confirm(&owner(), &asked.id, "是").await.unwrap();
    grading.approve(&approver(), &asked.id, "是").await.unwrap();
    assert_eq!(node.rows(&reader, &read("name")).await.unwrap().len(), 1, "approved");
    assert!(
        node.rows(&reader, "SELECT name FROM raw.registry WHERE name IS NOT NULL").await.unwrap().is_empty()
    );
}

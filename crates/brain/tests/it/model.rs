//! `brain model`: from the templates of a new industry to a table that is tested before it is published.

use crate::node::TestNode;
use serde_json::Value;

const SELLER: &str = "91330681716195421C";

#[test]
fn a_new_industry_is_started_checked_planned_and_built() {
    let node = TestNode::new();
    let written = node.ok(&[
        "model",
        "init",
        "--industry",
        "nev",
        "--title",
        "新能源汽车",
        "--template",
        "order,energy",
    ]);
    assert!(
        written.contains("mappings/nev_order.toml") && written.contains("models/subject/nev_energy.sql"),
        "{written}"
    );
    node.ok(&["model", "check"]);
    let file = node.write(
        "orders.csv",
        format!("订单号,卖方信用代码,产品名称,金额,下单日期,交付期限\nA1,{SELLER},电机,10万元,2026-10-01,2026-10-20\n"),
    );
    node.ok(&["ingest", file.to_str().unwrap(), "--as", "nev_order"]);
    let plan = node.ok(&["model", "run", "nev_order", "--dry-run", "--json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan[0]["standing"], "fresh", "an ingest makes what reads it: {plan}");
    let built = node.ok(&["model", "build", "nev_order", "--json"]);
    let built: Value = serde_json::from_str(&built).unwrap();
    assert_eq!(built[0]["state"], "unchanged");
    assert!(built[0]["tests"].as_array().unwrap().len() >= 4, "{built}");
    let folder = node.place().join("docs");
    node.ok(&["model", "docs", "tag:nev", "--out", folder.to_str().unwrap()]);
    let page = std::fs::read_to_string(folder.join("subject.nev_order.md")).unwrap();
    assert!(page.contains("raw.nev\\_order.amount"), "{page}");
    assert!(folder.join("index.md").is_file());
}

//! Contagion on links known to different degrees.

use crate::{demonstration, ingest, refresh, run};
use brain_testkit::Node;
use serde_json::{Value, json};

/// Links by kind: observed, observed without amount, estimated.
fn links(report: &Value) -> [u64; 3] {
    let rows = report["evidence"].as_array().unwrap();
    let share: f64 = rows.iter().map(|row| row["share"].as_f64().unwrap()).sum();
    assert!((share - 1.0).abs() < 1e-9, "{rows:?}");
    ["observed", "observed_unpriced", "estimated"]
        .map(|kind| rows.iter().find(|row| row["evidence"] == kind).unwrap()["links"].as_u64().unwrap())
}

fn firms(report: &Value) -> &[Value] {
    report["firms"].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn disclosed_links_without_amounts_rank_firms_and_give_no_values() {
    let node = demonstration().await;
    let recorded = include_str!("../../../../demo/data/enterprise_links.csv").lines().count() as u64 - 1;
    let observed = run(&node, "chain.risk", json!({ "network": "observed" })).await;
    assert_eq!((observed["label"].as_str(), links(&observed)), (Some("observed"), [0, recorded, 0]));
    assert!(!firms(&observed).is_empty() && firms(&observed).iter().all(|firm| firm.get("esri").is_none()));
    assert_eq!(observed["distribution"], json!([]));
    let shown = observed["links"].as_array().unwrap();
    assert!(!shown.is_empty());
    for link in shown {
        assert_eq!(
            (link["evidence"].as_str(), &link["amount_cny"]),
            (Some("observed_unpriced"), &Value::Null)
        );
        assert!(link["product"].is_string(), "{link}");
    }
    assert!(observed["uncertainty"]["zh"].as_str().unwrap().contains("没有金额"));

    // Without a choice the few links on record are completed by estimates, each kind counted.
    let completed = run(&node, "chain.risk", json!({})).await;
    let [priced, unpriced, estimated] = links(&completed);
    assert_eq!((completed["label"].as_str(), priced), (Some("estimated"), 0));
    assert!(unpriced > 150 && unpriced <= recorded && estimated > unpriced, "{unpriced} {estimated}");
    assert!(firms(&completed).iter().all(|firm| firm.get("esri").is_none()));
    let shock = json!([{ "firm": firms(&completed)[0]["firm"], "loss": 1.0 }]);
    let shaken = run(&node, "chain.risk", json!({ "shock": shock })).await;
    assert_eq!(shaken["scenario"]["esri"], Value::Null);
    assert!(shaken["scenario"]["losses"].as_array().unwrap().len() > 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_keep_their_values_beside_news_without_amounts() {
    let node = Node::with_components(brain_governance::components()).await;
    let folder = node.folder().join("tmp/inv");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "a_input_invoice.csv",
        "企业代号,发票号码,开票日期,销方单位代号,金额,税额,价税合计,发票状态\n\
         E1,1,2017/7/18,A1,100,6,106,有效发票\nE1,2,2017/7/20,A2,300,0,300,有效发票\n",
    );
    write(
        "a_output_invoice.csv",
        "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\nE1,9,2017/8/4,B1,500,5,505,有效发票\n",
    );
    write("enterprise_labelled.csv", "企业代号,企业名称,信誉评级,是否违约\nE1,***公司,A,否\n");
    ingest(&node, folder, "sme_invoices").await;
    refresh(&node).await;
    let parameters = json!({ "network": "observed", "replaceability": false });
    let before = run(&node, "chain.risk", parameters.clone()).await;
    assert_eq!(links(&before), [3, 0, 0]);
    let values = |report: &Value| -> Vec<(String, f64)> {
        let value = |firm: &Value| Some((firm["firm"].as_str()?.to_owned(), firm.get("esri")?.as_f64()?));
        let mut values: Vec<_> = firms(report).iter().filter_map(value).collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    // E1 sells 500 of 900, A1 100, A2 300. With E1 everything stops; without A1 a quarter of its inputs is gone.
    let found = values(&before);
    assert_eq!(
        found.iter().map(|v| v.0.as_str()).collect::<Vec<_>>(),
        ["sme:A1", "sme:A2", "sme:B1", "sme:E1"]
    );
    assert!((found[3].1 - 1.0).abs() < 1e-12 && (found[0].1 - 225.0 / 900.0).abs() < 1e-12, "{found:?}");

    let facts = node.folder().join("tmp/facts_a.tsv");
    std::fs::write(
        &facts,
        "date\thead\trelation\ttail\n2025-07-28\t盛路通信\t供给\t比亚迪\n2025-08-01\t英维克\t供给\t比亚迪\n\
         2025-08-02\t英维克\t合作\t比亚迪\n",
    )
    .unwrap();
    ingest(&node, facts, "ickg25").await;
    refresh(&node).await;
    let after = run(&node, "chain.risk", parameters).await;
    assert_eq!((after["label"].as_str(), links(&after)), (Some("observed"), [3, 2, 0]));
    assert_eq!(values(&after), values(&before), "news about others changes no value");
    assert_eq!(firms(&after).len(), 7, "the firms of the news are ranked with the others");
    let news =
        firms(&after).iter().filter(|firm| firm["name"].as_str().is_some_and(|n| n.contains("比亚迪")));
    assert!(news.clone().count() == 1 && news.clone().all(|firm| firm.get("esri").is_none()));
    let by_kind =
        |kind: &str| after["links"].as_array().unwrap().iter().filter(|l| l["evidence"] == kind).count();
    assert_eq!((by_kind("observed"), by_kind("observed_unpriced")), (3, 2));
    let priced = after["links"].as_array().unwrap().iter().filter(|l| l["amount_cny"].is_number()).count();
    assert_eq!(priced, 3);
    node.stop().await;
}

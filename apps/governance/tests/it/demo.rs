//! Claims about what a visitor of the demonstration sees.

use crate::{demonstration, run, run_with};
use brain_kernel::error::ErrorKind;
use brain_kernel::progress::{Cancel, Progress};
use brain_testkit::Node;
use serde_json::{Value, json};

const CHAINS: [&str; 4] = ["ic", "nev", "pv", "robot"];

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_answers_honestly() {
    let node = demonstration().await;
    chains_count_the_same_firms_everywhere(&node).await;
    gaps_hold_their_estimate_and_judge_only_what_is_known(&node).await;
    industries_have_names(&node).await;
    byd_is_on_record_as_supplier_and_customer(&node).await;
    everything_stops_when_told(&node).await;
    long_work_counts_its_steps(&node).await;
    node.stop().await;
}

async fn chains_count_the_same_firms_everywhere(node: &Node) {
    let list = run(node, "chain.list", json!({})).await;
    let listed: Vec<(&str, u64, u64)> = list["chains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (c["chain_id"].as_str().unwrap(), c["products"].as_u64().unwrap(), c["firms"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(listed.iter().map(|c| c.0).collect::<Vec<_>>(), CHAINS);
    for (chain, products, firms) in listed {
        let panorama = run(node, "chain.panorama", json!({ "chain": chain })).await;
        let summary = &panorama["summary"];
        assert_eq!((summary["products"].as_u64(), summary["firms"].as_u64()), (Some(products), Some(firms)));
        assert!(firms > 100, "{chain}: {firms}");
    }
}

async fn gaps_hold_their_estimate_and_judge_only_what_is_known(node: &Node) {
    for chain in CHAINS {
        let mut strengthened = 0;
        for region in ["330000", "320000", "440000"] {
            let gap = run(node, "chain.gap", json!({ "chain": chain, "region": region })).await;
            let estimate = gap["completeness"].as_f64().unwrap();
            let (low, high) = (gap["interval"][0].as_f64().unwrap(), gap["interval"][1].as_f64().unwrap());
            assert!(low < estimate && estimate < high, "{chain} {region}: {low} {estimate} {high}");
            let nodes = gap["nodes"].as_array().unwrap();
            let concentrated = nodes.iter().filter(|n| n["hhi"].as_f64().is_some_and(|h| h > 0.25));
            for node in concentrated {
                let said = node["reasons"].to_string();
                let few = node["firms"].as_u64().unwrap() < 5;
                assert!(!(few && said.contains("本地供应集中")), "{node}");
                assert!(!few || node["state"] == "break" || said.contains("数据不足"), "{node}");
            }
            let count = |state: &str| nodes.iter().filter(|n| n["state"] == state).count();
            assert!(count("insufficient") > 0, "{chain} {region}");
            assert!(count("choke") * 2 < nodes.len(), "{chain} {region}: {} chokes", count("choke"));
            strengthened += gap["lists"]["strengthen"].as_array().unwrap().len();
        }
        assert!(strengthened > 0, "{chain}: no 强链 in three strong provinces");
    }
}

async fn industries_have_names(node: &Node) {
    let found = run(node, "enterprise.search", json!({ "page_size": 200 })).await;
    let firms = found["items"].as_array().unwrap();
    assert_eq!(firms.len(), 200);
    assert!(firms.iter().all(|firm| firm["industry_name"].as_str().is_some_and(|name| !name.is_empty())));
    let byd = run(node, "enterprise.search", json!({ "q": "比亚迪" })).await;
    assert_eq!(byd["items"][0]["industry_name"], "新能源车整车制造");
}

async fn byd_is_on_record_as_supplier_and_customer(node: &Node) {
    let found = run(node, "enterprise.search", json!({ "q": "比亚迪" })).await;
    let id = found["items"][0]["enterprise_id"].as_str().unwrap();
    let profile = run(node, "enterprise.profile", json!({ "enterprise_id": id })).await;
    let count = |side: &str| profile[side].as_array().unwrap().len();
    assert!(
        count("suppliers") >= 20 && count("customers") >= 5,
        "{} {}",
        count("suppliers"),
        count("customers")
    );
}

/// Every component with parameters that make it work.
fn questions() -> Vec<(&'static str, Value)> {
    vec![
        ("chain.list", json!({})),
        ("chain.search", json!({ "q": "电池" })),
        ("chain.neighbourhood", json!({ "product": "动力电池包" })),
        ("chain.paths", json!({ "from": "铝", "to": "纯电动乘用车" })),
        ("chain.cone", json!({ "product": "动力电池包", "direction": "upstream" })),
        ("chain.panorama", json!({ "chain": "nev" })),
        ("chain.gap", json!({ "chain": "nev", "region": "330000" })),
        ("chain.risk", json!({ "chain": "nev" })),
        ("chain.candidates", json!({ "product": "动力电池包", "region": "330000" })),
        ("enterprise.search", json!({})),
        ("enterprise.profile", json!({ "enterprise_id": "code:300750.SZ" })),
        ("region.summary", json!({})),
    ]
}

async fn everything_stops_when_told(node: &Node) {
    let stopped = Cancel::new();
    stopped.cancel();
    let mut asked: Vec<&str> = questions().into_iter().map(|(id, _)| id).collect();
    for (id, parameters) in questions() {
        let answer = run_with(node, id, parameters, &Progress::new(), &stopped).await;
        let kind = answer.map(|_| ()).map_err(|failure| failure.kind);
        assert_eq!(kind, Err(ErrorKind::Cancelled), "{id}");
    }
    asked.sort_unstable();
    let known: Vec<&str> = node.registry.manifests().map(|manifest| manifest.id.as_str()).collect();
    assert_eq!(asked, known, "a new component belongs into this list");
}

async fn long_work_counts_its_steps(node: &Node) {
    let moving = ["chain.list", "chain.panorama", "chain.gap", "chain.risk", "chain.candidates"];
    for (id, parameters) in questions().into_iter().filter(|(id, _)| moving.contains(id)) {
        let progress = Progress::new();
        run_with(node, id, parameters, &progress, &Cancel::new()).await.unwrap();
        let (done, total) = progress.read();
        assert!(done > 0 && done == total, "{id}: {done} of {total}");
    }
}

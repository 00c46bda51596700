//! Real names: brands and short names, listed firms, the register of Zhejiang; from any name of a firm to all of them.

use crate::node::{Node, administrator, party};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::matching::{ClusterQuery, NewSet, PURPOSE};
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;

/// Every so many brands of the list; those of one source in the file stand together.
const EVERY: usize = 60;

const BRANDS: &str = r#"
name = "brands"
title = { zh = "品牌与简称", en = "Brands" }
description = { zh = "公司简称语料。", en = "Short names of firms." }
owner = "node"
side = "public"
grade = "general1"
source = "wainshine/Company-Names-Corpus"
licence = "unclear"

[[table]]
dataset = "raw.brand"
files = ["brand*.csv"]
mode = "replace"

[[table.column]]
name = "brand"
type = "text"
required = true
"#;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests learn about shared data from the environment, and say so where there is none"
)]
fn shared(name: &str) -> Option<PathBuf> {
    let Ok(folder) = std::env::var("BRAIN_SHARED_DATA") else {
        println!("skipped: BRAIN_SHARED_DATA is not set");
        return None;
    };
    Some(PathBuf::from(folder).join(name)).filter(|path| path.exists())
}

fn lines(path: &std::path::Path) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap();
    let reader: Box<dyn Read> = if path.extension().is_some_and(|end| end == "gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    BufReader::new(reader).lines().map_while(Result::ok).collect()
}

async fn load(node: &Node, name: &str, text: &str, mapping: &str) {
    let path = node.file(name, text);
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: mapping.to_owned(), options };
    node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn brand_short_name_legal_name_and_credit_code_lead_to_the_same_firm() {
    let (Some(listed), Some(register), Some(brands)) = (
        shared("listed_companies/stock_basic_2026-02.csv"),
        shared("registry/浙江.csv.gz"),
        shared("company_short_names/short_names_28w.txt.gz"),
    ) else {
        return;
    };
    let node = Node::empty().await;
    node.file("mappings/brands.toml", BRANDS);
    let listed = lines(&listed);
    let names: std::collections::BTreeSet<&str> =
        listed.iter().filter_map(|line| line.split(',').nth(1)).collect();
    load(&node, "in/stock_basic_2026-02.csv", &listed.join("\n"), "listed_companies").await;
    // Joint-stock companies only: a whole register takes minutes without optimisation.
    let register = lines(&register);
    let stock: Vec<&str> = register
        .iter()
        .enumerate()
        .filter(|(at, line)| *at == 0 || line.contains("股份有限公司"))
        .map(|(_, line)| line.as_str())
        .collect();
    load(&node, "in/浙江.csv", &stock.join("\n"), "registry").await;
    let some = lines(&brands);
    let some = some.iter().enumerate().filter(|(at, brand)| at % EVERY == 0 || names.contains(brand.trim()));
    let some: std::collections::BTreeSet<&str> = some
        .map(|(_, brand)| brand.trim())
        .filter(|brand| !brand.is_empty() && !brand.contains([',', '"', '\u{feff}']))
        .collect();
    let text = format!("brand\n{}\n", some.iter().copied().collect::<Vec<_>>().join("\n"));
    load(&node, "in/brand.csv", &text, "brands").await;

    let plan = json!({
        "preset": "firm", "upper": 0.9, "lower": 0.3, "sample": 20,
        "steps": [
            { "left": { "dataset": "raw.brand", "key": ["brand"], "columns": { "name": "brand" } },
              "right": { "dataset": "raw.listed_stock_basic", "key": ["code"], "columns": { "name": "short_name" } } },
            { "left": { "dataset": "raw.listed_stock_basic", "key": ["code"], "columns": { "name": "full_name" } },
              "right": { "dataset": "raw.registry", "key": ["uscc"], "columns": { "name": "name" } } },
        ],
        "golden": {
            "attributes": {
                "brand": { "raw.brand": "brand" },
                "short_name": { "raw.listed_stock_basic": "short_name" },
                "legal_name": { "raw.registry": "name", "raw.listed_stock_basic": "full_name" },
                "uscc": { "raw.registry": "uscc" },
            },
            "survivorship": { "sources": ["raw.registry", "raw.listed_stock_basic"], "default": ["source_priority"] },
        },
    });
    let matching = node.warehouse.matching();
    let session = node.warehouse.session(&party(Role::Government, None), PURPOSE);
    let new = NewSet {
        name: "企业".to_owned(),
        plan: serde_json::from_value(plan).unwrap(),
        reason: "首次".to_owned(),
    };
    let set = matching.create_set(&session, new).await.map_err(Failure::from).unwrap().card.id;
    let done =
        matching.run(session, &set, Progress::new(), Cancel::new()).await.map_err(Failure::from).unwrap();
    assert_eq!(done.card.state, "succeeded", "{:?}", done.card.failure);
    println!("{:?}", done.card);

    // The run has closed the record of its session.
    let session = node.warehouse.session(&party(Role::Government, None), PURPOSE);
    let query = ClusterQuery { at_least: Some(3), page_size: Some(100), ..ClusterQuery::default() };
    let clusters = matching.clusters(&session, &set, &query).await.unwrap().items;
    let all = ["brand", "short_name", "legal_name", "uscc"];
    let mut whole = 0;
    for cluster in &clusters {
        let value = |attribute: &str| {
            let found = cluster.golden.iter().find(|value| value.attribute == attribute);
            found.and_then(|value| value.value.clone())
        };
        let Some(values) = all.iter().map(|attribute| value(attribute)).collect::<Option<Vec<String>>>()
        else {
            continue;
        };
        whole += 1;
        for name in &values {
            let hits = matching.lookup(&session, &set, name).await.unwrap();
            assert!(hits.iter().any(|hit| hit.cluster == cluster.id), "{name} does not lead to {values:?}");
        }
    }
    println!("{whole} firms with brand, short name, legal name and credit code");
    assert!(whole >= 3, "{whole} of {} clusters", clusters.len());
}

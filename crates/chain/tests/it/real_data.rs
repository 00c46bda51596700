//! The A-share chain graph as it really is; skipped where the shared data is absent.

use brain_chain::clean::{RawLink, RawRelation, ShareReport, classify_food, clean_links, revenue_shares};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Command;

fn rows(name: &str) -> Option<Vec<serde_json::Value>> {
    let shared = std::env::var_os("BRAIN_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = shared.join("chain_kg").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let text = Command::new("gzip").args(["-dc"]).arg(&path).output().unwrap().stdout;
    Some(String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn links_of_the_real_set_are_cleaned_and_food_is_found_where_the_source_says() {
    let Some(rows) = rows("product_product.jsonl.gz") else { return };
    let raw: Vec<RawLink<'_>> = rows
        .iter()
        .map(|row| RawLink {
            from: row["from_entity"].as_str().unwrap(),
            to: row["to_entity"].as_str().unwrap(),
            relation: RawRelation::parse(row["rel"].as_str().unwrap()).unwrap(),
        })
        .collect();
    let (links, report) = clean_links(&raw);
    assert_eq!(report.rows, 110_153);
    let dropped = report.not_a_product + report.self_loops + report.repeated + report.kind_loops;
    assert_eq!(links.len() as u64 + dropped, report.rows);
    assert!(links.len() > 105_000, "{report:?}");

    let mut index: HashMap<&str, u32> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    let mut number = |name| {
        *index.entry(name).or_insert_with(|| {
            names.push(name);
            names.len() as u32 - 1
        })
    };
    let made_from: Vec<(u32, u32)> = raw
        .iter()
        .filter(|row| row.relation == RawRelation::MadeFrom)
        .map(|row| (number(row.from), number(row.to)))
        .collect();
    let (food, report) = classify_food(&names, &made_from);
    // SOURCE.md counts 31,643 of 56,826 material links with a food or medicine head.
    let found = report.links_with_food_product;
    if std::env::var_os("BRAIN_CHAIN_LIST").is_some() {
        let mut heads: Vec<u32> = made_from.iter().map(|pair| pair.0).collect();
        heads.sort_unstable();
        heads.dedup();
        for head in heads.iter().step_by(heads.len() / 300) {
            eprintln!("{}\t{}", u8::from(food[*head as usize]), names[*head as usize]);
        }
        eprintln!("{report:?}");
    }
    assert!((29_000..40_000).contains(&found), "{report:?}");
}

#[test]
fn revenue_shares_of_every_real_firm_stay_within_one() {
    let Some(rows) = rows("company_product.jsonl.gz") else { return };
    let mut firms: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for row in &rows {
        let code = brain_chain::clean::stock_code(row["company_code"].as_str().unwrap()).unwrap();
        let product = row["product_name"].as_str().unwrap().to_owned();
        let weight = row["rel_weight"]
            .as_f64()
            .or_else(|| row["rel_weight"].as_str()?.parse().ok())
            .unwrap_or(f64::NAN);
        firms.entry(code).or_default().push((product, weight));
    }
    let mut report = ShareReport::default();
    for rows in firms.values() {
        let rows: Vec<(&str, f64)> =
            rows.iter().map(|(product, weight)| (product.as_str(), *weight)).collect();
        let shares = revenue_shares(&rows, &mut report);
        assert!(shares.iter().map(|s| s.share).sum::<f64>() <= 1.0 + 1e-9);
    }
    assert!(report.firms > 3_500 && report.negative > 0 && report.firms_beyond_one > 1_000, "{report:?}");
    if std::env::var_os("BRAIN_CHAIN_LIST").is_some() {
        eprintln!("{report:?}");
    }
}

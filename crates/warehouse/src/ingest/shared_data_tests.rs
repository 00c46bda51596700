//! The built-in mappings on the real data they were written for. Skipped where that data is absent.

use super::layout;
use super::pipeline::{Job, Staged, stage};
use crate::lake::Lake;
use crate::source::find;
use brain_kernel::progress::{Cancel, Progress};
use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "where the shared data lies is told to tests by the environment"
)]
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var("BRAIN_SHARED_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

/// What each table of a mapping read, landed and refused.
fn load(name: &str, folder: &Path) -> Vec<(String, Staged)> {
    let data = tempfile::tempdir().unwrap();
    let lake = Lake::new(data.path());
    let mapping =
        crate::mapping::all(data.path()).unwrap().into_iter().find(|mapping| mapping.name == name).unwrap();
    find(&mapping, folder)
        .unwrap()
        .into_iter()
        .map(|found| {
            let job = Job {
                lake: &lake,
                mapping: &mapping,
                table: found.table,
                schema: layout::schema(found.table),
                files: &found.files,
                run_id: "r",
                now_ms: 0,
                unpack: crate::source::Unpack::default(),
                progress: &Progress::new(),
                cancel: &Cancel::new(),
            };
            let staged = stage(&job).unwrap();
            assert_eq!(staged.rows_read, staged.rows_landed + staged.rows_quarantined);
            (found.table.dataset.clone(), staged)
        })
        .collect()
}

fn counts(loaded: &[(String, Staged)]) -> Vec<(&str, u64, u64)> {
    loaded.iter().map(|(name, staged)| (name.as_str(), staged.rows_read, staged.rows_quarantined)).collect()
}

#[test]
fn the_register_of_zhejiang_lands_and_every_refusal_has_its_reason() {
    let Some(folder) = shared("registry") else { return };
    let loaded = load("registry", &folder);
    let staged = &loaded[0].1;
    assert_eq!(staged.rows_read, 89_656);
    assert!(staged.rows_quarantined < 150, "{:?}", staged.reasons);
    assert!(staged.reasons["mojibake"] >= 60, "{:?}", staged.reasons);
    println!("registry of Zhejiang: {} refused {:?}", staged.rows_quarantined, staged.reasons);
    assert_eq!(staged.reasons.values().sum::<u64>(), staged.rows_quarantined);
}

#[test]
fn the_chain_graph_lands_whole() {
    let Some(folder) = shared("chain_kg") else { return };
    let loaded = load("chain_kg", &folder);
    let expected = [
        ("raw.chain_kg_company", 4_654, 0),
        ("raw.chain_kg_industry", 511, 0),
        ("raw.chain_kg_product", 95_559, 0),
        ("raw.chain_kg_company_industry", 4_430, 0),
        ("raw.chain_kg_industry_industry", 480, 0),
        ("raw.chain_kg_industry_up", 335, 0),
        ("raw.chain_kg_company_product", 53_785, 0),
        ("raw.chain_kg_product_product", 110_153, 0),
    ];
    assert_eq!(counts(&loaded), expected, "{:?}", loaded.iter().map(|(_, s)| &s.reasons).collect::<Vec<_>>());
}

#[test]
fn standards_listings_facts_and_the_demonstration_land_whole() {
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../demo/data");
    let sources = [
        ("gbt4754", shared("gbt4754_2017")),
        ("regions", shared("geo")),
        ("listed_companies", shared("listed_companies")),
        ("ickg25", shared("ickg25")),
        ("curated", demo.exists().then_some(demo)),
    ];
    for (name, folder) in sources {
        let Some(folder) = folder else { continue };
        for (dataset, staged) in load(name, &folder) {
            let share = staged.rows_quarantined as f64 / staged.rows_read.max(1) as f64;
            println!(
                "{dataset}: {} read, {} refused {:?}",
                staged.rows_read, staged.rows_quarantined, staged.reasons
            );
            assert!(share <= 0.001, "{dataset}: {:?}", staged.reasons);
        }
    }
}

#[test]
fn the_invoices_land_whole() {
    let Some(folder) = shared("sme_invoices_cumcm2020c") else { return };
    let loaded = load("sme_invoices", &folder);
    let expected = [
        ("raw.sme_invoice_input", 606_122, 0),
        ("raw.sme_invoice_output", 493_319, 0),
        ("raw.sme_enterprise", 425, 0),
    ];
    assert_eq!(counts(&loaded), expected, "{:?}", loaded.iter().map(|(_, s)| &s.reasons).collect::<Vec<_>>());
}

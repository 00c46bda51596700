//! What entity resolution reads: tables of records, specifications, names, products and addresses.

use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::preset;
use brain_matching::text::fold::{fold, is_han};
use brain_matching::{Specification, address, company, dedupe, file, product};
use std::sync::LazyLock;

/// Most records that are matched here; a fuzzer asks often.
const MATCHED_MAX: usize = 12;

/// As the built-in one for firms, with less training: a table of a dozen rows teaches nothing more.
static QUICK: LazyLock<Specification> = LazyLock::new(|| {
    let mut specification = preset("firm").expect("the specification for firms");
    specification.training.random_pairs = 1_000;
    specification.training.proposed_pairs = 1_000;
    specification.training.rounds = 2;
    specification
});

/// CSV files as `brain match` reads them; small ones are matched with themselves.
pub fn records(data: &[u8]) {
    let records = match file::read(data) {
        Ok(records) => records,
        Err(fault) => {
            assert!(!fault.what.zh.is_empty() && !fault.what.en.is_empty());
            return;
        }
    };
    for row in 0..records.len() {
        for column in 0..records.names().len() {
            let cell = records.cell(row, column);
            assert_eq!(cell.trim(), cell, "cells are trimmed");
        }
    }
    if records.len() > MATCHED_MAX {
        return;
    }
    if let Ok(found) = dedupe(&records, &QUICK, &Progress::new(), &Cancel::new()) {
        for (place, pair) in found.pairs.iter().enumerate() {
            let (left, right) = (pair.left as usize, pair.right as usize);
            assert!(left < records.len() && right < records.len() && left != right);
            assert!((0.0..=1.0).contains(&pair.probability), "{}", pair.probability);
            assert!(found.evidence(place).iter().all(|evidence| evidence.bits.is_finite()));
        }
    }
}

/// Specifications in TOML. One that is taken passes its own check.
pub fn specification(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Specification::from_toml(text) {
        Ok(specification) => assert!(specification.check().is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Names of firms, products and addresses taken apart.
pub fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let name = company::parse(&text);
    let _ = (name.brand(), name.trade(), name.is_complete());
    let _ = (product::parse(&text), address::parse(&text));
    let folded = fold(&text);
    assert_eq!(fold(&folded), folded, "folding once is enough");
    let _ = text.chars().filter(|c| is_han(*c)).count();
}

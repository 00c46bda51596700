//! The matrix cannot rot: what it names exists, and the document is what the data says.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the report")]

use brain_compliance::{State, controls, document};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rows of the checklist.
const ROWS: u16 = 62;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_row_is_there_once_and_says_what_its_state_asks_of_it() {
    let controls = controls().unwrap();
    assert_eq!(
        controls.iter().map(|control| control.row).collect::<Vec<_>>(),
        (1..=ROWS).collect::<Vec<_>>()
    );
    for control in &controls {
        let row = control.row;
        for text in [
            Some(&control.title),
            Some(&control.asks),
            control.organisation.as_ref(),
            control.missing.as_ref(),
        ]
        .into_iter()
        .flatten()
        {
            assert!(!text.zh.trim().is_empty() && !text.en.trim().is_empty(), "row {row}");
        }
        assert!(!control.clauses.is_empty(), "row {row}");
        match control.state {
            State::Met => {
                assert!(!control.tests.is_empty(), "row {row} is met, and no test shows it");
                assert!(control.missing.is_none(), "row {row} is met, and something is missing");
            }
            State::Partly => assert!(control.missing.is_some(), "row {row}: what is missing?"),
            State::Deployment => assert!(control.organisation.is_some(), "row {row}: who does what?"),
            State::Open => assert!(control.missing.is_some(), "row {row}: where will it be?"),
        }
    }
}

#[test]
fn every_path_and_every_test_that_a_row_names_exists() {
    let root = repository();
    let mut wrong = Vec::new();
    for control in controls().unwrap() {
        for place in &control.places {
            if !root.join(place).exists() {
                wrong.push(format!("row {}: no {place}", control.row));
            }
        }
        for test in &control.tests {
            let Some((path, function)) = test.split_once("::") else {
                wrong.push(format!("row {}: {test} is not path::function", control.row));
                continue;
            };
            let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
            // A test in Rust by its name, one in the browser by its title.
            let known = [format!("fn {function}("), format!("\"{function}\"")];
            if !known.iter().any(|known| text.contains(known)) {
                wrong.push(format!("row {}: no test {test}", control.row));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_is_what_the_data_says() {
    let path = repository().join("docs/security/level-3.md");
    let wanted = document(&controls().unwrap());
    if std::env::var_os("BRAIN_WRITE_REPORTS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "run BRAIN_WRITE_REPORTS=1 cargo test -p brain-compliance");
}

#[test]
fn facts_are_words_and_clauses_are_of_the_standard() {
    let mut keys = BTreeSet::new();
    for control in controls().unwrap() {
        for clause in &control.clauses {
            let good = clause.starts_with("8.1.") || clause.starts_with("8.4") || clause.starts_with("8.5");
            assert!(good, "row {}: {clause}", control.row);
        }
        keys.extend(control.facts);
    }
    for key in keys {
        assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{key}");
    }
}

//! Contagion risk on plain files, against values computed elsewhere.

use crate::node::{Answer, TestNode};
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../chain/tests/golden").join(name)
}

fn risk(node: &TestNode, edges: &Path, replaceability: &str, epsilon: &str) -> Answer {
    let (firms, essentiality) = (golden("own60_firms.csv"), golden("own60_ess.csv"));
    node.run(&[
        "run",
        "chain.risk",
        "--edges",
        edges.to_str().unwrap(),
        "--firms",
        firms.to_str().unwrap(),
        "--essentiality",
        essentiality.to_str().unwrap(),
        "--replaceability",
        replaceability,
        "--epsilon",
        epsilon,
        "--format",
        "csv",
    ])
}

/// Lines after the header, split at commas.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn the_risk_of_every_firm_equals_the_golden_values_in_all_four_configurations() {
    let firms = std::fs::read_to_string(golden("own60_firms.csv")).unwrap();
    let firms: Vec<&str> = cells(&firms).into_iter().map(|cells| cells[0]).collect();
    for (replaceability, sigma) in [("off", 0), ("on", 1)] {
        for epsilon in ["1e-8", "1e-2"] {
            let node = TestNode::new();
            let answer = risk(&node, &golden("own60_edges.csv"), replaceability, epsilon);
            assert_eq!(answer.code, Some(0), "{answer:?}");
            assert_eq!(answer.out.lines().next(), Some("firm,esri,esri_down,esri_up,iterations"));
            let name = format!("own60_esri_sigma{sigma}_eps{epsilon}.csv");
            let expected = std::fs::read_to_string(golden(&name)).unwrap();
            let (found, expected) = (cells(&answer.out), cells(&expected));
            assert_eq!(found.iter().map(|row| row[0]).collect::<Vec<_>>(), firms, "firm order of {name}");
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                for column in 0..3 {
                    let (a, b): (f64, f64) =
                        (found[column + 1].parse().unwrap(), expected[column].parse().unwrap());
                    assert!(
                        (a - b).abs() <= 1e-12,
                        "{name}, firm {}, value {column}: {a} is not {b}",
                        found[0]
                    );
                }
                assert_eq!(found[4], expected[3], "{name}, iterations of firm {}", found[0]);
            }
            assert!(!node.data().exists(), "a calculation on plain files needs no data folder");
        }
    }
}

#[test]
fn a_malformed_file_is_refused_with_its_line_and_column() {
    let node = TestNode::new();
    let edges = node.write("edges.csv", "supplier,buyer,amount\n1,34,56.74\n3,14,plenty\n");
    let answer = risk(&node, &edges, "on", "1e-8");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.out, "");
    for part in ["edges", "line 3", "amount", "plenty", "[chain/file]"] {
        assert!(answer.err.contains(part), "no {part:?} in {:?}", answer.err);
    }

    let edges = node.write("edges.csv", "supplier,buyer,amount\n1,nobody,56.74\n");
    let answer = risk(&node, &edges, "on", "1e-8");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    for part in ["edges", "line 2", "buyer", "nobody"] {
        assert!(answer.err.contains(part), "no {part:?} in {:?}", answer.err);
    }
}

#[test]
fn a_missing_file_is_named() {
    let node = TestNode::new();
    let answer = risk(&node, &node.place().join("absent.csv"), "on", "1e-8");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.err.contains("absent.csv"), "{}", answer.err);
}

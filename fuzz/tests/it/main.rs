//! Every seed and every crash of the past, whole and cut short, on every target.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test that uses them")]

use brain_fuzz::TARGETS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Places at which each seed is cut, besides its end.
const CUTS: usize = 12;
/// Those that ask a node over its line cost milliseconds an input; the fuzzer cuts their seeds.
const OVER_THE_LINE: [&str; 7] = ["request", "head", "mcp", "upload", "grant", "passkey", "provider"];

fn files(folder: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    files
}

#[test]
fn every_seed_and_every_crash_of_the_past_is_read_or_refused() {
    let mut replayed = 0;
    for target in TARGETS {
        let seeds = files("seeds", target.name);
        assert!(!seeds.is_empty(), "{} has seeds", target.name);
        for file in seeds.into_iter().chain(files("crashes", target.name)) {
            let data = std::fs::read(&file).unwrap();
            println!("{}: {}", target.name, file.display());
            (target.run)(&data);
            replayed += 1;
        }
    }
    assert!(replayed >= 2 * TARGETS.len(), "{replayed} files were replayed");
}

#[test]
fn a_seed_cut_short_anywhere_is_read_or_refused() {
    for target in TARGETS.iter().filter(|target| !OVER_THE_LINE.contains(&target.name)) {
        for file in files("seeds", target.name) {
            let data = std::fs::read(&file).unwrap();
            for cut in 1..=CUTS {
                (target.run)(&data[..data.len() * cut / (CUTS + 1)]);
            }
        }
    }
}

#[test]
fn every_target_is_a_program_of_its_own_for_cargo_fuzz_too() {
    let manifest = include_str!("../../Cargo.toml");
    for target in TARGETS {
        let path = format!("path = \"fuzz_targets/{}.rs\"", target.name);
        assert!(manifest.contains(&path), "{}", target.name);
    }
}

#[tokio::test]
async fn every_operation_of_the_document_has_a_seed() {
    let node = brain_testkit::Node::with_components(brain_governance::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let ids = operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned());
    let seeds: BTreeSet<String> = files("seeds", "request")
        .iter()
        .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let missing: Vec<String> = ids.filter(|id| !seeds.contains(id)).collect();
    assert!(missing.is_empty(), "write fuzz/seeds/request/<operation>.txt for {}", missing.join(", "));
}

//! What lies in the folder, and what is never done to it.

use crate::load::{PROVINCE, options};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use brain_simulate::{Error, MANIFEST, NOTE, Options, simulate};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use tempfile::TempDir;

#[test]
fn the_manifest_says_what_is_there() {
    let text = std::fs::read_to_string(PROVINCE.path.join(MANIFEST)).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["simulated"], true);
    assert_eq!(manifest["options"]["seed"], 7);
    assert_eq!(manifest["options"]["province"], "330000");
    assert!(manifest["program"].as_str().unwrap().starts_with("brain-simulate "));
    assert!(std::fs::read_to_string(PROVINCE.path.join(NOTE)).unwrap().contains("模拟数据"));
    let mut listed = BTreeSet::from([MANIFEST.to_owned(), NOTE.to_owned()]);
    for file in PROVINCE.manifest.data.iter().chain(&PROVINCE.manifest.truth).flat_map(|table| &table.files) {
        let bytes = std::fs::read(PROVINCE.path.join(&file.path)).unwrap();
        let digest: String =
            Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!(
            (digest.as_str(), bytes.len() as u64),
            (file.sha256.as_str(), file.bytes),
            "{}",
            file.path
        );
        assert_eq!(digest, file.content_sha256, "plain files hold their content");
        listed.insert(file.path.clone());
    }
    let mut found = BTreeSet::new();
    let mut folders = vec![PROVINCE.path.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(&PROVINCE.path).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(found, listed, "nothing lies there that the manifest does not list");
}

#[test]
fn every_row_of_every_file_says_that_it_is_simulated() {
    for table in PROVINCE.manifest.data.iter().chain(&PROVINCE.manifest.truth) {
        assert_eq!(table.columns.last(), Some(&"simulated"));
        let bytes = PROVINCE.bytes(table);
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.lines().all(|line| line.ends_with(",true")), "{}", table.name);
    }
}

#[test]
fn nothing_is_written_over() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let refused = simulate(&options(200, 1), folder.path(), &Progress::new(), &Cancel::new()).unwrap_err();
    assert!(matches!(refused, Error::Occupied(_)));
    let failure = Failure::from(refused);
    assert_eq!((failure.kind, failure.code), (ErrorKind::AlreadyExists, "simulate/occupied"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // An empty folder is taken; a second run into it is refused.
    let empty = TempDir::new().unwrap();
    simulate(&options(200, 1), empty.path(), &Progress::new(), &Cancel::new()).unwrap();
    assert!(simulate(&options(200, 1), empty.path(), &Progress::new(), &Cancel::new()).is_err());
}

#[test]
fn a_cancelled_run_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("province");
    let (progress, cancel) = (Progress::new(), Cancel::new());
    let watcher = {
        let (progress, cancel) = (progress.clone(), cancel.clone());
        std::thread::spawn(move || {
            // Once rows are being written, files exist that have to go again.
            while progress.stage().is_none_or(|stage| stage.en != "Company register") {
                std::thread::yield_now();
            }
            cancel.cancel();
        })
    };
    let outcome = simulate(&options(20_000, 1), &path, &progress, &cancel);
    watcher.join().unwrap();
    assert!(matches!(outcome, Err(Error::Cancelled)));
    assert!(!path.exists());
    assert_eq!(Failure::from(Error::Cancelled).code, "simulate/cancelled");
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_swept_up() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let outcome = simulate(&options(200, 1), &file.join("below"), &Progress::new(), &Cancel::new());
    let failure = Failure::from(outcome.unwrap_err());
    assert_eq!((failure.kind, failure.code), (ErrorKind::Unavailable, "simulate/write"));
}

proptest! {
    #[test]
    fn options_in_bounds_pass_and_others_are_named(
        enterprises in any::<u32>(),
        months in 0u32..200,
        links in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), -5.0..50.0f64],
        share in -0.5..1.5f64,
        shard in any::<u32>(),
        province in prop_oneof![Just("330000"), Just("330100"), Just("330106")],
    ) {
        let mut given = Options::new(enterprises, 1, RegionCode::parse(province).unwrap());
        (given.months, given.links_per_enterprise, given.shard_enterprises) = (months, links, shard);
        (given.metered_share, given.dirty_share) = (share, share);
        let bad = [
            ("enterprises", !(100..=50_000_000).contains(&enterprises)),
            ("months", !(1..=60).contains(&months)),
            ("shard_enterprises", !(100..=50_000_000).contains(&shard)),
            ("links_per_enterprise", !(0.0..=20.0).contains(&links)),
            ("metered_share", !(0.0..=1.0).contains(&share)),
            ("dirty_share", !(0.0..=0.5).contains(&share)),
            ("province", province != "330000"),
        ];
        match given.validate() {
            Ok(()) => prop_assert!(bad.iter().all(|(_, bad)| !bad)),
            Err(Error::Option { option, problem }) => {
                prop_assert!(bad.iter().any(|(name, bad)| *bad && *name == option), "{option}");
                prop_assert!(!problem.zh.is_empty() && !problem.en.is_empty());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn a_refused_option_touches_no_folder() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("province");
    let mut given = options(200, 1);
    given.months = 0;
    let failure = Failure::from(simulate(&given, &path, &Progress::new(), &Cancel::new()).unwrap_err());
    assert_eq!((failure.kind, failure.code), (ErrorKind::InvalidArgument, "simulate/option"));
    assert!(failure.detail.zh.contains("months") && !path.exists());
}

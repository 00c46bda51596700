//! Real statutes: most stay, and revisions of one law are found.

use brain_corpus::{Options, build};
use brain_kernel::progress::{Cancel, Progress};
use std::path::PathBuf;
use std::process::Command;

fn archive() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("BRAIN_SHARED_DATA").map_or(beside, PathBuf::from);
    let archive = folder.join("laws/zhejiang_and_national_economic.tar.gz");
    if archive.is_file() {
        return Some(archive);
    }
    println!("skipped: no {} (set BRAIN_SHARED_DATA)", archive.display());
    None
}

#[test]
fn laws_become_a_corpus() {
    let Some(archive) = archive() else { return };
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("in"), place.path().join("out"));
    std::fs::create_dir(&from).unwrap();
    let unpacked = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&from).status().unwrap();
    assert!(unpacked.success());
    let options = Options::default();
    let built = build(&from, &to, &options, &Progress::new(), &Cancel::new()).unwrap();
    let tally = &built.manifest.tally;
    println!("{}", serde_json::to_string_pretty(tally).unwrap());
    assert_eq!(tally.documents, 1186);
    let rejected: u64 = tally.rejected.values().sum();
    assert!(rejected * 10 < tally.documents, "{:?}", tally.rejected);
    assert!(tally.near_duplicates > 15 && tally.relatives > 5, "revisions are near each other");
    assert!(tally.is_whole());
}

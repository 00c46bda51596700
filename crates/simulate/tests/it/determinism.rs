//! The same seed is the same province, whoever makes it.

use crate::load::{Folder, options};
use brain_simulate::FileFormat;

/// Rows of every table.
fn rows(folder: &Folder) -> Vec<(&'static str, Vec<u8>)> {
    let manifest = &folder.manifest;
    manifest.data.iter().chain(&manifest.truth).map(|table| (table.name, folder.bytes(table))).collect()
}

#[test]
fn threads_and_sizes_and_kinds_of_files_change_no_row() {
    let mut given = options(3_000, 5);
    (given.threads, given.shard_enterprises) = (Some(1), 3_000);
    let alone = rows(&Folder::new(&given));
    (given.threads, given.shard_enterprises, given.format) = (Some(4), 170, FileFormat::CsvZst);
    let together = rows(&Folder::new(&given));
    assert_eq!(alone.len(), 14);
    for ((name, one), (_, many)) in alone.iter().zip(&together) {
        assert!(one == many, "{name} differs");
        assert!(!one.is_empty() || ["contagion", "fault"].contains(name), "{name} is empty");
    }
}

#[test]
fn the_same_options_give_the_same_files_and_manifest() {
    let given = options(1_000, 9);
    let (first, second) = (Folder::new(&given), Folder::new(&given));
    assert_eq!(first.manifest, second.manifest);
}

#[test]
fn another_seed_is_another_province() {
    let (first, second) = (Folder::new(&options(500, 1)), Folder::new(&options(500, 2)));
    assert_ne!(first.table("registration").rows, second.table("registration").rows);
}

#[test]
fn more_of_one_thing_leaves_other_things_alone() {
    let plain = options(1_000, 3);
    let mut metered = plain.clone();
    metered.metered_share = 1.0;
    let (plain, metered) = (Folder::new(&plain), Folder::new(&metered));
    for name in ["registration", "link", "invoice", "change", "directory"] {
        assert_eq!(plain.table(name).rows, metered.table(name).rows, "{name}");
    }
    assert!(metered.table("power").rows.len() > 5 * plain.table("power").rows.len());
}

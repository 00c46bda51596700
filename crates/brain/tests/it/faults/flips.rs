//! T8: one bit flips in a file of the data folder, or its end is lost. Whatever file it is, the program either says that
//! something is damaged or answers what it answered before; it never answers anything else, and never panics.
//! By default each damaged folder answers one of the questions about it, in turns; `BRAIN_FLIPS` makes it more, and from a
//! thousand on each answers all.

use super::office::with_mapping;
use super::{Dice, cases};
use crate::node::{Answer, TestNode};
use crate::register;
use std::path::{Path, PathBuf};
use std::process::Command;

const CASES: usize = 100;
/// How many of the cases are done to backups.
const fn of_backups(cases: usize) -> usize {
    cases * 4 / 25
}

/// From so many cases on every question is asked in every case.
const ALL_FROM: usize = 1_000;
const SEED: u64 = 20_261_130;

/// A kind of file and the commands whose answers depend on it.
struct Kind {
    name: &'static str,
    /// Whether a file of the folder, by its path inside, is of this kind.
    is: fn(&str) -> bool,
    asks: &'static [Words],
    /// A node that misses something here when it starts records it anew, so that the log goes on.
    grows: bool,
}

type Words = &'static [&'static str];

const ROWS: Words =
    &["sql", "SELECT name, uscc, _line, _file FROM raw.small ORDER BY uscc", "--format", "json"];
const COUNT: Words = &["sql", "SELECT count(*), max(uscc) FROM raw.small", "--format", "json"];
const LOG: Words = &["evidence", "verify"];
const CATALOGUE: Words = &["catalog", "show", "raw.small"];
const AUTHORITIES: Words = &["ca", "list"];

/// A kind that no start of a node adds to.
const fn kind(name: &'static str, is: fn(&str) -> bool, asks: &'static [Words]) -> Kind {
    Kind { name, is, asks, grows: false }
}

const KINDS: [Kind; 7] = [
    kind("Parquet", |path| path.starts_with("lake/raw/small/part-"), &[ROWS, COUNT]),
    kind("Delta log", |path| path.starts_with("lake/raw/small/_delta_log/"), &[ROWS, COUNT]),
    kind("sums", |path| path.starts_with("lake/raw/small/_sums/"), &[ROWS]),
    kind("evidence tiles", |path| path.starts_with("evidence/"), &[LOG]),
    kind("keys and checkpoint", |path| path.starts_with("keys/"), &[LOG, AUTHORITIES]),
    Kind {
        grows: true,
        ..kind("database", |path| path == "store/brain.db", &[LOG, COUNT, CATALOGUE, AUTHORITIES])
    },
    kind("sums of the database", |path| path == "store/brain.db-sums", &[CATALOGUE]),
];

fn files(folder: &Path, root: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, root, into);
        } else if path.metadata().unwrap().len() > 0 {
            into.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

fn of_kind(node: &Path, is: fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    files(node, node, &mut found);
    found.retain(|path| is(path));
    found
}

/// Flip a bit, or every fourth time lose the end; what was done.
fn damage(path: &Path, dice: &mut Dice) -> String {
    let mut bytes = std::fs::read(path).unwrap();
    let at = dice.below(bytes.len() as u64) as usize;
    let what = if dice.below(4) == 0 {
        bytes.truncate(at);
        format!("cut at byte {at}")
    } else {
        let bit = dice.below(8);
        bytes[at] ^= 1 << bit;
        format!("bit {bit} of byte {at} flipped")
    };
    std::fs::write(path, bytes).unwrap();
    what
}

fn template() -> TestNode {
    let node = TestNode::new();
    with_mapping(&node);
    let file = node.write("first.csv", register::file(0, 400));
    node.ingest(&file, "small");
    node.ok(&["ca", "init", "root-a"]);
    // Fold the log into the database, so that the database is what is damaged.
    node.ok(&["doctor"]);
    node
}

/// Whether an answer is the right one. Of the log, whose heads are signed at each start, what lasts is looked at.
fn is_right(kind: &Kind, words: Words, answer: &Answer, truth: &Answer) -> bool {
    if words != LOG {
        return answer.out == truth.out;
    }
    let [said, was]: [serde_json::Value; 2] =
        [answer, truth].map(|answer| serde_json::from_str(&answer.out).unwrap_or_default());
    let same = said["entries"] == was["entries"] && said["root"] == was["root"];
    // Verifying holds the log against every head that was signed before.
    let longer = kind.grows && said["entries"].as_u64() > was["entries"].as_u64();
    said["ok"] == true && (same || longer)
}

#[test]
fn a_flipped_bit_in_any_file_is_told_or_harmless_and_never_a_wrong_answer() {
    let template = template();
    let mut dice = Dice(SEED);
    let wanted = cases("BRAIN_FLIPS", CASES);
    let each = (wanted - of_backups(wanted)).div_ceil(KINDS.len());
    for kind in &KINDS {
        let asks = kind.asks;
        let truth: Vec<Answer> = asks.iter().map(|words| template.run(words)).collect();
        let found = of_kind(&template.data(), kind.is);
        assert!(!found.is_empty(), "there is a file of {}", kind.name);
        let (mut told, mut harmless) = (0, 0);
        for case in 0..each {
            let node = template.copy();
            let file = &found[dice.below(found.len() as u64) as usize];
            let what = format!("{file}: {}", damage(&node.data().join(file), &mut dice));
            let mut quiet = true;
            for (turn, (words, truth)) in asks.iter().zip(&truth).enumerate() {
                if wanted < ALL_FROM && case % asks.len() != turn {
                    continue;
                }
                let answer = node.run(words);
                assert!(!answer.err.contains("panicked"), "{what}: {answer:?}");
                if answer.code == Some(0) {
                    let right = is_right(kind, words, &answer, truth);
                    assert!(right, "{what}: brain {}: {answer:?} for {truth:?}", words.join(" "));
                } else {
                    assert_eq!(answer.code, Some(1), "{what}: {answer:?}");
                    let words = answer.err.trim().len() + answer.out.trim().len();
                    assert!(words > 0, "{what}: {answer:?}");
                    quiet = false;
                }
            }
            told += usize::from(!quiet);
            harmless += usize::from(quiet);
        }
        println!("{}: {told} told, {harmless} harmless", kind.name);
    }
}

#[test]
fn a_flipped_bit_in_a_backup_is_told_when_it_is_restored() {
    let template = template();
    let target = template.place().join("backup");
    template.ok(&["backup", target.to_str().unwrap()]);
    let kek = format!("file:{}", template.data().join("keys/kek-1-aes-256-gcm.key").display());
    let truth = template.ok(ROWS);
    let mut dice = Dice(SEED);
    let found = of_kind(&target, |_| true);
    let (mut told, mut harmless) = (0, 0);
    // The list of keys is small and would be met by chance only.
    let keys = "keys.json".to_owned();
    for case in 0..of_backups(cases("BRAIN_FLIPS", CASES)) {
        let place = TestNode::new();
        let copied = place.place().join("backup");
        assert!(Command::new("cp").arg("-a").arg(&target).arg(&copied).status().unwrap().success());
        let file = if case < 3 { &keys } else { &found[dice.below(found.len() as u64) as usize] };
        let what = format!("{file}: {}", damage(&copied.join(file), &mut dice));
        let answer = place.run(&["restore", copied.to_str().unwrap(), "--kek", &kek]);
        assert!(!answer.err.contains("panicked"), "{what}: {answer:?}");
        if answer.code == Some(0) {
            assert_eq!(place.ok(ROWS), truth, "{what}");
            harmless += 1;
        } else {
            assert!(!place.data().exists(), "{what}: half a node is left");
            told += 1;
        }
    }
    println!("backup: {told} told, {harmless} harmless");
    assert!(told > harmless);
}

#[test]
fn a_damaged_data_file_is_named_by_a_deep_look_and_by_the_reader() {
    let node = template();
    assert!(node.ok(&["doctor", "--deep"]).contains("whole"));
    let found = of_kind(&node.data(), |path| path.starts_with("lake/raw/small/part-"));
    let path = node.data().join(&found[0]);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let deep = node.run(&["doctor", "--deep"]);
    assert_eq!(deep.code, Some(1), "{deep:?}");
    assert!(deep.out.contains(path.file_name().unwrap().to_str().unwrap()), "{}", deep.out);
    let read = node.run(ROWS);
    assert_eq!(read.code, Some(1), "{read:?}");
    assert!(read.err.contains("warehouse/damaged") && read.err.contains("doctor --deep"), "{}", read.err);
}

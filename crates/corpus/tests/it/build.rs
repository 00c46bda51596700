//! A folder of files becomes a version, the same one each time.

use crate::files::{Dice, ENGLISH, chinese, docx, html, write};
use crate::pdf::{self, Page};
use brain_corpus::{Built, Error, Licence, Options, build, read_report, verify};
use brain_kernel::language::Language;
use brain_kernel::progress::{Cancel, Progress};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Documents of every kind: eight that stay, and one for each way of going.
fn inputs(folder: &Path) {
    let mut dice = Dice(7);
    let notice = chinese(&mut dice, 12);
    write(folder, "a/notice.txt", format!("联系人电话：13812345678。\n\n{notice}"));
    write(folder, "a/guide.html", html("办事指南", &chinese(&mut dice, 12)));
    write(folder, "b/plan.docx", docx(&chinese(&mut dice, 12)));
    let lines: Vec<&str> = ENGLISH.split_inclusive(". ").collect();
    write(folder, "b/brain.pdf", pdf::file(&[Page::Lines(&lines)]));
    let rows: Vec<Value> =
        (0..4).map(|_| serde_json::json!({ "text": chinese(&mut dice, 10), "title": "条款" })).collect();
    let mut jsonl: String = rows.iter().map(|row| format!("{row}\n")).collect();
    jsonl.push_str("{\"body\": \"no text here\"}\n");
    write(folder, "c.jsonl", jsonl);
    write(folder, "d/again.txt", format!("联系人电话：13812345678。\n\n{}", notice.replace('。', "。 ")));
    write(folder, "d/nearly.txt", format!("联系人电话：13812345678。\n\n{notice}本通知自发布之日起施行。"));
    write(folder, "e/short.txt", "太短。");
    write(folder, "e/other.bin", [0, 1, 2]);
    write(folder, "e/broken.docx", b"PK\x03\x04 not really");
    write(folder, "e/scan.pdf", pdf::file(&[Page::Lines(&[])]));
}

fn options() -> Options {
    Options { licence: Some(Licence::parse("CC-BY-4.0").unwrap()), ..Options::default() }
}

fn built(from: &Path, to: &Path, options: &Options) -> Built {
    build(from, to, options, &Progress::new(), &Cancel::new()).unwrap()
}

fn rows(folder: &Path, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")) {
        found.extend(lines(path));
    }
    found
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_document_is_in_the_version_or_among_the_rejected_with_its_reason() {
    let place = tempfile::tempdir().unwrap();
    inputs(&place.path().join("in"));
    let Built { folder, existed, manifest } =
        built(&place.path().join("in"), &place.path().join("out"), &options());
    assert!(!existed);
    let documents = rows(&folder, "data");
    let sources: BTreeSet<&str> = documents.iter().map(|row| row["source"].as_str().unwrap()).collect();
    assert_eq!(
        sources,
        BTreeSet::from(["a/guide.html", "a/notice.txt", "b/brain.pdf", "b/plan.docx", "c.jsonl"])
    );
    assert_eq!(documents.len(), 8);
    let gone: BTreeMap<String, Value> = lines(&folder.join("rejected.jsonl"))
        .into_iter()
        .map(|row| (format!("{}:{}", row["path"].as_str().unwrap(), row["line"]), row))
        .collect();
    let notice = documents.iter().find(|row| row["source"] == "a/notice.txt").unwrap();
    for (path, rule) in [
        ("c.jsonl:5", "no_text_field"),
        ("d/again.txt:null", "exact"),
        ("d/nearly.txt:null", "near"),
        ("e/short.txt:null", "words_min"),
        ("e/other.bin:null", "unsupported_format"),
        ("e/broken.docx:null", "broken"),
        ("e/scan.pdf:null", "scanned_no_ocr"),
    ] {
        assert_eq!(gone.get(path).map(|row| row["rule"].as_str().unwrap()), Some(rule), "{path}: {gone:?}");
    }
    assert_eq!(gone.len(), 7);
    assert_eq!(
        (&gone["d/again.txt:null"]["of"], &gone["d/nearly.txt:null"]["of"]),
        (&notice["id"], &notice["id"])
    );
    assert!(gone["d/nearly.txt:null"]["value"].as_f64().unwrap() >= 0.8);
    assert_eq!(gone["e/short.txt:null"]["limit"], 50.0);
    // Of a person nothing is left, and how much there was is said.
    assert!(documents.iter().all(|row| !row["text"].as_str().unwrap().contains("13812345678")));
    assert_eq!(manifest.tally.personal["mobile_phone"], 3);
    assert_eq!((manifest.tally.documents, manifest.tally.files), (15, 11));
    assert!(manifest.tally.is_whole());
    assert_eq!(lines(&folder.join("inputs.jsonl")).len(), 10, "every file that something reads");
}

#[test]
fn passages_say_where_in_their_document_they_are() {
    let place = tempfile::tempdir().unwrap();
    inputs(&place.path().join("in"));
    let mut options = options();
    options.passages.characters_max = 120;
    options.passages.overlap = 30;
    let Built { folder, .. } = built(&place.path().join("in"), &place.path().join("out"), &options);
    let documents: BTreeMap<String, Vec<char>> = rows(&folder, "data")
        .iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row["text"].as_str().unwrap().chars().collect()))
        .collect();
    let passages = rows(&folder, "passages");
    assert!(passages.len() > 3 * documents.len());
    for passage in passages {
        let text = &documents[passage["document"].as_str().unwrap()];
        let (start, end) =
            (passage["start"].as_u64().unwrap() as usize, passage["end"].as_u64().unwrap() as usize);
        assert_eq!(text[start..end].iter().collect::<String>(), passage["text"].as_str().unwrap());
    }
}

#[test]
fn the_same_input_gives_the_same_version_and_other_parameters_another() {
    let place = tempfile::tempdir().unwrap();
    let from = place.path().join("in");
    inputs(&from);
    let first = built(&from, &place.path().join("one"), &options());
    // Elsewhere, on one thread, the files written anew in another order.
    let again = place.path().join("again");
    std::fs::create_dir(&again).unwrap();
    inputs(&again.join("in"));
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let second = one_thread.install(|| built(&again.join("in"), &place.path().join("two"), &options()));
    assert_eq!(first.folder.file_name(), second.folder.file_name());
    for file in &first.manifest.files {
        let read = |built: &Built| std::fs::read(built.folder.join(&file.path)).unwrap();
        assert_eq!(read(&first), read(&second), "{}", file.path);
    }
    let same = built(&from, &place.path().join("one"), &options());
    assert!(same.existed && same.folder == first.folder);
    let mut other = options();
    other.splits.salt = 2;
    let other = built(&from, &place.path().join("one"), &other);
    assert_ne!(other.folder, first.folder);
    let left: Vec<_> = std::fs::read_dir(place.path().join("one")).unwrap().collect();
    assert_eq!(left.len(), 2, "two versions and nothing else: {left:?}");
}

#[test]
fn no_family_is_in_two_splits() {
    let place = tempfile::tempdir().unwrap();
    let mut dice = Dice(11);
    let mut jsonl = String::new();
    for _ in 0..60 {
        let text = chinese(&mut dice, 30);
        // Three versions of one text: each a quarter other than the one before, so relatives and no duplicates.
        for version in 0..3 {
            let sentences: Vec<&str> = text.split_inclusive('。').collect();
            let mut revised = sentences.clone();
            let other = chinese(&mut dice, 30);
            let replacements: Vec<&str> = other.split_inclusive('。').collect();
            for at in 0..version * 2 {
                revised[at * 5] = replacements[at];
            }
            jsonl.push_str(&format!("{}\n", serde_json::json!({ "text": revised.concat() })));
        }
    }
    write(place.path(), "in.jsonl", jsonl);
    let mut options = options();
    options.splits.validation = 0.3;
    options.splits.test = 0.3;
    options.duplicates.jaccard_min = 0.99;
    let Built { folder, manifest, .. } =
        built(&place.path().join("in.jsonl"), &place.path().join("out"), &options);
    assert!(manifest.tally.relatives >= 80, "{:?}", manifest.tally);
    assert_eq!(manifest.tally.splits.len(), 3);
    let mut sides: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for split in ["train", "validation", "test"] {
        for row in lines(&folder.join(format!("data/{split}-00000-of-00001.jsonl"))) {
            sides.entry(row["family"].as_str().unwrap().to_owned()).or_default().insert(split.to_owned());
        }
    }
    assert!(sides.len() >= 60 && sides.values().all(|splits| splits.len() == 1), "{sides:?}");
}

#[test]
fn a_version_is_held_against_its_manifest() {
    let place = tempfile::tempdir().unwrap();
    inputs(&place.path().join("in"));
    let Built { folder, manifest, .. } =
        built(&place.path().join("in"), &place.path().join("out"), &options());
    assert_eq!(verify(&folder).unwrap(), manifest);
    let (_, report) = read_report(&folder, Language::Zh).unwrap();
    assert!(report.contains("| 近似重复 | 1 |") && report.contains("`words_min` (Gopher) | 1 |"), "{report}");
    let (_, report) = read_report(&folder, Language::En).unwrap();
    assert!(report.contains("| stay | 8 |") && report.contains("20 bands × 6 rows"), "{report}");
    let card = std::fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(card.starts_with("---\nlicense: cc-by-4.0\n") && card.contains("- en\n- zh\n"), "{card}");
    let data = manifest.files.iter().find(|file| file.path.starts_with("data/")).unwrap();
    std::fs::write(folder.join(&data.path), "changed").unwrap();
    let error = verify(&folder).unwrap_err();
    assert!(matches!(&error, Error::Damaged { path, .. } if path.ends_with(&data.path)), "{error}");
    let renamed = folder.with_file_name("renamed");
    std::fs::rename(&folder, &renamed).unwrap();
    assert!(verify(&renamed).unwrap_err().to_string().contains("does not fit its manifest"));
    assert!(verify(place.path()).unwrap_err().to_string().contains("manifest.json is absent"));
}

#[test]
fn what_cannot_be_built_is_said_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("in"), place.path().join("out"));
    write(&from, "short.txt", "太短。");
    let run =
        |to: &Path, cancel: &Cancel| build(&from, to, &options(), &Progress::new(), cancel).unwrap_err();
    let error = run(&to, &Cancel::new());
    assert!(
        matches!(&error, Error::Empty { documents: 1, reasons, .. } if reasons == "words_min 1"),
        "{error}"
    );
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(run(&to, &cancel), Error::Cancelled));
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0);
    assert!(matches!(run(&from.join("out"), &Cancel::new()), Error::Inside { .. }));
    let failure: brain_kernel::error::Failure = error.into();
    assert_eq!(failure.code, "corpus/empty");
}

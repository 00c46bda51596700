//! Scanned pages through the programs of this machine, where it has them.

use crate::files::write;
use crate::pdf::{self, Page};
use brain_corpus::extract::Ocr;
use brain_corpus::{Options, build, read_documents, read_rejected};
use brain_kernel::progress::{Cancel, Progress};
use std::path::Path;
use std::process::Command;

const PAGE: &str = "The industry brain gathers the data of a chain and answers to the firms in it. \
    Each set of data is graded before it is used. The act of using it leaves a record.";

/// A page of text, drawn, so that nothing but its picture is left: grey pixels with their width and height.
fn drawn(folder: &Path) -> (Vec<u8>, i64, i64) {
    let lines: Vec<String> =
        PAGE.split_inclusive(". ").flat_map(|sentence| [sentence.trim().to_owned(), String::new()]).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    write(folder, "typed.pdf", pdf::file(&[Page::Lines(&lines)]));
    let picture = folder.join("picture");
    let done = Command::new("pdftoppm")
        .args(["-gray", "-r", "200", "-singlefile"])
        .arg(folder.join("typed.pdf"))
        .arg(&picture)
        .status()
        .unwrap();
    assert!(done.success());
    let bytes = std::fs::read(picture.with_extension("pgm")).unwrap();
    // P5, width and height, greatest value, then one byte a pixel.
    let mut at = 0;
    let mut words = Vec::new();
    while words.len() < 4 {
        let end = at + bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap();
        words.push(std::str::from_utf8(&bytes[at..end]).unwrap().to_owned());
        at = end + 1;
    }
    (bytes[at..].to_vec(), words[1].parse().unwrap(), words[2].parse().unwrap())
}

#[test]
fn a_scanned_page_is_read_by_recognition_and_marked_or_refused_without() {
    let Some(ocr) = Ocr::found("tesseract") else {
        println!(
            "skipped: tesseract-ocr, one of its languages chi_sim and eng, or poppler-utils is not installed"
        );
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("in"), place.path().join("out"));
    let (pixels, width, height) = drawn(place.path());
    write(&from, "scan.pdf", pdf::file(&[Page::Picture(&pixels, width, height)]));
    write(&from, "typed.txt", crate::files::ENGLISH);
    let mut options = Options { ocr: Some(ocr), ..Options::default() };
    options.quality.enabled = false;
    let run = |options: &Options| build(&from, &to, options, &Progress::new(), &Cancel::new()).unwrap();
    let built = run(&options);
    let mut rows = Vec::new();
    read_documents(&built.folder, &built.manifest, |_, row| {
        rows.push(row);
        Ok::<_, brain_corpus::Error>(())
    })
    .unwrap();
    let scanned = rows.iter().find(|row| row.source == "scan.pdf").expect("the scanned page is a document");
    assert!(scanned.text.to_lowercase().contains("industry brain"), "{}", scanned.text);
    assert_eq!(scanned.ocr_pages, 1);
    assert!(scanned.ocr_confidence.is_some_and(|share| (50..=100).contains(&share)), "{scanned:?}");
    let typed = rows.iter().find(|row| row.source == "typed.txt").unwrap();
    assert_eq!((typed.ocr_pages, typed.ocr_confidence), (0, None));
    assert!(built.manifest.recognition.is_some() && built.manifest.tally.recognised_pages == 1);
    options.ocr = None;
    let without = run(&options);
    let mut gone = Vec::new();
    read_rejected(&without.folder, |row| {
        gone.push(row);
        Ok::<_, brain_corpus::Error>(())
    })
    .unwrap();
    assert_eq!((gone.len(), gone[0].path.as_str(), gone[0].rule.as_str()), (1, "scan.pdf", "scanned_no_ocr"));
    assert!(
        gone[0].en.starts_with("scanned page, no OCR") && gone[0].zh.contains("poppler-utils"),
        "{gone:?}"
    );
}

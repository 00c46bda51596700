//! Real-shaped columns, labelled by hand (`tests/labels/README.md`); skipped, with a line, where the data is absent.

use brain_privacy::recognise::{ColumnScan, Kind, Scanner};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Rows of each file that are looked at.
const ROWS: usize = 20_000;

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("BRAIN_SHARED_DATA").map_or(beside, PathBuf::from);
    if folder.join("registry/浙江.csv.gz").exists() {
        return Some(folder);
    }
    println!("skipped: no labelled files in {} (set BRAIN_SHARED_DATA)", folder.display());
    None
}

fn rows(path: &Path) -> (Vec<String>, Vec<csv::StringRecord>) {
    let file = std::fs::File::open(path).unwrap();
    let mut bytes = Vec::new();
    let gz = path.extension().is_some_and(|extension| extension == "gz");
    if gz {
        flate2::read::MultiGzDecoder::new(file).take(64 << 20).read_to_end(&mut bytes).unwrap();
    } else {
        file.take(64 << 20).read_to_end(&mut bytes).unwrap();
    }
    let text = String::from_utf8_lossy(&bytes);
    let tab = path.extension().is_some_and(|extension| extension == "tsv");
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(if tab { b'\t' } else { b',' })
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let header = reader.headers().unwrap().iter().map(|name| name.trim().to_owned()).collect();
    (header, reader.records().filter_map(Result::ok).take(ROWS).collect())
}

#[derive(Default)]
struct Outcome {
    columns: usize,
    right: Vec<String>,
    missed: Vec<String>,
    wrong: Vec<String>,
}

fn columns(shared: &Path) -> Outcome {
    let mut labels: BTreeMap<String, BTreeMap<String, Option<Kind>>> = BTreeMap::new();
    for line in include_str!("../labels/columns.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        labels.entry(cells[0].to_owned()).or_default().insert(cells[1].to_owned(), Kind::from_name(cells[2]));
    }
    let scanner = Scanner::new();
    let mut outcome = Outcome::default();
    for (file, columns) in labels {
        let (header, rows) = rows(&shared.join(&file));
        for (place, name) in header.iter().enumerate() {
            let mut scan = ColumnScan::new(&scanner, &[name]);
            for value in rows.iter().filter_map(|row| row.get(place)) {
                scan.observe(value);
            }
            let report = scan.finish();
            let said: Vec<Kind> = report.recognised().map(|kind| kind.kind).collect();
            outcome.columns += 1;
            let label = columns[name];
            if let Some(kind) = label {
                let list = if said.contains(&kind) { &mut outcome.right } else { &mut outcome.missed };
                list.push(format!("{file} {name}: {}", kind.name()));
            }
            for kind in report.recognised().filter(|kind| label != Some(kind.kind)) {
                outcome.wrong.push(format!(
                    "{file} {name}: {} ({:?} in {} of {} values)",
                    kind.kind.name(),
                    kind.placement,
                    kind.matching,
                    report.values
                ));
            }
        }
    }
    outcome
}

/// Right, wrong and missed among single values of the controllers' column.
fn control_persons(shared: &Path) -> (usize, usize, usize, usize) {
    let labels: BTreeMap<&str, bool> = include_str!("../labels/control_persons.csv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(',').map(|(code, person)| (code, person == "1")))
        .collect();
    let (header, rows) = rows(&shared.join("listed_companies/stock_basic_2026-02.csv"));
    let place = header.iter().position(|name| name == "实控人名称").unwrap();
    let scanner = Scanner::new();
    let (mut right, mut wrong, mut missed, mut joined) = (0, 0, 0, 0);
    for row in &rows {
        let Some(person) = labels.get(&row[0]) else { continue };
        joined += 1;
        let mut scan = ColumnScan::new(&scanner, &["实控人名称"]);
        scan.observe(&row[place]);
        let said = scan.finish().kinds.iter().any(|kind| kind.kind == Kind::PersonName);
        match (person, said) {
            (true, true) => right += 1,
            (true, false) => missed += 1,
            (false, true) => wrong += 1,
            (false, false) => {}
        }
    }
    assert_eq!(joined, labels.len(), "every labelled code is in the file");
    (right, wrong, missed, joined)
}

#[test]
fn real_columns_are_labelled_as_a_reader_labels_them() {
    let Some(shared) = shared() else { return };
    let outcome = columns(&shared);
    println!("right {:?}\nmissed {:?}\nwrong {:?}", outcome.right, outcome.missed, outcome.wrong);
    // Three labelled columns are those of English persons, which nothing here recognises.
    assert!(outcome.right.len() >= 5, "missed: {:?}", outcome.missed);
    assert!(outcome.wrong.len() <= 3, "wrong: {:?}", outcome.wrong);
}

#[test]
fn controllers_that_are_persons_are_told_from_bodies() {
    let Some(shared) = shared() else { return };
    let (right, wrong, missed, _) = control_persons(&shared);
    println!("right {right} wrong {wrong} missed {missed}");
    assert!(right * 100 >= 95 * (right + wrong) && right * 100 >= 90 * (right + missed));
}

/// The report's part on real files.
pub(crate) fn section() -> String {
    let Some(shared) = shared() else { return String::new() };
    let outcome = columns(&shared);
    let (right, wrong, missed, joined) = control_persons(&shared);
    let mut text = String::from("\n## 真实列 / Real columns\n\n");
    let _ = writeln!(
        text,
        "{} 列，前 {ROWS} 行 / columns, first {ROWS} rows of each file: {} right, {} missed, {} wrong.\n",
        outcome.columns,
        outcome.right.len(),
        outcome.missed.len(),
        outcome.wrong.len()
    );
    for (word, list) in [("right", outcome.right), ("missed", outcome.missed), ("wrong", outcome.wrong)] {
        for line in list {
            let _ = writeln!(text, "- {word}: {line}");
        }
    }
    let _ = writeln!(
        text,
        "\n实际控制人是否为自然人 / whether a controller is a person, {joined} rows: precision {:.1} %, recall {:.1} % ({right} right, {wrong} wrong, {missed} missed).",
        100.0 * right as f64 / (right + wrong).max(1) as f64,
        100.0 * right as f64 / (right + missed).max(1) as f64
    );
    text
}

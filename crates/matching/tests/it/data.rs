//! Files of the shared data folder, and scores.

use brain_matching::Records;
use std::collections::HashSet;
use std::hash::Hash;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The folder, where `probe` is in it; else a line that says the test was skipped.
pub(crate) fn shared(probe: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("BRAIN_SHARED_DATA").map_or(beside, PathBuf::from);
    if folder.join(probe).exists() {
        return Some(folder);
    }
    println!("skipped: no {probe} in {} (set BRAIN_SHARED_DATA)", folder.display());
    None
}

/// Text of a file, unpacked where its name ends in `gz`.
pub(crate) fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
    } else {
        out = bytes;
    }
    String::from_utf8_lossy(&out).trim_start_matches('\u{FEFF}').to_owned()
}

/// Header and rows of a CSV text.
pub(crate) fn table(text: &str) -> (Vec<String>, Vec<csv::StringRecord>) {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    (header, reader.records().filter_map(Result::ok).collect())
}

/// Some columns of a table under other names.
pub(crate) fn records(table: &(Vec<String>, Vec<csv::StringRecord>), columns: &[(&str, &str)]) -> Records {
    let places: Vec<usize> =
        columns.iter().map(|(from, _)| table.0.iter().position(|name| name == from).unwrap()).collect();
    let mut records = Records::new(columns.iter().map(|(_, to)| to)).unwrap();
    for row in &table.1 {
        records.push(places.iter().map(|place| row.get(*place).unwrap_or_default())).unwrap();
    }
    records
}

/// One column.
pub(crate) fn column(table: &(Vec<String>, Vec<csv::StringRecord>), name: &str) -> Vec<String> {
    let place = table.0.iter().position(|column| column == name).unwrap();
    table.1.iter().map(|row| row.get(place).unwrap_or_default().to_owned()).collect()
}

/// Right, found and expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Score {
    pub(crate) right: usize,
    pub(crate) found: usize,
    pub(crate) expected: usize,
}

impl Score {
    pub(crate) fn of<T: Eq + Hash>(found: &HashSet<T>, truth: &HashSet<T>) -> Self {
        Self { right: found.intersection(truth).count(), found: found.len(), expected: truth.len() }
    }

    pub(crate) fn precision(self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }

    pub(crate) fn recall(self) -> f64 {
        self.right as f64 / self.expected.max(1) as f64
    }

    pub(crate) fn f1(self) -> f64 {
        2.0 * self.right as f64 / (self.found + self.expected).max(1) as f64
    }

    /// A line of the report.
    pub(crate) fn row(self, what: &str) -> String {
        format!(
            "| {what} | {} | {} | {} | {:.4} | {:.4} | {:.4} |\n",
            self.expected,
            self.found,
            self.right,
            self.precision(),
            self.recall(),
            self.f1()
        )
    }
}

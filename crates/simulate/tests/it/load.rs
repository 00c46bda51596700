//! A simulated folder read back.

use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use brain_simulate::{FileFormat, Manifest, Options, TableManifest, simulate};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Options of Zhejiang, in plain files.
pub(crate) fn options(enterprises: u32, seed: u64) -> Options {
    let mut options = Options::new(enterprises, seed, RegionCode::parse("330000").unwrap());
    options.format = FileFormat::Csv;
    options
}

/// A folder and what is in it.
pub(crate) struct Folder {
    _keep: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Folder {
    pub(crate) fn new(options: &Options) -> Self {
        let keep = TempDir::new().unwrap();
        let path = keep.path().join("province");
        let manifest = simulate(options, &path, &Progress::new(), &Cancel::new()).unwrap();
        Self { _keep: keep, path, manifest }
    }

    /// A table of data or truth.
    pub(crate) fn table(&self, name: &str) -> Table {
        let all = self.manifest.data.iter().chain(&self.manifest.truth);
        let table = all.clone().find(|table| table.name == name).unwrap();
        Table::read(&self.path, table)
    }

    /// The rows of a table as bytes, headers left out.
    pub(crate) fn bytes(&self, table: &TableManifest) -> Vec<u8> {
        let mut bytes = Vec::new();
        for file in &table.files {
            let text = std::fs::read(self.path.join(&file.path)).unwrap();
            let text = if std::path::Path::new(&file.path).extension().is_some_and(|ending| ending == "zst") {
                zstd::decode_all(text.as_slice()).unwrap()
            } else {
                text
            };
            let header = text.iter().position(|byte| *byte == b'\n').unwrap();
            bytes.extend_from_slice(&text[header + 1..]);
        }
        bytes
    }
}

/// The one province most tests look at.
pub(crate) static PROVINCE: LazyLock<Folder> = LazyLock::new(|| {
    let mut options = options(20_000, 7);
    // More than usual of what is rare, so that a small province has some of each.
    (options.invoiced_share, options.directory_share, options.dirty_share) = (0.1, 0.2, 0.05);
    (options.failures, options.gaps, options.migration_per_year) = (Some(8), Some(4), 0.01);
    Folder::new(&options)
});

/// A table in memory.
pub(crate) struct Table {
    columns: HashMap<String, usize>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    fn read(folder: &Path, table: &TableManifest) -> Self {
        let columns = table.columns.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at)).collect();
        let mut rows = Vec::new();
        for file in &table.files {
            let text = std::fs::read_to_string(folder.join(&file.path)).unwrap();
            let mut lines = text.lines();
            assert_eq!(lines.next().unwrap(), table.columns.join(","));
            rows.extend(lines.map(cells));
        }
        assert_eq!(rows.len() as u64, table.rows, "{}", table.name);
        Self { columns, rows }
    }

    pub(crate) fn cell<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        &row[self.columns[column]]
    }

    pub(crate) fn column<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a str> {
        self.rows.iter().map(move |row| self.cell(row, column))
    }

    pub(crate) fn numbers<'a>(&'a self, column: &'a str) -> impl Iterator<Item = f64> + 'a {
        self.column(column).map(|cell| cell.parse().unwrap())
    }
}

/// One line of CSV; no cell of a province has a line break.
fn cells(line: &str) -> Vec<String> {
    let (mut found, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    found.push(cell);
    found
}

/// Mean and standard deviation.
pub(crate) fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut count, mut sum, mut square) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        square += value * value;
    }
    let mean = sum / count;
    (mean, (square / count - mean * mean).max(0.0).sqrt())
}

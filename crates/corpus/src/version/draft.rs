//! A version that is being written.

use super::card;
use super::manifest::{Built, Inputs, MANIFEST, Manifest, WrittenFile, digest, publish};
use super::report;
use super::table::{Cell, Column, Kind, Table};
use crate::error::{Error, Result};
use crate::extract::Refused;
use crate::options::Options;
use crate::passage::Passage;
use crate::process::Document;
use crate::quality::Verdict;
use crate::source::Read;
use crate::split::Split;
use crate::tally::Tally;
use brain_kernel::language::Language;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const DOCUMENT_COLUMNS: [Column; 12] = [
    text("id"),
    text("text"),
    Column { name: "title", kind: Kind::Text, required: false },
    text("language"),
    text("source"),
    Column { name: "line", kind: Kind::Number, required: false },
    text("format"),
    number("characters"),
    number("words"),
    number("ocr_pages"),
    Column { name: "ocr_confidence", kind: Kind::Number, required: false },
    text("family"),
];
const PASSAGE_COLUMNS: [Column; 7] = [
    text("id"),
    text("text"),
    text("document"),
    number("ordinal"),
    number("start"),
    number("end"),
    text("language"),
];

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, required: true }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number, required: true }
}

/// Why a document is not in the version.
pub(crate) enum Gone<'a> {
    /// It gave no text.
    Refused(&'a Refused),
    /// It broke a rule.
    Rejected(&'a Verdict),
    /// It equals the document of this id.
    Exact(&'a str),
    /// It nearly equals the document of this id.
    Near(&'a str, f64),
}

/// A folder beside the versions that becomes one of them, or goes with the value.
pub(crate) struct Draft {
    folder: TempDir,
    to: PathBuf,
    documents: BTreeMap<Split, Table>,
    passages: BTreeMap<Split, Table>,
    inputs: Lines,
    gone: Lines,
}

/// A file of JSON Lines.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    rows: u64,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create_new(&path).map_err(|error| Error::write(&path, error))?;
        Ok(Self { path, file: BufWriter::new(file), rows: 0 })
    }

    fn push(&mut self, row: &Value) -> Result<()> {
        self.rows += 1;
        writeln!(self.file, "{row}").map_err(|error| Error::write(&self.path, error))
    }

    fn finish(self) -> Result<u64> {
        let failed = |error| Error::write(&self.path, error);
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        brain_durable::sync_file(&file, &self.path).map_err(failed)?;
        Ok(self.rows)
    }
}

impl Draft {
    pub(crate) fn create(to: &Path, options: &Options) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(".building-").tempdir_in(to);
        let folder = folder.map_err(|error| Error::write(to, error))?;
        let tables = |name: &str, columns: &'static [Column]| {
            let table = |split: Split| {
                Table::new(folder.path().join(name), split.name(), columns, options.output.clone())
            };
            Split::ALL.into_iter().map(|split| (split, table(split))).collect::<BTreeMap<_, _>>()
        };
        let (documents, passages) = (tables("data", &DOCUMENT_COLUMNS), tables("passages", &PASSAGE_COLUMNS));
        let inputs = Lines::create(folder.path().join("inputs.jsonl"))?;
        let gone = Lines::create(folder.path().join("rejected.jsonl"))?;
        Ok(Self { to: to.to_owned(), documents, passages, inputs, gone, folder })
    }

    pub(crate) fn place(&self) -> &Path {
        self.folder.path()
    }

    /// A file that was read.
    pub(crate) fn input(&mut self, path: &str, read: &Read) -> Result<()> {
        self.inputs.push(&json!({ "path": path, "bytes": read.bytes, "sha256": read.sha256 }))
    }

    /// A document that does not stay.
    pub(crate) fn gone(&mut self, path: &str, line: Option<u64>, why: &Gone<'_>) -> Result<()> {
        let row = match why {
            Gone::Refused(refused) => {
                let words = refused.words();
                json!({ "path": path, "line": line, "step": "extract", "rule": refused.code(), "zh": words.zh, "en": words.en })
            }
            Gone::Rejected(Verdict { rule, value, limit }) => {
                let words = rule.words();
                json!({ "path": path, "line": line, "step": "quality", "rule": rule.name(), "zh": words.zh, "en": words.en, "value": value, "limit": limit })
            }
            Gone::Exact(of) => {
                let (zh, en) = ("与更早的文档完全相同", "equal to an earlier document");
                json!({ "path": path, "line": line, "step": "duplicates", "rule": "exact", "zh": zh, "en": en, "of": of })
            }
            Gone::Near(of, similarity) => {
                let (zh, en) = ("与更早的文档近似重复", "nearly equal to an earlier document");
                json!({ "path": path, "line": line, "step": "duplicates", "rule": "near", "zh": zh, "en": en, "value": similarity, "of": of })
            }
        };
        self.gone.push(&row)
    }

    /// A document that stays.
    pub(crate) fn document(&mut self, document: &Document, family: &str, split: Split) -> Result<()> {
        let Some(table) = self.documents.get_mut(&split) else { return Ok(()) };
        table.push(&[
            Cell::Text(&document.id),
            Cell::Text(&document.text),
            document.title.as_deref().map_or(Cell::Absent, Cell::Text),
            Cell::Text(document.language.code()),
            Cell::Text(&document.source),
            document.line.map_or(Cell::Absent, Cell::Number),
            Cell::Text(document.format.name()),
            Cell::Number(document.characters),
            Cell::Number(document.words),
            Cell::Number(document.ocr_pages),
            document.ocr_confidence.map_or(Cell::Absent, |share| Cell::Number(u64::from(share))),
            Cell::Text(family),
        ])
    }

    /// Its passages; `start` and `end` count characters of the document's text.
    pub(crate) fn passages(&mut self, document: &Document, passages: &[Passage], split: Split) -> Result<()> {
        let Some(table) = self.passages.get_mut(&split) else { return Ok(()) };
        for (ordinal, passage) in passages.iter().enumerate() {
            table.push(&[
                Cell::Text(&format!("{}-{ordinal:05}", document.id)),
                Cell::Text(&passage.text),
                Cell::Text(&document.id),
                Cell::Number(ordinal as u64),
                Cell::Number(passage.start as u64),
                Cell::Number(passage.end as u64),
                Cell::Text(document.language.code()),
            ])?;
        }
        Ok(())
    }

    /// Close every file, write card, reports and manifest, and give the folder its name.
    pub(crate) fn finish(self, options: &Options, tally: Tally) -> Result<Built> {
        let Self { folder, to, documents, passages, inputs, gone } = self;
        let mut rows: Vec<(String, Option<u64>)> = Vec::new();
        for (name, tables) in [("data", documents), ("passages", passages)] {
            for table in tables.into_values() {
                rows.extend(
                    table.finish()?.into_iter().map(|(file, rows)| (format!("{name}/{file}"), Some(rows))),
                );
            }
        }
        rows.push(("inputs.jsonl".to_owned(), Some(inputs.finish()?)));
        rows.push(("rejected.jsonl".to_owned(), Some(gone.finish()?)));
        for (name, text) in [
            ("README.md".to_owned(), card::card(options, &tally)),
            ("report.zh.md".to_owned(), report::report(options, &tally, Language::Zh)),
            ("report.en.md".to_owned(), report::report(options, &tally, Language::En)),
        ] {
            write_text(&folder.path().join(&name), &text)?;
            rows.push((name, None));
        }
        rows.sort();
        let files = rows.into_iter().map(|(path, rows)| {
            let (bytes, sha256) = digest(&folder.path().join(&path))?;
            Ok(WrittenFile { path, bytes, rows, sha256 })
        });
        let files = files.collect::<Result<Vec<_>>>()?;
        let inputs = Inputs {
            files: tally.files,
            bytes: tally.bytes,
            sha256: files
                .iter()
                .find(|file| file.path == "inputs.jsonl")
                .map(|file| file.sha256.clone())
                .unwrap_or_default(),
        };
        let manifest = Manifest {
            program: format!("brain-corpus {}", env!("CARGO_PKG_VERSION")),
            recognition: options.ocr.as_ref().and_then(crate::extract::Ocr::version),
            options: options.clone(),
            inputs,
            tally,
            files,
        };
        let text = serde_json::to_string_pretty(&manifest)
            .map_err(|error| Error::Internal(error.to_string()))?
            + "\n";
        write_text(&folder.path().join(MANIFEST), &text)?;
        publish(folder, &to, &text, manifest)
    }
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    let failed = |error| Error::write(path, error);
    let mut file = File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    brain_durable::sync_file(&file, path).map_err(failed)
}

//! The rows of a version read back, one at a time.

use super::manifest::Manifest;
use crate::error::Error;
use crate::split::Split;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// A document that stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRow {
    /// First half of the SHA-256 of the folded text.
    pub id: String,
    /// Text.
    pub text: String,
    /// Title, where there is one.
    pub title: Option<String>,
    /// Language code.
    pub language: String,
    /// File it comes from.
    pub source: String,
    /// Line of it.
    pub line: Option<u64>,
    /// Format of the file.
    pub format: String,
    /// Characters.
    pub characters: u64,
    /// Words.
    pub words: u64,
    /// Pages recognised from their picture.
    pub ocr_pages: u64,
    /// Mean confidence of the words recognised, 0 … 100.
    pub ocr_confidence: Option<u64>,
    /// Earliest document it is similar to.
    pub family: String,
}

/// A document that did not stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// File it comes from.
    pub path: String,
    /// Line of it.
    pub line: Option<u64>,
    /// `extract`, `quality` or `duplicates`.
    pub step: String,
    /// Stable word of the reason.
    pub rule: String,
    /// The reason in Chinese.
    pub zh: String,
    /// The reason in English.
    pub en: String,
    /// What was measured.
    #[serde(default)]
    pub value: Option<f64>,
    /// What is allowed.
    #[serde(default)]
    pub limit: Option<f64>,
    /// Document it is like.
    #[serde(default)]
    pub of: Option<String>,
}

/// Hand every document of a version with JSON Lines to `each`, in the order they were written, split by split.
pub fn read_documents<E: From<Error>>(
    folder: &Path,
    manifest: &Manifest,
    mut each: impl FnMut(Split, DocumentRow) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    for split in Split::ALL {
        let begins = format!("data/{}-", split.name());
        let named = |path: &str| path.starts_with(&begins) && path.strip_suffix(".jsonl").is_some();
        for file in manifest.files.iter().filter(|file| named(&file.path)) {
            lines(&folder.join(&file.path), |row| each(split, row))?;
        }
    }
    Ok(())
}

/// Hand every document that did not stay to `each`.
pub fn read_rejected<E: From<Error>>(
    folder: &Path,
    each: impl FnMut(RejectedRow) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    lines(&folder.join("rejected.jsonl"), each)
}

fn lines<T: DeserializeOwned, E: From<Error>>(
    path: &Path,
    mut each: impl FnMut(T) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|error| Error::read(path, error))?;
        let row = serde_json::from_str(&line).map_err(|error| {
            Error::damaged(path, format!("无法理解：{error}"), format!("cannot be understood: {error}"))
        })?;
        each(row)?;
    }
    Ok(())
}

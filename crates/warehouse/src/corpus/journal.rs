//! What a run decided and has not done yet: with it a start after a crash makes the version whole.

use crate::lake::commit::StagedFile;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::grading::ColumnOrigin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a version was made of (血缘).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusInput")]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum InputUsed {
    /// Text columns of a dataset.
    Dataset {
        /// Dataset.
        dataset: String,
        /// Its version.
        version: u64,
        /// Grant under which it was read.
        grant: String,
        /// Rows read.
        rows: u64,
        /// Columns read, the text first.
        columns: Vec<String>,
    },
    /// A file that was brought.
    File {
        /// Id of the file.
        file: String,
        /// Its name.
        name: String,
        /// SHA-256, hexadecimal.
        sha256: String,
        /// Bytes.
        bytes: i64,
    },
}

impl InputUsed {
    /// In words, for the card.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Dataset { dataset, version, columns, rows, .. } => {
                format!("{dataset}@{version} ({}; {rows})", columns.join(", "))
            }
            Self::File { name, .. } => name.clone(),
        }
    }

    /// Name and version, where it is a dataset.
    pub(super) fn dataset(&self) -> Option<(&str, u64)> {
        match self {
            Self::Dataset { dataset, version, .. } => Some((dataset, *version)),
            Self::File { .. } => None,
        }
    }
}

/// What is written and decided; nothing of it is seen before every part is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Name of the corpus.
    pub(super) name: String,
    /// Title of the corpus.
    pub(super) title: String,
    pub(super) purpose: String,
    pub(super) licence: String,
    pub(super) owner: String,
    pub(super) side: DataSide,
    pub(super) grade: Grade,
    /// Grade of texts and titles.
    pub(super) text_grade: Grade,
    pub(super) source: String,
    pub(super) documents: Vec<StagedFile>,
    pub(super) rejected: Vec<StagedFile>,
    pub(super) inputs: Vec<InputUsed>,
    /// Where text and title come from.
    pub(super) origins: Vec<Origin>,
    /// Beginning of the SHA-256 of the manifest.
    pub(super) digest: String,
    pub(super) count: u64,
    pub(super) facts: Facts,
}

/// Where a column comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) column: String,
    pub(super) input: String,
    pub(super) input_column: String,
}

impl Origin {
    pub(super) fn row(&self, dataset: &str) -> ColumnOrigin {
        ColumnOrigin {
            dataset: dataset.to_owned(),
            column_name: self.column.clone(),
            input: self.input.clone(),
            input_column: self.input_column.clone(),
        }
    }
}

/// What is kept of a build beside its documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Facts {
    /// The manifest, as it was written.
    pub(super) manifest: Value,
    /// README.md.
    pub(super) card: String,
    /// The quality report.
    pub(super) report: Text,
}

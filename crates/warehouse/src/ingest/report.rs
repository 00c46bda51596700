//! What an ingest tells its caller.

use crate::decode::FileFacts;
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The outcome of one ingest. The numbers are sums over its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IngestReport {
    /// Run id; the rows carry it in `_run`, refused ones in `ingest_id`.
    pub run_id: String,
    /// Path as given.
    pub file: String,
    /// Mapping used.
    pub mapping: String,
    /// First table's dataset.
    pub dataset: String,
    /// Records read, headers and blank lines not counted.
    pub rows_read: u64,
    /// Records that became rows.
    pub rows_landed: u64,
    /// Records refused with a reason.
    pub rows_quarantined: u64,
    /// Firms of `subject.enterprise` with at least one product, after the models ran.
    pub firms_with_product: Option<u64>,
    /// Firms of `subject.enterprise` with an industry code, after the models ran.
    pub firms_with_industry: Option<u64>,
    /// Labels proposed for what landed; they wait for the owner.
    #[serde(default)]
    pub labels_proposed: u64,
    /// Why what landed was not classified; `brain grade scan` tries again.
    #[serde(default)]
    pub grading_failure: Option<Text>,
    /// Checks of the datasets with quality rules that landed, by dataset.
    #[serde(default)]
    pub quality: BTreeMap<String, crate::quality::Glance>,
    /// Why what landed was not checked; `brain quality run` tries again.
    #[serde(default)]
    pub quality_failure: Option<Text>,
    /// First table's version; `None` when nothing was committed.
    pub version: Option<u64>,
    /// The same content was taken in before; nothing changed.
    pub unchanged: bool,
    /// Seconds until the rows were governed: typed, checked, committed and in the catalogue.
    #[serde(default)]
    pub landing_seconds: f64,
    /// Seconds in all, subject models included.
    pub seconds: f64,
    /// Most memory the process ever held, MiB.
    pub peak_memory_mb: f64,
    /// One report per table.
    pub tables: Vec<TableReport>,
    /// Models that ran afterwards.
    pub models_refreshed: Vec<String>,
    /// Why the models did not all run; the rows have landed, and the next refresh tries again.
    #[serde(default)]
    pub models_failure: Option<Text>,
}

/// The outcome for one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableReport {
    /// Dataset.
    pub dataset: String,
    /// Dataset of refused rows.
    pub quarantine: String,
    /// Version committed; `None` when nothing was.
    pub version: Option<u64>,
    /// The same content was taken in before.
    pub unchanged: bool,
    /// Records read.
    pub rows_read: u64,
    /// Records that became rows.
    pub rows_landed: u64,
    /// Records refused.
    pub rows_quarantined: u64,
    /// Refused records by reason code.
    pub reasons: BTreeMap<String, u64>,
    /// How each file was read: kind, compression, encoding, delimiter.
    pub files: Vec<FileFacts>,
    /// The table's columns.
    pub columns: Vec<ColumnReport>,
    /// Columns of the files that were not taken.
    pub ignored_columns: Vec<String>,
}

/// Name and type of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnReport {
    /// Name in the table.
    pub name: String,
    /// Names it may have in the file.
    pub source: Vec<String>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the type was found by looking rather than declared.
    pub inferred: bool,
}

/// Most memory the process ever held, MiB: `VmHWM` of `/proc/self/status`; 0 where there is no such file.
pub(crate) fn peak_memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kib.map_or(0.0, |kib| (kib / 1024.0 * 10.0).round() / 10.0)
}

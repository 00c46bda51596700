//! What people see of corpora, their files and runs.

use super::definition::Definition;
use crate::connect::Trouble;
use brain_corpus::Tongue;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::progress::Progress;
use brain_store::corpus::{FileRow, RunRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A corpus (语料库).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorpusCard {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Organisation (USCC) or `node`.
    pub owner: String,
    /// What it is for.
    pub purpose: String,
    /// Licence.
    pub licence: String,
    /// Languages that stay.
    pub languages: Vec<Tongue>,
    /// Dataset of its documents, once there is a version.
    pub dataset: String,
    /// Grade.
    pub grade: Grade,
    /// Number of the newest version.
    pub version: Option<i64>,
    /// Documents of the newest version.
    pub documents: Option<i64>,
    /// Whether a source of the newest version changed or is gone.
    pub stale: bool,
    /// The newest run.
    pub last_run: Option<RunCard>,
    /// Counts changes.
    pub revision: i64,
    /// Account that changed it last.
    pub changed_by: String,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A corpus with its definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorpusDetail {
    /// The corpus.
    pub card: CorpusCard,
    /// Its definition.
    pub definition: Definition,
    /// Files brought for it.
    pub files: Vec<FileCard>,
    /// Whether the caller may change and run it.
    pub own: bool,
}

/// A file brought for a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusFile")]
pub struct FileCard {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Account that brought it.
    pub brought_by: String,
    /// When.
    pub brought_at: DateTime<Utc>,
}

impl From<FileRow> for FileCard {
    fn from(row: FileRow) -> Self {
        let FileRow { id, name, bytes, sha256, brought_by, brought_at, .. } = row;
        Self { id, name, bytes, sha256, brought_by, brought_at }
    }
}

/// One run of a corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusRun")]
pub struct RunCard {
    /// Id.
    pub id: String,
    /// The corpus.
    pub corpus: String,
    /// `queued`, `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// Account that asked for it.
    pub actor: String,
    /// When it was asked for.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Id of the version that came of it; that of an earlier one where nothing had changed.
    pub version: Option<String>,
    /// What it is at.
    pub stage: Option<Text>,
    /// Share of the stage that is done, 0 … 1.
    pub fraction: Option<f64>,
    /// Why it did not succeed.
    pub failure: Option<Trouble>,
}

impl RunCard {
    pub(super) fn of(row: RunRow, live: Option<Progress>) -> Self {
        Self {
            id: row.id,
            corpus: row.corpus,
            state: row.state,
            actor: row.actor,
            started_at: row.started_at,
            ended_at: row.ended_at,
            version: row.version,
            stage: live.as_ref().and_then(Progress::stage),
            fraction: live.as_ref().and_then(Progress::fraction),
            failure: row.failure.and_then(|failure| serde_json::from_value(failure).ok()),
        }
    }
}

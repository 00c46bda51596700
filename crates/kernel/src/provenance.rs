//! Where a result comes from (来源与版本).

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One dataset at one version, as read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Dataset name, for example `subject.enterprise`.
    pub dataset: String,
    /// Delta version read.
    pub version: u64,
    /// The grant under which it was read.
    pub grant: String,
}

/// What a result was computed from, by what, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Datasets and versions read, sorted.
    pub inputs: Vec<Input>,
    /// Component id, or `sql`.
    pub component: String,
    /// Component version (semver).
    pub component_version: String,
    /// Instant of computation, UTC.
    pub computed_at: DateTime<Utc>,
    /// Position of the run's entry in the evidence log, once written.
    pub evidence: Option<u64>,
}

//! What a run read, found and changed.

use super::read::SideRecords;
use super::weigh::Stepped;
use brain_matching::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A table as a run read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchInput")]
pub struct InputReport {
    /// Dataset.
    pub dataset: String,
    /// Version.
    pub version: u64,
    /// The grant it was read under.
    pub grant: String,
    /// Whether the grant shows every row.
    pub whole: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows left out because they have no key.
    pub without_key: u64,
    /// Rows left out because an earlier one has their key.
    pub repeated: u64,
    /// Column by field of what was compared.
    pub columns: BTreeMap<String, String>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchStepReport")]
pub struct StepReport {
    /// First table.
    pub left: InputReport,
    /// Second table; nothing where one was matched with itself.
    pub right: Option<InputReport>,
    /// Pairs compared.
    pub compared: u64,
    /// Records under keys too frequent to propose anything.
    pub skipped: u64,
    /// Fields not compared because a table has no such column.
    pub absent: Vec<String>,
    /// The estimated parameters: prior, and of each comparison its levels with m and u.
    #[schemars(with = "serde_json::Value")]
    pub model: Model,
}

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchReport")]
pub struct Report {
    /// By step of the plan.
    pub steps: Vec<StepReport>,
    /// Pairs not proposed any more.
    pub closed: u64,
    /// Mean probability of the automatic pairs, by the model; nothing where there are none.
    pub expected: Option<f64>,
    /// Golden values that are new, and that hold no longer.
    pub golden_new: u64,
    /// Golden values that hold no longer.
    pub golden_ended: u64,
    /// Seconds it took.
    pub seconds: f64,
}

impl InputReport {
    pub(super) fn of(side: &SideRecords) -> Self {
        Self {
            dataset: side.input.dataset.clone(),
            version: side.input.version,
            grant: side.input.grant.clone(),
            whole: side.whole,
            rows: side.rows,
            without_key: side.without_key,
            repeated: side.repeated,
            columns: side.columns.clone(),
        }
    }
}

impl StepReport {
    pub(super) fn of(left: InputReport, right: Option<InputReport>, stepped: Stepped) -> Self {
        let Stepped { model, compared, skipped, absent } = stepped;
        Self { left, right, compared, skipped, absent, model }
    }
}

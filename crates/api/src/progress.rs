//! How far background work is, in the words every kind of run shares.

use brain_kernel::language::Text;
use brain_kernel::progress::Progress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Asked for, not begun.
    Queued,
    /// At work.
    Running,
    /// Done; an ingest is committed.
    Succeeded,
    /// It went wrong; nothing of an ingest landed.
    Failed,
    /// Stopped by somebody; nothing of an ingest landed.
    Cancelled,
}

/// How far the present stage of a run is, in the worker's own unit (bytes of its files for an ingest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunProgress {
    /// Units done.
    pub done: u64,
    /// Units altogether; 0 while unknown.
    pub total: u64,
    /// Share of the stage that is done, 0 … 1; left out while unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// What the run is at, for people; left out before the first stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Text>,
}

impl From<&Progress> for RunProgress {
    fn from(progress: &Progress) -> Self {
        let (done, total) = progress.read();
        Self { done, total, fraction: progress.fraction(), stage: progress.stage() }
    }
}

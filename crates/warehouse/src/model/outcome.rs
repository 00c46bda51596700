//! What came of a model and of its tests.

use super::plan::MakeMode;
use brain_kernel::language::Text;
use brain_quality::{Outcome, Severity, Standing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a model in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It was stale and made a new version.
    Ran,
    /// Nothing it reads has changed.
    Unchanged,
    /// Something it needs is not loaded yet.
    Waiting,
    /// It could not be made; the version before stays.
    Failed,
    /// It was made, a test failed, and it was not published; the version before stays.
    TestsFailed,
    /// A model it reads failed, so it was not tried.
    Skipped,
}

impl ModelState {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Unchanged => "unchanged",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::TestsFailed => "tests_failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether what reads it has to wait for it to be mended.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TestsFailed | Self::Skipped)
    }
}

/// One model in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRun {
    /// Model and dataset name.
    pub model: String,
    /// What became of it.
    pub state: ModelState,
    /// How it was made.
    pub mode: MakeMode,
    /// Version of the dataset afterwards.
    pub version: Option<u64>,
    /// Rows of that version; where a test failed, of the one not published.
    pub rows: Option<u64>,
    /// Seconds the run took; 0 where there was none.
    pub seconds: f64,
    /// Why it did not run.
    pub reason: Option<Text>,
    /// Outcomes of its tests.
    pub tests: Vec<TestOutcome>,
}

/// Outcome of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestOutcome {
    /// As written in the model.
    pub test: String,
    /// How it stands.
    pub standing: Standing,
    /// `error` keeps a version from being published, `warning` does not.
    pub severity: Severity,
    /// Rows checked.
    pub checked: u64,
    /// Rows that failed.
    pub failed: u64,
    /// In words.
    pub says: Text,
    /// The first rows that failed, as the caller may see them; never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examples: Option<Examples>,
}

/// Rows as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ModelTestExamples")]
pub struct Examples {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells by row; a missing value is none.
    pub rows: Vec<Vec<Option<String>>>,
}

impl TestOutcome {
    pub(super) fn of(test: &str, outcome: &Outcome) -> Self {
        Self {
            test: test.to_owned(),
            standing: outcome.standing,
            severity: outcome.severity,
            checked: outcome.checked,
            failed: outcome.failed,
            says: outcome.says.clone(),
            examples: None,
        }
    }

    /// Whether the test did not pass.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self.standing, Standing::Failed | Standing::Unmeasured)
    }

    /// Whether it keeps a version from being published.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        self.is_failure() && self.severity >= Severity::Error
    }
}

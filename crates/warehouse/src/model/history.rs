//! What came of every attempt at a model (运行历史).

use super::Model;
use super::outcome::{ModelRun, TestOutcome};
use crate::{Result, Warehouse};
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_store::model_attempt::{self, ModelAttempt};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One attempt at a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptCard {
    /// Id.
    pub id: String,
    /// Model.
    pub model: String,
    /// `ran`, `failed`, `tests_failed` or `skipped`.
    pub state: String,
    /// `full`, `incremental` or `backfill`.
    pub mode: String,
    /// Who asked.
    pub actor: String,
    /// Version of its table afterwards.
    pub version: Option<u64>,
    /// Rows made.
    pub rows: Option<u64>,
    /// Seconds it took.
    pub seconds: f64,
    /// Why it failed or was skipped.
    pub reason: Option<Text>,
    /// Outcomes of its tests, without rows.
    pub tests: Vec<TestOutcome>,
    /// Newest value of the column its freshness is of.
    pub newest: Option<DateTime<Utc>>,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// What is kept beside the columns.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    tests: Vec<TestOutcome>,
    newest: Option<DateTime<Utc>>,
}

/// An attempt as it is stored: values of rows stay out.
pub(super) fn row(
    id: String,
    model: &Model,
    run: &ModelRun,
    party: &Party,
    at: DateTime<Utc>,
    newest: Option<DateTime<Utc>>,
) -> Result<ModelAttempt> {
    let tests = run.tests.iter().map(|test| TestOutcome { examples: None, ..test.clone() }).collect();
    let reason = run.reason.clone().unwrap_or_else(|| Text::new("", ""));
    Ok(ModelAttempt {
        id,
        model: model.name.clone(),
        state: run.state.name().to_owned(),
        mode: run.mode.name().to_owned(),
        actor: party.account.clone(),
        definition_hash: model.digest.clone(),
        version: run.version.map(|version| version as i64),
        rows: run.rows.map(|rows| rows as i64),
        seconds: run.seconds,
        reason_zh: reason.zh,
        reason_en: reason.en,
        tests: serde_json::to_value(Stored { tests, newest })?,
        at,
    })
}

impl AttemptCard {
    pub(super) fn of(row: ModelAttempt) -> Result<Self> {
        let stored: Stored = serde_json::from_value(row.tests)?;
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let reason = Some(Text::new(row.reason_zh, row.reason_en)).filter(|reason| !reason.en.is_empty());
        Ok(Self {
            id: row.id,
            model: row.model,
            state: row.state,
            mode: row.mode,
            actor: row.actor,
            version: row.version.map(count),
            rows: row.rows.map(count),
            seconds: row.seconds,
            reason,
            tests: stored.tests,
            newest: stored.newest,
            at: row.at,
        })
    }
}

impl Warehouse {
    /// Attempts at one model or at all, newest first.
    pub async fn model_runs(&self, model: Option<&str>, page: PageRequest) -> Result<Page<AttemptCard>> {
        let found = model_attempt::list(self.inner.store.db(), model, page).await?;
        let Page { items, total, page, page_size } = found;
        let items = items.into_iter().map(AttemptCard::of).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }
}

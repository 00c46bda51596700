//! What is shown of connectors and runs: no secret, and no position, which may hold values of the data.

use crate::Result;
use brain_connect::{Schedule, Settings};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_store::connector::{ConnectorRow, ConnectorRunRow};
use chrono::{DateTime, Local, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A connector (数据连接器).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connector {
    /// Id, a UUID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its source.
    pub settings: Settings,
    /// Whether a secret is kept for it.
    pub has_secret: bool,
    /// Mapping its batches are read by, or `auto`.
    pub mapping: String,
    /// Target of `auto`.
    pub dataset: Option<String>,
    /// When it runs by itself.
    pub schedule: Schedule,
    /// Whether it may run.
    pub enabled: bool,
    /// Counts changes; sent back with the next one.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
    /// Its newest run.
    pub last_run: Option<ConnectorRun>,
    /// When it runs next by itself.
    pub next_run_at: Option<DateTime<Utc>>,
}

/// One run of a connector (接入任务).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectorRun {
    /// Id, a UUID; ids sort by time.
    pub id: String,
    /// The connector.
    pub connector: String,
    /// `schedule` or `person`.
    pub occasion: String,
    /// Account, or `system`.
    pub actor: String,
    /// `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Batches landed.
    pub batches: i64,
    /// Rows landed.
    pub rows: i64,
    /// Rows the ingest put aside, with their reasons in quarantine.
    pub refused: i64,
    /// Bytes fetched of what landed.
    pub bytes: i64,
    /// Attempts at fetching a batch, in all.
    pub attempts: i64,
    /// Why it did not succeed.
    pub failure: Option<Trouble>,
    /// What its source told although nothing failed, each thing once and at most 20.
    pub notices: Vec<Text>,
}

/// What went wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub detail: Text,
    /// How to mend it.
    pub hint: Option<Text>,
}

impl From<&Failure> for Trouble {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.to_owned(),
            detail: failure.detail.clone(),
            hint: failure.hint.as_deref().cloned(),
        }
    }
}

impl From<ConnectorRunRow> for ConnectorRun {
    fn from(row: ConnectorRunRow) -> Self {
        Self {
            id: row.id,
            connector: row.connector,
            occasion: row.occasion,
            actor: row.actor,
            state: row.state,
            started_at: row.started_at,
            ended_at: row.ended_at,
            batches: row.batches,
            rows: row.rows,
            refused: row.refused,
            bytes: row.bytes,
            attempts: row.attempts,
            failure: row.failure.and_then(|failure| serde_json::from_value(failure).ok()),
            notices: row.notices.and_then(|told| serde_json::from_value(told).ok()).unwrap_or_default(),
        }
    }
}

impl Connector {
    pub(super) fn of(row: ConnectorRow, last: Option<ConnectorRunRow>) -> Result<Self> {
        let schedule: Schedule = serde_json::from_value(row.schedule)?;
        let began = last.as_ref().map_or(row.updated_at, |run| run.started_at.max(row.updated_at));
        let next_run_at = if row.enabled { schedule.next(began, &Local) } else { None };
        Ok(Self {
            settings: serde_json::from_value(row.settings)?,
            id: row.id,
            name: row.name,
            has_secret: row.secret.is_some(),
            mapping: row.mapping,
            dataset: row.dataset,
            schedule,
            enabled: row.enabled,
            revision: row.revision,
            updated_by: row.updated_by,
            updated_at: row.updated_at,
            last_run: last.map(ConnectorRun::from),
            next_run_at,
        })
    }
}

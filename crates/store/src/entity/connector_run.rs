//! One run of a connector (接入任务).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One run of a connector (接入任务).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "connector_run")]
pub struct Model {
    /// Id (UUID v7, so ids sort by time).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The connector.
    pub connector: String,
    /// `schedule` or `person`.
    pub occasion: String,
    /// Account id, or `system`.
    pub actor: String,
    /// `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// Batches landed.
    pub batches: i64,
    /// Rows landed.
    pub rows: i64,
    /// Rows put aside by the ingest.
    pub refused: i64,
    /// Bytes fetched of what landed.
    pub bytes: i64,
    /// Attempts in all.
    pub attempts: i64,
    /// Why it failed.
    pub failure: Option<Json>,
    /// What its source told people although nothing failed, a list of texts; `None` where it told nothing.
    pub notices: Option<Json>,
    /// Position it began at.
    pub position_before: Option<Json>,
    /// Position after the last batch that landed.
    pub position_after: Option<Json>,
    /// Id of the ingest that lands the batch at hand.
    pub landing: Option<String>,
    /// Where the source is read to once that ingest has landed.
    pub landing_position: Option<Json>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

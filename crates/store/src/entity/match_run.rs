//! One run of a match set (匹配任务).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One run of a match set (匹配任务).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_run")]
pub struct Model {
    /// Id (UUID v7, so ids sort by time).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The set.
    pub set_id: String,
    /// Revision of the set it ran with.
    pub set_revision: i64,
    /// Account id.
    pub actor: String,
    /// `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// Records read.
    pub records: i64,
    /// Pairs compared.
    pub compared: i64,
    /// Pairs at or above the upper threshold.
    pub automatic: i64,
    /// Pairs that wait for a person because of this run.
    pub review: i64,
    /// Pairs a person had decided and that were not asked again.
    pub kept: i64,
    /// Pairs a person had decided whose records have changed.
    pub asked_again: i64,
    /// Clusters this run changed.
    pub clusters: i64,
    /// What it read, the models, counts; once it has ended well.
    pub report: Option<Json>,
    /// Why it did not succeed.
    pub failure: Option<Json>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

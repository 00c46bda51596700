//! What happened to a cluster (实体簇变更), and because of what. Rows are only added.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What happened to a cluster (实体簇变更), and because of what. Rows are only added.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_event")]
pub struct Model {
    /// Id (UUID v7, so ids sort by time).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The set.
    pub set_id: String,
    /// The cluster.
    pub cluster_id: String,
    /// `form`, `add`, `join`, `split` or `end`.
    pub kind: String,
    /// Records that came or went, other clusters concerned.
    pub detail: Json,
    /// `run` or `decision`.
    pub cause: String,
    /// Id of the run, or of the pair that was decided.
    pub cause_id: String,
    /// Account id.
    pub actor: String,
    /// When.
    pub at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

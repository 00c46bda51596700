//! What another system said last about one of its jobs or datasets (OpenLineage).

use sea_orm::entity::prelude::*;

/// What another system said last about one of its jobs or datasets (OpenLineage).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lineage_event")]
pub struct Model {
    /// Kind, namespace and name of the job or dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The run it spoke of, where it was one.
    pub run_id: Option<String>,
    /// The events of that run as one, JSON.
    pub event: String,
    /// How many events came for this key.
    pub events: i64,
    /// Account that sent the last one.
    pub account: String,
    /// When the last one came.
    pub received_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

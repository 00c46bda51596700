//! A version of a dataset that was deleted under a retention rule (已删除版本).

use sea_orm::entity::prelude::*;

/// A version of a dataset that was deleted under a retention rule (已删除版本).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "removed_version")]
pub struct Model {
    /// The dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Its version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// The proposal that was approved.
    pub proposal_id: String,
    /// When.
    pub removed_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

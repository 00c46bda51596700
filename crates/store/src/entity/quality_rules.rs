//! One version of the quality rules of a dataset; rows are added and never changed.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One version of the quality rules of a dataset; rows are added and never changed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "quality_rules")]
pub struct Model {
    /// Dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Counts from 1 per dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// The rules as TOML.
    pub body: String,
    /// Why they were changed.
    pub reason: String,
    /// Account id.
    pub changed_by: String,
    /// When.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! That a record names a dataset.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// That a record names a dataset.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "audit_dataset")]
pub struct Model {
    /// Dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Position of the record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

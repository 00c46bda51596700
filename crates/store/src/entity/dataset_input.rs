//! One lineage edge (血缘): `dataset@version` was computed from `input@input_version`.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One lineage edge (血缘): `dataset@version` was computed from `input@input_version`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "dataset_input")]
pub struct Model {
    /// Derived dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Derived version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// Dataset it was computed from.
    #[sea_orm(primary_key, auto_increment = false)]
    pub input: String,
    /// Version read.
    pub input_version: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

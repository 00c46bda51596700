//! A row of a mapping table.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A row of a mapping table.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "code_mapping_row")]
pub struct Model {
    /// The mapping.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mapping: String,
    /// Code mapped from.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_code: String,
    /// Code it becomes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_code: String,
    /// Part of it that does, where known.
    pub share: Option<f64>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

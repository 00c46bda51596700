//! From which column of an input a derived column is computed (字段级血缘).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// From which column of an input a derived column is computed (字段级血缘).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "column_origin")]
pub struct Model {
    /// Derived dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Its column.
    #[sea_orm(primary_key, auto_increment = false)]
    pub column_name: String,
    /// Dataset read.
    #[sea_orm(primary_key, auto_increment = false)]
    pub input: String,
    /// Column read.
    #[sea_orm(primary_key, auto_increment = false)]
    pub input_column: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

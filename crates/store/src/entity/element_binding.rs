//! A column bound to a data element.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A column bound to a data element.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "element_binding")]
pub struct Model {
    /// Dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Column.
    #[sea_orm(primary_key, auto_increment = false)]
    pub column_name: String,
    /// Element.
    pub element: String,
    /// Whether every row has a value.
    pub required: bool,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

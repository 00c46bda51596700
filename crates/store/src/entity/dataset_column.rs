//! A column of a dataset (字段).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A column of a dataset (字段).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "dataset_column")]
pub struct Model {
    /// Dataset name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Column name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Order in the table, from 0.
    pub position: i32,
    /// Arrow type as shown to people.
    pub data_type: String,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Meaning in Chinese.
    pub title_zh: String,
    /// Meaning in English.
    pub title_en: String,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Grade of the column.
    pub grade: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

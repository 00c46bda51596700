//! One version of a data element (数据元).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One version of a data element (数据元).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_element")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts from 1 per element.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// The element.
    pub body: Json,
    /// `draft`, `current` or `retired`.
    pub status: String,
    /// Counts changes, from 1.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

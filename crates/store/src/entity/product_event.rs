//! One event of product master data; rows are added and never changed.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One event of product master data; rows are added and never changed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "product_event")]
pub struct Model {
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Day from which it holds, `YYYY-MM-DD`.
    pub effective_on: String,
    /// What happened.
    pub act: Json,
    /// Why.
    pub reason: String,
    /// Account id.
    pub actor: String,
    /// When it was recorded.
    pub at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

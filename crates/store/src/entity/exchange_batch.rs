//! A batch of a delivery that was taken in and is not published yet.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A batch of a delivery that was taken in and is not published yet.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "exchange_batch")]
pub struct Model {
    /// Its delivery.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery: String,
    /// Its place, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// The staged file it became.
    pub file: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

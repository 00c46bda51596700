//! That an account touched a dataset on a day.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// That an account touched a dataset on a day.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "audit_profile")]
pub struct Model {
    /// Account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// Day, `2026-11-21`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// Dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

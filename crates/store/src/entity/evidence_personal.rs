//! A personal value whose salted digest stands in the log.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A personal value whose salted digest stands in the log.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_personal")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Field of `body.personal`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub field: String,
    /// Whose value it is.
    pub subject: String,
    /// The value.
    pub value: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A batch whose records are past their time and gone.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A batch whose records are past their time and gone.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "audit_expiry")]
pub struct Model {
    /// Number of the batch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// First record.
    pub first_seq: i64,
    /// Last record.
    pub last_seq: i64,
    /// When.
    pub expired_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

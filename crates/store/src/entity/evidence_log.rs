//! Which log this is: its identity and digest. One row.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Which log this is: its identity and digest. One row.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_log")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Identity of the log, first line of its checkpoints.
    pub origin: String,
    /// Digest: `sha256` or `sm3`.
    pub hash: String,
    /// When the log was made or first opened by a program that knows this table.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

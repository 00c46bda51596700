//! What a witness signed of one of our checkpoints (见证签名).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What a witness signed of one of our checkpoints (见证签名).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_cosignature")]
pub struct Model {
    /// Entries in the tree.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// Name of the witness as configured.
    #[sea_orm(primary_key, auto_increment = false)]
    pub witness: String,
    /// Its signature lines, one per key.
    pub lines: String,
    /// When they came.
    pub received_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Records that were anchored in the evidence log together.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Records that were anchored in the evidence log together.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "audit_batch")]
pub struct Model {
    /// Number, from 0, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// First record.
    pub first_seq: i64,
    /// Last record.
    pub last_seq: i64,
    /// When the first was recorded.
    pub first_at: DateTimeUtc,
    /// When the last was recorded.
    pub last_at: DateTimeUtc,
    /// Whether any of them is kept longer.
    pub exchange: bool,
    /// Merkle root over the digests, hexadecimal.
    pub root: String,
    /// Entry of the evidence log.
    pub evidence_seq: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

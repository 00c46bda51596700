//! One entry of the evidence log (存证).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One entry of the evidence log (存证).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_leaf")]
pub struct Model {
    /// Position, from 0, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When, to the microsecond.
    pub recorded_at: DateTimeUtc,
    /// What kind of act, for example `session.open`.
    pub kind: String,
    /// Who did it: account id, or `system`.
    pub actor: String,
    /// To what it was done.
    pub subject: String,
    /// Details as canonical JSON (RFC 8785).
    pub body: String,
    /// SHA-256 leaf hash, 32 bytes.
    pub leaf_hash: Vec<u8>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

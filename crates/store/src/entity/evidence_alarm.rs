//! Proof that a log misbehaved: something it signed that contradicts what we saw.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Proof that a log misbehaved: something it signed that contradicts what we saw.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_alarm")]
pub struct Model {
    /// Digest of origin, problem, size and root: the same finding is kept once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Identity of the log.
    pub origin: String,
    /// `fork`, `rewritten` or `rolled_back`.
    pub problem: String,
    /// Size of the contradicting checkpoint.
    pub size: i64,
    /// Its root, hexadecimal.
    pub root: String,
    /// The contradicting checkpoint, signed by the log.
    pub note: String,
    /// When it was found.
    pub found_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

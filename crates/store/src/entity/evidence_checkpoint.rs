//! A signed checkpoint of our log (检查点).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A signed checkpoint of our log (检查点).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_checkpoint")]
pub struct Model {
    /// Entries in the tree.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// The signed note of the log, without cosignatures.
    pub note: String,
    /// When it was signed.
    pub signed_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

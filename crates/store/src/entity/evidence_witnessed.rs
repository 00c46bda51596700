//! The last checkpoint of another node's log that we vouched for.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The last checkpoint of another node's log that we vouched for.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_witnessed")]
pub struct Model {
    /// Identity of the log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    /// Entries in its tree.
    pub size: i64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// The checkpoint with the signatures of the log and our own.
    pub note: String,
    /// When we signed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

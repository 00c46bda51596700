//! The right edge of the Merkle tree: everything an append needs. One row.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The right edge of the Merkle tree: everything an append needs. One row.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_frontier")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Entries in the tree.
    pub size: i64,
    /// Roots of the perfect subtrees, largest first, 32 bytes each.
    pub peaks: Vec<u8>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A signed tree head (签名树头).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A signed tree head (签名树头).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_head")]
pub struct Model {
    /// Entries in the tree.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// Root hash, hexadecimal.
    pub root: String,
    /// When it was signed.
    pub signed_at: DateTimeUtc,
    /// Which key signed.
    pub key_id: String,
    /// Ed25519 signature, hexadecimal.
    pub signature: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

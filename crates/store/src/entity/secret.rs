//! One sealed secret (机密).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One sealed secret (机密).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "secret")]
pub struct Model {
    /// Name, for example `totp/<account>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Data key that seals it.
    pub key_id: String,
    /// Nonce, ciphertext and tag; the name is associated data.
    #[serde(skip)]
    pub sealed: Vec<u8>,
    /// When it was last sealed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

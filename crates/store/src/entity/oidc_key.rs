//! Public half of a key that signs identity tokens (身份令牌签名公钥).

use sea_orm::entity::prelude::*;

/// Public half of a key that signs identity tokens (身份令牌签名公钥).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_key")]
pub struct Model {
    /// Key id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// Public key as JWK.
    pub public_key: Json,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Since when it signs nothing new; it is published a while longer.
    pub retired_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

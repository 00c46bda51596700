//! Another node or program that lets its people sign in here (登录客户端).

use sea_orm::entity::prelude::*;

/// Another node or program that lets its people sign in here (登录客户端).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_client")]
pub struct Model {
    /// Client id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Name that the consent page shows.
    pub name: String,
    /// Where answers may be sent: an array of addresses, matched exactly.
    pub redirect_uris: Json,
    /// Where people may be sent after signing out: an array of addresses.
    pub logout_uris: Json,
    /// Scopes it may ask for: an array.
    pub scopes: Json,
    /// SHA-256 of its secret, hexadecimal.
    pub secret_hash: Option<String>,
    /// Its public keys (JWK set), where it signs assertions instead of having a secret.
    pub keys: Option<Json>,
    /// `waiting`, `active` or `revoked`.
    pub state: String,
    /// When it was registered.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

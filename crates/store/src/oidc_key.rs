//! Public halves of the keys that sign identity tokens (身份令牌签名公钥); the private halves are in the vault.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::Result;
use crate::entity::oidc_key::{Column, Entity};

pub use crate::entity::oidc_key::Model as OidcKey;

/// Store a new key.
pub async fn insert(db: &impl ConnectionTrait, key: OidcKey) -> Result<OidcKey> {
    Ok(key.into_active_model().insert(db).await?)
}

/// Every key, newest first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<OidcKey>> {
    Ok(Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid).all(db).await?)
}

/// Retire every key that still signs.
pub async fn retire(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(at))
        .filter(Column::RetiredAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Forget a key.
pub async fn delete(db: &impl ConnectionTrait, kid: &str) -> Result<()> {
    Entity::delete_by_id(kid).exec(db).await?;
    Ok(())
}

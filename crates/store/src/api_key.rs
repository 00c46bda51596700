//! Keys for programs (接口密钥): stored by the hash of their secret.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::api_key::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, account, page};

pub use crate::entity::api_key::Model as ApiKey;

/// Store a new key.
pub async fn insert(db: &impl ConnectionTrait, key: ApiKey) -> Result<ApiKey> {
    Ok(key.into_active_model().insert(db).await?)
}

/// The key with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<ApiKey>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The key with this secret hash and its account.
pub async fn find_with_account(
    db: &impl ConnectionTrait,
    secret_hash: &str,
) -> Result<Option<(ApiKey, account::Account)>> {
    let Some(key) = Entity::find().filter(Column::SecretHash.eq(secret_hash)).one(db).await? else {
        return Ok(None);
    };
    let account = account::find(db, &key.account_id).await?;
    Ok(account.map(|account| (key, account)))
}

/// Keys of one account, or of everybody, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    account_id: Option<&str>,
    request: PageRequest,
) -> Result<Page<ApiKey>> {
    let mut select = Entity::find();
    if let Some(account_id) = account_id {
        select = select.filter(Column::AccountId.eq(account_id));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// Remember that the key was used.
pub async fn touch(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Stop the key from working; a key revoked before is [`Error::NotFound`].
pub async fn revoke(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "API key", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Bring the end of the key forward.
pub async fn set_expiry(db: &impl ConnectionTrait, id: &str, expires_at: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

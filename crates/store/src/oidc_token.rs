//! Codes and tokens given to clients (授权码与令牌); only their hashes are here.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::Result;
use crate::entity::{oidc_code as code, oidc_token as token};

pub use crate::entity::oidc_code::Model as OidcCode;
pub use crate::entity::oidc_token::Model as OidcToken;

/// Store a new code.
pub async fn insert_code(db: &impl ConnectionTrait, row: OidcCode) -> Result<()> {
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The code with this hash, used or not.
pub async fn code(db: &impl ConnectionTrait, code_hash: &str) -> Result<Option<OidcCode>> {
    Ok(code::Entity::find_by_id(code_hash).one(db).await?)
}

/// Use up a code; whether it was still unused.
pub async fn use_code(db: &impl ConnectionTrait, code_hash: &str, at: DateTime<Utc>) -> Result<bool> {
    let update = code::Entity::update_many()
        .col_expr(code::Column::UsedAt, Expr::value(at))
        .filter(code::Column::CodeHash.eq(code_hash))
        .filter(code::Column::UsedAt.is_null());
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Store a new token.
pub async fn insert(db: &impl ConnectionTrait, row: OidcToken) -> Result<()> {
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The token with this hash, exchanged or not.
pub async fn find(db: &impl ConnectionTrait, token_hash: &str) -> Result<Option<OidcToken>> {
    Ok(token::Entity::find_by_id(token_hash).one(db).await?)
}

/// Use up a refresh token; whether it was still unused.
pub async fn use_refresh(db: &impl ConnectionTrait, token_hash: &str, at: DateTime<Utc>) -> Result<bool> {
    let update = token::Entity::update_many()
        .col_expr(token::Column::UsedAt, Expr::value(at))
        .filter(token::Column::TokenHash.eq(token_hash))
        .filter(token::Column::UsedAt.is_null());
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// End every token of a family; how many there were.
pub async fn end_family(db: &impl ConnectionTrait, family: &str) -> Result<u64> {
    let theirs = token::Entity::delete_many().filter(token::Column::Family.eq(family));
    Ok(theirs.exec(db).await?.rows_affected)
}

/// End every code and token that a client holds on behalf of a person; how many tokens there were.
pub async fn end_of_person(db: &impl ConnectionTrait, account_id: &str, client_id: &str) -> Result<u64> {
    code::Entity::delete_many()
        .filter(code::Column::AccountId.eq(account_id))
        .filter(code::Column::ClientId.eq(client_id))
        .exec(db)
        .await?;
    let theirs = token::Entity::delete_many()
        .filter(token::Column::AccountId.eq(account_id))
        .filter(token::Column::ClientId.eq(client_id));
    Ok(theirs.exec(db).await?.rows_affected)
}

/// End every code and token of a client; how many tokens there were.
pub async fn end_of_client(db: &impl ConnectionTrait, client_id: &str) -> Result<u64> {
    code::Entity::delete_many().filter(code::Column::ClientId.eq(client_id)).exec(db).await?;
    let theirs = token::Entity::delete_many().filter(token::Column::ClientId.eq(client_id));
    Ok(theirs.exec(db).await?.rows_affected)
}

/// Forget codes and tokens that ended before `before`; how many there were. An exchanged refresh token is kept to its
/// end: shown again it must be known.
pub async fn delete_ended(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64> {
    let codes = code::Entity::delete_many().filter(code::Column::ExpiresAt.lt(before)).exec(db).await?;
    let tokens = token::Entity::delete_many().filter(token::Column::ExpiresAt.lt(before)).exec(db).await?;
    Ok(codes.rows_affected + tokens.rows_affected)
}

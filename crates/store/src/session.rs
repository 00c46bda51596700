//! Sessions (会话): stored by the hash of their token.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entity::session::{Column, Entity};
use crate::{Result, account};

pub use crate::entity::session::Model as Session;

/// Store a new session.
pub async fn insert(db: &impl ConnectionTrait, session: Session) -> Result<()> {
    session.into_active_model().insert(db).await?;
    Ok(())
}

/// The session with this token hash and its account.
pub async fn find_with_account(
    db: &impl ConnectionTrait,
    token_hash: &str,
) -> Result<Option<(Session, account::Account)>> {
    let Some(session) = Entity::find_by_id(token_hash).one(db).await? else { return Ok(None) };
    let account = account::find(db, &session.account_id).await?;
    Ok(account.map(|account| (session, account)))
}

/// Remember that the session was used.
pub async fn touch(db: &impl ConnectionTrait, token_hash: &str, at: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(at))
        .filter(Column::TokenHash.eq(token_hash))
        .exec(db)
        .await?;
    Ok(())
}

/// End one session; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, token_hash: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(token_hash).exec(db).await?.rows_affected > 0)
}

/// End every session of an account; how many there were.
pub async fn delete_of_account(db: &impl ConnectionTrait, account_id: &str) -> Result<u64> {
    Ok(Entity::delete_many().filter(Column::AccountId.eq(account_id)).exec(db).await?.rows_affected)
}

/// Forget sessions past their absolute end or idle since before `idle_before`; how many there were.
pub async fn delete_expired(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    idle_before: DateTime<Utc>,
) -> Result<u64> {
    let dead = Column::ExpiresAt.lte(now).or(Column::LastSeenAt.lte(idle_before));
    Ok(Entity::delete_many().filter(dead).exec(db).await?.rows_affected)
}

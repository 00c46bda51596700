//! Sessions (会话): found by the hash of their token, which is replaced from time to time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::session::{Column, Entity};
use crate::entity::session_token;
use crate::{Result, account};

pub use crate::entity::session::Model as Session;
pub use crate::entity::session_token::Model as FormerToken;

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

/// The session with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Session>> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(db).await?)
}

/// Sessions of an account, oldest first.
pub async fn of_account(db: &impl ConnectionTrait, account_id: &str) -> Result<Vec<Session>> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    Ok(own.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db).await?)
}

/// The token with this hash, if a session had it before its present one.
pub async fn former_token(db: &impl ConnectionTrait, token_hash: &str) -> Result<Option<FormerToken>> {
    Ok(session_token::Entity::find_by_id(token_hash).one(db).await?)
}

/// Put another token in the place of `old`; `false` when somebody else was quicker.
pub async fn rotate(
    db: &impl ConnectionTrait,
    session: &Session,
    token_hash: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let update = Entity::update_many()
        .col_expr(Column::TokenHash, Expr::value(token_hash))
        .col_expr(Column::RotatedAt, Expr::value(at))
        .col_expr(Column::LastSeenAt, Expr::value(at))
        .filter(Column::TokenHash.eq(session.token_hash.as_str()));
    if update.exec(db).await?.rows_affected == 0 {
        return Ok(false);
    }
    let former = FormerToken {
        token_hash: session.token_hash.clone(),
        session_id: session.id.clone(),
        replaced_at: at,
    };
    former.into_active_model().insert(db).await?;
    Ok(true)
}

/// Remember that a second factor was shown in the session.
pub async fn set_second_factor(
    db: &impl ConnectionTrait,
    id: &str,
    factor: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::SecondFactor, Expr::value(factor))
        .col_expr(Column::SecondFactorAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
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

/// End one session by its id; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, id: &str) -> Result<bool> {
    forget_tokens(db, &[id.to_owned()]).await?;
    Ok(Entity::delete_many().filter(Column::Id.eq(id)).exec(db).await?.rows_affected > 0)
}

/// End every session of an account but the one with id `keep`; how many there were.
pub async fn delete_of_account(
    db: &impl ConnectionTrait,
    account_id: &str,
    keep: Option<&str>,
) -> Result<u64> {
    let mut ended: Vec<String> = of_account(db, account_id).await?.into_iter().map(|row| row.id).collect();
    ended.retain(|id| keep != Some(id.as_str()));
    forget_tokens(db, &ended).await?;
    Ok(Entity::delete_many().filter(Column::Id.is_in(ended)).exec(db).await?.rows_affected)
}

/// Forget sessions past their absolute end or idle since before `idle_before`; how many there were.
pub async fn delete_expired(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    idle_before: DateTime<Utc>,
) -> Result<u64> {
    let dead = Column::ExpiresAt.lte(now).or(Column::LastSeenAt.lte(idle_before));
    let ended = Entity::find().filter(dead).all(db).await?;
    let ended: Vec<String> = ended.into_iter().map(|row| row.id).collect();
    forget_tokens(db, &ended).await?;
    Ok(Entity::delete_many().filter(Column::Id.is_in(ended)).exec(db).await?.rows_affected)
}

async fn forget_tokens(db: &impl ConnectionTrait, sessions: &[String]) -> Result<()> {
    let theirs = session_token::Column::SessionId.is_in(sessions);
    session_token::Entity::delete_many().filter(theirs).exec(db).await?;
    Ok(())
}

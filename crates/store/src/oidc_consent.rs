//! What people agreed to tell clients (告知同意).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::Result;
use crate::entity::oidc_consent::{Column, Entity};

pub use crate::entity::oidc_consent::Model as OidcConsent;

/// Remember what was agreed to, in the place of what the same person agreed to with the same client before.
pub async fn put(db: &impl ConnectionTrait, consent: OidcConsent) -> Result<()> {
    Entity::insert(consent.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::AccountId, Column::ClientId])
                .update_columns([Column::Scope, Column::GivenAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What a person agreed to with a client.
pub async fn find(
    db: &impl ConnectionTrait,
    account_id: &str,
    client_id: &str,
) -> Result<Option<OidcConsent>> {
    Ok(Entity::find()
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::ClientId.eq(client_id))
        .one(db)
        .await?)
}

/// Everything a person agreed to, oldest first.
pub async fn of_account(db: &impl ConnectionTrait, account_id: &str) -> Result<Vec<OidcConsent>> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    Ok(own.order_by_asc(Column::Id).all(db).await?)
}

/// Remember a sign-in at the client.
pub async fn touch(
    db: &impl ConnectionTrait,
    account_id: &str,
    client_id: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(at))
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::ClientId.eq(client_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Take a person's consent back; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, account_id: &str, client_id: &str) -> Result<bool> {
    let own =
        Entity::delete_many().filter(Column::AccountId.eq(account_id)).filter(Column::ClientId.eq(client_id));
    Ok(own.exec(db).await?.rows_affected > 0)
}

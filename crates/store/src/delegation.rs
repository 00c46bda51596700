//! Delegations of deciding (委托审批) as rows.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::delegation::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::delegation::Model as DelegationRow;

/// Store a delegation.
pub async fn insert(db: &impl ConnectionTrait, row: DelegationRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The delegation with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<DelegationRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Delegations that hold at `now` for this account; owners are people, so they are few.
pub async fn held_by(
    db: &impl ConnectionTrait,
    delegate: &str,
    now: DateTime<Utc>,
) -> Result<Vec<DelegationRow>> {
    Ok(Entity::find()
        .filter(Column::Delegate.eq(delegate))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ValidUntil.gte(now))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Delegations of this owner, newest first; of every owner where none is named.
pub async fn list(
    db: &impl ConnectionTrait,
    owner: Option<&str>,
    request: PageRequest,
) -> Result<Page<DelegationRow>> {
    let mut select = Entity::find();
    if let Some(owner) = owner {
        select = select.filter(Column::Owner.eq(owner));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// Take a delegation back; one taken back before is [`Error::NotFound`].
pub async fn revoke(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "delegation", id: id.to_owned() }),
        _ => Ok(()),
    }
}

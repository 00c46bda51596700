//! Accounts as outside providers know them (外部身份关联).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::federated_link::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::federated_link::Model as FederatedLink;

/// Store a new link; a subject that another account has at this issuer is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, link: FederatedLink) -> Result<FederatedLink> {
    Ok(link.into_active_model().insert(db).await?)
}

/// Who a subject of an issuer is here.
pub async fn find(db: &impl ConnectionTrait, issuer: &str, subject: &str) -> Result<Option<FederatedLink>> {
    Ok(Entity::find().filter(Column::Issuer.eq(issuer)).filter(Column::Subject.eq(subject)).one(db).await?)
}

/// The link with this id.
pub async fn find_by_id(db: &impl ConnectionTrait, id: &str) -> Result<Option<FederatedLink>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Links of an account, oldest first.
pub async fn of_account(db: &impl ConnectionTrait, account_id: &str) -> Result<Vec<FederatedLink>> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    Ok(own.order_by_asc(Column::Id).all(db).await?)
}

/// Links of everybody, newest first.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<FederatedLink>> {
    page::fetch(db, Entity::find().order_by_desc(Column::Id), request).await
}

/// Let a waiting link be used; one that waits no longer is [`Error::NotFound`].
pub async fn approve(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::ApprovedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::ApprovedAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "link that waits", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Remember a sign-in.
pub async fn touch(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Forget a link; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, id: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(id).exec(db).await?.rows_affected > 0)
}

//! Permissions (授权) as rows; what they mean is `trust`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::grant_entry::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::grant_entry::Model as GrantRow;

/// Which grants to list.
#[derive(Debug, Clone, Default)]
pub struct GrantFilter {
    /// Also those taken back.
    pub revoked: bool,
    /// Only those given to one of these subjects, as `(subject_kind, subject)`; empty is everybody.
    pub subjects: Vec<(String, String)>,
}

/// Store grants, all in one statement.
pub async fn insert_many(db: &impl ConnectionTrait, grants: Vec<GrantRow>) -> Result<()> {
    if grants.is_empty() {
        return Ok(());
    }
    Entity::insert_many(grants.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The grant with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<GrantRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Every grant not taken back, for the in-memory snapshot; grants are issued by people, so they are few.
pub async fn active(db: &impl ConnectionTrait) -> Result<Vec<GrantRow>> {
    Ok(Entity::find().filter(Column::RevokedAt.is_null()).order_by_asc(Column::Id).all(db).await?)
}

/// Grants, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &GrantFilter,
    request: PageRequest,
) -> Result<Page<GrantRow>> {
    let mut select = Entity::find();
    if !filter.revoked {
        select = select.filter(Column::RevokedAt.is_null());
    }
    if !filter.subjects.is_empty() {
        let any = filter.subjects.iter().fold(Condition::any(), |any, (kind, subject)| {
            any.add(Column::SubjectKind.eq(kind).and(Column::Subject.eq(subject)))
        });
        select = select.filter(any);
    }
    page::fetch(db, select.order_by_desc(Column::IssuedAt).order_by_desc(Column::Id), request).await
}

/// Take a grant back; one taken back before is [`Error::NotFound`].
pub async fn revoke(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>, by: &str) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .col_expr(Column::RevokedBy, Expr::value(by))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "grant", id: id.to_owned() }),
        _ => Ok(()),
    }
}

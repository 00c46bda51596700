//! Versions of rules — attribute policies and labels — as rows.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
};

use crate::entity::rule_version::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::rule_version::Model as RuleVersionRow;

/// Store a version. Two people who propose at once collide on its number: [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, row: RuleVersionRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The version with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<RuleVersionRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// How many versions a rule has.
pub async fn versions(db: &impl ConnectionTrait, kind: &str, subject: &str) -> Result<u64> {
    let select = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Subject.eq(subject));
    Ok(select.count(db).await?)
}

/// Every version in force, for the in-memory snapshot; rules are made by people, so they are few.
pub async fn active(db: &impl ConnectionTrait) -> Result<Vec<RuleVersionRow>> {
    Ok(Entity::find().filter(Column::State.eq("active")).order_by_asc(Column::Id).all(db).await?)
}

/// Versions of one kind, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    kind: &str,
    state: Option<&str>,
    request: PageRequest,
) -> Result<Page<RuleVersionRow>> {
    let mut select = Entity::find().filter(Column::Kind.eq(kind));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// Put the version in force of one rule out of force, if there is one.
pub async fn supersede(db: &impl ConnectionTrait, kind: &str, subject: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value("superseded"))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Subject.eq(subject))
        .filter(Column::State.eq("active"))
        .exec(db)
        .await?;
    Ok(())
}

/// Decide a proposed version; one decided before is [`Error::Stale`].
pub async fn decide(
    db: &impl ConnectionTrait,
    id: &str,
    state: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::DecidedBy, Expr::value(by))
        .col_expr(Column::DecidedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("proposed"));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::Stale { what: "rule version", id: id.to_owned() }),
        _ => Ok(()),
    }
}

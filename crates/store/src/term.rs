//! Business terms (业务术语) as rows; what may stand in them is `warehouse`'s business.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::term::{Column, Entity};
use crate::{Error, Result, revision};

pub use crate::entity::term::Model as TermRow;

/// Store a new term. A name that is taken is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, row: TermRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a term whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update(db: &impl ConnectionTrait, row: TermRow, seen: i64) -> Result<()> {
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(db, "term", row, id, (Column::Revision, seen)).await
}

/// Remove a term whose stored revision is still `seen`; otherwise [`Error::Stale`].
pub async fn delete(db: &impl ConnectionTrait, id: &str, seen: i64) -> Result<()> {
    let delete =
        Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::Revision.eq(seen)).exec(db).await?;
    match delete.rows_affected {
        0 => Err(Error::Stale { what: "term", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// One term.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<TermRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// At most `limit` terms, by name.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<TermRow>> {
    Ok(Entity::find().order_by_asc(Column::NameZh).limit(limit).all(db).await?)
}

/// How many there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(Entity::find().count(db).await?)
}

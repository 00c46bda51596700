//! Match sets and their runs.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::{match_run, match_set};
use crate::{Error, Page, PageRequest, Result, Transaction, page, revision};

pub use crate::entity::match_run::Model as RunRow;
pub use crate::entity::match_set::Model as SetRow;

/// State of a run that has not ended.
pub const RUNNING: &str = "running";

/// Every set, by name.
pub async fn sets(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<SetRow>> {
    Ok(match_set::Entity::find().order_by_asc(match_set::Column::Name).limit(limit).all(db).await?)
}

/// One set.
pub async fn set(db: &impl ConnectionTrait, id: &str) -> Result<Option<SetRow>> {
    Ok(match_set::Entity::find_by_id(id).one(db).await?)
}

/// The set of this name.
pub async fn set_named(db: &impl ConnectionTrait, name: &str) -> Result<Option<SetRow>> {
    Ok(match_set::Entity::find().filter(match_set::Column::Name.eq(name)).one(db).await?)
}

/// Store a new set; a name that is taken is [`Error::AlreadyExists`].
pub async fn insert_set(transaction: &Transaction, row: SetRow) -> Result<()> {
    match_set::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a set whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn replace_set(transaction: &Transaction, row: SetRow, seen: i64) -> Result<()> {
    let id = (match_set::Column::Id, row.id.clone());
    let revision = (match_set::Column::Revision, seen);
    revision::replace::<match_set::Entity>(transaction, "match set", row, id, revision).await
}

/// A run begins.
pub async fn insert_run(transaction: &Transaction, row: RunRow) -> Result<()> {
    match_run::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a run that has not ended. One that has is not changed any more: [`Error::Stale`].
pub async fn update_run(transaction: &Transaction, row: RunRow) -> Result<()> {
    let id = row.id.clone();
    let update = match_run::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(match_run::Column::Id.eq(&id))
        .filter(match_run::Column::State.eq(RUNNING))
        .exec(transaction)
        .await?;
    match update.rows_affected {
        0 => Err(Error::Stale { what: "match run", id }),
        _ => Ok(()),
    }
}

/// One run.
pub async fn run(db: &impl ConnectionTrait, id: &str) -> Result<Option<RunRow>> {
    Ok(match_run::Entity::find_by_id(id).one(db).await?)
}

/// Runs of a set, newest first.
pub async fn runs(db: &impl ConnectionTrait, set: &str, request: PageRequest) -> Result<Page<RunRow>> {
    let select = match_run::Entity::find().filter(match_run::Column::SetId.eq(set));
    page::fetch(db, select.order_by_desc(match_run::Column::Id), request).await
}

/// The newest run of a set.
pub async fn newest_run(db: &impl ConnectionTrait, set: &str) -> Result<Option<RunRow>> {
    let select = match_run::Entity::find().filter(match_run::Column::SetId.eq(set));
    Ok(select.order_by_desc(match_run::Column::Id).one(db).await?)
}

/// Runs that had not ended when the program stopped, oldest first.
pub async fn unfinished_runs(db: &impl ConnectionTrait) -> Result<Vec<RunRow>> {
    let select = match_run::Entity::find().filter(match_run::Column::State.eq(RUNNING));
    Ok(select.order_by_asc(match_run::Column::Id).all(db).await?)
}

//! Connectors (数据源连接器), their positions and runs as rows; what they mean is `warehouse`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

use crate::entity::{connector, connector_position, connector_run};
use crate::{Error, Page, PageRequest, Result, page, revision};

pub use crate::entity::connector::Model as ConnectorRow;
pub use crate::entity::connector_run::Model as ConnectorRunRow;

/// State of a run that has not ended.
pub const RUNNING: &str = "running";

/// Store a new connector. A name that is taken is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, row: ConnectorRow) -> Result<()> {
    connector::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a connector whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update(db: &impl ConnectionTrait, row: ConnectorRow, seen: i64) -> Result<()> {
    let id = (connector::Column::Id, row.id.clone());
    revision::replace::<connector::Entity>(db, "connector", row, id, (connector::Column::Revision, seen))
        .await
}

/// Remove a connector whose stored revision is still `seen`, with its position and runs; otherwise [`Error::Stale`].
pub async fn delete(db: &impl ConnectionTrait, id: &str, seen: i64) -> Result<()> {
    let delete = connector::Entity::delete_many()
        .filter(connector::Column::Id.eq(id))
        .filter(connector::Column::Revision.eq(seen))
        .exec(db)
        .await?;
    if delete.rows_affected == 0 {
        return Err(Error::Stale { what: "connector", id: id.to_owned() });
    }
    forget_position(db, id).await?;
    connector_run::Entity::delete_many().filter(connector_run::Column::Connector.eq(id)).exec(db).await?;
    Ok(())
}

/// One connector.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<ConnectorRow>> {
    Ok(connector::Entity::find_by_id(id).one(db).await?)
}

/// The connector of this name.
pub async fn find_by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<ConnectorRow>> {
    Ok(connector::Entity::find().filter(connector::Column::Name.eq(name)).one(db).await?)
}

/// At most `limit` connectors, by name.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<ConnectorRow>> {
    Ok(connector::Entity::find().order_by_asc(connector::Column::Name).limit(limit).all(db).await?)
}

/// How many there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(connector::Entity::find().count(db).await?)
}

/// How far a connector has read its source; `None` before its first batch.
pub async fn position(db: &impl ConnectionTrait, connector: &str) -> Result<Option<Value>> {
    let row = connector_position::Entity::find_by_id(connector).one(db).await?;
    Ok(row.map(|row| row.position))
}

/// Everything up to this position has landed.
pub async fn reach(
    db: &impl ConnectionTrait,
    connector: &str,
    position: Value,
    now: DateTime<Utc>,
) -> Result<()> {
    use connector_position::{Column, Entity, Model};
    let row = Model { connector: connector.to_owned(), position, at: now };
    let again =
        OnConflict::column(Column::Connector).update_columns([Column::Position, Column::At]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(db).await?;
    Ok(())
}

/// The next run begins at the beginning.
pub async fn forget_position(db: &impl ConnectionTrait, connector: &str) -> Result<()> {
    connector_position::Entity::delete_by_id(connector).exec(db).await?;
    Ok(())
}

/// A run begins.
pub async fn insert_run(db: &impl ConnectionTrait, row: ConnectorRunRow) -> Result<()> {
    connector_run::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a run that has not ended. One that has is not changed any more: [`Error::Stale`].
pub async fn update_run(db: &impl ConnectionTrait, row: ConnectorRunRow) -> Result<()> {
    use connector_run::{Column, Entity};
    let id = row.id.clone();
    let update = Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(Column::Id.eq(&id))
        .filter(Column::State.eq(RUNNING))
        .exec(db)
        .await?;
    match update.rows_affected {
        0 => Err(Error::Stale { what: "connector run", id }),
        _ => Ok(()),
    }
}

/// One run.
pub async fn find_run(db: &impl ConnectionTrait, id: &str) -> Result<Option<ConnectorRunRow>> {
    Ok(connector_run::Entity::find_by_id(id).one(db).await?)
}

/// Runs of a connector, newest first.
pub async fn runs(
    db: &impl ConnectionTrait,
    connector: &str,
    request: PageRequest,
) -> Result<Page<ConnectorRunRow>> {
    let select = connector_run::Entity::find().filter(connector_run::Column::Connector.eq(connector));
    page::fetch(db, select.order_by_desc(connector_run::Column::Id), request).await
}

/// Its newest run.
pub async fn newest_run(db: &impl ConnectionTrait, connector: &str) -> Result<Option<ConnectorRunRow>> {
    let select = connector_run::Entity::find().filter(connector_run::Column::Connector.eq(connector));
    Ok(select.order_by_desc(connector_run::Column::Id).one(db).await?)
}

/// Runs that had not ended when the program stopped, oldest first.
pub async fn unfinished_runs(db: &impl ConnectionTrait) -> Result<Vec<ConnectorRunRow>> {
    let select = connector_run::Entity::find().filter(connector_run::Column::State.eq(RUNNING));
    Ok(select.order_by_asc(connector_run::Column::Id).all(db).await?)
}

//! What other systems say about where data comes from (外部血缘), one row for each of their jobs and datasets.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryOrder};

use crate::entity::lineage_event::{Column, Entity};
use crate::{Page, PageRequest, Result, page};

pub use crate::entity::lineage_event::Model as LineageEventRow;

/// Keep what was said last.
pub async fn put(db: &impl ConnectionTrait, row: LineageEventRow) -> Result<()> {
    Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(Column::Key)
                .update_columns([
                    Column::RunId,
                    Column::Event,
                    Column::Events,
                    Column::Account,
                    Column::ReceivedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What was said of one job or dataset.
pub async fn find(db: &impl ConnectionTrait, key: &str) -> Result<Option<LineageEventRow>> {
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// Everything said, by key.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<LineageEventRow>> {
    page::fetch(db, Entity::find().order_by_asc(Column::Key), request).await
}

/// Of how many jobs and datasets something was said.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(Entity::find().count(db).await?)
}

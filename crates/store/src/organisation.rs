//! Organisations (机构) known to the node.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::organisation::{Column, Entity};
use crate::{Page, PageRequest, Result, page};

pub use crate::entity::organisation::Model as Organisation;

/// Store an organisation, or bring name and region of a known one up to date.
pub async fn upsert(db: &impl ConnectionTrait, organisation: Organisation) -> Result<()> {
    Entity::insert(organisation.into_active_model())
        .on_conflict(
            OnConflict::column(Column::Uscc).update_columns([Column::Name, Column::Region]).to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The organisations with these credit codes, in one read.
pub async fn find_many(db: &impl ConnectionTrait, usccs: &[String]) -> Result<Vec<Organisation>> {
    Ok(Entity::find().filter(Column::Uscc.is_in(usccs)).all(db).await?)
}

/// Organisations by credit code.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<Organisation>> {
    page::fetch(db, Entity::find().order_by_asc(Column::Uscc), request).await
}

//! Runs of SQL models (模型运行).

use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::model_run::{Column, Entity};
use crate::{Page, PageRequest, Result, page};

pub use crate::entity::model_run::Model as ModelRun;

/// Remember a run. Call it in the transaction that records the output version and the evidence.
pub async fn insert(db: &impl ConnectionTrait, run: ModelRun) -> Result<()> {
    run.into_active_model().insert(db).await?;
    Ok(())
}

/// The latest run of every model, by model name, in one read.
pub async fn latest(db: &impl ConnectionTrait) -> Result<Vec<ModelRun>> {
    // Ids are time-ordered (UUID v7), so the greatest id of a model is its latest run.
    let newest = Query::select().expr(Column::Id.max()).from(Entity).group_by_col(Column::Model).to_owned();
    let select = Entity::find().filter(Column::Id.in_subquery(newest));
    Ok(select.order_by_asc(Column::Model).all(db).await?)
}

/// One run.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<ModelRun>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Runs of one model or of all, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    model: Option<&str>,
    request: PageRequest,
) -> Result<Page<ModelRun>> {
    let mut select = Entity::find();
    if let Some(model) = model {
        select = select.filter(Column::Model.eq(model));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}
